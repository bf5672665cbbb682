// A SPI NOR chip as the bus sees it: it answers command bytes as the data sheets say, and ignores what they say it
// ignores. It knows nothing of the driver; the driver is tested against this and not against its own assumptions.
// Modelled: the write enable latch, busy, page wrap, bits that only fall, erase types, block protection and the WP
// pin, status registers, id, SFDP, three and four address bytes, sleep, reset (also in the middle of an erase),
// times on a simulated clock, power failure. Not modelled: dual and quad modes, suspend, security registers.

using System;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.SpiNor;

namespace NanoBoot.Emulator.Spi
{
    /// <summary>A chip on a bus of its own.</summary>
    /// <remarks>Not thread safe. After a power failure each transfer throws <see cref="PowerCutException"/> until the
    /// power is on again; the chip then starts as from the factory, but for its cells and its status register.</remarks>
    public sealed partial class SpiNorChip : ISpiPort
    {
        private const int PageBytes = 256;
        private const byte Busy = 0x01;
        private const byte WriteEnabled = 0x02;
        private const byte StatusProtect = 0x80;

        // An open data line with a pull-up: what is read from a chip that does not drive it.
        private const byte Floating = 0xFF;

        private const long ResetNs = 30_000;

        private readonly SpiNorDescription _description;
        private readonly NorArray _array;
        private readonly PowerSupply _power;
        private readonly SimulatedClock _clock;
        private int _clockHz = 20_000_000;
        private long _byteNs = 400;
        private readonly byte[] _page = new byte[PageBytes];
        private byte _statusRegister;
        private bool _isWriteEnabled;
        private bool _isAsleep;
        private bool _isFourByte;
        private bool _isResetEnabled;
        private int _powerOnCount;
        private long _readyAtNs;
        private Pending _pending;
        private int _pendingAddress;
        private int _pendingCount;
        private byte _pendingStatus;

        /// <summary>Makes an erased chip.</summary>
        /// <param name="description">Which.</param>
        /// <param name="power">The supply that it hangs on, or null for one of its own.</param>
        /// <param name="clock">The clock that it advances, or null for one of its own.</param>
        public SpiNorChip(SpiNorDescription description, PowerSupply? power = null, SimulatedClock? clock = null)
            : this(description, MakeArray(description, power, clock))
        {
        }

        /// <summary>Makes a chip over an array that there is.</summary>
        /// <param name="description">Which.</param>
        /// <param name="array">Its cells: of the size of the chip, in sectors of 4 KiB, programmed by the byte.</param>
        /// <exception cref="ArgumentException">The array is of another size.</exception>
        public SpiNorChip(SpiNorDescription description, NorArray array)
        {
            ArgumentNullException.ThrowIfNull(description);
            ArgumentNullException.ThrowIfNull(array);
            if (array.SizeBytes != description.SizeBytes)
            {
                throw new ArgumentException("The array is not of the size of the chip.", nameof(array));
            }

            _description = description;
            _array = array;
            _power = _array.Power;
            _clock = _array.Clock;
            _powerOnCount = _power.PowerOnCount;
        }

        private enum Pending
        {
            None,
            Program,
            Erase,
            Status,
            Reset,
        }

        /// <summary>Which chip.</summary>
        public SpiNorDescription Description
        {
            get { return _description; }
        }

        /// <summary>The cells: snapshots, counters, faults.</summary>
        public NorArray Array
        {
            get { return _array; }
        }

        /// <summary>The supply that the chip hangs on.</summary>
        public PowerSupply Power
        {
            get { return _power; }
        }

        /// <summary>The clock that the chip advances.</summary>
        public SimulatedClock Clock
        {
            get { return _clock; }
        }

        /// <inheritdoc/>
        public int DataBytesMax { get; set; } = 16000;

        /// <summary>Bus clock; transfers take time by it.</summary>
        public int ClockHz
        {
            get { return _clockHz; }

            set
            {
                _clockHz = value;
                _byteNs = 8_000_000_000L / value;
            }
        }

        /// <summary>Level of the WP pin: low (false) keeps a status register that is protected from being written.</summary>
        public bool WriteProtectPin { get; set; } = true;

        /// <summary>The nonvolatile bits of the status register.</summary>
        public byte StatusRegister
        {
            get { return _statusRegister; }
            set { _statusRegister = (byte)(value & ~(Busy | WriteEnabled)); }
        }

        /// <summary>Whether the chip, once busy, stays so until it is reset.</summary>
        public bool NeverReady { get; set; }

        /// <summary>Whether write enables have no effect.</summary>
        public bool IsWriteEnableIgnored { get; set; }

        /// <summary>Factor on the time of programs and erases (A73).</summary>
        public int SlowFactor { get; set; } = 1;

        /// <summary>Transfers so far.</summary>
        public long TransferCount { get; private set; }

        /// <summary>
        /// Commands that a correct driver does not send: unknown ones, others than status while busy, writes without
        /// the latch, too few address bytes.
        /// </summary>
        public long ProtocolViolations { get; private set; }

        /// <summary>Writes of the status register: of a nonvolatile one, so none is to happen without need.</summary>
        public int StatusWrites { get; private set; }

        /// <summary>Resets in the middle of a program or an erase.</summary>
        public int ResetsWhileBusy { get; private set; }

        /// <summary>Whether the chip is asleep.</summary>
        public bool IsAsleep
        {
            get { return _isAsleep; }
        }

        /// <inheritdoc/>
        public ResultCode Transfer(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            _power.Demand();
            TransferCount++;
            _clock.Advance(1000 + ((commandCount + count) * _byteNs));
            if (_powerOnCount != _power.PowerOnCount)
            {
                StartAnew();
            }

            Settle();
            if (commandCount < 1 || count > DataBytesMax)
            {
                // Longer than this port can.
                ProtocolViolations++;
                return ResultCode.FlashNoDevice;
            }

            Span<byte> received = isWrite || count == 0 ? default : data.AsSpan(offset, count);
            ReadOnlySpan<byte> sent = isWrite && count > 0 ? data.AsSpan(offset, count) : default;
            if (received.Length > 0)
            {
                received.Fill(Floating);
            }

            Execute(command.AsSpan(0, commandCount), sent, received);
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public void Wait(int durationMs)
        {
            _clock.Advance(durationMs * 1_000_000L);
        }

        private static NorArray MakeArray(SpiNorDescription description, PowerSupply? power, SimulatedClock? clock)
        {
            ArgumentNullException.ThrowIfNull(description);
            SectorMap sectors = SectorMap.Uniform(4096, description.SizeBytes / 4096);
            return new NorArray(new NorGeometry(sectors, 1, WritePolicy.And, NorTiming.None), power, clock, description.Name);
        }

        private bool IsBusy
        {
            get { return _pending != Pending.None; }
        }

        // What was begun is done to the cells when its time is over; a power failure or a reset can come before.
        private void Settle()
        {
            bool isStuck = NeverReady && _pending != Pending.Reset;
            if (_pending == Pending.None || isStuck || _clock.NowNs < _readyAtNs)
            {
                return;
            }

            Pending pending = _pending;
            _pending = Pending.None;
            _isWriteEnabled = false;
            switch (pending)
            {
                case Pending.Program:
                    // The chip does not tell whether it succeeded; reading back does.
                    _array.Program(_pendingAddress, _page.AsSpan(_pendingAddress & (PageBytes - 1), _pendingCount));
                    break;

                case Pending.Erase:
                    _array.Erase(_pendingAddress, _pendingCount);
                    break;

                case Pending.Status:
                    _statusRegister = _pendingStatus;
                    StatusWrites++;
                    break;

                default:
                    break;
            }
        }

        private void Begin(Pending pending, long durationNs)
        {
            _pending = pending;
            _readyAtNs = _clock.NowNs + durationNs;
        }

        private void StartAnew()
        {
            _powerOnCount = _power.PowerOnCount;
            BreakOff((uint)_power.OperationCount);
            _isWriteEnabled = false;
            _isAsleep = false;
            _isFourByte = false;
            _isResetEnabled = false;
        }

        private void BreakOff(uint seed)
        {
            if (_pending == Pending.Erase)
            {
                _array.TearErase(_pendingAddress, _pendingCount, TornForm.RandomBits, seed);
            }
            else if (_pending == Pending.Program && _pendingCount > 1)
            {
                _array.Program(_pendingAddress, _page.AsSpan(_pendingAddress & (PageBytes - 1), _pendingCount / 2));
            }

            _pending = Pending.None;
        }
    }
}
