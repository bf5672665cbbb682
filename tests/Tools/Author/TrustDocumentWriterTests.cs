using System;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class TrustDocumentWriterTests
    {
        private static readonly EcdsaSigningKey First = EcdsaSigningKey.FromSeed("trust"u8, "first");
        private static readonly EcdsaSigningKey Second = EcdsaSigningKey.FromSeed("trust"u8, "second");

        [TestMethod]
        public void Encode_OneAuthorityAndOneRevokedRoot_IsTheDocumentOfTheSpecification()
        {
            byte[] root = [.. Enumerable.Repeat((byte)7, 64)];
            byte[] document = new TrustDocumentWriter().Add(First, Permissions.Author | Permissions.Store, "application").RevokeRoot(root).Encode();

            string expected = "A3" + "0101" + "0281" + "85"
                + "48" + Convert.ToHexString(First.KeyId) + "26" + "5840" + Convert.ToHexString(First.PublicKey)
                + "03" + "4B" + Convert.ToHexString("application"u8)
                + "0381" + "5820" + Convert.ToHexString(SHA256.HashData(root));
            Assert.AreEqual(expected, Convert.ToHexString(document));
        }

        [TestMethod]
        public void Encode_NothingAdded_IsADocumentWithoutAuthorities()
        {
            Assert.AreEqual("A201010280", Convert.ToHexString(new TrustDocumentWriter().Encode()));
        }

        [TestMethod]
        public void Encode_OtherOrder_SameBytes()
        {
            byte[] left = new TrustDocumentWriter().Add(First, Permissions.Author).Add(Second, Permissions.Apply).Encode();
            byte[] right = new TrustDocumentWriter().Add(Second, Permissions.Apply).Add(First, Permissions.Author).Encode();

            CollectionAssert.AreEqual(left, right);
        }

        [TestMethod]
        public void RevokeRoot_Twice_IsWrittenOnce()
        {
            TrustDocumentWriter writer = new TrustDocumentWriter().RevokeRoot(First.PublicKey).RevokeRoot(First.PublicKey);

            Assert.HasCount(1, writer.RevokedRoots);
            Assert.ThrowsExactly<ArgumentException>(() => writer.RevokeRootDigest(new byte[31]));
        }

        [TestMethod]
        public void Encode_WhatNoDeviceTakes_Refused()
        {
            Refused(writer => writer.Add(First, Permissions.Author | Permissions.Trust), "only roots");
            Refused(writer => writer.Add(First, Permissions.None), "one permission");
            Refused(writer => writer.Add(First, Permissions.Author).Add(First, Permissions.Apply), "same key id");
            Refused(writer => writer.Add(new HmacSigningKey(new byte[32]), Permissions.Author), "public keys");
            Refused(writer => writer.Add(Key(33, 64)), "key id");
            Refused(writer => writer.Add(Key(1, 65)), "public key");
            Refused(writer => writer.Add(First, Permissions.Author, new string('a', 33)), "component name");
            Refused(writer => Enumerable.Range(0, TrustDocument.AuthoritiesMax + 1).ToList().ForEach(i => writer.Add(Key(1 + i, 64))), "authorities");
            Refused(writer => Enumerable.Range(0, 62).ToList().ForEach(i => writer.RevokeRoot([(byte)i])), "bytes");
        }

        private static Authority Key(int keyIdBytes, int publicKeyBytes)
        {
            return new Authority(new byte[keyIdBytes], CoseAlgorithm.Es256, new byte[publicKeyBytes], Permissions.Author, null, null);
        }

        private static void Refused(Action<TrustDocumentWriter> add, string reason)
        {
            var writer = new TrustDocumentWriter();
            add(writer);
            InvalidOperationException refusal = Assert.ThrowsExactly<InvalidOperationException>(() => writer.Encode());
            StringAssert.Contains(refusal.Message, reason, StringComparison.Ordinal);
        }
    }
}
