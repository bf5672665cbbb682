// A port that notes which erase commands went over the bus, and where to.

using System.Collections.Generic;
using NanoBoot.SpiNor;

namespace NanoBoot.Hal.Tests.Spi
{
    internal sealed class RecordingSpiPort : ISpiPort
    {
        private readonly ISpiPort _inner;

        public RecordingSpiPort(ISpiPort inner)
        {
            _inner = inner;
        }

        /// <summary>Erases, in order: what the chip got, not what the driver meant.</summary>
        public List<(byte Command, int Address)> Erases { get; } = new();

        public int DataBytesMax => _inner.DataBytesMax;

        public ResultCode Transfer(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            if (command[0] is 0x20 or 0x21 or 0x52 or 0x5C or 0xD8 or 0xDC or 0x60 or 0xC7)
            {
                int address = 0;
                for (int i = 1; i < commandCount; i++)
                {
                    address = (address << 8) | command[i];
                }

                Erases.Add((command[0], address));
            }

            return _inner.Transfer(command, commandCount, data, offset, count, isWrite);
        }

        public void Wait(int durationMs) => _inner.Wait(durationMs);
    }
}
