// A SPI NOR chip in an array, with as little as the driver needs. The full model, with everything that data sheets
// say, is the emulator's; this one runs on the interpreter too.

using System;
using NanoBoot.Hal;
using NanoBoot.SpiNor;

namespace NanoBoot.Nano.Tests
{
    /// <summary>A chip whose cells repeat every 128 KiB.</summary>
    internal sealed class RamChip : ISpiPort
    {
        private const int CellMask = 0x1FFFF;

        private readonly byte[] _cells = new byte[CellMask + 1];
        private readonly int _id;
        private readonly byte[] _header;
        private readonly byte[] _table;
        private bool _isWriteEnabled;

        public bool IsFourByteMode;
        public int Violations;

        /// <summary>Makes an erased chip.</summary>
        /// <param name="id">JEDEC id.</param>
        /// <param name="header">SFDP header, or empty.</param>
        /// <param name="table">Basic flash parameter table, or empty.</param>
        public RamChip(int id, byte[] header, byte[] table)
        {
            _id = id;
            _header = header;
            _table = table;
            Fill(0, _cells.Length);
        }

        public int DataBytesMax
        {
            get { return 1000; }
        }

        public ResultCode Transfer(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            int address = 0;
            for (int i = 1; i < commandCount; i++)
            {
                address = (address << 8) | command[i];
            }

            switch (command[0])
            {
                case 0x06:
                    _isWriteEnabled = true;
                    break;
                case 0x05:
                    data[offset] = (byte)(_isWriteEnabled ? 2 : 0);
                    break;
                case 0x9F:
                    data[offset] = (byte)(_id >> 16);
                    data[offset + 1] = (byte)(_id >> 8);
                    data[offset + 2] = (byte)_id;
                    break;
                case 0x5A:
                    ReadDescription(address >> 8, data, offset, count);
                    break;
                case 0xB7:
                    IsFourByteMode = true;
                    break;
                case 0x03:
                case 0x13:
                    Array.Copy(_cells, address & CellMask, data, offset, count);
                    break;
                case 0x02:
                case 0x12:
                    Demand();
                    for (int i = 0; i < count; i++)
                    {
                        _cells[((address & ~0xFF) | ((address + i) & 0xFF)) & CellMask] &= data[offset + i];
                    }

                    break;
                case 0x20:
                case 0x21:
                    Demand();
                    Fill(address & CellMask, 4096);
                    break;
                case 0xD8:
                case 0xDC:
                    Demand();
                    Fill(address & CellMask, 65536);
                    break;
            }

            return ResultCode.Ok;
        }

        public void Wait(int durationMs)
        {
        }

        private void ReadDescription(int address, byte[] data, int offset, int count)
        {
            int tableAt = _header.Length == 0 ? int.MaxValue : _header[12];
            for (int i = 0; i < count; i++)
            {
                int at = address + i;
                data[offset + i] = at < _header.Length ? _header[at]
                    : at >= tableAt && at - tableAt < _table.Length ? _table[at - tableAt] : (byte)0xFF;
            }
        }

        private void Demand()
        {
            Violations += _isWriteEnabled ? 0 : 1;
            _isWriteEnabled = false;
        }

        private void Fill(int from, int count)
        {
            for (int i = 0; i < count; i++)
            {
                _cells[from + i] = 0xFF;
            }
        }
    }
}
