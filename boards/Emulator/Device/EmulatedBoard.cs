// The emulated board, for one boot. A restart, a power cut and the end of the run are exceptions; once one of them
// was thrown every later access to the board throws too, so code that catches all exceptions does not get far.

using System;
using System.Diagnostics;
using System.Threading;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Emulator.Device
{
    /// <summary>Why a boot of the emulated board ended.</summary>
    public enum BoardEnd
    {
        /// <summary>It has not.</summary>
        None,

        /// <summary>The runtime restarts.</summary>
        Restart,

        /// <summary>The image sleeps: nothing happens any more.</summary>
        Sleeping,

        /// <summary>The power failed.</summary>
        PowerCut,

        /// <summary>Stage 1 stopped.</summary>
        Stopped,

        /// <summary>Something escaped that should not have: a defect, kept in <see cref="EmulatedDevice.Escaped"/>.</summary>
        Escaped,
    }

    /// <summary>Thrown out of a board that has come to its end.</summary>
    public sealed class BoardHaltedException : Exception
    {
        /// <summary>Makes the exception.</summary>
        public BoardHaltedException()
            : base("The board has halted.")
        {
        }
    }

    /// <summary>A board on chips that outlive it.</summary>
    public sealed class EmulatedBoard : IBoard, IBoardPower, INativeUpdater
    {
        private readonly EmulatedDevice _device;
        private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
        private readonly long _startMs;
        private readonly Lock _lock = new Lock();
        private long _sleptMs;

        internal EmulatedBoard(EmulatedDevice device)
        {
            _device = device;
            _startMs = device.Memory.Clock.NowMs;
            Flash = device.Memory.Map(device.Wrap(device.Memory.Internal, this), device.Wrap(device.Memory.External, this));
        }

        /// <summary>Why the boot ended.</summary>
        public BoardEnd End { get; private set; }

        /// <summary>Set when the boot has ended.</summary>
        internal ManualResetEventSlim Ended { get; } = new ManualResetEventSlim();

        /// <inheritdoc/>
        public FlashMap Flash { get; }

        /// <inheritdoc/>
        public long UptimeMs
        {
            get
            {
                Demand();
                return _device.Memory.Clock.NowMs - _startMs + (_device.IsRealTime ? _stopwatch.ElapsedMilliseconds : 0);
            }
        }

        /// <inheritdoc/>
        public long SecureTimeSeconds => _device.SecureTimeSeconds;

        /// <inheritdoc/>
        public int BatteryPercent => _device.BatteryPercent;

        /// <inheritdoc/>
        public long BatteryMilliwattHours => _device.BatteryMilliwattHours;

        /// <inheritdoc/>
        public ResultCode CheckNativeUpdater()
        {
            Demand();
            return _device.NativeUpdater == null ? ResultCode.NativeUpdaterMissing : _device.NativeUpdater.CheckNativeUpdater();
        }

        /// <inheritdoc/>
        public ResultCode InstallNative(FlashRegion region, int offset, int count)
        {
            Demand();
            return _device.NativeUpdater == null ? ResultCode.NativeUpdaterMissing : _device.NativeUpdater.InstallNative(region, offset, count);
        }

        /// <inheritdoc/>
        public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value) =>
            _device.Log.Write(bootEvent, region, result, value);

        /// <inheritdoc/>
        public void Restart()
        {
            Halt(BoardEnd.Restart);
        }

        /// <inheritdoc/>
        public void Sleep(int durationMs)
        {
            if (IsRefused())
            {
                return;
            }

            _device.Memory.Clock.Advance(durationMs * 1_000_000L);
            _sleptMs += durationMs;
            if (_sleptMs > _device.SleepLimitMs)
            {
                Halt(BoardEnd.Sleeping);
            }
        }

        /// <inheritdoc/>
        public ResultCode ConnectNetwork(int timeoutMs)
        {
            Demand();
            return _device.Network();
        }

        /// <summary>Ends the boot without an exception, for an image that returns at once: whoever touches the board from now on
        /// finds it halted.</summary>
        /// <param name="end">Why the boot ends.</param>
        public void EndBoot(BoardEnd end)
        {
            Demand();
            Note(end);
        }

        /// <summary>Throws once the board has halted.</summary>
        internal void Demand()
        {
            if (End != BoardEnd.None)
            {
                throw new BoardHaltedException();
            }
        }

        /// <summary>Throws once the board has halted, or says so where boots of the device end quietly.</summary>
        internal bool IsRefused()
        {
            if (!_device.EndsQuietly)
            {
                Demand();
            }

            return End != BoardEnd.None;
        }

        /// <summary>Notes the end; the first one counts.</summary>
        internal void Note(BoardEnd end)
        {
            lock (_lock)
            {
                if (End == BoardEnd.None)
                {
                    End = end;
                }
            }

            Ended.Set();
        }

        private void Halt(BoardEnd end)
        {
            Note(end);
            if (!_device.EndsQuietly)
            {
                throw new BoardHaltedException();
            }
        }
    }
}
