// Writes the samples as C# for the benchmark on the interpreter, which can make no signature of its own.

using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace NanoBoot.Benchmarks
{
    /// <summary>The generator of tests/nano/Benchmarks/Samples.cs.</summary>
    internal static class NanoSamples
    {
        private const int BytesPerLine = 20;
        private const int WordsPerLine = 9;

        /// <summary>Writes the file.</summary>
        public static void Write(string path)
        {
            StringBuilder text = new();
            text.Append("// Written by tests/Benchmarks: dotnet run -c Release --project tests/Benchmarks -- samples <this file>\n\n");
            text.Append("namespace NanoBoot.Nano.Benchmarks\n{\n    internal static class Samples\n    {\n");
            text.Append(CultureInfo.InvariantCulture, $"        public const int LmsMessageBytes = {CryptoSamples.SignedBytes};\n");
            Bytes(text, "EcKey", CryptoSamples.Ec.PublicKey);
            Bytes(text, "EcDigest", CryptoSamples.EcDigest);
            Bytes(text, "EcSignature", CryptoSamples.EcSignature);
            Array(text, "uint", "EcTable", CryptoSamples.EcTable.Select(word => "0x" + word.ToString("x8")).ToArray(), WordsPerLine);
            foreach (int digitBits in new[] { 2, 4 })
            {
                (byte[] key, byte[] signature) = CryptoSamples.Lms(digitBits);
                Bytes(text, "LmsKeyW" + digitBits, key);
                Bytes(text, "LmsSignatureW" + digitBits, signature);
            }

            text.Append("    }\n}\n");
            File.WriteAllText(path, text.ToString());
        }

        private static void Bytes(StringBuilder text, string name, byte[] values)
        {
            Array(text, "byte", name, values.Select(value => "0x" + value.ToString("x2")).ToArray(), BytesPerLine);
        }

        private static void Array(StringBuilder text, string type, string name, string[] values, int perLine)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n        public static readonly {type}[] {name} =\n        {{\n");
            foreach (string[] line in values.Chunk(perLine))
            {
                text.Append("            ").AppendJoin(", ", line).Append(",\n");
            }

            text.Append("        };\n");
        }
    }
}
