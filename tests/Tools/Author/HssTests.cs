using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class HssTests
    {
        private static readonly byte[] Seed = SHA256.HashData("seed of these tests"u8);

        private string _directory = string.Empty;

        [TestInitialize]
        public void MakeDirectory() => _directory = Directory.CreateTempSubdirectory("nanoboot").FullName;

        [TestCleanup]
        public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

        /// <summary>Lengths and type numbers of RFC 8554 (tables 1 and 2) and RFC 9858, and of the signatures they make.</summary>
        [TestMethod]
        [DataRow("H5/W1", 5u, 1u, 265, 7)]
        [DataRow("H10/W2", 6u, 2u, 133, 6)]
        [DataRow("H15/W4", 7u, 3u, 67, 4)]
        [DataRow("H20/W8", 8u, 4u, 34, 0)]
        [DataRow("H25/W8", 9u, 4u, 34, 0)]
        [DataRow("H5/W1/192", 10u, 5u, 200, 8)]
        [DataRow("H10/W2/192", 11u, 6u, 101, 6)]
        [DataRow("H15/W4/192", 12u, 7u, 51, 4)]
        [DataRow("H20/W8/192", 13u, 8u, 26, 0)]
        public void Parse_Name_NumbersOfTheRfc(string name, uint lmsType, uint otsType, int chains, int shift)
        {
            LmsParameters parameters = LmsParameters.Parse(name)[0];
            Assert.AreEqual(name, parameters.ToString());
            Assert.AreEqual(lmsType, parameters.LmsType);
            Assert.AreEqual(otsType, parameters.OtsType);
            Assert.AreEqual(chains, parameters.Chains);
            Assert.AreEqual(shift, parameters.ChecksumShift);
        }

        [TestMethod]
        [DataRow("H7/W4")]
        [DataRow("H10/W3")]
        [DataRow("H10")]
        [DataRow("W4/H10")]
        [DataRow("H10/W4,H5/W4/192")]
        [DataRow("H20/W4,H20/W4,H20/W4,H5/W4")]
        [DataRow("")]
        public void Parse_UnknownOrUnfit_Refused(string names)
        {
            Assert.ThrowsExactly<FormatException>(() => LmsParameters.Parse(names));
        }

        [TestMethod]
        [DataRow("H5/W1", 8688)]
        [DataRow("H5/W2", 4464)]
        [DataRow("H5/W4", 2352)]
        [DataRow("H5/W8", 1296)]
        [DataRow("H10/W4", 2512)]
        [DataRow("H5/W1/192", 0)]
        [DataRow("H5/W2/192", 0)]
        [DataRow("H5/W4/192", 1384)]
        [DataRow("H5/W8/192", 784)]
        [DataRow("H10/W8/192", 904)]
        [DataRow("H5/W8,H5/W4", 0)]
        [DataRow("H5/W4/192,H5/W2/192,H5/W8/192", 0)]
        public void Sign_EachSet_TheDeviceAcceptsIt(string names, int expectedBytes)
        {
            HssKey key = HssKey.Create(LmsParameters.Parse(names), Seed);
            byte[] message = Encoding.ASCII.GetBytes("what is signed");
            foreach (ulong number in new[] { 0UL, 1UL, 31UL, key.Capacity - 1 })
            {
                byte[] signature = key.Sign(number, message);
                Assert.AreEqual(ResultCode.Ok, Verify(key.PublicKey, message, signature), $"{names} {number}");
                signature[^1] ^= 1;
                Assert.AreNotEqual(ResultCode.Ok, Verify(key.PublicKey, message, signature), $"{names} {number}");
                Assert.IsTrue(expectedBytes == 0 || signature.Length == expectedBytes, $"{signature.Length}");
            }
        }

        /// <summary>The lengths of the published signature of RFC 8554, test case 1 (H5/W8 twice).</summary>
        [TestMethod]
        public void Sign_ParametersOfTestCase1_SameLengthsAndTypes()
        {
            byte[] publicKey = Vectors.Hex("lms/rfc8554-tc1.pub.hex");
            byte[] published = Vectors.Hex("lms/rfc8554-tc1.sig.hex");
            HssKey key = HssKey.Create(LmsParameters.Parse("H5/W8,H5/W8"), Seed);
            byte[] signature = key.Sign(5, "message"u8);
            Assert.AreEqual(published.Length, signature.Length);
            CollectionAssert.AreEqual(publicKey[..12], key.PublicKey[..12]);
            CollectionAssert.AreEqual(published[..4], signature[..4]);
        }

        [TestMethod]
        public void Create_SameSeed_SameKeyAndSignature()
        {
            HssKey first = HssKey.Create(LmsParameters.Parse("H5/W4"), Seed);
            HssKey second = HssKey.Create(LmsParameters.Parse("H5/W4"), (byte[])Seed.Clone());
            HssKey other = HssKey.Create(LmsParameters.Parse("H5/W2"), Seed);
            CollectionAssert.AreEqual(first.PublicKey, second.PublicKey);
            CollectionAssert.AreNotEqual(first.PublicKey[12..], other.PublicKey[12..]);
            CollectionAssert.AreEqual(first.Sign(3, "m"u8), second.Sign(3, "m"u8));
        }

        [TestMethod]
        public void Open_KeptNodes_SameKey()
        {
            HssKey key = HssKey.Create(LmsParameters.Parse("H5/W4"), Seed);
            byte[] nodes = key.TopNodes.ToArray();
            HssKey opened = HssKey.Open(key.Levels, Seed, nodes, key.PublicKey)!;
            CollectionAssert.AreEqual(key.Sign(7, "m"u8), opened.Sign(7, "m"u8));
            nodes[^1] ^= 1;
            Assert.IsNull(HssKey.Open(key.Levels, Seed, nodes[..^1], key.PublicKey));
            Assert.IsNull(HssKey.Open(key.Levels, SHA256.HashData("other"u8), nodes, key.PublicKey));
        }

        [TestMethod]
        public void Sign_UntilUsedUp_EveryLeafOnceThenRefused()
        {
            (HssKey key, string path) = MakeKey();
            using var signing = new HssSigningKey(key, path, MarkDirectory);
            var leaves = new HashSet<string>();
            for (int count = 0; count < 32; count++)
            {
                Assert.AreEqual((ulong)(32 - count), signing.SignaturesLeft);
                Assert.IsTrue(leaves.Add(LeafOf(signing.Sign("message"u8))));
            }

            Assert.AreEqual(0UL, signing.SignaturesLeft);
            HssStateException exception = Assert.ThrowsExactly<HssStateException>(() => signing.Sign("message"u8));
            StringAssert.Contains(exception.Message, "all of its 32 signatures");
        }

        [TestMethod]
        public void Sign_StateRestoredFromACopy_Refused()
        {
            (HssKey key, string path) = MakeKey();
            using (var signing = new HssSigningKey(key, path, MarkDirectory))
            {
                byte[] copy = File.ReadAllBytes(path);
                signing.Sign("one"u8);
                signing.Sign("two"u8);
                File.WriteAllBytes(path, copy);
                StringAssert.Contains(Assert.ThrowsExactly<HssStateException>(() => signing.Sign("three"u8)).Message, "went back");
            }

            using var later = new HssSigningKey(key, path, MarkDirectory);
            StringAssert.Contains(Assert.ThrowsExactly<HssStateException>(() => later.Sign("three"u8)).Message, "went back");
        }

        [TestMethod]
        public void Sign_StateGoneOrForeignOrReversed_Refused()
        {
            (HssKey key, string path) = MakeKey();
            using var signing = new HssSigningKey(key, path, MarkDirectory);
            signing.Sign("one"u8);
            string state = File.ReadAllText(path);
            File.WriteAllText(path, string.Empty);
            Assert.ThrowsExactly<HssStateException>(() => signing.Sign("m"u8));
            string[] lines = state.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            File.WriteAllText(path, lines[1] + "\n" + lines[0] + "\n");
            Assert.ThrowsExactly<HssStateException>(() => signing.Sign("m"u8));

            HssKey other = HssKey.Create(LmsParameters.Parse("H5/W8"), Seed);
            HssSigningKey.CreateState(other, path);
            Assert.ThrowsExactly<HssStateException>(() => signing.Sign("m"u8));
            File.Delete(path);
            StringAssert.Contains(Assert.ThrowsExactly<HssStateException>(() => signing.Sign("m"u8)).Message, "is gone");
        }

        /// <summary>The state's last line is cut at every byte: no leaf signs twice, whatever the cut leaves behind.</summary>
        [TestMethod]
        public void Sign_StateLineTorn_NoLeafTwice()
        {
            (HssKey key, string path) = MakeKey();
            string before;
            string after;
            var used = new HashSet<string>();
            using (var signing = new HssSigningKey(key, path))
            {
                used.Add(LeafOf(signing.Sign("first"u8)));
                before = File.ReadAllText(path);
                used.Add(LeafOf(signing.Sign("second"u8)));
                after = File.ReadAllText(path);
            }

            int cuts = 0;
            for (int length = before.Length; length <= after.Length; length++)
            {
                File.WriteAllText(path, after[..length]);
                using var signing = new HssSigningKey(key, path);
                string leaf = LeafOf(signing.Sign("third"u8));
                string next = LeafOf(signing.Sign("fourth"u8));
                Assert.AreNotEqual(leaf, next);
                Assert.IsFalse(length != before.Length && used.Contains(leaf), $"cut {length}: leaf {leaf} twice");
                cuts++;
            }

            Assert.IsTrue(cuts > 10);
        }

        [TestMethod]
        public void Sign_StateFileInUse_Refused()
        {
            (HssKey key, string path) = MakeKey();
            using var signing = new HssSigningKey(key, path, MarkDirectory);
            using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                StringAssert.Contains(Assert.ThrowsExactly<HssStateException>(() => signing.Sign("m"u8)).Message, "in use");
            }

            signing.Sign("m"u8);
        }

        /// <summary>The number is on disk before the signature exists: a signing that fails has used it all the same.</summary>
        [TestMethod]
        public void Sign_FailsAfterReserving_NumberIsUsed()
        {
            (HssKey key, string path) = MakeKey();
            string blocked = Path.Combine(_directory, "file");
            File.WriteAllText(blocked, "a file where a directory should be");
            using (var failing = new HssSigningKey(key, path, blocked))
            {
                Assert.Throws<IOException>(() => failing.Sign("m"u8));
            }

            using var signing = new HssSigningKey(key, path, MarkDirectory);
            Assert.AreEqual(31UL, signing.SignaturesLeft);
        }

        [TestMethod]
        public void Sign_Manifest_TheDeviceAcceptsIt()
        {
            (HssKey key, string path) = MakeKey();
            using var signing = new HssSigningKey(key, path, MarkDirectory);
            Envelope envelope = ManifestTests.MakeBuilder().Build().Sign(signing);
            CborNode cose = CborNode.Parse(envelope.AuthenticationBlocks[0]).Items[0];
            byte[] message = CoseWriter.ToBeAuthenticated(SigningAlgorithm.HssLms, cose.Items[0].Bytes, envelope.ManifestDigest);
            Assert.AreEqual(ResultCode.Ok, Verify(key.PublicKey, message, cose.Items[3].Bytes));
            Assert.AreEqual("a101382d", Convert.ToHexStringLower(cose.Items[0].Bytes));
        }

        private string MarkDirectory => Path.Combine(_directory, "marks");

        private (HssKey Key, string StatePath) MakeKey()
        {
            HssKey key = HssKey.Create(LmsParameters.Parse("H5/W4"), Seed);
            string path = Path.Combine(_directory, "key.state");
            HssSigningKey.CreateState(key, path);
            return (key, path);
        }

        /// <summary>The leaf that an L=1 signature used.</summary>
        private static string LeafOf(byte[] signature) => Convert.ToHexString(signature.AsSpan(4, 4));

        private static ResultCode Verify(byte[] publicKey, byte[] message, byte[] signature)
        {
            return HssLms.Verify(publicKey, message, 0, message.Length, signature, 0, signature.Length);
        }
    }
}
