// What a wait directive waits for (update-management, suit-parameter-wait-info).

using System;
using System.Collections.Generic;

namespace NanoBoot.Author
{
    /// <summary>Events that a device waits for, all of them.</summary>
    public sealed class WaitEvents
    {
        private readonly CborMap _map = new();

        /// <summary>Event 1: someone on the device authorizes.</summary>
        /// <param name="priority">The priority told to whoever authorizes.</param>
        public WaitEvents Authorization(int priority) => Add(1, writer => writer.WriteInt(priority));

        /// <summary>Event 2: the power state is reached.</summary>
        /// <param name="state">The state's number.</param>
        public WaitEvents Power(int state) => Add(2, writer => writer.WriteInt(state));

        /// <summary>Event 3: the network state is reached.</summary>
        /// <param name="state">The state's number.</param>
        public WaitEvents Network(int state) => Add(3, writer => writer.WriteInt(state));

        /// <summary>Event 4: another device has a version.</summary>
        /// <param name="device">The device's id.</param>
        /// <param name="comparison">How to compare.</param>
        /// <param name="version">The version's numbers.</param>
        public WaitEvents OtherDeviceVersion(byte[] device, VersionComparison comparison, params int[] version)
        {
            return Add(4, writer =>
            {
                writer.StartArray(2).WriteBytes(device).StartArray(1).StartArray(2).WriteInt((int)comparison);
                ParameterSet.WriteVersion(writer, version);
            });
        }

        /// <summary>Event 5: the time has come.</summary>
        /// <param name="time">Time; whole seconds are kept.</param>
        public WaitEvents Time(DateTimeOffset time) => Add(5, writer => writer.WriteInt(time.ToUnixTimeSeconds()));

        /// <summary>Event 6 or 8: a time of day.</summary>
        /// <param name="secondsAfterMidnight">Seconds after midnight, 0..86399.</param>
        /// <param name="isUtc">True for UTC, false for local time.</param>
        public WaitEvents TimeOfDay(int secondsAfterMidnight, bool isUtc)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(secondsAfterMidnight);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(secondsAfterMidnight, 86399);
            return Add(isUtc ? 8 : 6, writer => writer.WriteInt(secondsAfterMidnight));
        }

        /// <summary>Event 7 or 9: a day of the week.</summary>
        /// <param name="day">Sunday is 0.</param>
        /// <param name="isUtc">True for UTC, false for local time.</param>
        public WaitEvents DayOfWeek(DayOfWeek day, bool isUtc) => Add(isUtc ? 9 : 7, writer => writer.WriteInt((int)day));

        internal byte[] Encode()
        {
            if (_map.Count == 0)
            {
                throw new InvalidOperationException("wait-info names at least one event.");
            }

            return _map.Encode();
        }

        private WaitEvents Add(int key, Action<CborWriter> write)
        {
            _map.Add(key, write);
            return this;
        }
    }
}
