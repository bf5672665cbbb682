// The signature of an envelope that nobody here wrote, bent: each form that COSE allows and this profile does not, and keys
// that are bound to something else, is refused, and for its own reason.

using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class CoseTests
    {
        // Tag 18, an array of four, the protected header {1: ES256}, no unprotected one, no payload.
        private const string Sign1Head = "d28443a10126a0f6";

        [TestMethod]
        public void Sign1_AsItCame_Accepted()
        {
            Assert.AreEqual((int)ResultCode.Ok, (int)Authenticate(Bytes.Hex(PublishedVectors.SuitExample0), CoseAlgorithm.Es256, Key()));
        }

        [TestMethod]
        public void Sign1_AnotherTag_Refused()
        {
            Assert.AreEqual((int)ResultCode.CoseTag, (int)Authenticate(Bent(0, 0xD3), CoseAlgorithm.Es256, Key()));
        }

        [TestMethod]
        public void Sign1_AnotherAlgorithm_Refused()
        {
            Assert.AreEqual((int)ResultCode.CoseAlgorithmMismatch, (int)Authenticate(Bent(5, 0x27), CoseAlgorithm.Es256, Key()));
        }

        [TestMethod]
        public void Sign1_CriticalHeader_Refused()
        {
            // {2: ...} in place of {1: ...}: what is critical, and nothing is understood.
            Assert.AreNotEqual((int)ResultCode.Ok, (int)Authenticate(Bent(4, 0x02), CoseAlgorithm.Es256, Key()));
        }

        [TestMethod]
        public void Sign1_PayloadAttached_Refused()
        {
            Assert.AreEqual((int)ResultCode.CosePayloadNotDetached, (int)Authenticate(Bent(7, 0x40), CoseAlgorithm.Es256, Key()));
        }

        [TestMethod]
        public void Sign1_KeyOfAnotherAlgorithm_Refused()
        {
            Assert.AreNotEqual((int)ResultCode.Ok, (int)Authenticate(Bytes.Hex(PublishedVectors.SuitExample0), CoseAlgorithm.HssLms, Key()));
            Assert.AreNotEqual((int)ResultCode.Ok, (int)Authenticate(Bytes.Hex(PublishedVectors.SuitExample0), CoseAlgorithm.Hmac256, Key()));
        }

        [TestMethod]
        public void Sign1_AnotherKey_Refused()
        {
            byte[] key = Bytes.Hex(PublishedVectors.EcdsaPublicKey);

            Assert.AreEqual((int)ResultCode.SignatureInvalid, (int)Authenticate(Bytes.Hex(PublishedVectors.SuitExample0), CoseAlgorithm.Es256, key));
        }

        [TestMethod]
        public void Mac0_UnderTheKeyOfTheDevice_AcceptedWhereMacsAreTaken()
        {
            byte[] key = new byte[32];
            key[5] = 7;
            byte[] envelope = WithMac(key);
            SuitEnvelope parsed = new SuitEnvelope();
            Authority device = new Authority(null, CoseAlgorithm.Hmac256, key, Permissions.Author, null, null);
            Authority[] trust = new Authority[] { device };
            Assert.AreEqual((int)ResultCode.Ok, (int)parsed.Parse(envelope, 0, envelope.Length));

            Assert.AreEqual((int)ResultCode.Ok, (int)new SuitAuthenticator().Authenticate(parsed, trust, true));
            Assert.AreNotEqual((int)ResultCode.Ok, (int)new SuitAuthenticator().Authenticate(parsed, trust, false), "no MACs are taken");
            key[5] = 8;
            Assert.AreNotEqual((int)ResultCode.Ok, (int)new SuitAuthenticator().Authenticate(parsed, trust, true), "another key");
        }

        private static byte[] Key()
        {
            return Bytes.Hex(PublishedVectors.SuitExampleKey);
        }

        private static ResultCode Authenticate(byte[] envelope, CoseAlgorithm algorithm, byte[] key)
        {
            SuitEnvelope parsed = new SuitEnvelope();
            ResultCode result = parsed.Parse(envelope, 0, envelope.Length);
            Authority[] trust = new Authority[] { new Authority(null, algorithm, key, Permissions.Author, null, null) };
            return result == ResultCode.Ok ? new SuitAuthenticator().Authenticate(parsed, trust, false) : result;
        }

        private static byte[] Bent(int index, byte value)
        {
            byte[] bytes = Bytes.Hex(PublishedVectors.SuitExample0);
            bytes[IndexOfHead() + index] = value;
            return bytes;
        }

        private static int IndexOfHead()
        {
            int at = PublishedVectors.SuitExample0.IndexOf(Sign1Head);
            Assert.IsTrue(at >= 0 && at % 2 == 0, "the block is there");
            return at / 2;
        }

        // The envelope with a COSE_Mac0 in place of its COSE_Sign1: the block ends where the manifest begins, and is as much
        // shorter as a MAC is than a signature.
        private static byte[] WithMac(byte[] key)
        {
            const int MacBytes = 32;
            const int SignatureBytes = 64;
            byte[] signed = Bytes.Hex(PublishedVectors.SuitExample0);
            int block = IndexOfHead();
            int digest = block - 2 - 36;
            byte[] head = Bytes.Hex("84644d41433043a1010540");
            byte[] message = new byte[head.Length + 2 + 36];
            System.Array.Copy(head, message, head.Length);
            message[head.Length] = 0x58;
            message[head.Length + 1] = 36;
            System.Array.Copy(signed, digest, message, head.Length + 2, 36);
            byte[] mac = HmacSha256.Compute(key, message, 0, message.Length);

            byte[] result = new byte[signed.Length - (SignatureBytes - MacBytes)];
            int signature = block + 8;
            System.Array.Copy(signed, result, signature);
            result[block] = 0xD1;
            result[block + 5] = 0x05;
            result[signature] = 0x58;
            result[signature + 1] = MacBytes;
            System.Array.Copy(mac, 0, result, signature + 2, MacBytes);
            int rest = signature + 2 + SignatureBytes;
            System.Array.Copy(signed, rest, result, signature + 2 + MacBytes, signed.Length - rest);

            // The lengths of the block and of the array that it stands in.
            result[block - 1] = (byte)(result[block - 1] - (SignatureBytes - MacBytes));
            int wrapper = digest - 2 - 2;
            result[wrapper] = (byte)(result[wrapper] - (SignatureBytes - MacBytes));
            return result;
        }
    }
}
