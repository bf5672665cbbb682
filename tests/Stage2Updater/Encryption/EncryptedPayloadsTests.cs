// The encryption info of a manifest and the keys of a device: the drafts' examples, and everything that an author, a
// server or a factory can get wrong.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Hal;
using NanoBoot.Stage2Encryption;
using NanoBoot.Stage2Updater.Tests.Payload;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Stage2Updater.Tests.Encryption
{
    [TestClass]
    public sealed class EncryptedPayloadsTests
    {
        private static readonly byte[] FleetKey = Encoding.ASCII.GetBytes("aaaaaaaaaaaaaaaa");
        private static readonly byte[] OwnKey = Convert.FromBase64String("YP5t1thdV0ClNJtvkSZ+6sW6gbjLU+4knktOsQLEdrM=");

        public static readonly PayloadKey[] PublishedKeys =
        {
            new(PayloadKey.AlgorithmA128Kw, "kid-1"u8.ToArray(), FleetKey),
            new(PayloadKey.AlgorithmEcdhEsA128Kw, "kid-2"u8.ToArray(), OwnKey),
        };

        [TestMethod]
        [DataRow("aes-kw-aes-ctr")]
        [DataRow("aes-kw-aes-gcm")]
        [DataRow("es-ecdh-aes-ctr")]
        [DataRow("es-ecdh-aes-gcm")]
        public void Read_ExampleOfFirmwareEncryption_Plaintext(string name)
        {
            byte[] info = Vectors.Hex($"suit/enc24-suit-encryption-info-{name}.hex");
            byte[] payload = Vectors.Hex($"suit/enc24-encrypted-payload-{name}.hex");
            DecryptedPayload source = Open(info, payload);
            byte[] plain = new byte[30];
            source.TaggedBytes = plain.Length;

            Assert.AreEqual(ResultCode.Ok, source.Read(0, plain.Length, plain, 0, plain.Length));
            Assert.AreEqual("This is a real firmware image.", Encoding.ASCII.GetString(plain));
        }

        [TestMethod]
        [DataRow("enc24-suit-manifest-aes-kw")]
        [DataRow("enc24-suit-manifest-aes-kw-content")]
        [DataRow("enc24-suit-manifest-es-ecdh-content")]
        [DataRow("libcsuit-expAF")]
        [DataRow("libcsuit-expAW")]
        public void Open_EncryptionInfoOfAPublishedManifest_OpensThePayload(string name)
        {
            byte[] manifest = Envelope.Parse(Vectors.Hex($"suit/{name}.hex")).Manifest;
            int at = manifest.AsSpan().IndexOf(Convert.FromHexString("D8608443A10101"));
            int count = manifest[at - 1];
            DecryptedPayload source = Open(
                manifest.AsSpan(at, count).ToArray(), Vectors.Hex("suit/enc24-encrypted-payload-aes-kw-aes-gcm.hex"));
            byte[] plain = new byte[30];
            source.TaggedBytes = plain.Length;

            Assert.AreEqual(ResultCode.Ok, source.Read(0, plain.Length, plain, 0, plain.Length));
            Assert.AreEqual("This is a real firmware image.", Encoding.ASCII.GetString(plain));
        }

        /// <summary>The older example of libcsuit, by the way that an update takes: its key id is 32 bytes long.</summary>
        [TestMethod]
        public void Read_ExampleOfLibcsuit_Plaintext()
        {
            byte[] info = Vectors.Hex("suit/encryption_info_aes.cose.hex");
            byte[] image = Vectors.Hex("suit/raw_image.bin.hex");
            byte[] keyId = CborNode.Parse(info).Items[0].Items[3].Items[0].Items[1].Find(4)!.Bytes;
            DecryptedPayload source = new(
                new PackedSource(Vectors.Hex("suit/encrypted_image_aes.bin.hex")), OpenKey(info, new PayloadKey(PayloadKey.AlgorithmA128Kw, keyId, FleetKey)));
            byte[] plain = new byte[image.Length];
            source.TaggedBytes = plain.Length;

            Assert.AreEqual(ResultCode.Ok, source.Read(0, plain.Length, plain, 0, plain.Length));
            CollectionAssert.AreEqual(image, plain);
        }

        public static IEnumerable<object[]> Profiles()
        {
            return from content in Enum.GetValues<ContentAlgorithm>()
                   from recipient in new[] { 16, 24, 32, 0 }
                   select new object[] { content, recipient };
        }

        [TestMethod]
        [DynamicData(nameof(Profiles))]
        public void Read_EachProfileInAnyOrder_Plaintext(ContentAlgorithm content, int keyBytes)
        {
            byte[] image = PayloadFixture.Structured(7, 9000);
            (PayloadRecipient recipient, PayloadKey key) = Pair(keyBytes);
            EncryptedPayload made = PayloadEncryption.Encrypt(image, content, new KeyWrapRecipient(new byte[16], [9]), recipient);
            CollectionAssert.AreNotEqual(image[..16], made.Ciphertext[..16]);
            DecryptedPayload source = new(new PackedSource(made.Ciphertext), OpenKey(made.EncryptionInfo, key));
            byte[] plain = new byte[image.Length];
            foreach ((int position, int count) in new[] { (4097, 4903), (0, 1), (1, 4095), (4096, 1) })
            {
                Assert.AreEqual(ResultCode.Ok, source.Read(position, count, plain, position, count));
            }

            CollectionAssert.AreEqual(image, plain);
        }

        [TestMethod]
        public void A54_Open_KeyLostOrAnother_IsNamedBeforeAByteIsAskedFor()
        {
            byte[] info = Vectors.Hex("suit/enc24-suit-encryption-info-aes-kw-aes-ctr.hex");
            Assert.AreEqual(ResultCode.PayloadKeyMissing, Result(info));
            Assert.AreEqual(ResultCode.PayloadKeyMissing, Result(info, new PayloadKey(PayloadKey.AlgorithmA128Kw, [7], FleetKey)));
            Assert.AreEqual(ResultCode.PayloadKeyMissing, Result(info, PublishedKeys[1]));
            Assert.AreEqual(ResultCode.DecryptionFailed, Result(info, new PayloadKey(PayloadKey.AlgorithmA128Kw, [], new byte[16])));

            // The next key is tried when the first that the id fits does not open it.
            Assert.AreEqual(ResultCode.Ok, Result(info, new PayloadKey(PayloadKey.AlgorithmA128Kw, [], new byte[16]), PublishedKeys[0]));
            byte[] agreed = Vectors.Hex("suit/enc24-suit-encryption-info-es-ecdh-aes-ctr.hex");
            byte[] other = (byte[])OwnKey.Clone();
            other[31] ^= 1;
            Assert.AreEqual(ResultCode.DecryptionFailed, Result(agreed, new PayloadKey(PayloadKey.AlgorithmEcdhEsA128Kw, [], other)));
        }

        /// <summary>Each byte of the info changed, and each prefix of it: refused, or without effect on what is decrypted.</summary>
        [TestMethod]
        [DataRow("aes-kw-aes-ctr")]
        [DataRow("aes-kw-aes-gcm")]
        [DataRow("es-ecdh-aes-ctr")]
        [DataRow("es-ecdh-aes-gcm")]
        public void Open_InfoChangedOrCut_RefusedByAResult(string name)
        {
            byte[] info = Vectors.Hex($"suit/enc24-suit-encryption-info-{name}.hex");
            for (int length = 0; length < info.Length; length++)
            {
                Assert.AreNotEqual(ResultCode.Ok, Result(info[..length], PublishedKeys), "prefix of " + length);
            }

            Assert.AreNotEqual(ResultCode.Ok, Result([.. info, 0], PublishedKeys));
            int accepted = 0;
            for (int i = 0; i < info.Length; i++)
            {
                byte[] changed = (byte[])info.Clone();
                changed[i] ^= 0x01;
                accepted += Result(changed, PublishedKeys) == ResultCode.Ok ? 1 : 0;
            }

            // The IV is not authenticated by itself, and neither is the label of a header that is not looked at.
            Assert.IsLessThanOrEqualTo(20, accepted);
        }

        [TestMethod]
        [DataRow("D8618440A20139FFFD0550{iv}F6{r}", ResultCode.CoseTag, DisplayName = "another tag")]
        [DataRow("D8608340A20139FFFD0550{iv}{r}", ResultCode.CoseMalformed, DisplayName = "three items")]
        [DataRow("D8608440A20139FFFD0550{iv}40{r}", ResultCode.CborUnexpectedType, DisplayName = "ciphertext inside")]
        [DataRow("D8608445A10139FFFDA10550{iv}F6{r}", ResultCode.CoseMalformed, DisplayName = "CTR that looks protected")]
        [DataRow("D8608440A201010550{iv}F6{r}", ResultCode.CoseMalformed, DisplayName = "GCM that is not protected")]
        [DataRow("D8608440A20139FFF90550{iv}F6{r}", ResultCode.CoseAlgorithmUnsupported, DisplayName = "another algorithm")]
        [DataRow("D8608440A20139FFFD054F{iv15}F6{r}", ResultCode.CoseMalformed, DisplayName = "IV of 15 bytes")]
        [DataRow("D8608440A10139FFFDF6{r}", ResultCode.CoseMalformed, DisplayName = "no IV")]
        [DataRow("D8608440A30139FFFD0139FFFD0550{iv}F6{r}", ResultCode.CoseMalformed, DisplayName = "algorithm twice")]
        [DataRow("D8608440A30139FFFD028101" + "0550{iv}F6{r}", ResultCode.CoseCritical, DisplayName = "crit")]
        [DataRow("D8608440A20139FFFD0550{iv}F680", ResultCode.CoseMalformed, DisplayName = "no recipient")]
        [DataRow("D8608440A20139FFFD0550{iv}F6818440A2012204456B69642D3158188080", ResultCode.CborTruncated, DisplayName = "recipients of recipients")]
        [DataRow("D8608441A0A20139FFFD0550{iv}F6{r}", ResultCode.Ok, DisplayName = "an empty protected header, in its other form")]
        public void Open_Form_AsTheStandardHasIt(string form, ResultCode expected)
        {
            byte[] wrapped = AesKeyWrap.Wrap(FleetKey, new byte[16]);
            string info = form
                .Replace("{iv}", new string('1', 32), StringComparison.Ordinal)
                .Replace("{iv15}", new string('1', 30), StringComparison.Ordinal)
                .Replace("{r}", "818340A2012204456B69642D315818" + Convert.ToHexString(wrapped), StringComparison.Ordinal);
            ResultCode result = Result(Convert.FromHexString(info), PublishedKeys);
            if (expected == ResultCode.CborTruncated)
            {
                Assert.AreNotEqual(ResultCode.Ok, result);
                return;
            }

            Assert.AreEqual(expected, result);
        }

        [TestMethod]
        public void A43_Read_GcmChangedOnTheWay_TheTagSaysSo()
        {
            byte[] image = PayloadFixture.Structured(8, 5000);
            (PayloadRecipient recipient, PayloadKey key) = Pair(16);
            EncryptedPayload made = PayloadEncryption.Encrypt(image, ContentAlgorithm.A128Gcm, recipient);
            foreach (int place in new[] { 0, 2500, 4999, 5000, 5015 })
            {
                made.Ciphertext[place] ^= 1;
                DecryptedPayload source = new(new PackedSource(made.Ciphertext), OpenKey(made.EncryptionInfo, key)) { TaggedBytes = image.Length };
                byte[] plain = new byte[image.Length];
                Assert.AreEqual(ResultCode.Ok, source.Read(0, 5000, plain, 0, 4096));
                Assert.AreEqual(ResultCode.DecryptionFailed, source.Read(4096, 904, plain, 4096, 904), "changed at " + place);
                made.Ciphertext[place] ^= 1;
                Assert.AreEqual(ResultCode.Ok, source.Read(0, 5000, plain, 0, 4096), "from its beginning again");
                Assert.AreEqual(ResultCode.Ok, source.Read(4096, 904, plain, 4096, 904));
                CollectionAssert.AreEqual(image, plain);
                Assert.AreEqual(ResultCode.DecryptionFailed, source.Read(4, 96, plain, 0, 96), "out of order there is no tag");
            }
        }

        [TestMethod]
        public void Read_CiphertextCutShort_SourcesReason()
        {
            byte[] image = PayloadFixture.Structured(8, 5000);
            (PayloadRecipient recipient, PayloadKey key) = Pair(16);
            EncryptedPayload made = PayloadEncryption.Encrypt(image, ContentAlgorithm.A128Gcm, recipient);
            DecryptedPayload source = new(new PackedSource(made.Ciphertext[..5008]), OpenKey(made.EncryptionInfo, key)) { TaggedBytes = image.Length };

            Assert.AreEqual(ResultCode.TransferTruncated, source.Read(0, 5000, new byte[5000], 0, 5000));
        }

        [TestMethod]
        public void Parse_KeysOfADevice_AsTheFactoryWroteThem()
        {
            byte[] body = new PayloadKeyRecord()
                .AddKeyWrap(new byte[16], [1])
                .AddKeyWrap(new byte[24], [])
                .AddKeyWrap(Enumerable.Repeat((byte)3, 32).ToArray(), [3, 3])
                .AddPrivateKey(OwnKey, [4])
                .Encode();

            PayloadKey[] keys = PayloadKey.Parse(body);

            CollectionAssert.AreEqual(new[] { -3, -4, -5, -29 }, keys.Select(key => key.Algorithm).ToArray());
            CollectionAssert.AreEqual(new byte[] { 3, 3 }, keys[2].KeyId);
            CollectionAssert.AreEqual(OwnKey, keys[3].Key);
            for (int length = 0; length < body.Length; length++)
            {
                Assert.IsEmpty(PayloadKey.Parse(body[..length]), "prefix of " + length);
            }

            Assert.IsEmpty(PayloadKey.Parse([.. body, 0]));
            body[0] = 0x81;
            Assert.IsEmpty(PayloadKey.Parse(body));
        }

        private static (PayloadRecipient Recipient, PayloadKey Key) Pair(int keyBytes)
        {
            if (keyBytes == 0)
            {
                using ECDiffieHellman own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
                ECParameters parameters = own.ExportParameters(true);
                return (new EcdhRecipient(parameters, [1]), new PayloadKey(PayloadKey.AlgorithmEcdhEsA128Kw, [1], parameters.D!));
            }

            byte[] key = RandomNumberGenerator.GetBytes(keyBytes);
            return (new KeyWrapRecipient(key, [1]), new PayloadKey(PayloadKey.AlgorithmA128Kw - ((keyBytes - 16) / 8), [1], key));
        }

        private static DecryptedPayload Open(byte[] info, byte[] payload)
        {
            return new DecryptedPayload(new PackedSource(payload), OpenKey(info, PublishedKeys));
        }

        private static ContentKey OpenKey(byte[] info, params PayloadKey[] keys)
        {
            // Among other bytes, as in a manifest.
            byte[] buffer = [0xFF, 0xFF, .. info, 0xFF];
            ContentKey key = new();
            Assert.AreEqual(ResultCode.Ok, key.Open(buffer, 2, info.Length, keys));
            return key;
        }

        private static ResultCode Result(byte[] info, params PayloadKey[] keys)
        {
            return new ContentKey().Open(info, 0, info.Length, keys);
        }
    }
}
