// The release of 512 KB that ../UpdateMemory installs, as C# source. Its payload is computed on both sides.

using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using NanoBoot.Author;

namespace NanoBoot.Nano.Vectors
{
    /// <summary>Signs a large release.</summary>
    public static class UpdateVectors
    {
        /// <summary>Seed of the author's key, which is worth nothing.</summary>
        public static EcdsaSigningKey Author { get; } = EcdsaSigningKey.FromSeed("interpreter"u8, "author");

        private static Guid Vendor { get; } = Uuid.ForVendor("nanoboot.example");

        private static Guid Class { get; } = Uuid.ForClass(Vendor, "interpreter");

        /// <summary>The payload.</summary>
        /// <param name="bytes">Its size.</param>
        /// <param name="word">Its words.</param>
        public static byte[] Payload(int bytes, Func<int, uint> word)
        {
            byte[] payload = new byte[bytes];
            for (int i = 0; i < bytes; i += 4)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(i), word(i / 4));
            }

            return payload;
        }

        /// <summary>The envelope of its release.</summary>
        public static byte[] Envelope(byte[] payload)
        {
            ManifestBuilder builder = new() { SequenceNumber = 2, VendorId = Vendor };
            builder.ClassIds.Add(Class);
            builder.AddComponent("application", payload, "payload.bin", "NanoBoot.Nano.Application.Program");
            return builder.Build().Sign(Author).Encode();
        }

        /// <summary>The identity of the device, with a key for its reports.</summary>
        public static byte[] Identity()
        {
            CborMap map = new();
            map.Add(1, writer => writer.WriteBytes(Uuid.ToBytes(Vendor)));
            map.Add(2, writer => writer.StartArray(1).WriteBytes(Uuid.ToBytes(Class)));
            map.Add(3, writer => writer.WriteBytes(Uuid.ToBytes(Uuid.Version5(Class, "device 1"))));
            map.Add(4, writer => writer.WriteBytes(new byte[32]));
            map.Add(5, writer => writer.WriteText("http://updates.example/"));
            return map.Encode();
        }

        /// <summary>Writes the file.</summary>
        internal static void Write(string path)
        {
            var source = new StringBuilder();
            source.AppendLine("// Made by tests/nano/Vectors.").AppendLine();
            source.AppendLine("namespace NanoBoot.Nano.Tests").AppendLine("{").AppendLine("    internal static class UpdateVectors").AppendLine("    {");
            Program.Append(source, "KeyId", Author.KeyId);
            Program.Append(source, "PublicKey", Author.PublicKey);
            Program.Append(source, "Identity", Identity());
            Program.Append(source, "Envelope", Envelope(Payload(512 * 1024, Word)));
            source.AppendLine("    }").AppendLine("}");
            File.WriteAllText(path, source.ToString());
        }

        // As UpdateBench.Word.
        private static uint Word(int index)
        {
            uint x = ((uint)index + 1) * 2654435761;
            x ^= x >> 15;
            x *= 2246822519;
            return x ^ (x >> 13);
        }
    }
}
