// A bus that fails on request: the fault strikes at one transfer, or at all from one transfer on.

using System;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.SpiNor;

namespace NanoBoot.Emulator.Spi
{
    /// <summary>What happens to a transfer.</summary>
    public enum BusFault
    {
        /// <summary>It does not reach the chip; the data line floats high.</summary>
        Lost,

        /// <summary>One bit of the command or address is another.</summary>
        CommandGarbled,

        /// <summary>One bit of the data, either way, is another.</summary>
        DataGarbled,

        /// <summary>The chip answers 0xFF to everything, and hears nothing.</summary>
        AllOnes,

        /// <summary>The chip answers 0x00 to everything, and hears nothing.</summary>
        AllZeros,

        /// <summary>The port itself reports an error; the transfer does not reach the chip.</summary>
        PortError,
    }

    /// <summary>A port in front of another, with faults.</summary>
    public sealed class FaultySpiPort : ISpiPort
    {
        private readonly ISpiPort _inner;
        private readonly FaultLog _faults;
        private readonly byte[] _command = new byte[16];
        private BusFault _fault;
        private long _first = long.MaxValue;
        private long _count;
        private FaultRandom _random;

        /// <summary>Makes the port.</summary>
        /// <param name="inner">The port that works.</param>
        /// <param name="faults">Where faults that struck are recorded.</param>
        public FaultySpiPort(ISpiPort inner, FaultLog faults)
        {
            _inner = inner;
            _faults = faults;
        }

        /// <summary>Transfers so far.</summary>
        public long TransferCount { get; private set; }

        /// <summary>Milliseconds waited so far.</summary>
        public long WaitedMs { get; private set; }

        /// <inheritdoc/>
        public int DataBytesMax
        {
            get { return _inner.DataBytesMax; }
        }

        /// <summary>Schedules a fault, in place of the one before.</summary>
        /// <param name="fault">What happens.</param>
        /// <param name="first">The transfer that it strikes first, counted from 0.</param>
        /// <param name="count">How many transfers it strikes in a row.</param>
        /// <param name="seed">Chooses the bits.</param>
        public void Arm(BusFault fault, long first, long count, uint seed)
        {
            _fault = fault;
            _first = first;
            _count = count;
            _random = new FaultRandom(seed);
        }

        /// <inheritdoc/>
        public ResultCode Transfer(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            long index = TransferCount++;
            if (index < _first || index - _first >= _count)
            {
                return _inner.Transfer(command, commandCount, data, offset, count, isWrite);
            }

            _faults.Add(new FaultRecord(FaultKind.Bus, "bus", index, command[0], count, _fault.ToString()));
            switch (_fault)
            {
                case BusFault.CommandGarbled:
                    Array.Copy(command, _command, commandCount);
                    _command[_random.Below(commandCount)] ^= (byte)(1 << _random.Below(8));
                    return _inner.Transfer(_command, commandCount, data, offset, count, isWrite);

                case BusFault.DataGarbled when count > 0:
                    return TransferGarbled(command, commandCount, data, offset, count, isWrite);

                case BusFault.DataGarbled:
                    return _inner.Transfer(command, commandCount, data, offset, count, isWrite);

                case BusFault.PortError:
                    return ResultCode.FlashNoDevice;

                default:
                    if (!isWrite && count > 0)
                    {
                        Array.Fill(data, _fault == BusFault.AllZeros ? (byte)0x00 : (byte)0xFF, offset, count);
                    }

                    return ResultCode.Ok;
            }
        }

        /// <inheritdoc/>
        public void Wait(int durationMs)
        {
            WaitedMs += durationMs;
            _inner.Wait(durationMs);
        }

        private ResultCode TransferGarbled(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            byte[] copy = data.AsSpan(offset, count).ToArray();
            int at = _random.Below(count);
            byte bit = (byte)(1 << _random.Below(8));
            if (isWrite)
            {
                copy[at] ^= bit;
                return _inner.Transfer(command, commandCount, copy, 0, count, true);
            }

            ResultCode result = _inner.Transfer(command, commandCount, data, offset, count, false);
            data[offset + at] ^= bit;
            return result;
        }
    }
}
