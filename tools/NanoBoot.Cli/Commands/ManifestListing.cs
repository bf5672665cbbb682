// A readable listing of an envelope: every element by name, every sequence command by command.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary>Lists an envelope.</summary>
    internal sealed class ManifestListing
    {
        private readonly List<string> _lines = [];

        private ManifestListing()
        {
        }

        /// <summary>The lines of the listing.</summary>
        public static IReadOnlyList<string> Make(Envelope envelope, int envelopeBytes)
        {
            var listing = new ManifestListing();
            listing.AddEnvelope(envelope, envelopeBytes);
            return listing._lines;
        }

        /// <summary>The facts of an envelope.</summary>
        public static JsonObject ToJson(Envelope envelope, int envelopeBytes)
        {
            CborNode manifest = CborNode.Parse(envelope.Manifest);
            return new JsonObject
            {
                ["bytes"] = envelopeBytes,
                ["manifestBytes"] = envelope.Manifest.Length,
                ["manifestDigest"] = Convert.ToHexStringLower(envelope.ManifestDigest.AsSpan(4)),
                ["sequence"] = manifest.Find(2)?.Integer,
                ["components"] = new JsonArray([.. EnvelopeFiles.Components(envelope).Select(name => JsonValue.Create(name))]),
                ["signatures"] = new JsonArray([.. envelope.AuthenticationBlocks.Select(block => SignatureFacts(block))]),
                ["outside"] = new JsonArray([.. envelope.SeverableElements.Keys.Select(number => JsonValue.Create(Hyphenate(((SuitElement)number).ToString())))]),
                ["integrated"] = new JsonArray([.. envelope.IntegratedPayloads.Keys.Select(name => JsonValue.Create(name))]),
                ["listing"] = new JsonArray([.. Make(envelope, envelopeBytes).Select(line => JsonValue.Create(line))]),
            };
        }

        /// <summary>"PayloadFetch" to "payload-fetch".</summary>
        public static string Hyphenate(string name)
        {
            return string.Concat(name.Select((character, index) => char.IsUpper(character) && index != 0
                ? $"-{char.ToLowerInvariant(character)}" : char.ToLowerInvariant(character).ToString()));
        }

        /// <summary>The name of a command or parameter.</summary>
        public static string NameOf<TEnum>(long code)
            where TEnum : struct, Enum
        {
            var value = (TEnum)Enum.ToObject(typeof(TEnum), (int)code);
            return Enum.IsDefined(value) ? Hyphenate(value.ToString()) : $"custom({code})";
        }

        private static JsonObject SignatureFacts(byte[] block)
        {
            (string kind, long algorithm, string keyId, int length) = ReadSignature(block);
            return new JsonObject { ["kind"] = kind, ["algorithm"] = algorithm, ["keyId"] = keyId.Length == 0 ? null : keyId, ["bytes"] = length };
        }

        private static (string Kind, long Algorithm, string KeyId, int Length) ReadSignature(byte[] block)
        {
            CborNode cose = CborNode.Parse(block);
            if (cose.Kind != CborKind.Tag || cose.Items[0].Items.Count != 4)
            {
                return ("unknown", 0, string.Empty, block.Length);
            }

            IReadOnlyList<CborNode> parts = cose.Items[0].Items;
            long algorithm = parts[0].Bytes.Length == 0 ? 0 : CborNode.Parse(parts[0].Bytes).Find(1)?.Integer ?? 0;
            string keyId = parts[1].Find(4) is { Kind: CborKind.Bytes } id ? Convert.ToHexStringLower(id.Bytes) : string.Empty;
            return (cose.Tag == CoseWriter.Sign1Tag ? "COSE_Sign1" : cose.Tag == CoseWriter.Mac0Tag ? "COSE_Mac0" : $"tag {cose.Tag}", algorithm, keyId, parts[3].Bytes.Length);
        }

        private void AddEnvelope(Envelope envelope, int envelopeBytes)
        {
            CborNode manifest = CborNode.Parse(envelope.Manifest);
            Add(0, $"envelope, {envelopeBytes} bytes");
            Add(1, $"manifest digest sha-256 {Convert.ToHexStringLower(envelope.ManifestDigest.AsSpan(4))}");
            foreach (byte[] block in envelope.AuthenticationBlocks)
            {
                (string kind, long algorithm, string keyId, int length) = ReadSignature(block);
                string name = Enum.IsDefined((SigningAlgorithm)algorithm) ? ((SigningAlgorithm)algorithm).ToString() : "algorithm";
                Add(1, $"{kind} {name} ({algorithm}), key {(keyId.Length == 0 ? "not named" : keyId)}, {length} bytes");
            }

            if (envelope.AuthenticationBlocks.Count == 0)
            {
                Add(1, "not signed");
            }

            Add(0, $"manifest, {envelope.Manifest.Length} bytes");
            foreach ((CborNode key, CborNode value) in manifest.Entries)
            {
                AddElement(key.Integer, value);
            }

            foreach (KeyValuePair<int, byte[]> element in envelope.SeverableElements)
            {
                Add(0, $"outside of the manifest: {Hyphenate(((SuitElement)element.Key).ToString())}, {element.Value.Length} bytes");
                AddContent(element.Key, CborNode.Parse(element.Value), 1);
            }

            foreach (KeyValuePair<string, byte[]> payload in envelope.IntegratedPayloads)
            {
                Add(0, $"integrated: {payload.Key}, {payload.Value.Length} bytes");
            }
        }

        private void AddElement(long key, CborNode value)
        {
            switch (key)
            {
                case 1:
                    Add(1, $"version {value.Integer}");
                    break;
                case 2:
                    Add(1, $"sequence-number {value.Integer}");
                    break;
                case 3:
                    AddCommon(value.ParseContent());
                    break;
                case 4:
                    Add(1, $"reference-uri {value.Text}");
                    break;
                case 5:
                    Add(1, $"manifest-component-id {Describe(value)}");
                    break;
                case 6:
                    Add(1, $"set-version {Describe(value.ParseContent())}");
                    break;
                default:
                    string name = NameOf<SuitElement>(key);
                    if (value.Kind == CborKind.Array)
                    {
                        Add(1, $"{name}: severed, sha-256 {Convert.ToHexStringLower(value.Items[^1].Bytes)}");
                    }
                    else
                    {
                        Add(1, name);
                        AddContent(key, value.ParseContent(), 2);
                    }

                    break;
            }
        }

        private void AddCommon(CborNode common)
        {
            Add(1, "common");
            if (common.Find(1) is CborNode dependencies)
            {
                Add(2, $"dependencies {CborDiagnostic.Format(dependencies)}");
            }

            if (common.Find(2) is CborNode components)
            {
                for (int index = 0; index < components.Items.Count; index++)
                {
                    Add(2, $"component {index}: {Describe(components.Items[index])}");
                }
            }

            if (common.Find(4) is CborNode shared)
            {
                Add(2, "shared-sequence");
                AddSequence(shared.ParseContent(), 3);
            }
        }

        private void AddContent(long key, CborNode content, int indent)
        {
            if (key is (long)SuitElement.Text or (long)SuitElement.Coswid || content.Kind != CborKind.Array)
            {
                Add(indent, CborDiagnostic.Format(content).ReplaceLineEndings("\n" + new string(' ', 2 * indent)));
                return;
            }

            AddSequence(content, indent);
        }

        private void AddSequence(CborNode sequence, int indent)
        {
            for (int index = 0; index + 1 < sequence.Items.Count; index += 2)
            {
                long code = sequence.Items[index].Integer;
                CborNode argument = sequence.Items[index + 1];
                string name = NameOf<SuitCommand>(code);
                switch ((SuitCommand)code)
                {
                    case SuitCommand.OverrideParameters:
                    case SuitCommand.SetParameters:
                        Add(indent, name);
                        AddParameters(argument, indent + 1);
                        break;
                    case SuitCommand.TryEach:
                        AddTryEach(argument, indent);
                        break;
                    case SuitCommand.RunSequence:
                        Add(indent, name);
                        AddSequence(argument.ParseContent(), indent + 1);
                        break;
                    default:
                        Add(indent, $"{name} {Describe(argument)}");
                        break;
                }
            }
        }

        private void AddTryEach(CborNode argument, int indent)
        {
            Add(indent, "try-each");
            for (int index = 0; index < argument.Items.Count; index++)
            {
                CborNode alternative = argument.Items[index];
                Add(indent + 1, alternative.Kind == CborKind.Null ? $"alternative {index + 1}: nothing" : $"alternative {index + 1}:");
                if (alternative.Kind == CborKind.Bytes)
                {
                    AddSequence(alternative.ParseContent(), indent + 2);
                }
            }
        }

        private void AddParameters(CborNode parameters, int indent)
        {
            foreach ((CborNode key, CborNode value) in parameters.Entries)
            {
                Add(indent, $"{NameOf<SuitParameter>(key.Integer)}: {DescribeParameter((SuitParameter)key.Integer, value)}");
            }
        }

        private static string DescribeParameter(SuitParameter parameter, CborNode value)
        {
            switch (parameter)
            {
                case SuitParameter.VendorIdentifier or SuitParameter.ClassIdentifier or SuitParameter.DeviceIdentifier when value.Bytes.Length == 16:
                    return Uuid.FromBytes(value.Bytes).ToString();
                case SuitParameter.VendorIdentifier when value.Kind == CborKind.Tag && value.Items[0].Kind == CborKind.Bytes:
                    return $"private enterprise number {value.Items[0].Bytes.Aggregate(0L, (number, part) => (number << 7) | (part & 0x7FL))}";
                case SuitParameter.ImageDigest when value.TryParseContent(out CborNode? digest) && digest!.Items.Count >= 2:
                    return $"{(digest.Items[0].Integer == SuitDigest.Sha256Algorithm ? "sha-256" : $"algorithm {digest.Items[0].Integer}")} {Convert.ToHexStringLower(digest.Items[1].Bytes)}";
                case SuitParameter.UseBefore when value.Kind == CborKind.Integer && value.Integer < 253402300800:
                    return DateTimeOffset.FromUnixTimeSeconds(value.Integer).ToString("u", CultureInfo.InvariantCulture);
                case SuitParameter.ChunkTable:
                    return DescribeTable(value);
                case SuitParameter.InvokeArguments or SuitParameter.Version or SuitParameter.WaitInfo or SuitParameter.EncryptionInfo:
                    return CborDiagnostic.Format(value).ReplaceLineEndings(" ");
                default:
                    return Describe(value);
            }
        }

        private static string DescribeTable(CborNode value)
        {
            try
            {
                IReadOnlyList<ChunkEntry> chunks = Chunker.ReadTable(value.Bytes);
                return $"{chunks.Count} chunks, {chunks.Min(chunk => chunk.LengthBytes)} to {chunks.Max(chunk => chunk.LengthBytes)} bytes, {chunks.Sum(chunk => chunk.LengthBytes)} in all";
            }
            catch (InvalidDataException)
            {
                return "malformed";
            }
        }

        /// <summary>A value; component ids as text where they are text.</summary>
        private static string Describe(CborNode value)
        {
            bool isId = value.Kind == CborKind.Array && value.Items.Count != 0 && value.Items.All(item => item.Kind == CborKind.Bytes);
            return isId ? new ComponentId([.. value.Items.Select(item => item.Bytes)]).ToString() : CborDiagnostic.Format(value, opensEmbedded: false);
        }

        private void Add(int indent, string text)
        {
            foreach (string line in (new string(' ', 2 * indent) + text).Split('\n'))
            {
                _lines.Add(line);
            }
        }
    }
}
