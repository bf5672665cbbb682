// Signs a bundle for the whole-boot test on the interpreter, and writes all that the test needs as C# source:
//   dotnet run --project tests/nano/Vectors -- BUNDLE UNFIT.pe OUT.cs
// UNFIT.pe is an image that the device cannot load. With the word update instead of the two: the release of 512 KB whose installation is measured (../UpdateMemory).
// The keys are made of a published seed and are worth nothing.

using System;
using System.IO;
using System.Linq;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;

namespace NanoBoot.Nano.Vectors
{
    internal static class Program
    {
        private const int BytesPerLine = 24;
        private const long Sequence = 1;

        private static int Main(string[] arguments)
        {
            if (arguments.Length == 2 && arguments[0] == "update")
            {
                WriteUpdate(arguments[1]);
                return 0;
            }

            if (arguments.Length != 3)
            {
                Console.Error.WriteLine("usage: BUNDLE UNFIT.pe OUT.cs, or: update OUT.cs");
                return 2;
            }

            byte[] payload = File.ReadAllBytes(arguments[0]);
            byte[] unfitPayload = File.ReadAllBytes(arguments[1]);
            using EcdsaSigningKey author = EcdsaSigningKey.FromSeed("interpreter"u8, "author");
            using EcdsaSigningKey stranger = EcdsaSigningKey.FromSeed("interpreter"u8, "stranger");
            Guid vendor = Uuid.ForVendor("nanoboot.example");
            Guid @class = Uuid.ForClass(vendor, "interpreter");
            Envelope envelope = Make(payload, vendor, @class, author);
            Envelope strangers = Make(payload, vendor, @class, stranger);
            Envelope tight = Make(payload, vendor, @class, author, "Application.TightLoop");
            Envelope cooperative = Make(payload, vendor, @class, author, "Application.CooperativeLoop");
            Envelope unfit = Make(unfitPayload, vendor, @class, author, "Unfit.Program");

            var source = new StringBuilder();
            source.AppendLine("// Made by tests/nano/Vectors.").AppendLine();
            source.AppendLine("namespace NanoBoot.Nano.Tests").AppendLine("{").AppendLine("    internal static class BootVectors").AppendLine("    {");
            source.AppendLine("        public const long Sequence = " + Sequence + ";");
            source.AppendLine("        public const long ImageId = " + BitConverter.ToInt64(envelope.ImageId, 0) + ";");
            source.AppendLine("        public const int Algorithm = " + (int)author.Algorithm + ";");
            Append(source, "KeyId", author.KeyId);
            Append(source, "PublicKey", author.PublicKey);
            Append(source, "Identity", MakeIdentity(vendor, @class));
            Append(source, "Envelope", envelope.Encode());
            Append(source, "StrangersEnvelope", strangers.Encode());
            source.AppendLine().AppendLine("        public const long TightImageId = " + BitConverter.ToInt64(tight.ImageId, 0) + ";");
            source.AppendLine("        public const long CooperativeImageId = " + BitConverter.ToInt64(cooperative.ImageId, 0) + ";");
            Append(source, "TightEnvelope", tight.Encode());
            Append(source, "CooperativeEnvelope", cooperative.Encode());
            Append(source, "Payload", payload);
            source.AppendLine().AppendLine("        public const long UnfitImageId = " + BitConverter.ToInt64(unfit.ImageId, 0) + ";");
            Append(source, "UnfitEnvelope", unfit.Encode());
            Append(source, "UnfitPayload", unfitPayload);
            source.AppendLine("    }").AppendLine("}");
            File.WriteAllText(arguments[2], source.ToString());
            return 0;
        }

        private static void WriteUpdate(string path)
        {
            var source = new StringBuilder();
            source.AppendLine("// Made by tests/nano/Vectors.").AppendLine();
            source.AppendLine("namespace NanoBoot.Nano.Tests").AppendLine("{").AppendLine("    internal static class UpdateVectors").AppendLine("    {");
            Append(source, "KeyId", UpdateVectors.Author.KeyId);
            Append(source, "PublicKey", UpdateVectors.Author.PublicKey);
            Append(source, "Identity", UpdateVectors.Identity());
            Append(source, "Envelope", UpdateVectors.Envelope(UpdateVectors.Payload()));
            source.AppendLine("    }").AppendLine("}");
            File.WriteAllText(path, source.ToString());
        }

        private static Envelope Make(byte[] payload, Guid vendor, Guid @class, SigningKey key, string entry = "Application.Program")
        {
            var builder = new ManifestBuilder { SequenceNumber = Sequence, VendorId = vendor };
            builder.ClassIds.Add(@class);
            builder.AddComponent("application", payload, null, "NanoBoot.Nano." + entry);
            Envelope envelope = builder.Build();
            envelope.Sign(key);
            return envelope;
        }

        private static byte[] MakeIdentity(Guid vendor, Guid @class)
        {
            var map = new CborMap();
            map.Add(1, writer => writer.WriteBytes(Uuid.ToBytes(vendor)));
            map.Add(2, writer => writer.StartArray(1).WriteBytes(Uuid.ToBytes(@class)));
            map.Add(3, writer => writer.WriteBytes(Uuid.ToBytes(Uuid.Version5(@class, "device 1"))));
            return map.Encode();
        }

        private static void Append(StringBuilder source, string name, byte[] bytes)
        {
            source.AppendLine().AppendLine("        public static readonly byte[] " + name + " =").AppendLine("        {");
            foreach (byte[] line in bytes.Chunk(BytesPerLine))
            {
                source.AppendLine("            " + string.Join(", ", line) + ",");
            }

            source.AppendLine("        };");
        }
    }
}
