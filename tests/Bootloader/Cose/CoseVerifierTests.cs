// COSE objects: those of the COSE working group's examples, and forms that must be refused.

using System;
using System.Collections.Generic;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;
using static NanoBoot.Tests.Shared.CborValue;

namespace NanoBoot.Bootloader.Tests.Cose
{
    [TestClass]
    public class CoseVerifierTests
    {
        private static readonly byte[] Secret = new byte[32];
        private static readonly byte[] Payload = [1, 2, 3];
        private static readonly Authority MacAuthority = new(null, CoseAlgorithm.Hmac256, Secret, Permissions.Author, null, null);

        private static (ResultCode Parse, ResultCode Verify) Check(byte[] cose, Authority authority, byte[] payload)
        {
            var verifier = new CoseVerifier();
            byte[] buffer = new byte[cose.Length + 9];
            cose.CopyTo(buffer, 4);
            ResultCode parse = verifier.Parse(buffer, 4, cose.Length);
            return (parse, parse == ResultCode.Ok ? verifier.Verify(authority, payload, 0, payload.Length) : parse);
        }

        private static byte[] Mac0(object? header, object? unprotected, object? payload = null, byte[]? headerAsMaced = null)
        {
            byte[] encoded = header is byte[] bytes ? bytes : Encode(header);
            byte[] message = Encode(new object?[] { "MAC0", headerAsMaced ?? encoded, Array.Empty<byte>(), Payload });
            byte[] mac = System.Security.Cryptography.HMACSHA256.HashData(Secret, message);
            return Encode(Tag(17, new object?[] { encoded, unprotected, payload, mac }));
        }

        // The examples carry their payload; here it is detached, which the signature does not notice.
        private static byte[] Detach(byte[] cose, out byte[] payload)
        {
            var reader = new CborReader(cose, 0, cose.Length);
            if (reader.PeekType() == CborType.Tag)
            {
                reader.Read(CborType.Tag);
            }

            reader.Read(CborType.Array);
            reader.SkipItem();
            reader.SkipItem();
            int start = reader.Position;
            int offset = reader.ReadString(CborType.ByteString, out int count);
            Assert.AreEqual(ResultCode.Ok, reader.Error);
            payload = cose.AsSpan(offset, count).ToArray();
            return [.. cose[..start], 0xF6, .. cose[reader.Position..]];
        }

        private static byte[] Base64Url(string text)
        {
            string standard = text.Replace('-', '+').Replace('_', '/');
            return Convert.FromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='));
        }

        private static Authority KeyOf(JsonElement root)
        {
            JsonElement input = root.GetProperty("input");
            if (input.TryGetProperty("mac0", out JsonElement mac))
            {
                byte[] secret = Base64Url(mac.GetProperty("recipients")[0].GetProperty("key").GetProperty("k").GetString()!);
                return new Authority(null, CoseAlgorithm.Hmac256, secret, Permissions.Author, null, null);
            }

            JsonElement key = input.GetProperty("sign0").GetProperty("key");
            byte[] publicKey = [.. Base64Url(key.GetProperty("x").GetString()!), .. Base64Url(key.GetProperty("y").GetString()!)];
            byte[] keyId = System.Text.Encoding.UTF8.GetBytes(key.GetProperty("kid").GetString()!);
            return new Authority(keyId, CoseAlgorithm.Es256, publicKey, Permissions.Author, null, null);
        }

        [TestMethod]
        [DataRow("ecdsa-examples__ecdsa-sig-01", ResultCode.Ok)]
        [DataRow("RFC8152__Appendix_C_2_1", ResultCode.Ok)]
        [DataRow("hmac-examples__HMac-enc-01", ResultCode.Ok)]
        [DataRow("hmac-examples__HMac-enc-05", ResultCode.CoseAlgorithmMismatch, DisplayName = "HMac-enc-05: a MAC of 64 bits")]
        [DataRow("RFC8152__Appendix_C_6_1", ResultCode.CoseAlgorithmMismatch, DisplayName = "C.6.1: AES-MAC")]
        [DataRow("sign1-tests__sign-pass-01", ResultCode.Ok)]
        [DataRow("sign1-tests__sign-pass-02", ResultCode.SignatureInvalid, DisplayName = "sign-pass-02: external data, which SUIT has none of")]
        [DataRow("sign1-tests__sign-pass-03", ResultCode.CoseTag, DisplayName = "sign-pass-03: without its tag")]
        [DataRow("sign1-tests__sign-fail-01", ResultCode.CoseTag)]
        [DataRow("sign1-tests__sign-fail-02", ResultCode.SignatureInvalid)]
        [DataRow("sign1-tests__sign-fail-03", ResultCode.CoseAlgorithmMismatch)]
        [DataRow("sign1-tests__sign-fail-04", ResultCode.CoseAlgorithmUnsupported)]
        [DataRow("sign1-tests__sign-fail-06", ResultCode.SignatureInvalid)]
        [DataRow("sign1-tests__sign-fail-07", ResultCode.SignatureInvalid)]
        [DataRow("mac0-tests__HMac-01", ResultCode.Ok)]
        [DataRow("mac0-tests__mac-pass-01", ResultCode.Ok)]
        [DataRow("mac0-tests__mac-pass-02", ResultCode.SignatureInvalid, DisplayName = "mac-pass-02: external data")]
        [DataRow("mac0-tests__mac-pass-03", ResultCode.CoseTag, DisplayName = "mac-pass-03: without its tag")]
        [DataRow("mac0-tests__mac-fail-01", ResultCode.CoseTag)]
        [DataRow("mac0-tests__mac-fail-02", ResultCode.SignatureInvalid)]
        [DataRow("mac0-tests__mac-fail-03", ResultCode.CoseAlgorithmMismatch)]
        [DataRow("mac0-tests__mac-fail-04", ResultCode.CoseAlgorithmUnsupported)]
        [DataRow("mac0-tests__mac-fail-06", ResultCode.SignatureInvalid)]
        [DataRow("mac0-tests__mac-fail-07", ResultCode.SignatureInvalid)]
        public void Verify_WorkingGroupExamples_AsTheySay(string name, ResultCode expected)
        {
            using JsonDocument document = Vectors.Json("cose/" + name + ".json");
            byte[] cose = Detach(Vectors.Hex("cose/" + name + ".hex"), out byte[] payload);
            Assert.AreEqual(expected, Check(cose, KeyOf(document.RootElement), payload).Verify);
        }

        [TestMethod]
        public void Parse_WorkingGroupExamplesOfOtherKinds_RefusedByTheirTag()
        {
            // COSE_Sign, COSE_Mac, COSE_Encrypt and COSE_Encrypt0: SUIT has one signer or one MAC a block, and encrypts elsewhere.
            string[] others =
            [
                "RFC8152__Appendix_C_1_1", "RFC8152__Appendix_C_5_4", "aes-gcm-examples__aes-gcm-01", "aes-gcm-examples__aes-gcm-enc-01",
                "aes-wrap-examples__aes-wrap-128-01", "aes-wrap-examples__aes-wrap-128-04", "aes-wrap-examples__aes-wrap-256-01",
                "aes-wrap-examples__aes-wrap-256-04", "ecdsa-examples__ecdsa-01", "hashsig__hashsig-01", "hmac-examples__HMac-01",
            ];
            foreach (string name in others)
            {
                byte[] cose = Vectors.Hex("cose/" + name + ".hex");
                Assert.AreEqual(ResultCode.CoseTag, new CoseVerifier().Parse(cose, 0, cose.Length), name);
            }
        }

        [TestMethod]
        public void Verify_HashSignatureExample_Valid()
        {
            using JsonDocument document = Vectors.Json("cose/hashsig__hsssig-sig-01.json");
            byte[] cose = Detach(Vectors.Hex("cose/hashsig__hsssig-sig-01.hex"), out byte[] payload);
            JsonElement key = document.RootElement.GetProperty("input").GetProperty("sign0").GetProperty("key");
            byte[] publicKey = Convert.FromHexString(key.GetProperty("public").GetString()!.Replace(" ", string.Empty));
            byte[] keyId = System.Text.Encoding.UTF8.GetBytes(key.GetProperty("kid").GetString()!);
            var authority = new Authority(keyId, CoseAlgorithm.HssLms, publicKey, Permissions.Author, null, null);
            Assert.AreEqual(ResultCode.Ok, Check(cose, authority, payload).Verify);
            payload[0] ^= 1;
            Assert.AreEqual(ResultCode.SignatureInvalid, Check(cose, authority, payload).Verify);
        }

        [TestMethod]
        public void Verify_EmptyProtectedHeader_HasTwoForms()
        {
            // The algorithm is unprotected then, which this verifier says, and the SUIT authenticator refuses.
            foreach (byte[] form in new[] { Array.Empty<byte>(), new byte[] { 0xA0 } })
            {
                byte[] cose = Mac0(form, Map((1, 5)), headerAsMaced: []);
                Assert.AreEqual(ResultCode.Ok, Check(cose, MacAuthority, Payload).Verify);
                var verifier = new CoseVerifier();
                verifier.Parse(cose, 0, cose.Length);
                Assert.IsFalse(verifier.IsAlgorithmProtected);
            }
        }

        [TestMethod]
        public void Verify_PlainMac_Valid()
        {
            byte[] cose = Mac0(Map((1, 5)), Map());
            Assert.AreEqual((ResultCode.Ok, ResultCode.Ok), Check(cose, MacAuthority, Payload));
            var verifier = new CoseVerifier();
            verifier.Parse(cose, 0, cose.Length);
            Assert.IsTrue(verifier.IsAlgorithmProtected);
            Assert.AreEqual(17, verifier.Tag);
            Assert.AreEqual(0, verifier.KeyIdCount);
        }

        [TestMethod]
        public void A34_Parse_AlgorithmInBothHeaders_Refused()
        {
            Assert.AreEqual(ResultCode.CoseMalformed, Check(Mac0(Map((1, 5)), Map((1, 5))), MacAuthority, Payload).Parse);
            Assert.AreEqual(ResultCode.CoseMalformed, Check(Mac0(Map((1, 5)), Map((1, -7))), MacAuthority, Payload).Parse);
            Assert.AreEqual(
                ResultCode.CoseMalformed, Check(Mac0(Map((1, 5), (4, new byte[1])), Map((4, new byte[1]))), MacAuthority, Payload).Parse);
        }

        public static IEnumerable<object?[]> Refused()
        {
            byte[] header = Encode(Map((1, 5)));
            byte[] mac = new byte[32];
            yield return [Encode(new object?[] { header, Map(), null, mac }), ResultCode.CoseTag];
            yield return [Encode(Tag(16, new object?[] { header, Map(), null, mac })), ResultCode.CoseTag];
            yield return [Encode(Tag(97, new object?[] { header, Map(), null, mac })), ResultCode.CoseTag];
            yield return [Encode(Tag(98, new object?[] { header, Map(), null, mac })), ResultCode.CoseTag];
            yield return [Encode(Tag(4294967296 + 17, new object?[] { header, Map(), null, mac })), ResultCode.CoseTag];
            yield return [Encode(Tag(17, Tag(17, new object?[] { header, Map(), null, mac }))), ResultCode.CoseMalformed];
            yield return [Encode(Tag(17, new object?[] { header, Map(), null })), ResultCode.CoseMalformed];
            yield return [Encode(Tag(17, new object?[] { header, Map(), null, mac, mac })), ResultCode.CoseMalformed];
            yield return [Encode(Tag(17, Map((1, 2)))), ResultCode.CoseMalformed];
            yield return [Encode(Tag(17, new object?[] { Map((1, 5)), Map(), null, mac })), ResultCode.CborUnexpectedType];
            yield return [Encode(Tag(17, new object?[] { header, header, null, mac })), ResultCode.CborUnexpectedType];
            yield return [Encode(Tag(17, new object?[] { header, Map(), new byte[] { 1, 2, 3 }, mac })), ResultCode.CosePayloadNotDetached];
            yield return [Encode(Tag(17, new object?[] { header, Map(), Array.Empty<byte>(), mac })), ResultCode.CosePayloadNotDetached];
            yield return [Encode(Tag(17, new object?[] { header, Map(), false, mac })), ResultCode.CosePayloadNotDetached];
            yield return [Encode(Tag(17, new object?[] { header, Map(), null, null })), ResultCode.CborUnexpectedType];
            yield return [(byte[])[.. Encode(Tag(17, new object?[] { header, Map(), null, mac })), 0], ResultCode.CborTrailingBytes];
            yield return [Encode(Tag(17, new object?[] { (byte[])[.. header, 0], Map(), null, mac })), ResultCode.CborTrailingBytes];
            yield return [Encode(Tag(17, new object?[] { Encode(new object?[] { 1, 5 }), Map(), null, mac })), ResultCode.CborUnexpectedType];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((1, 5), (2, new object?[] { 1 }))), Map(), null, mac })), ResultCode.CoseCritical];
            yield return [Encode(Tag(17, new object?[] { header, Map((2, new object?[] { 1 })), null, mac })), ResultCode.CoseCritical];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((1, 5), (1, 5))), Map(), null, mac })), ResultCode.CborKeyOrder];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((4, new byte[1]), (1, 5))), Map(), null, mac })), ResultCode.CborKeyOrder];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((1, "HS256"))), Map(), null, mac })), ResultCode.CoseAlgorithmUnsupported];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((1, 0))), Map(), null, mac })), ResultCode.CoseAlgorithmUnsupported];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((1, 4294967296 + 5))), Map(), null, mac })), ResultCode.CoseAlgorithmUnsupported];
            yield return [Encode(Tag(17, new object?[] { header, Map((4, "kid")), null, mac })), ResultCode.CborUnexpectedType];
            yield return [Encode(Tag(17, new object?[] { Encode(Map((1, 5), (9, new byte[CoseVerifier.MaxProtectedBytes]))), Map(), null, mac })), ResultCode.CborTooLarge];
        }

        [TestMethod]
        [DynamicData(nameof(Refused))]
        public void Parse_OtherForms_Refused(byte[] cose, ResultCode expected)
        {
            Assert.AreEqual(expected, Check(cose, MacAuthority, Payload).Parse);
        }

        [TestMethod]
        public void Parse_OtherHeaderParameters_AreWithoutEffect()
        {
            byte[] cose = Mac0(Map((1, 5), (3, "text/plain"), (100, new object?[] { 1, Map() })), Map((5, new byte[3]), (-1, 2), ("x", null)));
            Assert.AreEqual((ResultCode.Ok, ResultCode.Ok), Check(cose, MacAuthority, Payload));
        }

        [TestMethod]
        public void Parse_EveryTruncation_Refused()
        {
            byte[] cose = Mac0(Map((1, 5)), Map((4, new byte[] { 7 })));
            for (int count = 0; count < cose.Length; count++)
            {
                Assert.AreNotEqual(ResultCode.Ok, Check(cose[..count], MacAuthority, Payload).Parse, "cut at " + count);
            }
        }

        [TestMethod]
        public void Verify_LongestHeaderAndPayload_HaveRoom()
        {
            byte[] payload = new byte[CoseVerifier.MaxPayloadBytes];
            byte[] header = Encode(Map((1, 5), (9, new byte[CoseVerifier.MaxProtectedBytes - 6])));
            Assert.AreEqual(CoseVerifier.MaxProtectedBytes, header.Length);
            byte[] message = Encode(new object?[] { "MAC0", header, Array.Empty<byte>(), payload });
            byte[] mac = System.Security.Cryptography.HMACSHA256.HashData(Secret, message);
            byte[] cose = Encode(Tag(17, new object?[] { header, Map(), null, mac }));
            Assert.AreEqual(ResultCode.Ok, Check(cose, MacAuthority, payload).Verify);
            Assert.AreEqual(ResultCode.CborTooLarge, Check(cose, MacAuthority, new byte[payload.Length + 1]).Verify);
        }

        [TestMethod]
        public void Verify_MacOfOtherLength_Refused()
        {
            byte[] header = Encode(Map((1, 5)));
            foreach (int length in new[] { 0, 8, 31, 33 })
            {
                byte[] cose = Encode(Tag(17, new object?[] { header, Map(), null, new byte[length] }));
                Assert.AreEqual(ResultCode.SignatureMalformed, Check(cose, MacAuthority, Payload).Verify);
            }
        }

        [TestMethod]
        public void Verify_AlgorithmUnknownToThisDevice_Refused()
        {
            var authority = new Authority(null, (CoseAlgorithm)6, Secret, Permissions.Author, null, null);
            Assert.AreEqual(ResultCode.CoseAlgorithmUnsupported, Check(Encode(Tag(18, new object?[] { Encode(Map((1, 6))), Map(), null, new byte[48] })), authority, Payload).Verify);
        }
    }
}
