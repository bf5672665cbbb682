// An image that this device has, as a differential payload may name it.

using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>An image in a slot that is not being written, from which a differential payload may copy. Immutable.</summary>
    /// <remarks>The slot that is written must never be offered: it changes while it is copied from (A56).</remarks>
    public sealed class Precursor
    {
        /// <summary>The region that holds the image.</summary>
        public readonly FlashRegion Region;

        /// <summary>Offset in the region of the image's first byte.</summary>
        public readonly int OffsetBytes;

        /// <summary>Size of the image in bytes; all of it lies within the region.</summary>
        public readonly int SizeBytes;

        /// <summary>SHA-256 of the image, 32 bytes, from an envelope that this device accepted.</summary>
        public readonly byte[] Digest;

        /// <summary>Describes an image.</summary>
        /// <param name="region">The region that holds it.</param>
        /// <param name="offsetBytes">Offset in the region of its first byte.</param>
        /// <param name="sizeBytes">Its size.</param>
        /// <param name="digest">Its SHA-256, 32 bytes.</param>
        public Precursor(FlashRegion region, int offsetBytes, int sizeBytes, byte[] digest)
        {
            Region = region;
            OffsetBytes = offsetBytes;
            SizeBytes = sizeBytes;
            Digest = digest;
        }

        /// <summary>Whether this is the image that a payload names.</summary>
        /// <param name="header">Holds the size, 4 bytes little-endian, and the SHA-256 after it.</param>
        /// <param name="offset">Index of the first.</param>
        /// <returns>True when both are the same.</returns>
        internal bool Is(byte[] header, int offset)
        {
            return System.BitConverter.ToInt32(header, offset) == SizeBytes
                && ConstantTime.AreEqual(header, offset + 4, Digest, 0, Sha256.DigestBytes);
        }
    }
}
