// Writes what the boot benchmark on the interpreter starts from as C#: a bundle, signed in two ways, and the keys.

using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;

namespace NanoBoot.Benchmarks
{
    /// <summary>The generator of BootSamples and BootPart0 to 3 (tests/nano/BootBenchmark).</summary>
    internal static class NanoBootSamples
    {
        // An assembly holds 64 KB of constants: the bundle needs several.
        private const int Parts = 4;
        private const int BytesPerLine = 24;
        private const long Sequence = 7;

        /// <summary>Writes the files.</summary>
        /// <param name="bundlePath">The bundle.</param>
        /// <param name="folder">Where they go.</param>
        /// <param name="entryType">Full name of the bundle's entry type.</param>
        public static void Write(string bundlePath, string folder, string entryType)
        {
            byte[] payload = File.ReadAllBytes(bundlePath);
            Guid vendor = Uuid.ForVendor("nanoboot.example");
            Guid board = Uuid.ForClass(vendor, "interpreter");
            ManifestBuilder builder = new() { SequenceNumber = Sequence, VendorId = vendor };
            builder.ClassIds.Add(board);
            builder.AddComponent("application", payload, null, entryType);
            Envelope envelope = builder.Build();
            long imageId = BitConverter.ToInt64(envelope.ImageId, 0);
            byte[] ecEnvelope = envelope.Sign(CryptoSamples.Ec).Encode();
            envelope.RemoveAuthenticationBlocks();
            HssKey lms = HssKey.Create([new LmsParameters(10, 2, 32)], new byte[HssKey.SeedBytes]);
            string state = Path.Combine(folder, "lms.state");
            File.Delete(state);
            HssSigningKey.CreateState(lms, state);
            HssSigningKey lmsKey = new(lms, state);
            byte[] lmsEnvelope = envelope.Sign(lmsKey).Encode();

            StringBuilder text = new();
            text.Append("// Written by tests/Benchmarks (boot-samples).\n\nnamespace NanoBoot.Nano.Benchmarks\n{\n    internal static class BootSamples\n    {\n");
            text.Append(CultureInfo.InvariantCulture, $"        public const long Sequence = {Sequence};\n        public const long ImageId = {imageId};\n");
            Append(text, "byte", "Identity", Identity(vendor, board).Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Append(text, "byte", "EcKeyId", CryptoSamples.Ec.KeyId.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Append(text, "byte", "EcKey", CryptoSamples.Ec.PublicKey.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Append(text, "uint", "EcTable", CryptoSamples.EcTable.Select(value => "0x" + value.ToString("x8")));
            Append(text, "byte", "EcEnvelope", ecEnvelope.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Append(text, "byte", "LmsKeyId", lmsKey.KeyId.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Append(text, "byte", "LmsKey", lms.PublicKey.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Append(text, "byte", "LmsEnvelope", lmsEnvelope.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            text.Append("    }\n}\n");
            File.WriteAllText(Path.Combine(folder, "BootSamples.cs"), text.ToString());

            int partBytes = ((payload.Length / Parts) + 31) / 32 * 32;
            for (int i = 0; i < Parts; i++)
            {
                text.Clear();
                text.Append(CultureInfo.InvariantCulture, $"namespace NanoBoot.Nano.Benchmarks\n{{\n    public static class BootPart{i}\n    {{\n");
                Append(text, "byte", "Bytes", payload.Skip(i * partBytes).Take(partBytes).Select(value => value.ToString(CultureInfo.InvariantCulture)));
                text.Append("    }\n}\n");
                File.WriteAllText(Path.Combine(folder, "BootPart" + i + ".cs"), text.ToString());
            }
        }

        private static byte[] Identity(Guid vendor, Guid board)
        {
            CborMap map = new();
            map.Add(1, writer => writer.WriteBytes(Uuid.ToBytes(vendor)));
            map.Add(2, writer => writer.StartArray(1).WriteBytes(Uuid.ToBytes(board)));
            map.Add(3, writer => writer.WriteBytes(Uuid.ToBytes(Uuid.Version5(board, "device 1"))));
            return map.Encode();
        }

        private static void Append(StringBuilder text, string type, string name, System.Collections.Generic.IEnumerable<string> values)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n        public static readonly {type}[] {name} =\n        {{\n");
            foreach (string[] line in values.Chunk(BytesPerLine))
            {
                text.Append("            ").AppendJoin(", ", line).Append(",\n");
            }

            text.Append("        };\n");
        }
    }
}
