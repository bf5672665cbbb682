using System;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
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
        public void Verify_Wycheproof_AgreesWithExpectation()
        {
            using JsonDocument document = Vectors.Json(WycheproofFile);
            int valid = 0;
            int all = 0;
            foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                byte[] key = Vectors.HexMember(group.GetProperty("publicKey"), "uncompressed").AsSpan(1).ToArray();
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    byte[] digest = SHA256.HashData(Vectors.HexMember(test, "msg"));
                    byte[] signature = Vectors.HexMember(test, "sig");
                    bool expected = test.GetProperty("result").GetString() == "valid";
                    ResultCode result = EcdsaP256.Verify(key, null, digest, signature, 0, signature.Length);
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
    }
}
