// Reads and verifies a device's report: SUIT_Report (draft-ietf-suit-report) in a COSE_Mac0 under the device key.
// The MAC is checked before anything of the payload is read. What comes in is chosen by whoever can post to the tracker.

using System;
using System.Collections.Generic;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>Where in a manifest something happened (SUIT_Record).</summary>
    /// <param name="Section">Manifest element.</param>
    /// <param name="SectionOffsetBytes">Offset in it.</param>
    /// <param name="ComponentIndex">Component index of the manifest.</param>
    public sealed record SuitReportRecord(long Section, long SectionOffsetBytes, long ComponentIndex);

    /// <summary>What a component held when the report was made (system-property-claims).</summary>
    /// <param name="ComponentId">First segment of the component id.</param>
    /// <param name="ImageDigest">SHA-256 of the image, 32 bytes.</param>
    /// <param name="ImageSizeBytes">Its size.</param>
    /// <param name="Sequence">Sequence number of its manifest.</param>
    public sealed record SuitReportComponent(byte[] ComponentId, byte[] ImageDigest, long ImageSizeBytes, long Sequence);

    /// <summary>One verified report. Immutable.</summary>
    public sealed class SuitReport
    {
        /// <summary>Longest report that is read, in bytes.</summary>
        public const int MaximumBytes = 8192;

        private const int HmacAlgorithm = 5;
        private const int SequenceParameter = -258;

        private SuitReport(CborNode map, byte[] deviceId)
        {
            DeviceId = deviceId;
            Nonce = map.Find(2)?.Require(CborKind.Bytes, "the nonce is no byte string").Bytes;
            ReadRecords(Field(map, 3, CborKind.Array, "records"));
            CborNode result = map.Find(4) ?? throw new CborException(map.OffsetBytes, "the result is missing");
            if (result.Kind == CborKind.Bool)
            {
                IsSuccess = result.Integer == 1
                    ? true
                    : throw new CborException(result.OffsetBytes, "the result is neither true nor a map");
            }
            else
            {
                result.Require(CborKind.Map, "the result is neither true nor a map");
                Code = Field(result, 5, CborKind.Integer, "result code").Integer;
                FailedAt = ReadRecord(Field(result, 6, CborKind.Array, "result record"));
                Reason = Field(result, 7, CborKind.Integer, "reason").Integer;
            }

            CborNode reference = Field(map, 99, CborKind.Array, "reference");
            if (reference.Items.Count != 2)
            {
                throw new CborException(reference.OffsetBytes, "the reference is not [uri, digest]");
            }

            ManifestUri = reference.Items[0].Require(CborKind.Text, "the URI is no text").Text;
            ManifestDigest = ReadDigest(reference.Items[1]);
        }

        /// <summary>The device's id, by which its key was found: 16 bytes.</summary>
        public byte[] DeviceId { get; }

        /// <summary>The nonce, or null.</summary>
        public byte[]? Nonce { get; }

        /// <summary>True for plain success.</summary>
        public bool IsSuccess { get; }

        /// <summary>The device's result code (docs/SPEC.md); 0 with success.</summary>
        public long Code { get; }

        /// <summary>The standard's reason; 0 with success.</summary>
        public long Reason { get; }

        /// <summary>Where it ended, or null with success.</summary>
        public SuitReportRecord? FailedAt { get; }

        /// <summary>Reference URI of the manifest; may be empty.</summary>
        public string ManifestUri { get; }

        /// <summary>SHA-256 of the manifest, 32 bytes.</summary>
        public byte[] ManifestDigest { get; }

        /// <summary>Records of commands.</summary>
        public List<SuitReportRecord> Records { get; } = [];

        /// <summary>What the components held.</summary>
        public List<SuitReportComponent> Components { get; } = [];

        /// <summary>Reads the device id of a report, which is not verified by that: it says whose key to take.</summary>
        /// <param name="message">The tagged COSE_Mac0.</param>
        /// <exception cref="CborException">It is not such a message.</exception>
        public static byte[] ReadDeviceId(byte[] message) => ReadHeader(ReadMac0(message));

        /// <summary>Verifies a report and reads it.</summary>
        /// <param name="message">The tagged COSE_Mac0.</param>
        /// <param name="deviceKey">Key of the device that <see cref="ReadDeviceId"/> names, 32 bytes.</param>
        /// <exception cref="CborException">It is not such a message.</exception>
        /// <exception cref="CryptographicException">The MAC is wrong.</exception>
        public static SuitReport Verify(byte[] message, byte[] deviceKey)
        {
            ArgumentNullException.ThrowIfNull(deviceKey);
            IReadOnlyList<CborNode> parts = ReadMac0(message);
            byte[] deviceId = ReadHeader(parts);
            byte[] macStructure = CborWriter.Encode(writer => writer.StartArray(4).WriteText("MAC0")
                .WriteBytes(parts[0].Bytes).WriteBytes([]).WriteBytes(parts[2].Bytes));
            if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(deviceKey, macStructure), parts[3].Bytes))
            {
                throw new CryptographicException("The report's MAC is not that of the device key.");
            }

            return new SuitReport(parts[2].ParseContent().Require(CborKind.Map, "the report is no map"), deviceId);
        }

        private static IReadOnlyList<CborNode> ReadMac0(byte[] message)
        {
            ArgumentNullException.ThrowIfNull(message);
            if (message.Length > MaximumBytes)
            {
                throw new CborException(0, $"a report has at most {MaximumBytes} bytes");
            }

            CborNode tagged = CborNode.Parse(message);
            if (tagged.Kind != CborKind.Tag || tagged.Tag != CoseWriter.Mac0Tag || tagged.Items[0].Items.Count != 4)
            {
                throw new CborException(0, "this is no tagged COSE_Mac0");
            }

            IReadOnlyList<CborNode> parts = tagged.Items[0].Require(CborKind.Array, "this is no tagged COSE_Mac0").Items;
            parts[0].Require(CborKind.Bytes, "the protected header is no byte string");
            if (parts[1].Require(CborKind.Map, "the unprotected header is no map").Entries.Count != 0)
            {
                // Nothing vouches for what would stand there.
                throw new CborException(parts[1].OffsetBytes, "the unprotected header is not empty");
            }

            parts[2].Require(CborKind.Bytes, "the payload is no byte string");
            parts[3].Require(CborKind.Bytes, "the MAC is no byte string");
            return parts;
        }

        private static byte[] ReadHeader(IReadOnlyList<CborNode> parts)
        {
            CborNode header = parts[0].ParseContent().Require(CborKind.Map, "the protected header is no map");
            if (header.Entries.Count != 2 || Field(header, 1, CborKind.Integer, "algorithm").Integer != HmacAlgorithm)
            {
                throw new CborException(header.OffsetBytes, "the protected header is not algorithm HMAC 256 and a key id");
            }

            CborNode keyId = Field(header, 4, CborKind.Bytes, "key id");
            return keyId.Bytes.Length == 16
                ? keyId.Bytes
                : throw new CborException(keyId.OffsetBytes, "a device id has 16 bytes");
        }

        private static CborNode Field(CborNode map, int key, CborKind kind, string name)
        {
            CborNode value = map.Find(key) ?? throw new CborException(map.OffsetBytes, $"the {name} is missing");
            return value.Require(kind, $"the {name} is of another type");
        }

        private static byte[] ReadDigest(CborNode node)
        {
            if (node.Kind != CborKind.Array || node.Items.Count != 2 || node.Items[0].Integer != SuitDigest.Sha256Algorithm
                || node.Items[1].Bytes.Length != SHA256.HashSizeInBytes)
            {
                throw new CborException(node.OffsetBytes, "this is no SHA-256 SUIT_Digest");
            }

            return node.Items[1].Bytes;
        }

        private static SuitReportRecord ReadRecord(CborNode node)
        {
            if (node.Kind != CborKind.Array || node.Items.Count < 5)
            {
                throw new CborException(node.OffsetBytes, "this is no SUIT_Record");
            }

            node.Items[0].Require(CborKind.Array, "the manifest id is no array");
            node.Items[4].Require(CborKind.Map, "the properties are no map");
            return new SuitReportRecord(
                node.Items[1].Require(CborKind.Integer, "the section is no number").Integer,
                node.Items[2].Require(CborKind.Integer, "the offset is no number").Integer,
                node.Items[3].Require(CborKind.Integer, "the component index is no number").Integer);
        }

        private void ReadRecords(CborNode records)
        {
            foreach (CborNode node in records.Items)
            {
                if (node.Kind == CborKind.Array)
                {
                    Records.Add(ReadRecord(node));
                    continue;
                }

                node.Require(CborKind.Map, "a record is neither an array nor a map");
                CborNode id = Field(node, 0, CborKind.Array, "component id");
                byte[] segment = id.Items.Count == 0 ? [] : id.Items[0].Require(CborKind.Bytes, "a segment is no byte string").Bytes;
                Components.Add(new SuitReportComponent(
                    segment,
                    ReadDigest(Field(node, 3, CborKind.Bytes, "image digest").ParseContent()),
                    Field(node, 14, CborKind.Integer, "image size").Integer,
                    node.Find(SequenceParameter)?.Require(CborKind.Integer, "the sequence number is no number").Integer ?? 0));
            }
        }
    }
}
