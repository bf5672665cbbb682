// A slot on emulated flash, images cut into chunks, and installations of them with power cuts.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater.Tests.Install
{
    internal sealed class TestImage
    {
        public static readonly byte[] Key = Encoding.ASCII.GetBytes("nanoBoot chunk digest, format 1.");

        public TestImage(byte[] content, params int[] chunkLengths)
        {
            Content = content;
            Table = new byte[1 + (chunkLengths.Length * 34)];
            Table[0] = 1;
            int position = 0;
            for (int i = 0; i < chunkLengths.Length; i++)
            {
                Span<byte> entry = Table.AsSpan(1 + (i * 34), 34);
                BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)chunkLengths[i]);
                HMACSHA256.HashData(Key, content.AsSpan(position, chunkLengths[i]), entry[2..]);
                position += chunkLengths[i];
            }

            if (position != content.Length)
            {
                throw new ArgumentException("The chunks do not add up to the image.");
            }
        }

        public byte[] Content { get; }

        public byte[] Table { get; }

        public ChunkPlan NewPlan(int regions = 4)
        {
            ChunkTable table = new(Table, 0, Table.Length, Content.Length);
            Assert.IsGreaterThan(0, table.Count);
            return new ChunkPlan(table, regions);
        }

        /// <summary>An image of random bytes, cut into chunks of random length.</summary>
        public static TestImage Random(int seed, int bytes)
        {
            Random random = new(seed);
            byte[] content = new byte[bytes];
            random.NextBytes(content);
            return new TestImage(content, Lengths(random, bytes));
        }

        /// <summary>This image with some bytes in the middle changed, cut alike.</summary>
        public TestImage Changed(int at, int count)
        {
            byte[] content = (byte[])Content.Clone();
            for (int i = at; i < at + count; i++)
            {
                content[i] ^= 0x5A;
            }

            return new TestImage(content, ChunkLengths());
        }

        public int[] ChunkLengths()
        {
            return Enumerable.Range(0, (Table.Length - 1) / 34)
                .Select(i => (int)BinaryPrimitives.ReadUInt16BigEndian(Table.AsSpan(1 + (i * 34)))).ToArray();
        }

        private static int[] Lengths(Random random, int bytes)
        {
            List<int> lengths = new();
            while (bytes > 0)
            {
                int length = Math.Min(bytes, random.Next(1, 4) == 1 ? random.Next(1, 64) : random.Next(512, 4097));
                lengths.Add(length);
                bytes -= length;
            }

            return lengths.ToArray();
        }
    }

    /// <summary>A source that counts what is asked of it, and can lie or fail.</summary>
    internal sealed class TestSource : IPayloadSource
    {
        private readonly byte[] _content;
        private int _end;

        public TestSource(byte[] content)
        {
            _content = content;
        }

        public int Requests { get; private set; }

        public int BytesRead { get; private set; }

        /// <summary>Position from which on bytes are wrong; -1 for never.</summary>
        public int WrongFrom { get; set; } = -1;

        /// <summary>Reads that succeed before the source fails for good; -1 for no end.</summary>
        public int ReadsLeft { get; set; } = -1;

        public ResultCode FailsWith { get; set; } = ResultCode.TransferTruncated;

        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            if (ReadsLeft == 0)
            {
                return FailsWith;
            }

            ReadsLeft -= ReadsLeft > 0 ? 1 : 0;
            if (position != _end)
            {
                Requests++;
            }

            _end = position + count;
            BytesRead += count;
            Array.Copy(_content, position, buffer, offset, count);
            if (WrongFrom >= 0 && position + count > WrongFrom)
            {
                buffer[offset + count - 1] ^= 1;
            }

            return ResultCode.Ok;
        }

        public void Close()
        {
            _end = -1;
        }
    }

    internal sealed class SlotFixture
    {
        public const int SectorBytes = 4096;
        public const int AreaBytes = 2 * SectorBytes;

        public SlotFixture(int unitBytes = 8, int payloadSectors = 8)
        {
            Power = new PowerSupply();
            Device = new EmulatedFlash(NorGeometry.Uniform(SectorBytes, 2 * (2 + payloadSectors), unitBytes), Power);
            int size = AreaBytes + (payloadSectors * SectorBytes);
            Slot = new FlashRegion(RegionId.ApplicationA, Device, 0, size);
            Other = new FlashRegion(RegionId.ApplicationB, Device, size, size);
        }

        public PowerSupply Power { get; }

        public EmulatedFlash Device { get; }

        public FlashRegion Slot { get; }

        public FlashRegion Other { get; }

        public TestBoard Board { get; } = new();

        /// <summary>Operations before the first of the last session.</summary>
        public long InstallOperations { get; private set; }

        public SectorWriter Writer { get; private set; } = null!;

        public ChunkConverger Converger { get; private set; } = null!;

        /// <summary>Puts an image into a slot as a finished installation leaves it, but for the envelope.</summary>
        public void Fill(FlashRegion region, TestImage image)
        {
            byte[] padded = new byte[(image.Content.Length + 31) / 32 * 32];
            padded.AsSpan().Fill(0xFF);
            image.Content.CopyTo(padded, 0);
            Assert.AreEqual(ResultCode.Ok, region.Erase(AreaBytes, region.SizeBytes - AreaBytes));
            Assert.AreEqual(ResultCode.Ok, region.Program(AreaBytes, padded, 0, padded.Length));
            Assert.AreEqual(ResultCode.Ok, region.Sync());
        }

        /// <summary>Runs one session. A power cut ends it with an exception.</summary>
        public ResultCode Install(TestImage image, bool isComplete, Action<ChunkPlan>? offer, params IPayloadSource[] sources)
        {
            Slot slot = new(Slot, AreaBytes);
            if (isComplete)
            {
                RecordWriter writer = new RecordWriter(slot);
                Assert.AreEqual(ResultCode.Ok, writer.Erase());
                Assert.AreEqual(ResultCode.Ok, writer.Write(new byte[100], 0, 100, 1, 1));
            }

            Writer = new SectorWriter(slot);
            Assert.AreEqual(ResultCode.Ok, Writer.Open());
            InstallOperations = Power.OperationCount;
            ChunkPlan plan = image.NewPlan();
            offer?.Invoke(plan);
            Converger = new ChunkConverger(plan, Writer, new PayloadSources(sources, Board), image.Content.Length, Board, Slot.Id);
            return Converger.Run();
        }

        public byte[] Payload(int count)
        {
            byte[] payload = new byte[count];
            Assert.AreEqual(ResultCode.Ok, Slot.Read(AreaBytes, payload, 0, count));
            return payload;
        }
    }
}
