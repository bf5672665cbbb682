// Images like those that devices get, a source that keeps to its bounds, and precursors on emulated flash.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Payloads;

namespace NanoBoot.Stage2Updater.Tests.Payload
{
    /// <summary>A payload on an untrusted server: what is not there cannot be read.</summary>
    internal sealed class PackedSource : IWirePayload
    {
        private readonly byte[] _content;

        public PackedSource(byte[] content)
        {
            _content = content;
        }

        /// <summary>Ranges that were read, in order.</summary>
        public List<(int Position, int Count)> Reads { get; } = [];

        /// <summary>Requests as a web server would see them: a read that no earlier run covers starts one.</summary>
        public int Requests { get; private set; }

        private int _at = -1;
        private int _runEnd;

        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            Assert.IsTrue(runBytes >= count && position >= 0 && count >= 0, "the contract of IWirePayload");
            if (position != _at || count > _runEnd - position)
            {
                Requests++;
                _runEnd = position + runBytes;
            }

            Reads.Add((position, count));
            if (position > _content.Length || count > _content.Length - position)
            {
                return ResultCode.TransferTruncated;
            }

            _content.AsSpan(position, count).CopyTo(buffer.AsSpan(offset));
            _at = position + count;
            return ResultCode.Ok;
        }

        public void Close()
        {
            _at = -1;
        }
    }

    internal static class PayloadFixture
    {
        public static readonly Precursor[] None = [];

        /// <summary>Bytes with the repetitions of code and tables: words of a small vocabulary among noise.</summary>
        public static byte[] Structured(int seed, int bytes)
        {
            Random random = new(seed);
            byte[][] words = Enumerable.Range(0, 40).Select(_ => Bytes(random, random.Next(2, 20))).ToArray();
            List<byte> image = [];
            while (image.Count < bytes)
            {
                image.AddRange(random.Next(5) == 0 ? Bytes(random, random.Next(1, 6)) : words[random.Next(words.Length)]);
            }

            return [.. image.Take(bytes)];
        }

        /// <summary>A later release of an image: some bytes changed all over, a piece inserted, a piece removed.</summary>
        public static byte[] Later(int seed, byte[] image)
        {
            Random random = new(seed);
            List<byte> later = [.. image];
            for (int change = 0; change < image.Length / 200; change++)
            {
                later[random.Next(later.Count)] ^= (byte)random.Next(1, 256);
            }

            later.RemoveRange(later.Count / 2, Math.Min(90, later.Count / 4));
            later.InsertRange(later.Count / 3, Bytes(random, 150));
            return [.. later];
        }

        /// <summary>Cuts of random lengths, some of a few bytes.</summary>
        public static int[] Cuts(int seed, int bytes)
        {
            Random random = new(seed);
            List<int> cuts = [];
            for (int left = bytes; left > 0; left -= cuts[^1])
            {
                cuts.Add(Math.Min(left, random.Next(4) == 0 ? random.Next(1, 40) : random.Next(512, 4097)));
            }

            return [.. cuts];
        }

        /// <summary>An image in a slot of its own.</summary>
        public static Precursor InSlot(byte[] image)
        {
            var device = new EmulatedFlash(NorGeometry.Uniform(4096, (image.Length / 4096) + 3, 1));
            var region = new FlashRegion(RegionId.ApplicationB, device, 0, device.SizeBytes);
            Assert.AreEqual(ResultCode.Ok, region.Program(8192 - 5, image, 0, image.Length));
            return new Precursor(region, 8192 - 5, image.Length, SHA256.HashData(image));
        }

        /// <summary>Reads a whole image through a packed payload, in pieces of the given lengths.</summary>
        public static ResultCode Unpack(PackedPayload payload, byte[] image, IEnumerable<int> pieces)
        {
            int position = 0;
            foreach (int piece in pieces)
            {
                ResultCode result = payload.Read(position, image.Length - position, image, position, piece);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                position += piece;
            }

            return ResultCode.Ok;
        }

        public static byte[] Bytes(Random random, int count)
        {
            byte[] bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        }
    }
}
