// The release of 512 KB that ../UpdateMemory installs; Program writes it as C# source. Its payload is computed on both sides.

using System;
using System.Buffers.Binary;
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

        /// <summary>The payload: 512 KB.</summary>
        public static byte[] Payload()
        {
            byte[] payload = new byte[512 * 1024];
            for (int i = 0; i < payload.Length; i += 4)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(i), Word(i / 4));
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

        /// <summary>A word of the payload, as UpdateBench has it.</summary>
        public static uint Word(int index)
        {
            uint x = ((uint)index + 1) * 2654435761;
            x ^= x >> 15;
            x *= 2246822519;
            return x ^ (x >> 13);
        }
    }
}
