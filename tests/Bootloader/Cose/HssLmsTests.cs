using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Bootloader.Tests.Cose
{
    [TestClass]
    public class HssLmsTests
    {
        // Prime to the lengths of all fields, so that each kind of field is met at many places.
        private const int Stride = 7;

        [TestMethod]
        [DataRow("rfc8554-tc1")]
        [DataRow("rfc9858-sha256-192")]
        public void Verify_PublishedExample_IsValid(string name)
        {
            Assert.AreEqual(ResultCode.Ok, Verify(Key(name), Message(name), Signature(name)));
        }

        [TestMethod]
        public void Verify_AcvpSignatures_AgreeWithExpectation()
        {
            using JsonDocument document = Vectors.Json("lms/acvp-lms-sigver-1.0.json");
            int valid = 0;
            int invalid = 0;
            foreach (JsonElement test in document.RootElement.EnumerateArray())
            {
                // The cases are plain LMS; an HSS key or signature of one level has four bytes before it.
                byte[] key = Prepend(1, Vectors.HexMember(test, "publicKey"));
                byte[] signature = Prepend(0, Vectors.HexMember(test, "signature"));
                bool expected = test.GetProperty("testPassed").GetBoolean();
                ResultCode result = Verify(key, Vectors.HexMember(test, "message"), signature);
                Assert.AreEqual(expected, result == ResultCode.Ok, "tcId " + test.GetProperty("tcId") + ": " + result);
                valid += expected ? 1 : 0;
                invalid += expected ? 0 : 1;
            }

            Assert.AreEqual(2, valid);
            Assert.AreEqual(6, invalid);
        }

        [TestMethod]
        [DataRow("rfc8554-tc1")]
        [DataRow("rfc9858-sha256-192")]
        public void Verify_BitOfSignatureChanged_IsRefused(string name)
        {
            byte[] key = Key(name);
            byte[] message = Message(name);
            byte[] signature = Signature(name);
            for (int i = 0; i < signature.Length; i += Stride)
            {
                signature[i] ^= (byte)(1 << (i & 7));
                Assert.AreNotEqual(ResultCode.Ok, Verify(key, message, signature), "byte " + i);
                signature[i] ^= (byte)(1 << (i & 7));
            }

            Assert.AreEqual(ResultCode.Ok, Verify(key, message, signature));
        }

        [TestMethod]
        [DataRow("rfc8554-tc1")]
        [DataRow("rfc9858-sha256-192")]
        public void Verify_AnyByteOfKeyOrMessageChanged_IsRefused(string name)
        {
            byte[] key = Key(name);
            byte[] message = Message(name);
            byte[] signature = Signature(name);
            foreach (byte[] part in new List<byte[]> { key, message })
            {
                for (int i = 0; i < part.Length; i++)
                {
                    part[i] ^= 0x04;
                    Assert.AreNotEqual(ResultCode.Ok, Verify(key, message, signature), "byte " + i);
                    part[i] ^= 0x04;
                }
            }
        }

        [TestMethod]
        [DataRow("rfc8554-tc1")]
        [DataRow("rfc9858-sha256-192")]
        public void Verify_AnyOtherLength_IsMalformed(string name)
        {
            byte[] key = Key(name);
            byte[] message = Message(name);
            byte[] signature = Signature(name);
            for (int count = 0; count < signature.Length; count += Stride)
            {
                // An array that ends with the signature: a read beyond what is left would throw.
                ResultCode result = Verify(key, message, signature.AsSpan(0, count).ToArray());
                Assert.IsTrue(
                    result == ResultCode.SignatureMalformed || result == ResultCode.SignatureInvalid, count + ": " + result);
            }

            byte[] longer = new byte[signature.Length + 1];
            signature.CopyTo(longer, 0);
            Assert.AreEqual(ResultCode.SignatureMalformed, Verify(key, message, longer));
            Assert.AreEqual(
                ResultCode.Ok, HssLms.Verify(key, message, 0, message.Length, longer, 0, signature.Length));
        }

        [TestMethod]
        [DataRow(1, 32)]
        [DataRow(2, 32)]
        [DataRow(4, 32)]
        [DataRow(8, 32)]
        [DataRow(1, 24)]
        [DataRow(2, 24)]
        [DataRow(4, 24)]
        [DataRow(8, 24)]
        public void Verify_EveryDigitWidth_AcceptsWhatTheSignerMakes(int width, int hashBytes)
        {
            AssertSignatures(new LmsParameters(5, width, hashBytes));
        }

        [TestMethod]
        public void Verify_LevelsOfDifferentParameters_AcceptsWhatTheSignerMakes()
        {
            AssertSignatures(new LmsParameters(5, 4, 32), new LmsParameters(5, 2, 24), new LmsParameters(10, 4, 24), new LmsParameters(5, 8, 32));
        }

        [TestMethod]
        public void Verify_TallTree_AcceptsWhatTheSignerMakes()
        {
            AssertSignatures(new LmsParameters(10, 2, 32));
        }

        [TestMethod]
        public void Verify_SignatureInsideAnArray_UsesOffsetsOnly()
        {
            byte[] key = Key("rfc8554-tc1");
            byte[] message = Message("rfc8554-tc1");
            byte[] signature = Signature("rfc8554-tc1");
            byte[] both = new byte[7 + message.Length + signature.Length + 3];
            message.CopyTo(both, 7);
            signature.CopyTo(both, 7 + message.Length);
            Assert.AreEqual(
                ResultCode.Ok,
                HssLms.Verify(key, both, 7, message.Length, both, 7 + message.Length, signature.Length));
            Assert.AreEqual(
                ResultCode.SignatureInvalid,
                HssLms.Verify(key, both, 6, message.Length, both, 7 + message.Length, signature.Length));
        }

        [TestMethod]
        public void Verify_KeyOfAnotherForm_IsKeyInvalid()
        {
            byte[] message = Message("rfc8554-tc1");
            byte[] signature = Signature("rfc8554-tc1");
            byte[] key = Key("rfc8554-tc1");
            for (int count = 0; count < key.Length; count++)
            {
                Assert.AreEqual(ResultCode.KeyInvalid, Verify(key.AsSpan(0, count).ToArray(), message, signature), count.ToString());
            }

            // Levels 0, 9 and 2^32 - 1; types 0, 4, SHA-256/192 for a 32 byte root, SHAKE, and beyond.
            foreach (byte levels in new byte[] { 0, 9, 255 })
            {
                AssertKeyInvalid(key, 3, levels, message, signature);
            }

            foreach (byte type in new byte[] { 0, 4, 10, 14, 15, 255 })
            {
                AssertKeyInvalid(key, 7, type, message, signature);
            }

            foreach (byte type in new byte[] { 0, 5, 8, 9, 255 })
            {
                AssertKeyInvalid(key, 11, type, message, signature);
            }
        }

        private static void AssertSignatures(params LmsParameters[] levels)
        {
            byte[] seed = new byte[HssKey.SeedBytes];
            new Random(levels.Length).NextBytes(seed);
            HssKey key = HssKey.Create(levels, seed);
            string folder = Directory.CreateTempSubdirectory("nanoboot-lms").FullName;
            try
            {
                string statePath = Path.Combine(folder, "state");
                HssSigningKey.CreateState(key, statePath);
                HssSigningKey signer = new HssSigningKey(key, statePath);
                for (int i = 0; i < 5; i++)
                {
                    byte[] message = new byte[i * 40];
                    new Random(i).NextBytes(message);
                    byte[] signature = signer.Sign(message);
                    Assert.AreEqual(ResultCode.Ok, Verify(key.PublicKey, message, signature), "signature " + i);
                    signature[^1] ^= 1;
                    Assert.AreEqual(ResultCode.SignatureInvalid, Verify(key.PublicKey, message, signature), "signature " + i);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        private static void AssertKeyInvalid(byte[] key, int index, byte value, byte[] message, byte[] signature)
        {
            byte[] changed = (byte[])key.Clone();
            changed[index] = value;
            Assert.AreEqual(ResultCode.KeyInvalid, Verify(changed, message, signature), index + " = " + value);
        }

        private static ResultCode Verify(byte[] key, byte[] message, byte[] signature)
        {
            return HssLms.Verify(key, message, 0, message.Length, signature, 0, signature.Length);
        }

        private static byte[] Prepend(byte value, byte[] rest)
        {
            byte[] all = new byte[4 + rest.Length];
            all[3] = value;
            rest.CopyTo(all, 4);
            return all;
        }

        private static byte[] Key(string name) => Vectors.Hex("lms/" + name + ".pub.hex");

        private static byte[] Message(string name) => Vectors.Hex("lms/" + name + ".msg.hex");

        private static byte[] Signature(string name) => Vectors.Hex("lms/" + name + ".sig.hex");
    }
}
