using System;
using System.Numerics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author.Keys;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Bootloader.Tests.Cose
{
    [TestClass]
    public class EcdsaP256Tests
    {
        private const string WycheproofFile = "ecdsa/ecdsa_secp256r1_sha256_p1363_test.json";

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Verify_Wycheproof_AgreesWithExpectation(bool withTable)
        {
            using JsonDocument document = Vectors.Json(WycheproofFile);
            int valid = 0;
            int all = 0;
            foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                byte[] key = Vectors.HexMember(group.GetProperty("publicKey"), "uncompressed").AsSpan(1).ToArray();
                uint[]? table = withTable ? P256Table.Build(key) : null;
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    byte[] digest = SHA256.HashData(Vectors.HexMember(test, "msg"));
                    byte[] signature = Vectors.HexMember(test, "sig");
                    bool expected = test.GetProperty("result").GetString() == "valid";
                    ResultCode result = EcdsaP256.Verify(key, table, digest, signature, 0, signature.Length);
                    Assert.AreEqual(expected, result == ResultCode.Ok, "tcId " + test.GetProperty("tcId") + ": " + result);
                    if (signature.Length != EcdsaP256.SignatureBytes)
                    {
                        Assert.AreEqual(ResultCode.SignatureMalformed, result);
                    }

                    all++;
                    valid += expected ? 1 : 0;
                }
            }

            Assert.AreEqual(262, all);
            Assert.IsTrue(valid > 100, valid + " valid");
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Verify_RandomKeysAndDigests_AgreesWithTheRuntime(bool withTable)
        {
            const int seed = 7;
            Console.WriteLine("seed " + seed + " (keys come from the system)");
            Random random = new Random(seed);
            for (int keys = 0; keys < 10; keys++)
            {
                using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                byte[] key = PublicKeyOf(ecdsa);
                uint[]? table = withTable ? P256Table.Build(key) : null;
                for (int round = 0; round < 20; round++)
                {
                    byte[] digest = new byte[32];
                    random.NextBytes(digest);
                    byte[] signature = new byte[70];
                    ecdsa.SignHash(digest).CopyTo(signature, 3);
                    Assert.AreEqual(ResultCode.Ok, EcdsaP256.Verify(key, table, digest, signature, 3, 64));
                    int place = random.Next(64);
                    signature[3 + place] ^= (byte)(1 << random.Next(8));
                    Assert.AreEqual(ResultCode.SignatureInvalid, EcdsaP256.Verify(key, table, digest, signature, 3, 64));
                }
            }
        }

        [TestMethod]
        public void Verify_MultiplesThatMeetInTheSum_AreCounted()
        {
            // Keys d G and signatures made backwards from u1 and u2, so that the sum runs into equal, opposite and
            // infinite points: u1 G + u2 Q with the same teeth, the same windows, or nothing left.
            BigInteger order = P256Reference.Order;
            BigInteger[] secrets = { 1, 2, 3, 5, order - 1, order - 2, BigInteger.One << 52, order - (BigInteger.One << 52), order / 2 };
            BigInteger[] factors =
            {
                1, 2, 3, 4, 5, 7, 8, 1 << 20, BigInteger.One << 52, (BigInteger.One << 52) + 1, BigInteger.One << 208,
                (BigInteger.One << 255) + 1, order - 1, order - 2, order - 3, order - (BigInteger.One << 52), order / 2, order / 3,
            };
            int valid = 0;
            int infinite = 0;
            foreach (BigInteger secret in secrets)
            {
                byte[] key = P256Reference.ToBytes(P256Reference.Multiply(secret)!.Value);
                uint[] table = P256Table.Build(key);
                foreach (BigInteger u1 in factors)
                {
                    foreach (BigInteger u2 in factors)
                    {
                        P256Reference.Point? sum = P256Reference.Multiply((u1 + u2 * secret) % order);
                        BigInteger r = sum == null ? 1 : sum.Value.X % order;
                        BigInteger s = r * BigInteger.ModPow(u2, order - 2, order) % order;
                        byte[] digest = P256Reference.ToBytes(u1 * s % order);
                        byte[] signature = new byte[64];
                        P256Reference.ToBytes(r).CopyTo(signature, 0);
                        P256Reference.ToBytes(s).CopyTo(signature, 32);
                        ResultCode expected = sum == null ? ResultCode.SignatureInvalid : ResultCode.Ok;
                        string name = secret + " " + u1 + " " + u2;
                        Assert.AreEqual(expected, EcdsaP256.Verify(key, null, digest, signature, 0, 64), name);
                        Assert.AreEqual(expected, EcdsaP256.Verify(key, table, digest, signature, 0, 64), name);
                        valid += sum == null ? 0 : 1;
                        infinite += sum == null ? 1 : 0;
                    }
                }
            }

            Console.WriteLine(valid + " valid, " + infinite + " infinite");
            Assert.IsTrue(valid > 2000 && infinite > 20);
        }

        [TestMethod]
        public void Verify_AbscissaBeyondTheOrder_IsValid()
        {
            // x = r + n is less than p for few r only; the smallest of them that is an abscissa.
            BigInteger order = P256Reference.Order;
            BigInteger r = 1;
            P256Reference.Point? point;
            while ((point = P256Reference.FromAbscissa(order + r)) == null)
            {
                r++;
            }

            // Q = (s R - e G) / r makes the signature (r, s) of e valid.
            BigInteger s = 12345;
            BigInteger digest = 6789;
            P256Reference.Point? part = P256Reference.Add(
                P256Reference.Multiply(s, point), P256Reference.Multiply(order - digest));
            byte[] key = P256Reference.ToBytes(P256Reference.Multiply(BigInteger.ModPow(r, order - 2, order), part)!.Value);
            byte[] signature = new byte[64];
            P256Reference.ToBytes(r).CopyTo(signature, 0);
            P256Reference.ToBytes(s).CopyTo(signature, 32);
            byte[] digestBytes = P256Reference.ToBytes(digest);
            Assert.AreEqual(ResultCode.Ok, EcdsaP256.Verify(key, null, digestBytes, signature, 0, 64));
            Assert.AreEqual(ResultCode.Ok, EcdsaP256.Verify(key, P256Table.Build(key), digestBytes, signature, 0, 64));

            // The number itself in place of r is out of range.
            P256Reference.ToBytes(r + order).CopyTo(signature, 0);
            Assert.AreEqual(ResultCode.SignatureInvalid, EcdsaP256.Verify(key, null, digestBytes, signature, 0, 64));
        }

        [TestMethod]
        public void A63_RangeOfScalars_IsChecked()
        {
            byte[] key = P256Reference.ToBytes(P256Reference.Multiply(77)!.Value);
            byte[] order = P256Reference.ToBytes(P256Reference.Order);
            byte[] beyond = P256Reference.ToBytes(P256Reference.Order + 1);
            byte[] zero = new byte[32];
            byte[] one = P256Reference.ToBytes(1);
            byte[] most = new byte[32];
            Array.Fill(most, (byte)255);
            byte[][] values = { zero, one, order, beyond, most };
            foreach (byte[] digest in new byte[][] { zero, one, most })
            {
                foreach (byte[] r in values)
                {
                    foreach (byte[] s in values)
                    {
                        byte[] signature = new byte[64];
                        r.CopyTo(signature, 0);
                        s.CopyTo(signature, 32);
                        Assert.AreEqual(ResultCode.SignatureInvalid, EcdsaP256.Verify(key, null, digest, signature, 0, 64));
                        Assert.AreEqual(
                            ResultCode.SignatureInvalid, EcdsaP256.Verify(key, P256Table.Build(key), digest, signature, 0, 64));
                    }
                }
            }
        }

        [TestMethod]
        public void Verify_KeyThatIsNoPoint_IsKeyInvalid()
        {
            byte[] key = P256Reference.ToBytes(P256Reference.Multiply(5)!.Value);
            byte[] signature = new byte[64];
            signature[31] = 1;
            signature[63] = 1;
            byte[] digest = new byte[32];
            Assert.AreEqual(ResultCode.SignatureInvalid, EcdsaP256.Verify(key, null, digest, signature, 0, 64));
            for (int bit = 0; bit < 512; bit++)
            {
                byte[] changed = (byte[])key.Clone();
                changed[bit / 8] ^= (byte)(1 << (bit & 7));
                Assert.AreEqual(ResultCode.KeyInvalid, EcdsaP256.Verify(changed, null, digest, signature, 0, 64), "bit " + bit);
            }

            Assert.AreEqual(ResultCode.KeyInvalid, EcdsaP256.Verify(new byte[64], null, digest, signature, 0, 64));
            Assert.AreEqual(ResultCode.KeyInvalid, EcdsaP256.Verify(new byte[63], null, digest, signature, 0, 64));
            Assert.AreEqual(ResultCode.KeyInvalid, EcdsaP256.Verify(key, new uint[17], digest, signature, 0, 64));

            // A coordinate that is right modulo p, but not reduced: x = 5 is one of the curve.
            P256Reference.Point small = P256Reference.FromAbscissa(5)!.Value;
            Assert.AreEqual(
                ResultCode.SignatureInvalid, EcdsaP256.Verify(P256Reference.ToBytes(small), null, digest, signature, 0, 64));
            P256Reference.Point same = new(small.X + P256Reference.Prime, small.Y);
            Assert.AreEqual(
                ResultCode.KeyInvalid, EcdsaP256.Verify(P256Reference.ToBytes(same), null, digest, signature, 0, 64));
        }

        [TestMethod]
        public void Verify_ItsOwnTable_IsTheGenerators()
        {
            uint[] constants = (uint[])typeof(EcdsaP256)
                .GetField("Constants", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;
            uint[] table = P256Table.Build(P256Reference.ToBytes(P256Reference.Multiply(1)!.Value));
            CollectionAssert.AreEqual(table, constants[..P256Table.Length]);

            BigInteger radix = BigInteger.One << 261;
            BigInteger[] numbers =
            {
                P256Reference.Prime, P256Reference.Order, radix * radix % P256Reference.Prime, radix % P256Reference.Order,
                P256Reference.B * radix % P256Reference.Prime,
            };
            for (int i = 0; i < numbers.Length; i++)
            {
                BigInteger actual = 0;
                for (int limb = 8; limb >= 0; limb--)
                {
                    actual = (actual << 29) + constants[P256Table.Length + 9 * i + limb];
                }

                Assert.AreEqual(numbers[i], actual, "constant " + i);
            }

            Assert.AreEqual(P256Table.Length + 9 * numbers.Length, constants.Length);
        }

        private static byte[] PublicKeyOf(ECDsa ecdsa)
        {
            ECParameters parameters = ecdsa.ExportParameters(false);
            byte[] key = new byte[64];
            parameters.Q.X!.CopyTo(key, 0);
            parameters.Q.Y!.CopyTo(key, 32);
            return key;
        }
    }
}
