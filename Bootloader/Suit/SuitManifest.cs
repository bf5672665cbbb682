// The manifest: its numbers, and where its components and sequences stand. Parsed only when its envelope is
// authenticated: before that there is no way to get here.
//
// Invariants: keys known and in canonical order; version 1; every section where its type allows it; a severable
// element stands either inline or, by digest, in the envelope, and there is none in the envelope without a digest.
// Fault model: signed bytes may still be wrong by mistake or made for another device; every length is checked.

using System;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>A SUIT_Manifest (draft-ietf-suit-manifest-37 §8.4), as offsets into the envelope's buffer.</summary>
    /// <remarks>One thread.</remarks>
    public sealed class SuitManifest
    {
        /// <summary>How many components a manifest may name.</summary>
        public const int MaxComponents = 8;

        /// <summary>How many segments a component id may have.</summary>
        public const int MaxSegments = 8;

        // Manifest keys by the form of their value, one bit each.
        private const int BytesKeys = 0x010003C8;     // 3, 6, 7, 8, 9, 24: byte string
        private const int SeverableKeys = 0x0295C000; // 14, 15, 16, 18, 20, 23, 25: byte string, or digest

        private const int SectionLimit = 26;
        private const int CommonPath = SuitElement.Manifest << 8 | SuitElement.Common;

        private readonly int[] _offsets = new int[SectionLimit];
        private readonly int[] _counts = new int[SectionLimit];

        /// <summary>Where each component id begins in the envelope's buffer: an array of byte strings, as an item.</summary>
        public readonly int[] ComponentOffsets = new int[MaxComponents];

        /// <summary>How many bytes each component id has.</summary>
        public readonly int[] ComponentCounts = new int[MaxComponents];

        /// <summary>The envelope that the manifest stands in.</summary>
        public SuitEnvelope Envelope;

        /// <summary>The sequence number, 0 to 2^63-1.</summary>
        public long SequenceNumber;

        /// <summary>How many components it names: 1 to <see cref="MaxComponents"/>, or 0 when it has dependencies only.</summary>
        public int ComponentCount;

        /// <summary>Where the map of dependencies stands (an item), 0 if there is none. Stage 1 has no use for it.</summary>
        public int DependenciesOffset;

        /// <summary>How many bytes the map of dependencies has.</summary>
        public int DependenciesCount;

        /// <summary>Reads the manifest of an authenticated envelope.</summary>
        /// <param name="envelope">The envelope.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitNotAuthenticated"/> when nobody vouches for the envelope; or why the
        /// manifest is refused: then see <see cref="SuitEnvelope.ErrorOffset"/>.</returns>
        public ResultCode Parse(SuitEnvelope envelope)
        {
            Envelope = envelope;
            ComponentCount = 0;
            DependenciesOffset = 0;
            DependenciesCount = 0;
            Array.Clear(_offsets, 0, SectionLimit);
            Array.Clear(_counts, 0, SectionLimit);

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
                    || ComponentCount + DependenciesOffset == 0))
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
        /// <param name="key">A number of <see cref="SuitElement"/>, 6 to 9 or 14 to 25.</param>
        /// <param name="offset">Where it begins in the envelope's buffer.</param>
        /// <param name="count">How many bytes it has; 0 with Ok when the manifest has no such section.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitElementSevered"/> when it is not at hand;
        /// <see cref="ResultCode.SuitElementDigestMismatch"/> when it is another one.</returns>
        public ResultCode FindSection(int key, out int offset, out int count)
        {
            SuitEnvelope envelope = Envelope;
            offset = _offsets[key];
            count = offset == 0 ? 0 : _counts[key];
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
            CborReader reader = new CborReader(buffer, ComponentOffsets[component], ComponentCounts[component]);
            int segments;
            int offset;
            int count;
            return reader.ReadArrayHeader(out segments) == ResultCode.Ok && (!isWhole || segments == 1)
                && reader.ReadBytes(out offset, out count) == ResultCode.Ok && count == segment.Length
                && ConstantTime.AreEqual(buffer, offset, segment, 0, count);
        }

        // The map of the manifest, or that of its common section.
        private ResultCode ParseMap(int path, int offset, int count)
        {
            CborReader reader = new CborReader(Envelope.Buffer, offset, count);
            int pairs;
            ResultCode result = reader.ReadMapHeader(out pairs);
            int lastKey = -1;
            for (; result == ResultCode.Ok && pairs > 0; pairs--)
            {
                long label;
                result = reader.ReadKey(ref lastKey, out label);
                if (result == ResultCode.Ok)
                {
                    int key = label > 0 && label < SectionLimit ? (int)label : 0;
                    result = path == CommonPath ? ParseCommonMember(reader, key) : ParseMember(reader, key);
                }
            }

            if (result == ResultCode.Ok)
            {
                result = reader.CheckEnd();
            }

            return result == ResultCode.Ok ? result : Envelope.Fail(result, path, reader.Position);
        }

        private ResultCode ParseMember(CborReader reader, int key)
        {
            int start = reader.Position;
            long value;
            ResultCode result;
            _offsets[key] = start;
            switch (key)
            {
                case SuitElement.Version:
                    result = reader.ReadUInt(out value);
                    return result == ResultCode.Ok && value != 1 ? ResultCode.SuitVersionUnsupported : result;

                case SuitElement.SequenceNumber:
                    return reader.ReadUInt(out SequenceNumber);

                case SuitElement.ReferenceUri:
                    return reader.ReadText(out _offsets[key], out _counts[key]);

                case SuitElement.ManifestComponentId:
                    return ParseComponentId(reader);
            }

            int bit = 1 << key;
            if ((bit & (BytesKeys | SeverableKeys)) == 0)
            {
                return ResultCode.SuitManifestMalformed;
            }

            if ((bit & SeverableKeys) == 0 || reader.PeekType() != CborType.Array)
            {
                return reader.ReadBytes(out _offsets[key], out _counts[key]);
            }

            result = reader.SkipItem();
            if (result == ResultCode.Ok && !SuitEnvelope.IsSha256Digest(Envelope.Buffer, start, reader.Position - start))
            {
                return ResultCode.SuitDigestUnsupported;
            }

            _offsets[key] = start + 4;
            _counts[key] = -1;
            return result;
        }

        private ResultCode ParseCommonMember(CborReader reader, int key)
        {
            int start = reader.Position;
            switch (key)
            {
                case SuitElement.CommonDependencies:
                    if (reader.PeekType() != CborType.Map)
                    {
                        return ResultCode.SuitManifestMalformed;
                    }

                    ResultCode result = reader.SkipItem();
                    DependenciesOffset = start;
                    DependenciesCount = reader.Position - start;
                    return result;

                case SuitElement.CommonComponents:
                    return ParseComponents(reader);

                case SuitElement.CommonSharedSequence:
                    return reader.ReadBytes(out _offsets[SuitElement.Shared], out _counts[SuitElement.Shared]);

                default:
                    return ResultCode.SuitManifestMalformed;
            }
        }

        private ResultCode ParseComponents(CborReader reader)
        {
            int count;
            ResultCode result = reader.ReadArrayHeader(out count);
            if (result == ResultCode.Ok && (count == 0 || count > MaxComponents))
            {
                result = count == 0 ? ResultCode.SuitManifestMalformed : ResultCode.SuitTooManyComponents;
            }

            for (int i = 0; result == ResultCode.Ok && i < count; i++)
            {
                int start = reader.Position;
                result = ParseComponentId(reader);
                ComponentOffsets[i] = start;
                ComponentCounts[i] = reader.Position - start;
                ComponentCount = count;
            }

            return result;
        }

        private static ResultCode ParseComponentId(CborReader reader)
        {
            int segments;
            ResultCode result = reader.ReadArrayHeader(out segments);
            if (result == ResultCode.Ok && segments > MaxSegments)
            {
                result = ResultCode.SuitLimit;
            }

            for (; result == ResultCode.Ok && segments > 0; segments--)
            {
                int ignored;
                result = reader.ReadBytes(out ignored, out ignored);
            }

            return result;
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
