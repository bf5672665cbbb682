using System;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Encryption;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Stage2Updater.Tests.Encryption
{
    [TestClass]
    public class EcdhP256Tests
    {
        private static readonly BigInteger Order = BigInteger.Parse(
            "0ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        [TestMethod]
        public void DeriveSecret_RandomKeys_AgreesWithTheRuntime()
        {
            for (int round = 0; round < 20; round++)
            {
                using ECDiffieHellman own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
                AssertAgrees(own);
            }
        }

        [TestMethod]
        public void DeriveSecret_SmallestAndLargestKeys_AgreesWithTheRuntime()
        {
            BigInteger[] keys =
            {
                1, 2, 3, 4, 5, 7, 8, Order - 1, Order - 2, Order - 3, Order / 2, Order / 2 + 1, Order / 3,
                BigInteger.One << 255, BigInteger.One << 224, (BigInteger.One << 224) + 1,
                (BigInteger.One << 256) - Order, (BigInteger.One << 256) - Order - 1, (BigInteger.One << 256) - Order + 1,
            };
            foreach (BigInteger key in keys)
            {
                using ECDiffieHellman own = ECDiffieHellman.Create(
                    new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = ToBytes(key) });
                AssertAgrees(own);
            }
        }

        [TestMethod]
        public void DeriveSecret_KeyOutOfRange_IsKeyInvalid()
        {
            using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            byte[] secret = new byte[32];
            foreach (BigInteger key in new[] { 0, Order, Order + 1, (BigInteger.One << 256) - 1 })
            {
                Assert.AreEqual(ResultCode.KeyInvalid, EcdhP256.DeriveSecret(ToBytes(key), PublicKeyOf(other), secret));
            }

            Assert.AreEqual(ResultCode.KeyInvalid, EcdhP256.DeriveSecret(new byte[31], PublicKeyOf(other), secret));
            Assert.AreEqual(ResultCode.KeyInvalid, EcdhP256.DeriveSecret(ToBytes(1), new byte[63], secret));
            CollectionAssert.AreEqual(new byte[32], secret);
        }

        [TestMethod]
        public void DeriveSecret_PointOfAnotherCurve_IsKeyInvalid()
        {
            using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            byte[] key = PublicKeyOf(other);
            byte[] secret = new byte[32];
            for (int bit = 0; bit < 512; bit += 3)
            {
                key[bit / 8] ^= (byte)(1 << (bit & 7));
                Assert.AreEqual(ResultCode.KeyInvalid, EcdhP256.DeriveSecret(ToBytes(1234567), key, secret), "bit " + bit);
                key[bit / 8] ^= (byte)(1 << (bit & 7));
            }

            // x = 0 is one of the curve's, but the ladder over x alone has no answer for it.
            byte[] zero = new byte[64];
            Convert.FromHexString("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4").CopyTo(zero, 32);
            Assert.AreEqual(ResultCode.KeyInvalid, EcdhP256.DeriveSecret(ToBytes(1234567), zero, secret));
        }

        [TestMethod]
        public void DeriveSecret_ExampleOfFirmwareEncryption_DecryptsThePayload()
        {
            // draft-ietf-suit-firmware-encryption-24, ECDH-ES + A128KW with AES-CTR; what is needed of its COSE_Encrypt.
            byte[] info = Vectors.Hex("suit/enc24-suit-encryption-info-es-ecdh-aes-ctr.hex");
            byte[] data = Vectors.Hex("suit/enc24-encrypted-payload-es-ecdh-aes-ctr.hex");
            byte[] own = Convert.FromBase64String("YP5t1thdV0ClNJtvkSZ+6sW6gbjLU+4knktOsQLEdrM=");
            byte[] ephemeral = new byte[64];
            After(info, "215820", 32).CopyTo(ephemeral, 0);
            After(info, "225820", 32).CopyTo(ephemeral, 32);
            byte[] secret = new byte[32];
            Assert.AreEqual(ResultCode.Ok, EcdhP256.DeriveSecret(own, ephemeral, secret));

            // COSE_KDF_Context: [-3, [nil, nil, nil], [nil, nil, nil], [128, protected, 'SUIT Payload Encryption']].
            byte[] context = Convert.FromHexString(
                "84" + "22" + "83f6f6f6" + "83f6f6f6" + "83" + "1880" + "44" + "a101381c" + "57"
                + Convert.ToHexString(Encoding.ASCII.GetBytes("SUIT Payload Encryption")));
            byte[] wrappingKey = new byte[16];
            Assert.AreEqual(ResultCode.Ok, HkdfSha256.Derive(secret, null, context, wrappingKey));
            byte[] wrapped = info[^24..];
            byte[] key = new byte[16];
            Assert.AreEqual(ResultCode.Ok, AesKeyWrap.Unwrap(new AesCipher(wrappingKey), wrapped, 0, wrapped.Length, key));
            new AesCtr(new AesCipher(key), After(info, "0550", 16)).Apply(data, 0, data.Length);
            Assert.AreEqual("This is a real firmware image.", Encoding.ASCII.GetString(data));
        }

        private static void AssertAgrees(ECDiffieHellman own)
        {
            using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            byte[] secret = new byte[32];
            byte[] privateKey = own.ExportParameters(true).D!;
            Assert.AreEqual(ResultCode.Ok, EcdhP256.DeriveSecret(privateKey, PublicKeyOf(other), secret));
            CollectionAssert.AreEqual(
                own.DeriveRawSecretAgreement(other.PublicKey), secret, "private key " + Convert.ToHexString(privateKey));
        }

        private static byte[] PublicKeyOf(ECDiffieHellman key)
        {
            ECPoint point = key.ExportParameters(false).Q;
            byte[] bytes = new byte[64];
            point.X!.CopyTo(bytes, 0);
            point.Y!.CopyTo(bytes, 32);
            return bytes;
        }

        private static byte[] ToBytes(BigInteger number)
        {
            byte[] bytes = new byte[32];
            byte[] shortest = number.ToByteArray(isUnsigned: true, isBigEndian: true);
            shortest.CopyTo(bytes, bytes.Length - shortest.Length);
            return bytes;
        }

        private static byte[] After(byte[] bytes, string mark, int count)
        {
            int index = bytes.AsSpan().IndexOf(Convert.FromHexString(mark));
            Assert.IsTrue(index >= 0, mark);
            return bytes.AsSpan(index + mark.Length / 2, count).ToArray();
        }
    }
}
