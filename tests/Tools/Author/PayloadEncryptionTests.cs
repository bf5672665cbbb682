using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class PayloadEncryptionTests
    {
        private static readonly byte[] Plaintext = Encoding.ASCII.GetBytes("This is a real firmware image.");
        private static readonly byte[] KeyEncryptionKey = Encoding.ASCII.GetBytes("aaaaaaaaaaaaaaaa");

        [TestMethod]
        [DataRow("ctr")]
        [DataRow("gcm")]
        public void Decrypt_PublishedKeyWrap_PublishedPlaintext(string mode)
        {
            byte[] payload = Vectors.Hex($"suit/enc24-encrypted-payload-aes-kw-aes-{mode}.hex");
            byte[] info = Vectors.Hex($"suit/enc24-suit-encryption-info-aes-kw-aes-{mode}.hex");
            byte[] plain = PayloadEncryption.Decrypt(payload, info, new KeyWrapRecipient(KeyEncryptionKey, []));
            CollectionAssert.AreEqual(Plaintext, plain);
        }

        [TestMethod]
        [DataRow("ctr")]
        [DataRow("gcm")]
        public void Decrypt_PublishedKeyAgreement_PublishedPlaintext(string mode)
        {
            byte[] payload = Vectors.Hex($"suit/enc24-encrypted-payload-es-ecdh-aes-{mode}.hex");
            byte[] info = Vectors.Hex($"suit/enc24-suit-encryption-info-es-ecdh-aes-{mode}.hex");
            CollectionAssert.AreEqual(Plaintext, PayloadEncryption.Decrypt(payload, info, PublishedRecipient()));
        }

        /// <summary>The same key and IV give the published bytes again: encryption info and payload.</summary>
        [TestMethod]
        [DataRow("ctr", ContentAlgorithm.A128Ctr)]
        [DataRow("gcm", ContentAlgorithm.A128Gcm)]
        public void Encrypt_PublishedKeyAndIv_PublishedBytes(string mode, ContentAlgorithm algorithm)
        {
            byte[] payload = Vectors.Hex($"suit/enc24-encrypted-payload-aes-kw-aes-{mode}.hex");
            byte[] info = Vectors.Hex($"suit/enc24-suit-encryption-info-aes-kw-aes-{mode}.hex");
            CborNode cose = CborNode.Parse(info).Items[0];
            byte[] key = AesKeyWrap.Unwrap(KeyEncryptionKey, cose.Items[3].Items[0].Items[2].Bytes);
            var recipient = new KeyWrapRecipient(KeyEncryptionKey, "kid-1"u8.ToArray());
            EncryptedPayload made = PayloadEncryption.Encrypt(Plaintext, algorithm, key, cose.Items[1].Find(5)!.Bytes, [recipient]);
            CollectionAssert.AreEqual(payload, made.Ciphertext);
            CollectionAssert.AreEqual(info, made.EncryptionInfo);
        }

        [TestMethod]
        [DataRow(ContentAlgorithm.A128Ctr)]
        [DataRow(ContentAlgorithm.A192Ctr)]
        [DataRow(ContentAlgorithm.A256Ctr)]
        [DataRow(ContentAlgorithm.A128Gcm)]
        [DataRow(ContentAlgorithm.A192Gcm)]
        [DataRow(ContentAlgorithm.A256Gcm)]
        public void Encrypt_SeveralRecipients_EachDecrypts(ContentAlgorithm algorithm)
        {
            byte[] payload = RandomNumberGenerator.GetBytes(1000);
            var strong = new KeyWrapRecipient(RandomNumberGenerator.GetBytes(32), [1]);
            EcdhRecipient holder = PublishedRecipient();
            EncryptedPayload made = PayloadEncryption.Encrypt(payload, algorithm, strong, holder);
            CollectionAssert.AreNotEqual(payload, made.Ciphertext[..1000]);
            CollectionAssert.AreEqual(payload, PayloadEncryption.Decrypt(made.Ciphertext, made.EncryptionInfo, strong));
            CollectionAssert.AreEqual(payload, PayloadEncryption.Decrypt(made.Ciphertext, made.EncryptionInfo, holder));
            Assert.ThrowsExactly<CryptographicException>(() => PayloadEncryption.Decrypt(
                made.Ciphertext, made.EncryptionInfo, new KeyWrapRecipient(new byte[32], [1])));
            Assert.ThrowsExactly<CryptographicException>(() => PayloadEncryption.Decrypt(
                made.Ciphertext, made.EncryptionInfo, new KeyWrapRecipient(new byte[16], [1])));
        }

        [TestMethod]
        public void Decrypt_GcmPayloadChanged_Refused()
        {
            var recipient = new KeyWrapRecipient(KeyEncryptionKey, []);
            EncryptedPayload made = PayloadEncryption.Encrypt(Plaintext, ContentAlgorithm.A128Gcm, recipient);
            made.Ciphertext[3] ^= 1;
            Assert.Throws<CryptographicException>(() => PayloadEncryption.Decrypt(made.Ciphertext, made.EncryptionInfo, recipient));
        }

        [TestMethod]
        public void KeyWrap_Wycheproof_AsStated()
        {
            using JsonDocument document = Vectors.Json("misc/aes_wrap_test.json");
            int valid = 0;
            int refused = 0;
            foreach (JsonElement test in document.RootElement.GetProperty("testGroups").EnumerateArray()
                .SelectMany(group => group.GetProperty("tests").EnumerateArray()))
            {
                byte[] key = Vectors.HexMember(test, "key");
                byte[] message = Vectors.HexMember(test, "msg");
                byte[] wrapped = Vectors.HexMember(test, "ct");
                string id = "test " + test.GetProperty("tcId").GetInt32();
                if (test.GetProperty("result").GetString() == "valid" && message.Length >= 16)
                {
                    CollectionAssert.AreEqual(wrapped, AesKeyWrap.Wrap(key, message), id);
                    CollectionAssert.AreEqual(message, AesKeyWrap.Unwrap(key, wrapped), id);
                    valid++;
                }
                else if (test.GetProperty("result").GetString() == "invalid")
                {
                    AssertRefused(key, wrapped, id);
                    refused++;
                }
            }

            Assert.IsTrue(valid > 20 && refused > 50, $"{valid} valid, {refused} refused");
        }

        private static void AssertRefused(byte[] key, byte[] wrapped, string id)
        {
            try
            {
                AesKeyWrap.Unwrap(key, wrapped);
            }
            catch (Exception exception) when (exception is ArgumentException or CryptographicException)
            {
                return;
            }

            Assert.Fail(id);
        }

        private static EcdhRecipient PublishedRecipient()
        {
            using JsonDocument document = Vectors.Json("keys/suit-enc-recipient-ecdh-p256.jwk.json");
            byte[] Member(string name)
            {
                string text = document.RootElement.GetProperty(name).GetString()!.Replace('-', '+').Replace('_', '/');
                return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
            }

            var parameters = new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                D = Member("d"),
                Q = new ECPoint { X = Member("x"), Y = Member("y") },
            };
            return new EcdhRecipient(parameters, "kid-2"u8.ToArray());
        }
    }
}
