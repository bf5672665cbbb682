// The first content of a device as C# source: a board project compiles it in, and the application that it then is
// writes it into the device's regions, once. Byte arrays become part of the .pe, 64 KB each at most.

using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>Writes <c>ProvisioningData.cs</c> of a board project.</summary>
    public sealed class ProvisioningSource
    {
        /// <summary>Most bytes that one array of a <c>.pe</c> may have.</summary>
        public const int ArrayBytesMax = 65535;

        private const int BytesPerLine = 24;

        /// <summary>The identity, as <see cref="IdentityRecord.Encode"/> gives it.</summary>
        public required byte[] Identity { get; init; }

        /// <summary>The keys that payloads are encrypted for, as <see cref="PayloadKeyRecord.Encode"/> gives them; empty for none.</summary>
        public byte[] PayloadKeys { get; init; } = [];

        /// <summary>Signed envelope of stage 2.</summary>
        public required byte[] Stage2Envelope { get; init; }

        /// <summary>Bundle of stage 2.</summary>
        public required byte[] Stage2Payload { get; init; }

        /// <summary>Signed envelope of the application.</summary>
        public required byte[] ApplicationEnvelope { get; init; }

        /// <summary>Bundle of the application.</summary>
        public required byte[] ApplicationPayload { get; init; }

        /// <summary>Signed envelope of the trust document that is in force from the start; empty for none.</summary>
        public byte[] TrustEnvelope { get; init; } = [];

        /// <summary>That document; empty for none.</summary>
        public byte[] TrustPayload { get; init; } = [];

        /// <summary>Namespace of the class.</summary>
        public string Namespace { get; init; } = "NanoBoot.Board";

        /// <summary>The source.</summary>
        /// <returns>C# 9, lines ended by LF.</returns>
        /// <exception cref="InvalidOperationException">An array is too long for the format.</exception>
        public string Write()
        {
            var source = new StringBuilder();
            source.Append("// First content of one device. Made by 'nanoboot provision'; make it again rather than edit it.\n\n");
            source.Append("namespace ").Append(Namespace).Append("\n{\n");
            source.Append("    /// <summary>What the device is provisioned with.</summary>\n");
            source.Append("    internal static class ProvisioningData\n    {\n");
            Append(source, "Identity", Identity);
            Append(source, "PayloadKeys", PayloadKeys);
            Append(source, "TrustEnvelope", TrustEnvelope);
            Append(source, "TrustDocument", TrustPayload);
            Append(source, "Stage2Envelope", Stage2Envelope);
            Append(source, "Stage2Payload", Stage2Payload);
            Append(source, "ApplicationEnvelope", ApplicationEnvelope);
            Append(source, "ApplicationPayload", ApplicationPayload);
            return source.Append("    }\n}\n").ToString();
        }

        private static void Append(StringBuilder source, string name, byte[] bytes)
        {
            if (bytes.Length > ArrayBytesMax)
            {
                throw new InvalidOperationException(
                    $"{name} has {bytes.Length} bytes; a board project takes {ArrayBytesMax} at most. Provision a smaller first image.");
            }

            source.Append("        internal static readonly byte[] ").Append(name).Append(" =\n        {\n");
            foreach (byte[] line in bytes.Chunk(BytesPerLine))
            {
                source.Append("            ")
                    .AppendJoin(", ", line.Select(value => value.ToString(CultureInfo.InvariantCulture)))
                    .Append(",\n");
            }

            source.Append("        };\n\n");
        }
    }
}
