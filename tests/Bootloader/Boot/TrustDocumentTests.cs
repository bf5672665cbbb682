// The reader of trust documents, and the rule of the roots.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Tests.Boot
{
    [TestClass]
    public sealed class TrustDocumentTests
    {
        private static readonly Authority A = TrustBench.Root(TrustBench.RootA);
        private static readonly Authority B = TrustBench.Root(TrustBench.RootB);
        private static readonly Authority C = TrustBench.Root(TrustBench.RootC);

        [TestMethod]
        public void Read_DocumentOfTheWriter_GivesRootsAndItsAuthoritiesOnly()
        {
            byte[] document = new TrustDocumentWriter().Add(TrustBench.Successor, Permissions.Author | Permissions.Apply, "application").Encode();

            Assert.AreEqual(ResultCode.Ok, Read(document, [A, B], 1, out Authority[] trust, A));

            Assert.HasCount(3, trust);
            Authority read = trust.Single(authority => authority != A && authority != B);
            CollectionAssert.AreEqual(TrustBench.Successor.KeyId, read.KeyId);
            CollectionAssert.AreEqual(TrustBench.Successor.PublicKey, read.PublicKey);
            Assert.AreEqual(CoseAlgorithm.Es256, read.Algorithm);
            Assert.AreEqual(Permissions.Author | Permissions.Apply, read.Permissions);
            CollectionAssert.AreEqual("application"u8.ToArray(), read.ComponentPrefix);
            Assert.IsFalse(trust.Any(authority => authority.PublicKey.SequenceEqual(BootBench.Author.PublicKey)), "the factory's authority counts no more");
        }

        [TestMethod]
        public void A31_Read_RootRevoked_IsNotAmongTheTrusted()
        {
            byte[] document = TrustBench.Writer(TrustBench.Successor).RevokeRoot(A.PublicKey).Encode();

            Assert.AreEqual(ResultCode.Ok, Read(document, [A, B], 1, out Authority[] trust, B));

            CollectionAssert.DoesNotContain(trust, A);
            CollectionAssert.Contains(trust, B);
        }

        [TestMethod]
        public void A67_Read_RootRevokesItself_Refused()
        {
            byte[] document = TrustBench.Writer(TrustBench.Successor).RevokeRoot(A.PublicKey).Encode();

            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(document, [A, B], 1, out Authority[] trust, A));
            Assert.IsNull(trust);
        }

        [TestMethod]
        public void A67_Read_LastRootRevoked_Refused()
        {
            byte[] one = new TrustDocumentWriter().RevokeRoot(A.PublicKey).Encode();
            byte[] both = new TrustDocumentWriter().RevokeRoot(A.PublicKey).RevokeRoot(B.PublicKey).Encode();

            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(one, [A], 1, out _, A));
            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(both, [A, B], 1, out _, A, B));
        }

        [TestMethod]
        public void Read_Threshold_CountsDifferentRootsThatAreLeft()
        {
            byte[] document = TrustBench.Document(TrustBench.Successor);
            byte[] withoutC = TrustBench.Writer(TrustBench.Successor).RevokeRoot(C.PublicKey).Encode();
            Authority author = BootBench.Trusted(BootBench.Author, BootBench.Needed);

            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(document, [A, B, C], 2, out _));
            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(document, [A, B, C], 2, out _, A));
            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(document, [A, B, C, author], 2, out _, A, author));
            Assert.AreEqual(ResultCode.Ok, Read(document, [A, B, C], 2, out _, A, C));
            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(withoutC, [A, B, C], 2, out _, A, C));
            Assert.AreEqual(ResultCode.Ok, Read(withoutC, [A, B, C], 2, out _, A, B));
        }

        [TestMethod]
        public void Read_ThresholdOfNone_StillTakesOneRoot()
        {
            byte[] document = TrustBench.Document(TrustBench.Successor);
            Authority author = BootBench.Trusted(BootBench.Author, BootBench.Needed);

            Assert.AreEqual(ResultCode.TrustRootsMissing, Read(document, [A, author], 0, out _, author));
        }

        [TestMethod]
        public void Read_KeyIdOfARootUsedAgain_RevokesTheKeyOnly()
        {
            Authority reused = new Authority(A.KeyId, CoseAlgorithm.Es256, C.PublicKey, Permissions.Trust, null, null);
            byte[] document = new TrustDocumentWriter().RevokeRoot(A.PublicKey).Encode();

            Assert.AreEqual(ResultCode.Ok, Read(document, [A, reused], 1, out Authority[] trust, reused));
            CollectionAssert.AreEqual(new[] { reused }, trust);
        }

        [TestMethod]
        public void Read_WhatNoDocumentMayGrant_Refused()
        {
            Refused(writer => writer.Add(Key(1, Permissions.Author | Permissions.Trust)), "permission to change the trust");
            Refused(writer => writer.Add(Key(1, Permissions.None)), "no permission");
            Refused(writer => writer.Add(Key(1, (Permissions)0x81)), "an unknown permission");
            Refused(writer => writer.Add(Key(1, Permissions.Author)).Add(Key(1, Permissions.Apply)), "a key id twice");
            Refused(writer => writer.Add(Key(1, Permissions.Author, CoseAlgorithm.Hmac256, 32)), "a symmetric key in a public document");
            Refused(writer => writer.Add(Key(1, Permissions.Author, (CoseAlgorithm)(-65536 - 7))), "an algorithm out of range");
            Refused(writer => writer.Add(Key(1, Permissions.Author, CoseAlgorithm.Es256, 65)), "a key too long");
            Refused(writer => writer.Add(Key(1, Permissions.Author, CoseAlgorithm.Es256, 0)), "an empty key");
            Refused(writer => writer.Add(new Authority(new byte[33], CoseAlgorithm.Es256, new byte[64], Permissions.Author, null, null)), "a key id too long");
            Refused(writer => writer.Add(new Authority([], CoseAlgorithm.Es256, new byte[64], Permissions.Author, null, null)), "an empty key id");
            Refused(writer => writer.Add(new Authority([1], CoseAlgorithm.Es256, new byte[64], Permissions.Author, [], null)), "an empty component name");
            Refused(writer => Enumerable.Range(0, TrustDocument.AuthoritiesMax + 1).ToList().ForEach(i => writer.Add(Key(i, Permissions.Author))), "too many");
            Refused(writer => Enumerable.Range(0, 64).ToList().ForEach(i => writer.RevokeRoot([(byte)i])), "more than 2,048 bytes");
        }

        [TestMethod]
        public void Read_MoreThanAStoreHolds_Refused()
        {
            Authority[] roots = [.. Enumerable.Range(0, 5).Select(i => TrustBench.Root(EcdsaSigningKey.FromSeed("many"u8, "root " + i)))];
            var writer = new TrustDocumentWriter();
            Enumerable.Range(0, TrustDocument.AuthoritiesMax).ToList().ForEach(i => writer.Add(Key(i, Permissions.Author)));

            Assert.AreEqual(ResultCode.TrustDocumentInvalid, Read(writer.Encode(), roots, 1, out _, roots[0]));
            Assert.AreEqual(ResultCode.Ok, Read(writer.Encode(), roots[..4], 1, out _, roots[0]));
        }

        [TestMethod]
        [DataRow("A101", DisplayName = "no authorities")]
        [DataRow("A202", DisplayName = "cut")]
        [DataRow("A201020280", DisplayName = "another format")]
        [DataRow("A2010102A0", DisplayName = "a map of authorities")]
        [DataRow("A20101029FFF", DisplayName = "indefinite length")]
        [DataRow("A20101028000", DisplayName = "a byte behind it")]
        [DataRow("A3010102800380", DisplayName = "an empty list of revoked roots")]
        [DataRow("A3010102800480", DisplayName = "an unknown key")]
        [DataRow("A30101028003815801AA", DisplayName = "a digest of one byte")]
        [DataRow("A2010102818441002600F6", DisplayName = "an authority of four fields")]
        [DataRow("A20101028185410126410001F7", DisplayName = "undefined for a component")]
        [DataRow("", DisplayName = "nothing")]
        public void Read_Malformed_Refused(string document)
        {
            Assert.AreEqual(ResultCode.TrustDocumentInvalid, Read(Convert.FromHexString(document), [A], 1, out Authority[] trust, A));
            Assert.IsNull(trust);
        }

        [TestMethod]
        public void Read_AuthoritiesOutOfOrder_Refused()
        {
            byte[] document = new TrustDocumentWriter().Add(Key(1, Permissions.Author)).Add(Key(2, Permissions.Author)).Encode();
            int second = document.AsSpan().IndexOf(new byte[] { 0x41, 2 });
            document[document.AsSpan().IndexOf(new byte[] { 0x41, 1 }) + 1] = 2;
            document[second + 1] = 1;

            Assert.AreEqual(ResultCode.TrustDocumentInvalid, Read(document, [A], 1, out _, A));
        }

        [TestMethod]
        public void A77_Read_EveryTruncationAndManyMutations_NeverThrow()
        {
            const int Seed = 20261121;
            byte[] document = TrustBench.Writer(TrustBench.Successor, BootBench.Author).RevokeRoot(C.PublicKey).Encode();
            for (int length = 0; length < document.Length; length++)
            {
                Assert.AreEqual(ResultCode.TrustDocumentInvalid, Read(document[..length], [A, B], 1, out _, A), length.ToString());
            }

            Console.WriteLine("seed " + Seed);
            Random random = new Random(Seed);
            int refused = 0;
            for (int i = 0; i < 20_000; i++)
            {
                byte[] mutant = (byte[])document.Clone();
                for (int change = random.Next(1, 4); change > 0; change--)
                {
                    mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
                }

                refused += Read(mutant, [A, B], 1, out _, A) == ResultCode.Ok ? 0 : 1;
            }

            Assert.IsGreaterThan(1000, refused);
        }

        private static Authority Key(int id, Permissions permissions, CoseAlgorithm algorithm = CoseAlgorithm.Es256, int keyBytes = 64)
        {
            return new Authority([(byte)id], algorithm, new byte[keyBytes], permissions, null, null);
        }

        private static void Refused(Action<TrustDocumentWriter> add, string what)
        {
            var writer = new TrustDocumentWriter();
            add(writer);
            Assert.AreEqual(ResultCode.TrustDocumentInvalid, Read(writer.EncodeUnchecked(), [A], 1, out Authority[] trust, A), what);
            Assert.IsNull(trust, what);
        }

        private static ResultCode Read(byte[] body, Authority[] factory, int rootsNeeded, out Authority[] trust, params Authority[] signers)
        {
            var authenticator = new SuitAuthenticator();
            foreach (Authority signer in signers)
            {
                authenticator.Signers[authenticator.SignerCount++] = signer;
            }

            var policy = new BootPolicy(factory, null) { RootsNeeded = (byte)rootsNeeded };
            return TrustDocument.Read(body, policy, authenticator, out trust);
        }
    }
}
