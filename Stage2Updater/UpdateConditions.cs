// What a manifest may ask of the surroundings of a device: power, consent, local time, other devices. A device maker who
// knows such things says them to the updater in the entry assembly of stage 2; as it stands here, this is a device that
// knows nothing of the kind but what its board knows of the battery. Costs stage 1 nothing.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater.Suit;

namespace NanoBoot.Stage2Updater
{
    /// <summary>What a device knows of its surroundings while the updater runs. One thread.</summary>
    public class UpdateConditions
    {
        private const int DaySeconds = 86400;
        private const int EpochDay = 4; // 1970-01-01 was a Thursday

        /// <summary>What <see cref="Get"/> gives for what the device does not know.</summary>
        public const long Unknown = long.MinValue;

        /// <summary>Asked for the energy left in milliwatt hours; <see cref="long.MaxValue"/> on mains.</summary>
        public const int Battery = 0;

        /// <summary>For how many minutes applications may run without anything new before that is reported as a freeze (A4), at
        /// most 65535; 0 for never.</summary>
        public int FrozenAfterMinutes;

        /// <summary>The board, asked for its battery if it is an <see cref="IBoardPower"/>; null for nobody.</summary>
        public IBoard Board;

        /// <summary>Says what the device knows: the one place for a device maker to override.</summary>
        /// <param name="what"><see cref="Battery"/>. <see cref="WaitEvent.Authorization"/>: the greatest number of a priority that is
        /// authorized now; all are here, for whoever must not be disturbed does not ask for an update.
        /// <see cref="WaitEvent.Power"/>: 0 battery, 1 external;
        /// these two are the board's to know, where it does. <see cref="WaitEvent.Network"/>: 0 none, 1 connected. More states as
        /// the device maker says; a higher one has what a lower one has. <see cref="WaitEvent.TimeOfDay"/>: local time less UTC, in seconds.</param>
        /// <returns>The number, or <see cref="Unknown"/>.</returns>
        public virtual long Get(int what)
        {
            if (what == WaitEvent.Network || what == WaitEvent.Authorization)
            {
                return what == WaitEvent.Network ? 1 : long.MaxValue;
            }

            IBoardPower power = Board as IBoardPower;
            long energy = power == null ? -1 : power.BatteryMilliwattHours;
            if (energy < 0 || (what != Battery && what != WaitEvent.Power))
            {
                return Unknown;
            }

            return what == Battery ? energy : energy == long.MaxValue ? 1 : 0;
        }

        /// <summary>Whether this updater works, said by a board that knows it without a server: then an updater on trial is confirmed
        /// at once, and need not reach the network before its attempts are used up.</summary>
        /// <returns>True when it passed the board's own test; false, the default, leaves it to an answer of the manifest service.</returns>
        public virtual bool PassesSelfTest()
        {
            return false;
        }

        /// <summary>The version of another device.</summary>
        /// <param name="id">Holds its id, in a form that the device maker chose.</param>
        /// <param name="offset">First byte of the id.</param>
        /// <param name="count">Its length.</param>
        /// <returns>The numbers, or null when not known.</returns>
        public virtual int[] GetVersionOf(byte[] id, int offset, int count)
        {
            return null;
        }

        /// <summary>Says whether an event of wait-info has happened (draft-ietf-suit-update-management-14).</summary>
        /// <param name="waitEvent">A number of <see cref="WaitEvent"/>.</param>
        /// <param name="value">Stands at the value, whose form was checked.</param>
        /// <param name="now">Seconds since 1970, UTC, by a clock that can be trusted; -1 without one.</param>
        /// <returns>Ok when it has; <see cref="ResultCode.TryLater"/> when not; <see cref="ResultCode.NotSupported"/> when this
        /// device will never know.</returns>
        public ResultCode CheckEvent(int waitEvent, CborReader value, long now)
        {
            if (waitEvent == WaitEvent.OtherDeviceVersion)
            {
                return CheckOtherDevice(value);
            }

            long wanted = value.ReadInt();
            bool isDay = waitEvent == WaitEvent.DayOfWeek || waitEvent == WaitEvent.DayOfWeekUtc;
            long known = waitEvent < WaitEvent.Time ? Get(waitEvent) : now;
            if (waitEvent == WaitEvent.Authorization)
            {
                return wanted <= known ? ResultCode.Ok : ResultCode.TryLater;
            }

            if (known >= 0 && (waitEvent == WaitEvent.TimeOfDay || waitEvent == WaitEvent.DayOfWeek))
            {
                known += Get(WaitEvent.TimeOfDay);
            }

            if (known < 0)
            {
                return ResultCode.NotSupported;
            }

            if (isDay)
            {
                known = ((known / DaySeconds) + EpochDay) % 7;
            }
            else if (waitEvent > WaitEvent.Time)
            {
                known %= DaySeconds;
            }

            return known == wanted || (known > wanted && !isDay) ? ResultCode.Ok : ResultCode.TryLater;
        }

        // [id, [+ version match]]: all of them.
        private ResultCode CheckOtherDevice(CborReader value)
        {
            value.Read(CborType.Array);
            int offset = value.ReadString(CborType.ByteString, out int count);
            int[] version = GetVersionOf(value.Buffer, offset, count);
            int items = (int)value.Read(CborType.Array);
            ResultCode result = version == null ? ResultCode.NotSupported : ResultCode.Ok;
            while (value.Next(ref items) && result == ResultCode.Ok)
            {
                int[] wanted = VersionMatch.Read(value, out int comparison);
                if (!VersionMatch.IsMet(version, comparison, wanted))
                {
                    result = ResultCode.TryLater;
                }
            }

            return result;
        }
    }
}
