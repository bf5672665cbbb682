// The emulated device: chips, policy, and the loop that a processor's reset line is. Each boot is Stage1.Run in a
// fresh board object; images run in a load context of their own, so nothing of one boot lives on in the next but
// what is on flash.

using System;
using System.Collections.Generic;
using System.Threading;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Emulator.Device
{
    /// <summary>One event of the transcript.</summary>
    /// <param name="Boot">In which boot, counted from 1.</param>
    /// <param name="Event">What happened.</param>
    /// <param name="Region">Where.</param>
    /// <param name="Result">With which result.</param>
    /// <param name="Value">The number that belongs to it.</param>
    public readonly record struct TranscriptEntry(int Boot, BootEvent Event, RegionId Region, ResultCode Result, long Value)
    {
        /// <summary>The line on the console.</summary>
        /// <returns>For example <c>NB;6;6;0;7</c>.</returns>
        public override string ToString()
        {
            return FormattableString.Invariant($"NB;{(int)Event};{(int)Region};{(int)Result};{Value}");
        }
    }

    /// <summary>An emulated device.</summary>
    public class EmulatedDevice
    {
        private readonly TranscriptLog _log;
        private EmulatedBoard? _board;

        /// <summary>Makes a device.</summary>
        /// <param name="memory">Its chips.</param>
        /// <param name="policy">The policy of its board; not shared with a device that runs at the same time.</param>
        public EmulatedDevice(EmulatedMemory memory, BootPolicy policy)
        {
            Memory = memory;
            Policy = policy;
            _log = new TranscriptLog(this);
        }

        /// <summary>The chips.</summary>
        public EmulatedMemory Memory { get; }

        /// <summary>The policy of the board.</summary>
        public BootPolicy Policy { get; set; }

        /// <summary>What was reported since the device was made, or since the list was cleared.</summary>
        public List<TranscriptEntry> Transcript { get; } = new List<TranscriptEntry>();

        /// <summary>Called with each event.</summary>
        public Action<TranscriptEntry>? OnEvent { get; set; }

        /// <summary>Boots so far.</summary>
        public int BootCount { get; private set; }

        /// <summary>What escaped stage 1, when a boot ended as <see cref="BoardEnd.Escaped"/>.</summary>
        public Exception? Escaped { get; private set; }

        /// <summary>How long the code of one boot may sleep, in milliseconds, before the device counts as sleeping.</summary>
        public long SleepLimitMs { get; set; } = 10_000;

        /// <summary>Whether the clock runs beside the simulated time of flash and sleep: for the supervisor.</summary>
        public bool IsRealTime { get; set; }

        /// <summary>Whether each boot has a thread of its own, which is left alone when the supervisor ends the boot.</summary>
        public bool IsOwnThread { get; set; }

        /// <summary>Whether a board that has come to its end refuses everything with a result, and throws nothing: what is left of
        /// the boot's code then runs out, and its events are dropped. Exceptions are dear where boots are counted by the thousand;
        /// but code that waits for the end in a loop would wait for ever.</summary>
        public bool EndsQuietly { get; set; }

        /// <summary>The secure clock, in seconds since 1970; -1 for none.</summary>
        public long SecureTimeSeconds { get; set; } = -1;

        /// <summary>Level of the battery in percent; -1 when the board does not know.</summary>
        public int BatteryPercent { get; set; } = -1;

        /// <summary>Energy in the battery in milliwatt hours; -1 when the board does not know.</summary>
        public long BatteryMilliwattHours { get; set; } = -1;

        /// <summary>The board's native loader; null for none.</summary>
        public INativeUpdater? NativeUpdater { get; set; }

        /// <summary>What becomes of a connection to the network.</summary>
        public Func<ResultCode> Network { get; set; } = () => ResultCode.Ok;

        internal IBootLog Log => _log;

        /// <summary>Boots, and boots again for as long as boots end in a restart.</summary>
        /// <param name="bootsMax">At most so many boots.</param>
        /// <returns>How the last boot ended; <see cref="BoardEnd.Restart"/> when the limit was reached.</returns>
        public BoardEnd Run(int bootsMax = 20)
        {
            BoardEnd end = BoardEnd.Restart;
            for (int i = 0; i < bootsMax && end == BoardEnd.Restart; i++)
            {
                end = BootOnce();
            }

            return end;
        }

        /// <summary>Switches the power on, and boots once.</summary>
        /// <returns>How the boot ended.</returns>
        public BoardEnd BootOnce()
        {
            Memory.Power.PowerOn();
            BootCount++;
            EmulatedBoard board = new EmulatedBoard(this);
            _board = board;
            if (IsOwnThread)
            {
                new Thread(() => RunBoard(board)) { IsBackground = true }.Start();
                board.Ended.Wait();
            }
            else
            {
                RunBoard(board);
            }

            return board.End;
        }

        /// <summary>Puts something between a board and a chip; by default the gate that a halted board closes.</summary>
        /// <param name="chip">The chip.</param>
        /// <param name="board">The board.</param>
        /// <returns>What the board sees.</returns>
        protected internal virtual IFlash Wrap(EmulatedFlash chip, EmulatedBoard board)
        {
            return new BoardFlash(chip, board);
        }

        private void RunBoard(EmulatedBoard board)
        {
            try
            {
                Stage1.Run(board, Policy);
                board.Note(BoardEnd.Stopped);
            }
            catch (PowerCutException)
            {
                board.Note(BoardEnd.PowerCut);
            }
            catch (BoardHaltedException)
            {
                board.Note(board.End);
            }
            catch (Exception exception)
            {
                Escaped = exception;
                board.Note(BoardEnd.Escaped);
            }
        }

        private sealed class TranscriptLog : IBootLog
        {
            private readonly EmulatedDevice _device;

            internal TranscriptLog(EmulatedDevice device)
            {
                _device = device;
            }

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
                if (_device.EndsQuietly && _device._board!.End != BoardEnd.None)
                {
                    return;
                }

                TranscriptEntry entry = new TranscriptEntry(_device.BootCount, bootEvent, region, result, value);
                lock (_device.Transcript)
                {
                    _device.Transcript.Add(entry);
                }

                _device.OnEvent?.Invoke(entry);
            }
        }
    }
}
