using System;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using CborNode = NanoBoot.Author.CborNode;
using NanoBoot.Hal;
using NanoBoot.Encryption;
using NanoBoot.Tests.Shared;
using AesGcm = NanoBoot.Encryption.AesGcm;

namespace NanoBoot.Stage2Updater.Tests.Encryption
{
    [TestClass]
    public class AesTests
    {
        private static readonly byte[] ExampleKek = Encoding.ASCII.GetBytes("aaaaaaaaaaaaaaaa");
        private static readonly string ExamplePlaintext = "This is a real firmware image.";

        [TestMethod]
        [DataRow("000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a")]
        [DataRow("000102030405060708090a0b0c0d0e0f1011121314151617", "dda97ca4864cdfe06eaf70a0ec0d7191")]
        [DataRow("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8ea2b7ca516745bfeafc49904b496089")]
        public void EncryptAndDecryptBlock_Fips197AppendixC_GiveTheExamples(string key, string expected)
        {
            byte[] block = Convert.FromHexString("00112233445566778899aabbccddeeff");
            byte[] plaintext = (byte[])block.Clone();
            AesCipher cipher = new(Convert.FromHexString(key));
            cipher.Encrypt(block);
            Assert.AreEqual(expected, Convert.ToHexString(block).ToLowerInvariant());
            cipher.DecryptBlock(block);
            CollectionAssert.AreEqual(plaintext, block);
        }

        [TestMethod]
        [DataRow(16)]
        [DataRow(24)]
        [DataRow(32)]
        public void Encrypt_RandomBlocks_AgreesWithTheRuntime(int keyBytes)
        {
            Random random = new(keyBytes);
            for (int round = 0; round < 50; round++)
            {
                byte[] key = new byte[keyBytes];
                byte[] blocks = new byte[16 * 8];
                random.NextBytes(key);
                random.NextBytes(blocks);
                using Aes aes = Aes.Create();
                aes.Key = key;
                byte[] expected = aes.EncryptEcb(blocks, PaddingMode.None);
                new AesCipher(key).Encrypt(blocks);
                CollectionAssert.AreEqual(expected, blocks);
            }
        }

        [TestMethod]
        [DataRow(0, false)]
        [DataRow(15, false)]
        [DataRow(16, true)]
        [DataRow(17, false)]
        [DataRow(24, true)]
        [DataRow(32, true)]
        [DataRow(33, false)]
        public void IsKey_OfALength_SaysWhetherAesHasIt(int keyBytes, bool expected)
        {
            Assert.AreEqual(expected, AesCipher.IsKey(new byte[keyBytes]));
            Assert.IsFalse(AesCipher.IsKey(null));
        }

        [TestMethod]
        public void AesCtr_Sp80038aExample_GivesTheCiphertext()
        {
            // SP 800-38A F.5.1: the counter's last bytes run over.
            AesCtr stream = new(
                new AesCipher(Convert.FromHexString("2b7e151628aed2a6abf7158809cf4f3c")),
                Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
            byte[] data = Convert.FromHexString(
                "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
            stream.Apply(data, 0, data.Length);
            Assert.AreEqual(
                "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
                + "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
                Convert.ToHexString(data).ToLowerInvariant());
        }

        [TestMethod]
        [DataRow("ffffffffffffffffffffffffffffffff")]
        [DataRow("000000000000000000000000fffffffe")]
        [DataRow("00000000000000ffffffffffffffff00")]
        public void AesCtr_InPartsFromAnywhere_IsTheWholeStream(string initial)
        {
            Random random = new(9);
            byte[] key = new byte[32];
            random.NextBytes(key);
            byte[] counter = Convert.FromHexString(initial);
            byte[] whole = KeyStream(key, counter, 1000);
            AesCtr stream = new(new AesCipher(key), counter);
            for (int round = 0; round < 200; round++)
            {
                int offset = random.Next(whole.Length);
                int position = offset;
                stream.Seek(offset);
                byte[] data = new byte[whole.Length + 2];
                while (position < whole.Length && random.Next(4) != 0)
                {
                    int part = Math.Min(random.Next(300), whole.Length - position);
                    stream.Apply(data, position + 1, part);
                    position += part;
                }

                for (int i = 0; i < whole.Length; i++)
                {
                    Assert.AreEqual(i >= offset && i < position ? whole[i] : 0, data[i + 1], "round " + round + " byte " + i);
                }
            }
        }

        [TestMethod]
        public void AesCtr_ExampleOfFirmwareEncryption_Decrypts()
        {
            // draft-ietf-suit-firmware-encryption-24, AES-KW with AES-CTR.
            byte[] key = Unwrap("ce34035ce5c2e2666e46d4c131fc561dd190a6d26cfa1990");
            byte[] data = Convert.FromHexString("2bb8db522ae978246cc775c3b0241bd4b0333ffdd2db70c7ee7a4966e3b7");
            new AesCtr(new AesCipher(key), Convert.FromHexString("dae613b2e0dc55f4322be38bdba9dc68")).Apply(data, 0, data.Length);
            Assert.AreEqual(ExamplePlaintext, Encoding.ASCII.GetString(data));
        }

        [TestMethod]
        public void AesGcm_ExampleOfFirmwareEncryption_Decrypts()
        {
            // The same draft, AES-KW with AES-GCM; the associated data is the COSE Enc_structure.
            byte[] key = Unwrap("75603ffc9518d794713c8ca8a115a7fb32565a6d59534d62");
            byte[] data = Convert.FromHexString(
                "758c4b7bbae2c4c1d462423e0f0dc3164ffa7b85bb94d4bd6d7ed26ab32feb063385d4d3465927ec82cb5e198a59");
            byte[] associated = Convert.FromHexString("8367456e637279707443a1010140");
            AesGcm message = new(new AesCipher(key), Convert.FromHexString("f14aab9d81d51f7ad943fe87"), associated);
            message.Decrypt(data, 0, ExamplePlaintext.Length);
            Assert.AreEqual(ExamplePlaintext, Encoding.ASCII.GetString(data, 0, ExamplePlaintext.Length));
            Assert.AreEqual(ResultCode.Ok, message.Finish(data, ExamplePlaintext.Length));
        }

        [TestMethod]
        public void AesGcm_ExampleOfLibcsuit_UnwrapsAndDecrypts()
        {
            // COSE_Encrypt of the older draft: [protected, {5: nonce}, nil, [[, {4: key id}, wrapped key]]].
            CborNode cose = CborNode.Parse(Vectors.Hex("suit/encryption_info_aes.cose.hex")).Items[0];
            byte[] wrapped = cose.Items[3].Items[0].Items[2].Bytes;
            byte[] key = new byte[wrapped.Length - AesKeyWrap.OverheadBytes];
            Assert.AreEqual(ResultCode.Ok, AesKeyWrap.Unwrap(new AesCipher(Encoding.ASCII.GetBytes("aaaaaaaaaaaaaaaa")), wrapped, 0, wrapped.Length, key));
            CollectionAssert.AreEqual(
                Vectors.Hex("suit/raw_image.bin.hex"),
                DecryptGcm(key, cose.Items[1].Find(5)!.Bytes, "8367456e637279707443a1010140", Vectors.Hex("suit/encrypted_image_aes.bin.hex")));
        }

        [TestMethod]
        [DataRow("aes-gcm-examples__aes-gcm-01")]
        [DataRow("aes-gcm-examples__aes-gcm-enc-01")]
        [DataRow("aes-wrap-examples__aes-wrap-128-01")]
        [DataRow("aes-wrap-examples__aes-wrap-128-04")]
        [DataRow("aes-wrap-examples__aes-wrap-256-01")]
        [DataRow("aes-wrap-examples__aes-wrap-256-04")]
        public void Aes_WorkingGroupExamples_KeyAndContent(string name)
        {
            using JsonDocument document = Vectors.Json("cose/" + name + ".json");
            JsonElement input = document.RootElement.GetProperty("input");
            JsonElement intermediates = document.RootElement.GetProperty("intermediates");
            CborNode cose = CborNode.Parse(Vectors.Hex("cose/" + name + ".hex")).Items[0];
            byte[] contentKey = Vectors.HexMember(intermediates, "CEK_hex");
            if (name.Contains("wrap", StringComparison.Ordinal))
            {
                JsonElement layer = input.TryGetProperty("mac", out JsonElement mac) ? mac : input.GetProperty("enveloped");
                byte[] wrappingKey = Base64Url(layer.GetProperty("recipients")[0].GetProperty("key").GetProperty("k").GetString()!);
                byte[] wrapped = cose.Items[^1].Items[0].Items[2].Bytes;
                byte[] key = new byte[wrapped.Length - AesKeyWrap.OverheadBytes];
                Assert.AreEqual(ResultCode.Ok, AesKeyWrap.Unwrap(new AesCipher(wrappingKey), wrapped, 0, wrapped.Length, key));
                CollectionAssert.AreEqual(contentKey, key);
            }

            if (intermediates.TryGetProperty("AAD_hex", out JsonElement associated))
            {
                byte[] plaintext = DecryptGcm(contentKey, cose.Items[1].Find(5)!.Bytes, associated.GetString()!, cose.Items[2].Bytes);
                Assert.AreEqual(input.GetProperty("plaintext").GetString(), Encoding.ASCII.GetString(plaintext));
            }
        }

        private static byte[] DecryptGcm(byte[] key, byte[] nonce, string associated, byte[] message)
        {
            byte[] data = message[..^AesGcm.TagBytes];
            AesGcm decryption = new(new AesCipher(key), nonce, Convert.FromHexString(associated));
            decryption.Decrypt(data, 0, data.Length);
            Assert.AreEqual(ResultCode.Ok, decryption.Finish(message, data.Length));
            return data;
        }

        private static byte[] Base64Url(string text)
        {
            string standard = text.Replace('-', '+').Replace('_', '/');
            return Convert.FromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='));
        }

        [TestMethod]
        public void AesGcm_Wycheproof_AgreesWithExpectation()
        {
            using JsonDocument document = Vectors.Json("misc/aes_gcm_test.json");
            Random random = new(10);
            int tests = 0;
            int valid = 0;
            foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    byte[] nonce = Vectors.HexMember(test, "iv");
                    if (nonce.Length == 0)
                    {
                        continue;
                    }

                    byte[] data = Vectors.HexMember(test, "ct");
                    AesGcm message = new(
                        new AesCipher(Vectors.HexMember(test, "key")), nonce, Vectors.HexMember(test, "aad"));
                    int offset = 0;
                    while (offset < data.Length)
                    {
                        int part = Math.Min(random.Next(40), data.Length - offset);
                        message.Decrypt(data, offset, part);
                        offset += part;
                    }

                    ResultCode result = message.Finish(Vectors.HexMember(test, "tag"), 0);
                    bool expected = test.GetProperty("result").GetString() == "valid";
                    string name = "tcId " + test.GetProperty("tcId");
                    Assert.AreEqual(expected ? ResultCode.Ok : ResultCode.DecryptionFailed, result, name);
                    if (expected)
                    {
                        CollectionAssert.AreEqual(Vectors.HexMember(test, "msg"), data, name);
                        valid++;
                    }

                    tests++;
                }
            }

            Assert.IsTrue(tests > 300 && valid == 229, tests + " " + valid);
        }

        [TestMethod]
        public void AesKeyWrap_Wycheproof_AgreesWithExpectation()
        {
            using JsonDocument document = Vectors.Json("misc/aes_wrap_test.json");
            int tests = 0;
            int valid = 0;
            foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    byte[] wrapped = Vectors.HexMember(test, "ct");
                    byte[] expected = Vectors.HexMember(test, "msg");

                    // The result of 8 bytes ("acceptable") is none of RFC 3394's: it begins at two halves.
                    bool isValid = test.GetProperty("result").GetString() == "valid";
                    byte[] key = new byte[Math.Max(0, wrapped.Length - AesKeyWrap.OverheadBytes)];
                    byte[] data = new byte[wrapped.Length + 5];
                    wrapped.CopyTo(data, 3);
                    ResultCode result = AesKeyWrap.Unwrap(
                        new AesCipher(Vectors.HexMember(test, "key")), data, 3, wrapped.Length, key);
                    string name = "tcId " + test.GetProperty("tcId");
                    Assert.AreEqual(isValid ? ResultCode.Ok : ResultCode.DecryptionFailed, result, name);
                    if (isValid)
                    {
                        CollectionAssert.AreEqual(expected, key, name);
                        valid++;
                    }
                    else
                    {
                        CollectionAssert.AreEqual(new byte[key.Length], key, name);
                    }

                    tests++;
                }
            }

            Assert.AreEqual(165, tests);
            Assert.AreEqual(36, valid);
        }

        [TestMethod]
        public void HkdfSha256_Wycheproof_AgreesWithExpectation()
        {
            using JsonDocument document = Vectors.Json("misc/hkdf_sha256_test.json");
            int tests = 0;
            foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    byte[] output = new byte[test.GetProperty("size").GetInt32()];
                    ResultCode result = HkdfSha256.Derive(
                        Vectors.HexMember(test, "ikm"), Vectors.HexMember(test, "salt"), Vectors.HexMember(test, "info"), output);
                    string name = "tcId " + test.GetProperty("tcId");
                    bool isValid = test.GetProperty("result").GetString() == "valid";
                    Assert.AreEqual(isValid ? ResultCode.Ok : ResultCode.InvalidArgument, result, name);
                    if (isValid)
                    {
                        CollectionAssert.AreEqual(Vectors.HexMember(test, "okm"), output, name);
                    }

                    tests++;
                }
            }

            Assert.AreEqual(86, tests);
        }

        private static byte[] Unwrap(string wrapped)
        {
            byte[] key = new byte[16];
            byte[] data = Convert.FromHexString(wrapped);
            Assert.AreEqual(ResultCode.Ok, AesKeyWrap.Unwrap(new AesCipher(ExampleKek), data, 0, data.Length, key));
            return key;
        }

        private static byte[] KeyStream(byte[] key, byte[] initial, int count)
        {
            using Aes aes = Aes.Create();
            aes.Key = key;
            byte[] counter = (byte[])initial.Clone();
            byte[] stream = new byte[count + 16];
            for (int offset = 0; offset < count; offset += 16)
            {
                aes.EncryptEcb(counter, PaddingMode.None).CopyTo(stream, offset);
                for (int i = 15; i >= 0 && ++counter[i] == 0; i--)
                {
                }
            }

            return stream[..count];
        }
    }
}
