// What an application needs of the updater, and nothing that costs it memory: what this device runs, how the last update
// ended, and the request for a session of stage 2, put off for as long as the application's own conditions say.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;

namespace NanoBoot.Resident
{
    /// <summary>The updater as the application sees it. One thread; the start's <see cref="BootContext"/> confirms and restarts.</summary>
    public sealed class UpdateClient
    {
        /// <summary>What a condition is given that cannot be said: it counts as met.</summary>
        public const int Unknown = -1;

        private const int SecondsPerDay = 86400;

        // In stage 2's bytes of the journal (docs/SPEC-update.md).
        private const int QuietOffset = 11;
        private const int QuietMinutesMax = 65535;

        private readonly BootContext _boot;
        private long _deferredUntilMs;

        /// <summary>First second of the day in which updates may begin, 0 to 86399, in whatever zone the application counts.</summary>
        public int WindowStartSeconds;

        /// <summary>Length of that window in seconds; 0 for the whole day. It may go beyond midnight.</summary>
        public int WindowSeconds;

        /// <summary>Least battery level for an update, in percent.</summary>
        public int BatteryPercentMin;

        /// <summary>Makes a client.</summary>
        /// <param name="boot">The start of this device.</param>
        public UpdateClient(BootContext boot)
        {
            _boot = boot;
        }

        /// <summary>Sequence number of the release of a component that was confirmed last: its version. 0 for none.</summary>
        /// <param name="component">A <see cref="ComponentIndex"/>.</param>
        /// <returns>The number.</returns>
        public long SequenceOf(int component)
        {
            return _boot.Journal.Components[component].Floor;
        }

        /// <summary>How the last update or trial of a component failed.</summary>
        /// <param name="component">A <see cref="ComponentIndex"/>.</param>
        /// <param name="stage">Who said so.</param>
        /// <param name="detail">A number that belongs to it: an offset in the manifest, attempts left.</param>
        /// <returns>The reason; Ok when the last one did not fail.</returns>
        public ResultCode LastResult(int component, out BootStage stage, out int detail)
        {
            ComponentState state = _boot.Journal.Components[component];
            stage = state.FailureStage;
            detail = state.FailureDetail;
            return state.FailureCode;
        }

        /// <summary>Puts updates off, from now on.</summary>
        /// <param name="durationMs">For how long, in milliseconds; 0 ends it.</param>
        public void Defer(int durationMs)
        {
            _deferredUntilMs = _boot.Board.UptimeMs + durationMs;
        }

        /// <summary>Asks for stage 2 at the next start. <see cref="BootContext.Restart"/> makes it soon.</summary>
        /// <param name="reason">Why: 1 to 65535, a number of whoever asks. 0 takes a request back.</param>
        /// <returns>Ok; <see cref="ResultCode.TryLater"/> while this start is younger than the wait that stage 2 left in its bytes of
        /// the journal after failures (docs/SPEC-update.md); or why the journal did not take it.</returns>
        public ResultCode Request(ushort reason)
        {
            BootContext boot = _boot;
            if (boot.Board.UptimeMs < BitConverter.ToUInt16(boot.Journal.Opaque, 2) * 1000)
            {
                return ResultCode.TryLater;
            }

            // How long this start has run without news is added up: the record is written anyway.
            byte[] kept = boot.Journal.Opaque;
            long quiet = BitConverter.ToUInt16(kept, QuietOffset) + (boot.Board.UptimeMs / 60000);
            FlashRecord.WriteNumber(kept, QuietOffset, quiet < QuietMinutesMax ? quiet : QuietMinutesMax, 2);
            boot.Journal.UpdateRequest = reason;
            ResultCode result = boot.Journal.Commit();
            boot.Board.Write(BootEvent.UpdateRequested, boot.RunningRegion, result, reason);
            return result;
        }

        /// <summary>Whether the application's conditions let an update begin now. The wait after failures is the updater's: see
        /// <see cref="Request"/>.</summary>
        /// <param name="secondOfDay">The time of day in seconds, or <see cref="Unknown"/>.</param>
        /// <param name="batteryPercent">The battery's level, or <see cref="Unknown"/>: then the board is asked, if it is an
        /// <see cref="IBoardPower"/>.</param>
        /// <returns>True when nothing puts it off.</returns>
        public bool MayUpdate(int secondOfDay, int batteryPercent)
        {
            int sinceStart = (secondOfDay - WindowStartSeconds + SecondsPerDay) % SecondsPerDay;
            bool isInWindow = WindowSeconds == 0 || secondOfDay < 0 || sinceStart < WindowSeconds;
            IBoardPower power = _boot.Board as IBoardPower;
            if (batteryPercent < 0 && power != null)
            {
                batteryPercent = power.BatteryPercent;
            }

            bool isCharged = batteryPercent < 0 || batteryPercent >= BatteryPercentMin;
            return _boot.Board.UptimeMs >= _deferredUntilMs && isInWindow && isCharged;
        }
    }
}
