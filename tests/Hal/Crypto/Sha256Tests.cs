using System;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Hal.Tests.Crypto
{
    [TestClass]
    public class Sha256Tests
    {
        [TestMethod]
        [DataRow("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
        [DataRow("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
        [DataRow(
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
        public void Finish_Fips180Example_GivesItsDigest(string message, string digest)
        {
            byte[] data = Encoding.ASCII.GetBytes(message);
            Sha256 hash = new Sha256();
            hash.Update(data, 0, data.Length);
            byte[] actual = new byte[Sha256.DigestBytes];
            hash.Finish(actual, 0);
            Assert.AreEqual(digest, Convert.ToHexString(actual).ToLowerInvariant());
        }

        [TestMethod]
        public void Finish_EveryLengthToFourBlocks_AgreesWithTheRuntime()
        {
            byte[] data = new byte[4 * Sha256.BlockBytes];
            new Random(1).NextBytes(data);
            Sha256 hash = new Sha256();
            byte[] actual = new byte[Sha256.DigestBytes];
            for (int count = 0; count <= data.Length; count++)
            {
                hash.Update(data, 0, count);
                hash.Finish(actual, 0);
                CollectionAssert.AreEqual(SHA256.HashData(data.AsSpan(0, count)), actual, "length " + count);
            }
        }

        [TestMethod]
        public void Update_InRandomParts_AgreesWithTheRuntime()
        {
            const int seed = 20261121;
            Console.WriteLine("seed " + seed);
            Random random = new Random(seed);
            Sha256 hash = new Sha256();
            byte[] actual = new byte[Sha256.DigestBytes + 5];
            for (int round = 0; round < 300; round++)
            {
                byte[] data = new byte[random.Next(1000)];
                random.NextBytes(data);
                int offset = 0;
                while (offset < data.Length)
                {
                    int part = Math.Min(random.Next(150), data.Length - offset);
                    hash.Update(data, offset, part);
                    offset += part;
                }

                hash.Finish(actual, 3);
                CollectionAssert.AreEqual(SHA256.HashData(data), actual.AsSpan(3, Sha256.DigestBytes).ToArray(), "round " + round);
            }
        }

        [TestMethod]
        public void Reset_InTheMiddle_ForgetsTheInput()
        {
            Sha256 hash = new Sha256();
            hash.Update(new byte[100], 0, 100);
            hash.Reset();
            byte[] actual = new byte[Sha256.DigestBytes];
            hash.Finish(actual, 0);
            CollectionAssert.AreEqual(SHA256.HashData(Array.Empty<byte>()), actual);
        }

        [TestMethod]
        public void Compress_WithoutInitialState_IsAHashOfOneBlock()
        {
            byte[] padded = new byte[Sha256.BlockBytes];
            byte[] data = new byte[47];
            new Random(2).NextBytes(data);
            data.CopyTo(padded, 0);
            padded[47] = 0x80;
            padded[62] = 47 * 8 >> 8;
            padded[63] = 47 * 8 & 255;
            uint[] block = new uint[Sha256.BlockWords];
            uint[] result = new uint[Sha256.StateWords];
            Sha256.BytesToWords(padded, 0, block, Sha256.BlockWords);
            Sha256.Compress(null, block, result);
            byte[] actual = new byte[Sha256.DigestBytes];
            Sha256.WordsToBytes(result, Sha256.StateWords, actual, 0);
            CollectionAssert.AreEqual(SHA256.HashData(data), actual);
        }
    }
}
