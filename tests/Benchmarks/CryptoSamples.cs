// Keys, messages and signatures that all cryptographic benchmarks work with: the same at every run.

using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using NanoBoot.Author;
using NanoBoot.Author.Keys;

namespace NanoBoot.Benchmarks
{
    /// <summary>Deterministic samples.</summary>
    internal static class CryptoSamples
    {
        /// <summary>Length of the message that the hash functions get.</summary>
        public const int MessageBytes = 65536;

        /// <summary>Length of the message that is signed.</summary>
        public const int SignedBytes = 200;

        /// <summary>The message; its first bytes are the signed one.</summary>
        public static readonly byte[] Message = MakeMessage();

        /// <summary>A P-256 key, its table, and a signature.</summary>
        public static readonly EcdsaSigningKey Ec = EcdsaSigningKey.FromSeed(new byte[32], "benchmark");

        /// <summary>The table of the P-256 key.</summary>
        public static readonly uint[] EcTable = P256Table.Build(Ec.PublicKey);

        /// <summary>Digest of the signed message.</summary>
        public static readonly byte[] EcDigest = SHA256.HashData(Message.AsSpan(0, SignedBytes));

        /// <summary>The P-256 signature.</summary>
        public static readonly byte[] EcSignature = Ec.Sign(Message.AsSpan(0, SignedBytes));

        private static readonly Dictionary<int, (byte[] Key, byte[] Signature)> LmsCache = new();

        /// <summary>Key and signature of one LMS level of height 10, 32-byte nodes.</summary>
        public static (byte[] Key, byte[] Signature) Lms(int digitBits)
        {
            if (!LmsCache.TryGetValue(digitBits, out (byte[] Key, byte[] Signature) sample))
            {
                string folder = Directory.CreateTempSubdirectory("nanoboot-benchmark").FullName;
                try
                {
                    HssKey key = HssKey.Create([new LmsParameters(10, digitBits, 32)], new byte[HssKey.SeedBytes]);
                    string statePath = Path.Combine(folder, "state");
                    HssSigningKey.CreateState(key, statePath);
                    sample = (key.PublicKey, new HssSigningKey(key, statePath).Sign(Message.AsSpan(0, SignedBytes)));
                    LmsCache.Add(digitBits, sample);
                }
                finally
                {
                    Directory.Delete(folder, recursive: true);
                }
            }

            return sample;
        }

        private static byte[] MakeMessage()
        {
            byte[] message = new byte[MessageBytes];
            for (int i = 0; i < message.Length; i++)
            {
                message[i] = (byte)(i * 7);
            }

            return message;
        }
    }
}
