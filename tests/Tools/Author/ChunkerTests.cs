using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class ChunkerTests
    {
        [TestMethod]
        public void Cut_RandomPayload_LengthsWithinLimitsAndComplete()
        {
            byte[] payload = RandomBytes(seed: 1, 200_000);
            IReadOnlyList<int> lengths = Chunker.Cut(payload);
            Assert.AreEqual(payload.Length, lengths.Sum());
            Assert.IsTrue(lengths.SkipLast(1).All(length => length is >= Chunker.MinimumBytes and <= Chunker.MaximumBytes));
            double average = lengths.Average();
            Assert.IsTrue(average is > 1500 and < 2700, $"average {average}");
        }

        [TestMethod]
        public void Cut_InsertionNearTheStart_LaterChunksAreTheSame()
        {
            byte[] before = RandomBytes(seed: 2, 100_000);
            byte[] after = [.. before[..5_000], 1, 2, 3, .. before[5_000..]];
            HashSet<string> known = [.. Digests(before)];
            string[] changed = [.. Digests(after).Where(digest => !known.Contains(digest))];
            Assert.IsTrue(changed.Length is >= 1 and <= 4, $"{changed.Length} chunks changed");
        }

        [TestMethod]
        public void Cut_SamePayload_SameChunksAsEver()
        {
            // These lengths are part of what makes updates small between releases of the tool: a change of them
            // changes every table that is made from then on.
            IReadOnlyList<int> lengths = Chunker.Cut(RandomBytes(seed: 3, 12_000));
            CollectionAssert.AreEqual(Expected.ToArray(), lengths.ToArray(), string.Join(", ", lengths));
        }

        private static readonly int[] Expected = [2204, 2160, 3439, 2501, 1696];

        [TestMethod]
        public void Cut_Bundle_EveryAssemblyStartsAChunk()
        {
            byte[] bundle = Bundle.Concatenate([FakePe(4, 3_000), FakePe(5, 700), FakePe(6, 9_000), FakePe(7, 128)]);
            var starts = new HashSet<int> { 0 };
            int offset = 0;
            foreach (int length in Chunker.Cut(bundle))
            {
                offset += length;
                starts.Add(offset);
            }

            foreach (int boundary in new[] { 3_000, 3_700, 12_700, 12_828 })
            {
                Assert.IsTrue(starts.Contains(boundary), $"no cut at {boundary}");
            }
        }

        [TestMethod]
        public void MakeTable_Payload_BytesAsSpecified()
        {
            byte[] payload = [1, 2, 3];
            byte[] digest = HMACSHA256.HashData(Encoding.ASCII.GetBytes("nanoBoot chunk digest, format 1."), payload);
            byte[] expected = [1, 0, 3, .. digest];
            CollectionAssert.AreEqual(expected, Chunker.MakeTable(payload));
            Assert.AreEqual(32, Chunker.DigestKey.Length);
        }

        [TestMethod]
        public void ReadTable_OwnTable_SameChunks()
        {
            byte[] payload = RandomBytes(seed: 8, 30_000);
            IReadOnlyList<ChunkEntry> chunks = Chunker.ReadTable(Chunker.MakeTable(payload));
            Assert.AreEqual(payload.Length, chunks.Sum(chunk => chunk.LengthBytes));
            foreach (ChunkEntry chunk in chunks)
            {
                CollectionAssert.AreEqual(Chunker.DigestOf(payload.AsSpan(chunk.OffsetBytes, chunk.LengthBytes)), chunk.Digest);
            }
        }

        [TestMethod]
        public void ReadTable_Malformed_Refused()
        {
            byte[] table = Chunker.MakeTable(new byte[100]);
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.ReadTable(table.AsSpan(0, table.Length - 1)));
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.ReadTable([]));
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.ReadTable([1]));
            byte[] otherFormat = [2, .. table[1..]];
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.ReadTable(otherFormat));
            byte[] noLength = [1, 0, 0, .. table[3..]];
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.ReadTable(noLength));
            byte[] tooLong = [1, 0x10, 0x01, .. table[3..]];
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.ReadTable(tooLong));
        }

        [TestMethod]
        public void MakeTable_LargePayload_StaysWithinTheLimits()
        {
            IReadOnlyList<ChunkEntry> chunks = Chunker.ReadTable(Chunker.MakeTable(RandomBytes(seed: 9, 3_000_000)));
            Assert.IsTrue(chunks.Count <= Chunker.MaximumChunks);
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.MakeTable(new byte[(1024 * 4096) + 1]));
            Assert.ThrowsExactly<InvalidDataException>(() => Chunker.MakeTable([]));
        }

        [TestMethod]
        public void Concatenate_TruncatedAssembly_Refused()
        {
            byte[] assembly = FakePe(10, 400);
            Assert.ThrowsExactly<InvalidDataException>(() => Bundle.Concatenate([assembly[..^1]]));
            Assert.ThrowsExactly<InvalidDataException>(() => Bundle.Concatenate([[.. assembly, 0]]));
        }

        [TestMethod]
        public void Split_DotNetAssemblies_FoundByTheirSections()
        {
            byte[] first = File.ReadAllBytes(typeof(Chunker).Assembly.Location);
            byte[] second = File.ReadAllBytes(typeof(NanoBoot.Hal.ResultCode).Assembly.Location);
            IReadOnlyList<(int OffsetBytes, int LengthBytes)> parts = Bundle.Split(Bundle.Concatenate([first, second]));
            Assert.AreEqual(2, parts.Count);
            Assert.AreEqual((first.Length, second.Length), parts[1]);
        }

        internal static byte[] FakePe(int seed, int lengthBytes)
        {
            byte[] assembly = RandomBytes(seed, lengthBytes);
            "NFMRK1\0\0"u8.CopyTo(assembly);
            BinaryPrimitives.WriteInt32LittleEndian(assembly.AsSpan(100), lengthBytes);
            return assembly;
        }

        internal static byte[] RandomBytes(int seed, int count)
        {
            byte[] bytes = new byte[count];
            new Random(seed).NextBytes(bytes);
            return bytes;
        }

        private static IEnumerable<string> Digests(byte[] payload)
        {
            return Chunker.ReadTable(Chunker.MakeTable(payload)).Select(chunk => Convert.ToHexString(chunk.Digest));
        }
    }
}
