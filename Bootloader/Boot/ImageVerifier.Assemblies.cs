// The payload of a code component: assemblies, one after the other, dependencies first. Each is read once, into the
// array that will be loaded, and those very arrays are verified (A23, A33, A66): what the chip answers to a second
// reading matters to nobody.
//
// Lengths are taken from assembly headers before anything is verified, so they size arrays only within what the
// authenticated manifest says of the whole image, and each is read again from the array itself: a chip that gave
// another header the second time is refused (BundleInvalid). The platform loads a truncated assembly without a
// bounds check: the table offsets of each header are checked here against the length of its array.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <content>The image in memory. The arrays run in place once they are loaded: no reference to them may leave stage 1.</content>
    public sealed partial class ImageVerifier
    {
        /// <summary>Most assemblies of a bundle. The platform takes 64, those of stage 1 included.</summary>
        public const int AssembliesMax = 24;

        /// <summary>Longest assembly: the largest array of the platform.</summary>
        public const int AssemblyBytesMax = 786000;

        /// <summary>Size of the header of a <c>.pe</c> assembly.</summary>
        public const int HeaderBytes = 124;

        private const int TablesOffset = 40;
        private const int TableCount = 15;
        private const int PaddingOffset = 108;
        private const int MarkerLow = 0x524D464E;
        private const int MarkerHigh = 0x0000314B;

        /// <summary>The assemblies, <see cref="AssemblyCount"/> of them; or data, as one array.</summary>
        internal readonly byte[][] Assemblies = new byte[AssembliesMax][];

        /// <summary>Number of assemblies.</summary>
        internal int AssemblyCount;

        // The differences between what was computed and what was signed, all together: 0 when there is none. -1 before anything
        // was compared. For the second computation of the decision to start (A62).
        private long _difference = -1;

        // Bytes that were compared since they were read.
        private int _comparedBytes;

        /// <summary>Length of the assembly whose first bytes are given.</summary>
        /// <param name="head">The first bytes.</param>
        /// <param name="count">How many there are.</param>
        /// <returns>The length in bytes, or 0 when the header is impossible.</returns>
        internal static int Measure(byte[] head, int count)
        {
            if (count < HeaderBytes || BitConverter.ToInt32(head, 0) != MarkerLow || BitConverter.ToInt32(head, 4) != MarkerHigh)
            {
                int length = 0;
                MeasureForeign(head, count, ref length);
                return length;
            }

            int previous = HeaderBytes;
            for (int i = 0; i <= TableCount; i++)
            {
                // Each table begins on a word, behind the one before it and its padding.
                int start = BitConverter.ToInt32(head, TablesOffset + (i * 4));
                int padding = i == 0 ? 0 : head[PaddingOffset + i - 1];
                if (start < previous + padding || padding > 3 || (start & 3) != 0 || start > AssemblyBytesMax)
                {
                    return 0;
                }

                previous = start;
            }

            return previous;
        }

        // What else the platform of this build loads: on a board nothing, and then there is no such method and no call of it.
        static partial void MeasureForeign(byte[] head, int count, ref int length);

        // Reads the image: ImageBytes bytes, as the authenticated manifest says; within the region. Data is one array, whatever
        // is in it. Ok; BundleInvalid; BundleTooMany; a flash code.
        private ResultCode ReadImage(bool isData)
        {
            Clear();
            FlashRegion region = Slot.Region;
            int offset = Slot.PayloadOffset;
            byte[] head = new byte[Stage1.HeadBytes];
            int left = ImageBytes;
            while (left > 0)
            {
                if (AssemblyCount == AssembliesMax)
                {
                    return ResultCode.BundleTooMany;
                }

                int headBytes = left < head.Length ? left : head.Length;
                ResultCode result = region.Read(offset, head, 0, headBytes);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                int length = isData ? left : Measure(head, headBytes);
                if (length <= 0 || length > left || length > AssemblyBytesMax)
                {
                    return ResultCode.BundleInvalid;
                }

                byte[] assembly = new byte[length];
                result = region.Read(offset, assembly, 0, length);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (!isData && !ConstantTime.AreEqual(head, 0, assembly, 0, headBytes < length ? headBytes : length))
                {
                    return ResultCode.BundleInvalid;
                }

                Assemblies[AssemblyCount++] = assembly;
                offset += length;
                left -= length;
            }

            return AssemblyCount > 0 ? ResultCode.Ok : ResultCode.BundleInvalid;
        }

        // Drops the arrays.
        private void Clear()
        {
            Array.Clear(Assemblies, 0, AssembliesMax);
            AssemblyCount = 0;
            _difference = -1;
            _comparedBytes = 0;
        }

        // Compares the arrays with a chunk table. Ok; SuitChunkTableInvalid where it is none of an image of this size;
        // ChunkDigestMismatch, and Detail is the index of the first chunk that differs.
        private ResultCode VerifyChunks(ChunkTable table)
        {
            int assembly = 0;
            int offset = 0;
            _difference = 0;
            if (table.Count == 0)
            {
                return ResultCode.SuitChunkTableInvalid;
            }

            for (int chunk = 0; chunk < table.Count; chunk++)
            {
                // The native HMAC takes one whole array, and a chunk may lie across two. The lengths of the chunks add up to that
                // of the image, as those of the assemblies do.
                int length = table.LengthOf(chunk);
                byte[] bytes = new byte[length];
                int filled = 0;
                while (filled < length && assembly < AssemblyCount)
                {
                    int here = Assemblies[assembly].Length - offset;
                    here = here < length - filled ? here : length - filled;
                    Array.Copy(Assemblies[assembly], offset, bytes, filled, here);
                    filled += here;
                    offset += here;
                    if (offset == Assemblies[assembly].Length)
                    {
                        assembly++;
                        offset = 0;
                    }
                }

                byte[] mac = HmacSha256.Compute(ChunkTable.DigestKey, bytes, 0, length);
                _comparedBytes += length;
                if (!IsSame(mac, table.Data, table.DigestOffsetOf(chunk)))
                {
                    Detail = chunk;
                    return ResultCode.ChunkDigestMismatch;
                }
            }

            return ResultCode.Ok;
        }

        // Compares the arrays with the SHA-256 digest of the whole image: Ok or SuitImageMismatch.
        private ResultCode VerifyDigest(byte[] digest, int digestOffset)
        {
            Sha256 hash = new Sha256();
            _difference = 0;
            for (int i = 0; i < AssemblyCount; i++)
            {
                hash.Update(Assemblies[i], 0, Assemblies[i].Length);
                _comparedBytes += Assemblies[i].Length;
            }

            byte[] computed = new byte[Sha256.DigestBytes];
            hash.Finish(computed, 0);
            return IsSame(computed, digest, digestOffset) ? ResultCode.Ok : ResultCode.SuitImageMismatch;
        }

        // Compares twice: once for the answer, once for what is looked at when the image is to be started.
        private bool IsSame(byte[] computed, byte[] signed, int offset)
        {
            for (int i = 0; i < Sha256.DigestBytes; i += 8)
            {
                _difference |= BitConverter.ToInt64(computed, i) ^ BitConverter.ToInt64(signed, offset + i);
            }

            return ConstantTime.AreEqual(computed, 0, signed, offset, Sha256.DigestBytes);
        }
    }
}
