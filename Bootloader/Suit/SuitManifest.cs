// The manifest: its numbers, and where its components and sequences stand. Parsed only when its envelope is
// authenticated: before that there is no way to get here.
//
// Invariants: keys known and in canonical order; version 1; every section where its type allows it; a severable
// element stands either inline or, by digest, in the envelope, and there is none in the envelope without a digest.
// Fault model: signed bytes may still be wrong by mistake or made for another device; every length is checked.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>A SUIT_Manifest (draft-ietf-suit-manifest-37 §8.4), as offsets into the envelope's buffer.</summary>
    /// <remarks>One object for each envelope. One thread.</remarks>
    public sealed class SuitManifest
    {
        /// <summary>How many components a manifest may name.</summary>
        public const int MaxComponents = 8;

        /// <summary>How many segments a component id may have.</summary>
        public const int MaxSegments = 8;

        // Manifest keys by the form of their value, one bit each.
        private const int StringKeys = 0x010003D8;    // 3, 4, 6, 7, 8, 9, 24: byte string, or text (4)
        private const int SeverableKeys = 0x0295C000; // 14, 15, 16, 18, 20, 23, 25: byte string, or digest

        private const int SectionLimit = 26;
        private const int CommonPath = SuitElement.Manifest << 8 | SuitElement.Common;

        private readonly int[] _offsets = new int[SectionLimit];
        private readonly int[] _counts = new int[SectionLimit];

        /// <summary>Where each component id begins in the envelope's buffer: an array of byte strings, as an item.</summary>
        public readonly int[] Offsets = new int[MaxComponents];

        /// <summary>How many bytes each component id has.</summary>
        public readonly int[] Counts = new int[MaxComponents];

        /// <summary>The envelope that the manifest stands in.</summary>
        public SuitEnvelope Envelope;

        /// <summary>The sequence number, 0 to 2^63-1.</summary>
        public long SequenceNumber;

        /// <summary>How many components it names: 1 to <see cref="MaxComponents"/>, or 0 when it has dependencies only.</summary>
        public int ComponentCount;

        /// <summary>Reads the manifest of an authenticated envelope; to be called once.</summary>
        /// <param name="envelope">The envelope.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitNotAuthenticated"/> when nobody vouches for the envelope; or why the
        /// manifest is refused: then see <see cref="SuitEnvelope.ErrorOffset"/>.</returns>
        public ResultCode Parse(SuitEnvelope envelope)
        {
            Envelope = envelope;
            if (envelope.DigestOffset == 0)
            {
                return ResultCode.SuitNotAuthenticated;
            }

            int element = envelope.FindElement(SuitElement.Manifest);
            ResultCode result = ParseMap(SuitElement.Manifest, envelope.Offsets[element], envelope.Counts[element]);
            if (result == ResultCode.Ok)
            {
                // A common section that is missing reads as an empty one at 0, and is refused as such.
                result = ParseMap(CommonPath, _offsets[SuitElement.Common], _counts[SuitElement.Common]);
            }

            if (result == ResultCode.Ok
                && (_offsets[SuitElement.Version] == 0 || _offsets[SuitElement.SequenceNumber] == 0
                    || ComponentCount + _offsets[SuitElement.Dependencies] == 0))
            {
                result = envelope.Fail(ResultCode.SuitManifestMalformed, SuitElement.Manifest, envelope.Offsets[element]);
            }

            return result == ResultCode.Ok ? CheckSevered() : result;
        }

        /// <summary>Says whether the manifest has a section, inline or severed.</summary>
        /// <param name="key">A number of <see cref="SuitElement"/>.</param>
        /// <returns>Whether it has.</returns>
        public bool HasSection(int key)
        {
            return _offsets[key] != 0;
        }

        /// <summary>Finds the content of a section: inline, or in the envelope; then its digest is verified.</summary>
        /// <param name="key">A number of <see cref="SuitElement"/>, 6 to 10 or 14 to 25, or 0.</param>
        /// <param name="offset">Where it begins in the envelope's buffer.</param>
        /// <param name="count">How many bytes it has; 0 with Ok when the manifest has no such section.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitElementSevered"/> when it is not at hand;
        /// <see cref="ResultCode.SuitElementDigestMismatch"/> when it is another one.</returns>
        public ResultCode FindSection(int key, out int offset, out int count)
        {
            SuitEnvelope envelope = Envelope;
            offset = _offsets[key];
            count = _counts[key];
            if (count >= 0)
            {
                return ResultCode.Ok;
            }

            int digestOffset = offset;
            int element = envelope.FindElement(key);
            if (element < 0)
            {
                return envelope.Fail(ResultCode.SuitElementSevered, key, digestOffset);
            }

            offset = envelope.Offsets[element];
            count = envelope.Counts[element];
            return envelope.HasDigest(element, digestOffset)
                ? ResultCode.Ok
                : envelope.Fail(ResultCode.SuitElementDigestMismatch, key, offset);
        }

        /// <summary>Compares the first segment of a component id.</summary>
        /// <param name="component">Index of the component.</param>
        /// <param name="segment">What the first segment must be.</param>
        /// <param name="isWhole">Whether there must be no other segment.</param>
        /// <returns>Whether it is so.</returns>
        public bool ComponentStartsWith(int component, byte[] segment, bool isWhole)
        {
            byte[] buffer = Envelope.Buffer;
            CborReader reader = new CborReader(buffer, Offsets[component], Counts[component]);
            long segments = reader.Read(CborType.Array);
            int offset = reader.ReadString(CborType.ByteString, out int count);

            // After an error the segment is empty, and nothing is equal to that.
            return (!isWhole || segments == 1) && count == segment.Length
                && ConstantTime.AreEqual(buffer, offset, segment, 0, count);
        }

        // The map of the manifest, or that of its common section. A key that is not known, or no number, or wrong, is 0.
        private ResultCode ParseMap(int path, int offset, int count)
        {
            CborReader reader = new CborReader(Envelope.Buffer, offset, count);
            int pairs = (int)reader.Read(CborType.Map);
            int lastKey = -1;
            while (reader.Next(ref pairs))
            {
                long label = reader.ReadKey(ref lastKey);
                int key = label > 0 && label < SectionLimit ? (int)label : 0;
                if (path == CommonPath)
                {
                    ParseCommonMember(reader, key);
                }
                else
                {
                    ParseMember(reader, key);
                }
            }

            return Envelope.Fail(reader.CheckEnd(), path, reader.Position);
        }

        private void ParseMember(CborReader reader, int key)
        {
            int start = reader.Position;
            int bit = 1 << key;
            _offsets[key] = start;
            if (key == SuitElement.Version)
            {
                if (reader.Read(CborType.UnsignedInteger) != 1)
                {
                    reader.Refuse(ResultCode.SuitVersionUnsupported);
                }
            }
            else if (key == SuitElement.SequenceNumber)
            {
                SequenceNumber = reader.Read(CborType.UnsignedInteger);
            }
            else if (key == SuitElement.ManifestComponentId)
            {
                ParseComponentId(reader);
            }
            else if ((bit & SeverableKeys) != 0 && reader.PeekType() == CborType.Array)
            {
                reader.SkipItem();
                if (!SuitEnvelope.IsSha256Digest(reader.Buffer, start, reader.Position - start))
                {
                    reader.Refuse(ResultCode.SuitDigestUnsupported);
                }

                _offsets[key] = start + 4;
                _counts[key] = -1;
            }
            else
            {
                if ((bit & (StringKeys | SeverableKeys)) == 0)
                {
                    reader.Refuse(ResultCode.SuitManifestMalformed);
                }

                _offsets[key] = reader.ReadString(
                    key == SuitElement.ReferenceUri ? CborType.TextString : CborType.ByteString, out _counts[key]);
            }
        }

        private void ParseCommonMember(CborReader reader, int key)
        {
            int start = reader.Position;
            switch (key)
            {
                case SuitElement.CommonDependencies:
                    if (reader.PeekType() != CborType.Map)
                    {
                        reader.Refuse(ResultCode.SuitManifestMalformed);
                    }

                    reader.SkipItem();
                    _offsets[SuitElement.Dependencies] = start;
                    _counts[SuitElement.Dependencies] = reader.Position - start;
                    break;

                case SuitElement.CommonComponents:
                    int left = (int)reader.Read(CborType.Array);
                    if (left == 0 || left > MaxComponents)
                    {
                        reader.Refuse(left == 0 ? ResultCode.SuitManifestMalformed : ResultCode.SuitTooManyComponents);
                    }

                    while (reader.Next(ref left))
                    {
                        start = reader.Position;
                        ParseComponentId(reader);
                        Offsets[ComponentCount] = start;
                        Counts[ComponentCount++] = reader.Position - start;
                    }

                    break;

                case SuitElement.CommonSharedSequence:
                    _offsets[SuitElement.Shared] = reader.ReadString(CborType.ByteString, out _counts[SuitElement.Shared]);
                    break;

                default:
                    reader.Refuse(ResultCode.SuitManifestMalformed);
                    break;
            }
        }

        private static void ParseComponentId(CborReader reader)
        {
            int segments = (int)reader.Read(CborType.Array);
            if (segments > MaxSegments)
            {
                reader.Refuse(ResultCode.SuitLimit);
            }

            while (reader.Next(ref segments))
            {
                reader.ReadString(CborType.ByteString, out _);
            }
        }

        // What the envelope carries beside wrapper and manifest must be called for by a digest of the manifest.
        private ResultCode CheckSevered()
        {
            SuitEnvelope envelope = Envelope;
            for (int i = 0; i < envelope.ElementCount; i++)
            {
                int key = envelope.Keys[i];
                if (key > SuitElement.Manifest && (_offsets[key] == 0 || _counts[key] >= 0))
                {
                    return envelope.Fail(ResultCode.SuitEnvelopeMalformed, key, envelope.ItemOffsets[i]);
                }
            }

            return ResultCode.Ok;
        }
    }
}
