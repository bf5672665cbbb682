// The envelope: which elements it has, and where. Nothing in it is trusted before SuitAuthenticator said so, and
// nothing but its outermost map is parsed before that.
//
// Invariants: keys in canonical order, which puts the authentication wrapper before the manifest; no key that is not
// known; every value a byte string; nothing after the map. All later reads go to this one buffer (A33).
// Fault model: the bytes are chosen by an attacker.

using System;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>A SUIT_Envelope (draft-ietf-suit-manifest-37 §8.2), as offsets into its buffer.</summary>
    /// <remarks>It also keeps the place of the last refusal, whoever refuses. One thread.</remarks>
    public sealed class SuitEnvelope
    {
        /// <summary>How many bytes an envelope may have.</summary>
        public const int MaxBytes = 32768;

        /// <summary>How many elements an envelope may have.</summary>
        public const int MaxElements = 16;

        private const int TagEnvelope = 107;

        // Keys 2, 3, 14, 15, 16, 18, 20, 23, 25: one bit each.
        private const int KnownElements = 0x0295C00C;

        // The head of the array, -16, the head of the byte string: 82 2F 58 20, as a little-endian number.
        private const int DigestHead = 0x20582F82;

        /// <summary>The bytes that the envelope lies in. Must not change while it is in use.</summary>
        public byte[] Buffer;

        /// <summary>Where the envelope begins in the buffer.</summary>
        public int Offset;

        /// <summary>How many elements it has.</summary>
        public int ElementCount;

        /// <summary>The key of each element; 0 for an integrated payload or dependency, whose key is text. The first of an
        /// authenticated envelope is 2, and a key begins where the element before it ends.</summary>
        public readonly int[] Keys = new int[MaxElements];

        /// <summary>Where the byte string item of each element begins, with its head: digests cover it from here.</summary>
        public readonly int[] ItemOffsets = new int[MaxElements];

        /// <summary>Where the content of each element begins.</summary>
        public readonly int[] Offsets = new int[MaxElements];

        /// <summary>How many bytes the content of each element has.</summary>
        public readonly int[] Counts = new int[MaxElements];

        /// <summary>Where the 32 bytes of the manifest's digest stand; 0 until the envelope is authenticated.</summary>
        public int DigestOffset;

        /// <summary>
        /// Where the last refusal happened: keys from the outside in, one byte each. 0x02 is the authentication wrapper,
        /// 0x03 the manifest, 0x0307 its validate sequence, 0x030304 the shared sequence, 0x14 a severable install sequence.
        /// </summary>
        public int ErrorElement;

        /// <summary>Where the last refusal happened: bytes from the beginning of the envelope.</summary>
        public int ErrorOffset;

        /// <summary>Reads the outermost map. Whether there are wrapper and manifest in it, SuitAuthenticator asks.</summary>
        /// <param name="buffer">Where the envelope is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length, at most <see cref="MaxBytes"/>; nothing may follow it.</param>
        /// <returns>Ok, or the reason of a refusal; then see <see cref="ErrorOffset"/>.</returns>
        public ResultCode Parse(byte[] buffer, int offset, int count)
        {
            Buffer = buffer;
            Offset = offset;
            ElementCount = 0;
            DigestOffset = 0;
            if (count < 1 || count > MaxBytes || offset < 0 || offset > buffer.Length - count)
            {
                return Fail(ResultCode.SuitEnvelopeMalformed, 0, offset);
            }

            CborReader reader = new CborReader(buffer, offset, count);
            if (reader.PeekType() == CborType.Tag && reader.Read(CborType.Tag) != TagEnvelope)
            {
                reader.Refuse(ResultCode.SuitEnvelopeMalformed);
            }

            int pairs = (int)reader.Read(CborType.Map);
            if (pairs > MaxElements)
            {
                reader.Refuse(ResultCode.SuitLimit);
            }

            int lastKey = -1;
            while (reader.Next(ref pairs))
            {
                int index = ElementCount;

                // 0 is text or an error, and no known element; those have five bits.
                bool isText = reader.PeekType() == CborType.TextString;
                long key = reader.ReadKey(ref lastKey);
                if (!isText && (key >> 5 != 0 || ((KnownElements >> (int)key) & 1) == 0))
                {
                    reader.Refuse(ResultCode.SuitEnvelopeMalformed);
                }

                Keys[index] = (int)key;
                ItemOffsets[index] = reader.Position;
                Offsets[index] = reader.ReadString(CborType.ByteString, out Counts[index]);
                ElementCount++;
            }

            return Fail(reader.CheckEnd(), 0, reader.Position);
        }

        /// <summary>Finds an element by its key.</summary>
        /// <param name="key">A number of <see cref="SuitElement"/>.</param>
        /// <returns>Its index, or -1.</returns>
        public int FindElement(int key)
        {
            for (int i = 0; i < ElementCount; i++)
            {
                if (Keys[i] == key)
                {
                    return i;
                }
            }

            return -1;
        }

        /// <summary>Says whether bytes are the encoded SUIT_Digest of SHA-256: [-16, bstr of 32].</summary>
        /// <param name="buffer">Where they are.</param>
        /// <param name="offset">The first of them.</param>
        /// <param name="count">How many.</param>
        /// <returns>Whether they are; the digest itself begins 4 bytes on.</returns>
        internal static bool IsSha256Digest(byte[] buffer, int offset, int count)
        {
            return count == Sha256.DigestBytes + 4 && BitConverter.ToInt32(buffer, offset) == DigestHead;
        }

        /// <summary>
        /// Computes the digest of an element as SUIT does, over its byte string item with the head, and compares it.
        /// </summary>
        /// <param name="element">Index of the element.</param>
        /// <param name="digestOffset">Where the expected 32 bytes stand in the buffer.</param>
        /// <returns>Whether they are equal.</returns>
        internal bool HasDigest(int element, int digestOffset)
        {
            byte[] digest = new byte[Sha256.DigestBytes];
            Sha256 sha256 = new Sha256();
            int start = ItemOffsets[element];
            sha256.Update(Buffer, start, Offsets[element] + Counts[element] - start);
            sha256.Finish(digest, 0);
            return ConstantTime.AreEqual(digest, 0, Buffer, digestOffset, Sha256.DigestBytes);
        }

        /// <summary>Records the place of a refusal, if it is one.</summary>
        /// <param name="result">The reason; Ok records nothing.</param>
        /// <param name="element">The element, see <see cref="ErrorElement"/>.</param>
        /// <param name="position">The place: an offset into <see cref="Buffer"/>.</param>
        /// <returns><paramref name="result"/>.</returns>
        public ResultCode Fail(ResultCode result, int element, int position)
        {
            if (result != ResultCode.Ok)
            {
                ErrorElement = element;
                ErrorOffset = position - Offset;
            }

            return result;
        }
    }
}
