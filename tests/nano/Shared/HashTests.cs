// SHA-256 (FIPS 180-4), HMAC-SHA256 (RFC 4231), CRC-32 and the comparison in constant time.

using NanoBoot.Hal.Crypto;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class HashTests
    {
        [TestMethod]
        public void Sha256_Empty_KnownDigest()
        {
            CheckSha256("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        }

        [TestMethod]
        public void Sha256_Abc_KnownDigest()
        {
            CheckSha256("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }

        [TestMethod]
        public void Sha256_TwoBlocks_KnownDigest()
        {
            CheckSha256(
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        }

        [TestMethod]
        public void Sha256_ThousandBytesInPieces_SameAsAtOnce()
        {
            byte[] data = new byte[1000];
            for (int i = 0; i < data.Length; i++)
            {
                data[i] = (byte)((i * 7) + (i >> 3));
            }

            byte[] expected = new byte[32];
            Sha256 whole = new Sha256();
            whole.Update(data, 0, data.Length);
            whole.Finish(expected, 0);
            for (int step = 1; step < 130; step += 13)
            {
                Sha256 pieces = new Sha256();
                for (int offset = 0; offset < data.Length; offset += step)
                {
                    int count = data.Length - offset < step ? data.Length - offset : step;
                    pieces.Update(data, offset, count);
                }

                byte[] digest = new byte[32];
                pieces.Finish(digest, 0);
                Bytes.AreEqual(expected, digest);
            }
        }

        [TestMethod]
        public void HmacSha256_Rfc4231Case1_KnownMac()
        {
            CheckHmac(
                "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        }

        [TestMethod]
        public void HmacSha256_Rfc4231Case2_KnownMac()
        {
            CheckHmac(
                "4a656665",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        }

        [TestMethod]
        public void Crc32_Check_KnownValue()
        {
            byte[] data = Bytes.Ascii("xx123456789");

            Assert.AreEqual(0xCBF43926u, Crc32.Compute(data, 2, 9));
        }

        [TestMethod]
        public void ConstantTime_EqualAndNot_Told()
        {
            byte[] left = Bytes.Ascii("-same");
            byte[] right = Bytes.Ascii("sam!");

            Assert.IsTrue(ConstantTime.AreEqual(left, 1, right, 0, 3));
            Assert.IsFalse(ConstantTime.AreEqual(left, 1, right, 0, 4));
        }

        private static void CheckSha256(string text, string expected)
        {
            byte[] data = Bytes.Ascii(text);
            byte[] digest = new byte[34];
            Sha256 hash = new Sha256();
            hash.Update(data, 0, data.Length);
            hash.Finish(digest, 2);
            byte[] part = new byte[32];
            System.Array.Copy(digest, 2, part, 0, 32);
            Bytes.AreEqual(Bytes.Hex(expected), part);
        }

        private static void CheckHmac(string key, string text, string expected)
        {
            byte[] data = Bytes.Ascii("__" + text + "_");
            byte[] mac = HmacSha256.Compute(Bytes.Hex(key), data, 2, text.Length);
            Bytes.AreEqual(Bytes.Hex(expected), mac);
        }
    }
}
