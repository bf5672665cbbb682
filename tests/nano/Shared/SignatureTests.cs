// The two signature schemes on published vectors, and that one bit anywhere makes them refuse.

using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class SignatureTests
    {
        [TestMethod]
        public void EcdsaP256_Rfc6979_Accepted()
        {
            Assert.AreEqual((int)ResultCode.Ok, VerifyEcdsa(-1, -1));
        }

        [TestMethod]
        public void EcdsaP256_BitOfSignature_Refused()
        {
            Assert.AreNotEqual((int)ResultCode.Ok, VerifyEcdsa(7, -1));
            Assert.AreNotEqual((int)ResultCode.Ok, VerifyEcdsa(511, -1));
        }

        [TestMethod]
        public void EcdsaP256_BitOfDigest_Refused()
        {
            Assert.AreNotEqual((int)ResultCode.Ok, VerifyEcdsa(-1, 200));
        }

        [TestMethod]
        public void EcdsaP256_ZeroSignature_Refused()
        {
            byte[] digest = new byte[32];

            Assert.AreNotEqual(
                (int)ResultCode.Ok,
                (int)EcdsaP256.Verify(Bytes.Hex(PublishedVectors.EcdsaPublicKey), null, digest, new byte[64], 0, 64, out _));
        }

        [TestMethod]
        public void HssLms_Rfc8554_Accepted()
        {
            Assert.AreEqual((int)ResultCode.Ok, VerifyHss(-1, -1));
        }

        [TestMethod]
        public void HssLms_BitOfSignature_Refused()
        {
            int bits = PublishedVectors.HssSignature.Length * 4;

            Assert.AreNotEqual((int)ResultCode.Ok, VerifyHss(bits - 1, -1));
            Assert.AreNotEqual((int)ResultCode.Ok, VerifyHss(bits / 2, -1));
        }

        [TestMethod]
        public void HssLms_BitOfMessage_Refused()
        {
            Assert.AreNotEqual((int)ResultCode.Ok, VerifyHss(-1, 3));
        }

        private static int VerifyEcdsa(int signatureBit, int digestBit)
        {
            byte[] message = Bytes.Ascii("sample");
            byte[] digest = new byte[32];
            Sha256 hash = new Sha256();
            hash.Update(message, 0, message.Length);
            hash.Finish(digest, 0);
            Flip(digest, digestBit);
            byte[] signature = Bytes.Hex("00" + PublishedVectors.EcdsaSignature);
            Flip(signature, signatureBit < 0 ? -1 : signatureBit + 8);
            return (int)EcdsaP256.Verify(Bytes.Hex(PublishedVectors.EcdsaPublicKey), null, digest, signature, 1, 64, out _);
        }

        private static int VerifyHss(int signatureBit, int messageBit)
        {
            byte[] message = Bytes.Hex(PublishedVectors.HssMessage);
            Flip(message, messageBit);
            byte[] signature = Bytes.Hex(PublishedVectors.HssSignature);
            Flip(signature, signatureBit);
            return (int)HssLms.Verify(
                Bytes.Hex(PublishedVectors.HssPublicKey), message, 0, message.Length, signature, 0, signature.Length, out _);
        }

        private static void Flip(byte[] data, int bit)
        {
            if (bit >= 0)
            {
                data[bit / 8] ^= (byte)(0x80 >> (bit % 8));
            }
        }
    }
}
