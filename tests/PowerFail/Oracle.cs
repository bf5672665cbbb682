// What must be true, whatever was cut. Written against what can be seen from outside - which image ran, what it was
// told, what stands on flash - and not against the code under test: it reads the journal with a reader of its own,
// and knows the rules from docs/SPEC-flash.md only.

using System;
using System.Buffers.Binary;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>What was seen on the way to some state of the flash.</summary>
    public sealed class History
    {
        /// <summary>Floors that a running image was told, by component. They never fall.</summary>
        public long[] Floors { get; } = new long[4];

        /// <summary>Starts of images, by their number in the scenario.</summary>
        public int[] Starts { get; } = new int[Scenario.ImagesMax];

        /// <summary>A copy, for a branch.</summary>
        /// <returns>The copy.</returns>
        public History Clone()
        {
            History copy = new History();
            Floors.CopyTo(copy.Floors, 0);
            Starts.CopyTo(copy.Starts, 0);
            return copy;
        }
    }

    /// <summary>The committed state, as read by the oracle from the bytes on flash.</summary>
    public sealed class SeenState
    {
        private const int RecordBytes = 256;
        private const int RecordsMax = 128;
        private readonly byte[] _record = new byte[RecordBytes];
        private readonly byte[] _journal;
        private readonly (int Sequence, int Offset)[] _candidates = new (int, int)[RecordsMax];
        private readonly NorArray _chip;
        private readonly LayoutRegion _region;
        private readonly int _sectorBytes;

        /// <summary>Makes a reader.</summary>
        /// <param name="memory">The chips.</param>
        public SeenState(EmulatedMemory memory)
        {
            _chip = memory.Internal.Array;
            _region = RegionOf(memory, RegionId.Journal);
            _sectorBytes = memory.Layout.SectorBytes;
            _journal = new byte[_region.SizeBytes];
        }

        /// <summary>Sequence number of the record; 0 for none.</summary>
        public int Sequence { get; private set; }

        /// <summary>What is decided: everything but the sequence number, the reasons of failures and the updater's own
        /// notes. The reason of the last failure, and how often the updater tried, depend on what was cut.</summary>
        public byte[] Content { get; } = new byte[RecordBytes];

        /// <summary>Reads the newest record of the journal, as the cells read until the power fails next.</summary>
        public void Read()
        {
            _chip.Read(_region.StartBytes, _journal);
            int count = 0;
            for (int offset = 0; offset < _journal.Length && count < RecordsMax; offset += RecordBytes)
            {
                ReadOnlySpan<byte> record = _journal.AsSpan(offset, RecordBytes);
                int sequence = BinaryPrimitives.ReadInt32LittleEndian(record.Slice(4));
                if (offset % _sectorBytes < 4096 && sequence > 0 && record.StartsWith("NBJ1"u8))
                {
                    _candidates[count++] = (sequence, offset);
                }
            }

            // The highest number whose checksum is right.
            Sequence = 0;
            Array.Clear(_record);
            Array.Sort(_candidates, 0, count);
            for (int i = count - 1; i >= 0 && Sequence == 0; i--)
            {
                ReadOnlySpan<byte> record = _journal.AsSpan(_candidates[i].Offset, RecordBytes);
                if (Crc(record.Slice(0, 252)) == BinaryPrimitives.ReadUInt32LittleEndian(record.Slice(252)))
                {
                    Sequence = _candidates[i].Sequence;
                    record.CopyTo(_record);
                }
            }

            Array.Clear(Content);
            Array.Copy(_record, 10, Content, 10, 2);
            Array.Copy(_record, 44, Content, 44, RecordBytes - 48);
            for (int component = 0; component < 4; component++)
            {
                Content.AsSpan(44 + (component * 48) + 35, 13).Clear();
            }
        }

        /// <summary>The confirmed image of a component.</summary>
        /// <param name="component">0 stage 2, 1 application.</param>
        /// <param name="slot">Its slot.</param>
        /// <returns>Its image id; 0 for none.</returns>
        public long ConfirmedOf(int component, out RegionId slot)
        {
            ReadOnlySpan<byte> state = _record.AsSpan(44 + (component * 48), 48);
            slot = (RegionId)state[32];
            return BinaryPrimitives.ReadInt64LittleEndian(state.Slice(8));
        }

        internal static LayoutRegion RegionOf(EmulatedMemory memory, RegionId id)
        {
            foreach (LayoutRegion region in memory.Layout.Regions)
            {
                if (region.Id == id)
                {
                    return region;
                }
            }

            throw new ArgumentException("The layout has no region " + id + ".");
        }

        // A table of its own, byte by byte: not the one of the code under test.
        private static readonly uint[] CrcTable = MakeTable();

        private static uint[] MakeTable()
        {
            uint[] table = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                uint value = i;
                for (int bit = 0; bit < 8; bit++)
                {
                    value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320 : value >> 1;
                }

                table[i] = value;
            }

            return table;
        }

        private static uint Crc(ReadOnlySpan<byte> data)
        {
            uint crc = uint.MaxValue;
            foreach (byte value in data)
            {
                crc = (crc >> 8) ^ CrcTable[(byte)(crc ^ value)];
            }

            return ~crc;
        }
    }
}
