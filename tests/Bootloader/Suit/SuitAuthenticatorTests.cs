// Who signed, and what that grants.

using System;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;
using static NanoBoot.Tests.Shared.CborValue;
using static NanoBoot.Tests.Shared.ManifestMaker;

namespace NanoBoot.Bootloader.Tests.Suit
{
    [TestClass]
    public class SuitAuthenticatorTests
    {
        private static readonly byte[] Manifest = new ManifestMaker("application").Section(7, 14, 0).Encode();
        private static readonly byte[] Payload = Digest(SHA256.HashData(Encode(Manifest)));

        private static Author.EcdsaSigningKey Key(string name, Author.SigningAlgorithm algorithm = Author.SigningAlgorithm.Es256)
        {
            return Author.EcdsaSigningKey.FromSeed(new byte[32], name, algorithm);
        }

        private static Authority Trusted(
            Author.SigningKey key, Permissions permissions = Permissions.Author, byte[]? prefix = null, CoseAlgorithm algorithm = CoseAlgorithm.Es256)
        {
            return new Authority(key.KeyId, algorithm, key.PublicKey, permissions, prefix, null);
        }

        private static Opened Open(byte[][] blocks, params Authority[] authorities)
        {
            return Opened.From(Assemble(Manifest, blocks), authorities, true);
        }

        private static byte[] Block(Author.SigningKey key) => Author.CoseWriter.Authenticate(key, Payload);

        private static void Refuse(ResultCode expected, byte[][] blocks, params Authority[] authorities)
        {
            Opened opened = Open(blocks, authorities);
            Assert.AreEqual(2, opened.RefusedBy);
            Assert.AreEqual(expected, opened.Result);
            Assert.AreEqual(2, opened.Envelope.ErrorElement);
            Assert.AreEqual(0, opened.Authenticator.SignerCount);
            Assert.AreEqual(0, opened.Envelope.DigestOffset);
        }

        [TestMethod]
        public void Authenticate_OneSigner_Granted()
        {
            Opened opened = Open([Block(Key("a"))], Trusted(Key("a"), Permissions.Author | Permissions.Apply));
            Assert.AreEqual(ResultCode.Ok, opened.Result);
            Assert.AreEqual(1, opened.Authenticator.SignerCount);
            Assert.AreEqual(Permissions.Author | Permissions.Apply, opened.Authenticator.PermissionsFor(opened.Manifest, 0));
        }

        [TestMethod]
        public void Authenticate_SeveralSigners_UnionOfTheirPermissions()
        {
            Opened opened = Open(
                [Block(Key("a")), Block(Key("b", Author.SigningAlgorithm.Esp256)), Mac(Payload)],
                Trusted(Key("b"), Permissions.Store),
                Trusted(Key("a"), Permissions.Author),
                new Authority(null, CoseAlgorithm.Hmac256, MacKey, Permissions.Qualify, null, null));
            Assert.AreEqual(ResultCode.Ok, opened.Result);
            Assert.AreEqual(3, opened.Authenticator.SignerCount);
            Assert.AreEqual(Permissions.Author | Permissions.Store | Permissions.Qualify, opened.Authenticator.PermissionsFor(opened.Manifest, 0));
        }

        [TestMethod]
        public void A11_Authenticate_SameSignerTwice_CountsOnce()
        {
            // A threshold of two is not reached by one key that signs twice.
            Opened opened = Open([Block(Key("a")), Block(Key("a", Author.SigningAlgorithm.Esp256))], Trusted(Key("a")));
            Assert.AreEqual(ResultCode.Ok, opened.Result);
            Assert.AreEqual(1, opened.Authenticator.SignerCount);
        }

        [TestMethod]
        public void Authenticate_StrangerBesideAKnownSigner_GrantsNothingAndHarmsNothing()
        {
            foreach (byte[][] blocks in new[] { new[] { Block(Key("x")), Block(Key("a")) }, new[] { Block(Key("a")), Block(Key("x")) } })
            {
                Opened opened = Open(blocks, Trusted(Key("a"), Permissions.Store));
                Assert.AreEqual(ResultCode.Ok, opened.Result);
                Assert.AreEqual(Permissions.Store, opened.Authenticator.PermissionsFor(opened.Manifest, 0));
            }
        }

        [TestMethod]
        public void Authenticate_ForgedBlockBesideAValidOne_GrantsNothing()
        {
            byte[] forged = Block(Key("b"));
            forged[^1] ^= 1;
            Opened opened = Open([Block(Key("a")), forged], Trusted(Key("a"), Permissions.Store), Trusted(Key("b"), Permissions.Author));
            Assert.AreEqual(ResultCode.Ok, opened.Result);
            Assert.AreEqual(Permissions.Store, opened.Authenticator.PermissionsFor(opened.Manifest, 0));
        }

        [TestMethod]
        public void A1_Authenticate_NobodyKnown_Refused()
        {
            Refuse(ResultCode.KeyUnknown, [Block(Key("x"))], Trusted(Key("a")));
            Refuse(ResultCode.KeyUnknown, [Block(Key("x"))]);
        }

        [TestMethod]
        public void A1_Authenticate_KeyIdOfATrustedKeyOnAStrangersSignature_Refused()
        {
            using var stranger = Author.EcdsaSigningKey.Generate(keyId: Key("a").KeyId);
            Refuse(ResultCode.SignatureInvalid, [Block(stranger)], Trusted(Key("a")));
        }

        [TestMethod]
        public void Authenticate_SignatureOverAnotherManifest_Refused()
        {
            byte[] other = Author.CoseWriter.Authenticate(Key("a"), SomeDigest(1));
            Refuse(ResultCode.SignatureInvalid, [other], Trusted(Key("a")));
        }

        [TestMethod]
        public void Authenticate_EveryBitOfWrapperAndManifest_Matters()
        {
            // A key id would stand in the unprotected header, where it may be changed: then all keys are tried.
            using var nameless = Author.EcdsaSigningKey.Generate(keyId: []);
            byte[] envelope = Assemble(Manifest, [Block(nameless)]);
            Authority[] trust = [Trusted(nameless)];
            Assert.AreEqual(ResultCode.Ok, Opened.From(envelope, trust).Result);
            for (int bit = 0; bit < envelope.Length * 8; bit++)
            {
                envelope[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.AreNotEqual(ResultCode.Ok, Opened.From(envelope, trust).Result, "bit " + bit);
                envelope[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }

        [TestMethod]
        public void A64_Authenticate_AlgorithmThatTheKeyIsNotBoundTo_Refused()
        {
            // The MAC key as a public key, the public key as a MAC key: the well-known confusion.
            byte[] publicKey = Key("a").PublicKey;
            Refuse(
                ResultCode.CoseAlgorithmMismatch,
                [Mac(Payload, publicKey)],
                new Authority(null, CoseAlgorithm.Es256, publicKey, Permissions.Author, null, null));
            Refuse(ResultCode.CoseAlgorithmMismatch, [Block(Key("a"))], Trusted(Key("a"), algorithm: CoseAlgorithm.HssLms));
            Refuse(ResultCode.KeyInvalid, [Mac(Payload, publicKey)], new Authority(null, CoseAlgorithm.Hmac256, publicKey, Permissions.Author, null, null));
        }

        [TestMethod]
        public void A64_Authenticate_AlgorithmAndTagOfDifferentKinds_Refused()
        {
            // COSE_Sign1 that claims HMAC, COSE_Mac0 that claims ES256.
            byte[] mac = Mac(Payload);
            Assert.AreEqual(0xD1, mac[0]);
            mac[0] = 0xD2;
            Refuse(ResultCode.CoseAlgorithmMismatch, [mac], new Authority(null, CoseAlgorithm.Hmac256, MacKey, Permissions.Author, null, null));
            byte[] signature = Block(Key("a"));
            Assert.AreEqual(0xD2, signature[0]);
            signature[0] = 0xD1;
            Refuse(ResultCode.CoseAlgorithmMismatch, [signature], Trusted(Key("a")));
        }

        [TestMethod]
        public void Authenticate_MacWhereTheBoardTakesNone_Refused()
        {
            byte[] envelope = Assemble(Manifest, [Mac(Payload)]);
            Authority[] trust = [new Authority(null, CoseAlgorithm.Hmac256, MacKey, Permissions.Author, null, null)];
            Opened opened = Opened.From(envelope, trust, acceptMac: false);
            Assert.AreEqual(ResultCode.CoseAlgorithmUnsupported, opened.Result);
            Assert.AreEqual(ResultCode.Ok, Opened.From(envelope, trust, acceptMac: true).Result);
        }

        [TestMethod]
        public void Authenticate_NumberOfBlocks_Limited()
        {
            Authority authority = Trusted(Key("a"));
            Refuse(ResultCode.SuitNotAuthenticated, [], authority);
            byte[][] blocks = [.. Enumerable.Repeat(Block(Key("a")), SuitAuthenticator.MaxBlocks)];
            Assert.AreEqual(ResultCode.Ok, Open(blocks, authority).Result);
            Refuse(ResultCode.SuitNotAuthenticated, [.. blocks, blocks[0]], authority);
        }

        [TestMethod]
        public void Authenticate_MoreAuthoritiesThanTheLimit_OnlyTheFirstAreTried()
        {
            Authority[] authorities = [.. Enumerable.Range(0, Authority.CountMax).Select(i => Trusted(Key("k" + i)))];
            Assert.AreEqual(ResultCode.Ok, Open([Block(Key("k15"))], authorities).Result);
            Refuse(ResultCode.KeyUnknown, [Block(Key("z"))], [.. authorities, Trusted(Key("z"))]);
        }

        [TestMethod]
        public void Authenticate_Prefix_LimitsTheComponents()
        {
            Opened opened = Open(
                [Block(Key("a")), Block(Key("b"))],
                Trusted(Key("a"), Permissions.Author, "stage2"u8.ToArray()),
                Trusted(Key("b"), Permissions.Store, "application"u8.ToArray()));
            Assert.AreEqual(Permissions.Store, opened.Authenticator.PermissionsFor(opened.Manifest, 0));
        }

        [TestMethod]
        public void Authenticate_KeyWithoutKeyId_IsTriedForBlocksWithoutOne()
        {
            using var nameless = Author.EcdsaSigningKey.Generate(keyId: []);
            var authority = new Authority(null, CoseAlgorithm.Es256, nameless.PublicKey, Permissions.Author, null, null);
            Assert.AreEqual(ResultCode.Ok, Open([Block(nameless)], authority).Result);
            Refuse(ResultCode.KeyUnknown, [Block(Key("a"))], new Authority(null, CoseAlgorithm.Es256, Key("a").PublicKey, Permissions.Author, null, null));
            Assert.AreEqual(ResultCode.Ok, Open([Block(nameless)], Trusted(Key("a")), authority).Result);
        }

        [TestMethod]
        public void Authenticate_WrapperMalformed_Refused()
        {
            byte[] block = Block(Key("a"));
            Authority[] trust = [Trusted(Key("a"))];
            foreach ((object? wrapper, ResultCode expected) in new (object?, ResultCode)[]
            {
                (new object?[] { Payload, block }, ResultCode.Ok),
                (new object?[] { Raw(Payload), block }, ResultCode.CborUnexpectedType),
                (new object?[] { Payload, Raw(block) }, ResultCode.CborUnexpectedType),
                (new object?[] { Payload }, ResultCode.SuitNotAuthenticated),
                (new object?[] { }, ResultCode.SuitNotAuthenticated),
                (new object?[] { block, Payload }, ResultCode.SuitDigestUnsupported),
                (Map((1, Payload), (2, block)), ResultCode.CborUnexpectedType),
                (Encode(new object?[] { Payload, block }), ResultCode.CborUnexpectedType),
                (new object?[] { Encode(new object?[] { -43, Payload[4..] }), block }, ResultCode.SuitDigestUnsupported),
                (new object?[] { Encode(new object?[] { -16, Payload[4..], 0 }), block }, ResultCode.SuitDigestUnsupported),
            })
            {
                byte[] envelope = Encode(Tag(107, Map((2, Encode(wrapper)), (3, Manifest))));
                Assert.AreEqual(expected, Opened.From(envelope, trust).Result);
            }

            byte[] trailing = Encode(Tag(107, Map((2, (byte[])[.. Encode(new object?[] { Payload, block }), 0]), (3, Manifest))));
            Assert.AreEqual(ResultCode.CborTrailingBytes, Opened.From(trailing, trust).Result);
        }

        [TestMethod]
        public void A33_Authenticate_DigestWithoutTheHeadOfTheItem_Refused()
        {
            // The digest covers the byte string item with its head; one over the content alone is another thing.
            byte[] payload = Digest(SHA256.HashData(Manifest));
            byte[] wrapper = Encode(new object?[] { payload, Author.CoseWriter.Authenticate(Key("a"), payload) });
            Opened opened = Opened.From(Encode(Tag(107, Map((2, wrapper), (3, Manifest)))), [Trusted(Key("a"))]);
            Assert.AreEqual(ResultCode.SuitManifestDigestMismatch, opened.Result);
        }
    }
}
