// Cryptography on the desktop, beside the runtime's own. What counts on a board is measured by tests/nano/Benchmarks.

extern alias managed;

using System;
using System.IO;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using ManagedHmac = managed::NanoBoot.Hal.Crypto.HmacSha256;

namespace NanoBoot.Benchmarks
{
    /// <summary>Hashes, MACs and signatures.</summary>
    [MemoryDiagnoser]
    public class CryptoBenchmarks
    {
        private const double MegabytesPerMessage = CryptoSamples.MessageBytes / 1e6;

        private readonly byte[] _key = CryptoSamples.Ec.PublicKey;
        private readonly byte[] _digest = new byte[Sha256.DigestBytes];
        private readonly Sha256 _sha256 = new();
        private readonly ECDsa _runtime = MakeRuntimeKey();
        private readonly (byte[] Key, byte[] Signature) _lmsW2 = CryptoSamples.Lms(2);
        private readonly (byte[] Key, byte[] Signature) _lmsW4 = CryptoSamples.Lms(4);

        /// <summary>Adds the rows of the quick table.</summary>
        /// <param name="table">The table.</param>
        internal static void AddTo(QuickTable table)
        {
            CryptoBenchmarks it = new();
            table.Rate("SHA-256, managed", "MB/s", () => it.Sha256Managed() * MegabytesPerMessage, 0);
            table.Rate("SHA-256, the runtime's", "MB/s", () => it.Sha256Runtime() * MegabytesPerMessage, 0);
            table.Rate("HMAC-SHA256, managed", "MB/s", () => it.HmacManaged() * MegabytesPerMessage, 0);
            table.Rate("HMAC-SHA256, the runtime's", "MB/s", () => it.HmacRuntime() * MegabytesPerMessage, 0);
            table.Rate("ES256 verification, key with a table", "1/s", () => it.Es256WithTable(), 0);
            table.Rate("ES256 verification, any key", "1/s", () => it.Es256AnyKey(), 0);
            table.Rate("ES256 verification, the runtime's", "1/s", () => it.Es256Runtime(), 0);
            table.Rate("HSS/LMS verification, H10 W2", "1/s", () => it.LmsW2(), 0);
            table.Rate("HSS/LMS verification, H10 W4", "1/s", () => it.LmsW4(), 0);
            EnvelopeBenchmark.AddTo(table);
        }

        /// <summary>SHA-256 of 64 KB, managed.</summary>
        [Benchmark]
        public int Sha256Managed()
        {
            _sha256.Update(CryptoSamples.Message, 0, CryptoSamples.MessageBytes);
            _sha256.Finish(_digest, 0);
            return 1;
        }

        /// <summary>SHA-256 of 64 KB by the runtime.</summary>
        [Benchmark]
        public int Sha256Runtime() => SHA256.HashData(CryptoSamples.Message, _digest) / _digest.Length;

        /// <summary>HMAC of 64 KB, managed.</summary>
        [Benchmark]
        public int HmacManaged()
        {
            return ManagedHmac.Compute(_key, CryptoSamples.Message, 0, CryptoSamples.MessageBytes).Length;
        }

        /// <summary>HMAC of 64 KB by the runtime.</summary>
        [Benchmark]
        public int HmacRuntime()
        {
            return HmacSha256.Compute(_key, CryptoSamples.Message, 0, CryptoSamples.MessageBytes).Length;
        }

        /// <summary>ES256 with the key's table.</summary>
        [Benchmark]
        public int Es256WithTable() => Check(EcdsaP256.Verify(
            _key, CryptoSamples.EcTable, CryptoSamples.EcDigest, CryptoSamples.EcSignature, 0, EcdsaP256.SignatureBytes));

        /// <summary>ES256 without a table.</summary>
        [Benchmark]
        public int Es256AnyKey() => Check(EcdsaP256.Verify(
            _key, null, CryptoSamples.EcDigest, CryptoSamples.EcSignature, 0, EcdsaP256.SignatureBytes));

        /// <summary>ES256 by the runtime.</summary>
        [Benchmark]
        public int Es256Runtime() => Check(
            _runtime.VerifyHash(CryptoSamples.EcDigest, CryptoSamples.EcSignature) ? ResultCode.Ok : ResultCode.SignatureInvalid);

        /// <summary>HSS/LMS, one level of height 10, digits of 2 bits.</summary>
        [Benchmark]
        public int LmsW2() => Lms(_lmsW2);

        /// <summary>HSS/LMS, one level of height 10, digits of 4 bits.</summary>
        [Benchmark]
        public int LmsW4() => Lms(_lmsW4);

        private static int Lms((byte[] Key, byte[] Signature) sample)
        {
            return Check(HssLms.Verify(
                sample.Key, CryptoSamples.Message, 0, CryptoSamples.SignedBytes, sample.Signature, 0, sample.Signature.Length));
        }

        private static int Check(ResultCode result)
        {
            return result == ResultCode.Ok ? 1 : throw new InvalidOperationException("A valid signature is refused: " + result);
        }

        private static ECDsa MakeRuntimeKey()
        {
            byte[] key = CryptoSamples.Ec.PublicKey;
            ECPoint point = new() { X = key[..32], Y = key[32..] };
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        }
    }

    /// <summary>Parsing and authenticating the drafts' example 4, where the published vectors are.</summary>
    internal static class EnvelopeBenchmark
    {
        /// <summary>Adds the rows, or says that they are skipped.</summary>
        public static void AddTo(QuickTable table)
        {
            string? folder = Environment.GetEnvironmentVariable("NANOBOOT_VECTORS");
            if (string.IsNullOrEmpty(folder))
            {
                Console.WriteLine("Skipped: SUIT example 4 (set NANOBOOT_VECTORS to the folder of the published vectors).");
                return;
            }

            byte[] envelope = ReadHex(folder, "suit/manifest37-example4-signed.hex");
            byte[] key = ReadHex(folder, "keys/suit-example-p256.public.hex");
            key = key.Length == 65 ? key[1..] : key;
            Authority[] any = [new Authority(null, CoseAlgorithm.Es256, key, Permissions.Author, null, null)];
            Authority[] fixedKey =
                [new Authority(null, CoseAlgorithm.Es256, key, Permissions.Author, null, Author.Keys.P256Table.Build(key))];
            table.Rate("SUIT example 4, parsed and ES256 verified, key with a table", "1/s", () => Open(envelope, fixedKey), 0);
            table.Rate("SUIT example 4, parsed and ES256 verified, any key", "1/s", () => Open(envelope, any), 0);
        }

        private static double Open(byte[] bytes, Authority[] trust)
        {
            SuitEnvelope envelope = new();
            bool isOpen = envelope.Parse(bytes, 0, bytes.Length) == ResultCode.Ok
                && new SuitAuthenticator().Authenticate(envelope, trust, false) == ResultCode.Ok
                && new SuitManifest().Parse(envelope) == ResultCode.Ok;
            return isOpen ? 1 : throw new InvalidOperationException("The example is refused.");
        }

        private static byte[] ReadHex(string folder, string name)
        {
            return Convert.FromHexString(File.ReadAllText(Path.Combine(folder, name)).Trim());
        }
    }
}
