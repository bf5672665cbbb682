extern alias managed;

using System;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal.Crypto;
using NanoBoot.Tests.Shared;
using ManagedHmac = managed::NanoBoot.Hal.Crypto.HmacSha256;

namespace NanoBoot.Hal.Tests.Crypto
{
    [TestClass]
    public class HmacSha256Tests
    {
        private delegate byte[] ComputeMac(byte[] key, byte[] data, int offset, int count);

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public void Compute_Wycheproof_AgreesWithExpectation(bool isManaged)
        {
            ComputeMac compute = isManaged ? ManagedHmac.Compute : HmacSha256.Compute;
            using JsonDocument document = Vectors.Json("misc/hmac_sha256_test.json");
            int tests = 0;
            foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                int tagBytes = group.GetProperty("tagSize").GetInt32() / 8;
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    byte[] key = Vectors.HexMember(test, "key");
                    byte[] message = Vectors.HexMember(test, "msg");
                    byte[] tag = Vectors.HexMember(test, "tag");
                    byte[] data = new byte[message.Length + 3];
                    message.CopyTo(data, 2);
                    byte[] mac = compute(key, data, 2, message.Length);
                    Assert.AreEqual(
                        test.GetProperty("result").GetString() == "valid",
                        ConstantTime.AreEqual(tag, 0, mac, 0, tagBytes),
                        "tcId " + test.GetProperty("tcId"));
                    Assert.HasCount(HmacSha256.MacBytes, mac);
                    tests++;
                }
            }

            Assert.AreEqual(174, tests);
        }

        [TestMethod]
        public void Compute_KeysOfEveryLength_BothVariantsAgree()
        {
            Random random = new Random(3);
            byte[] data = new byte[200];
            random.NextBytes(data);
            for (int keyBytes = 1; keyBytes <= 130; keyBytes++)
            {
                byte[] key = new byte[keyBytes];
                random.NextBytes(key);
                CollectionAssert.AreEqual(
                    HmacSha256.Compute(key, data, keyBytes, 70), ManagedHmac.Compute(key, data, keyBytes, 70), "key of " + keyBytes);
            }
        }
    }
}
