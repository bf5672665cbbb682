// Wait events, one by one: what has happened, what has not yet, what this device will never know.

using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Suit;
using static NanoBoot.Tests.Shared.CborValue;

namespace NanoBoot.Stage2Updater.Tests.Suit
{
    [TestClass]
    public class UpdateConditionsTests
    {
        // 2026-11-21 12:34:56 UTC, a Saturday (6), 45,296 seconds after midnight.
        private const long Now = 1795264496;
        private const long SecondsOfDay = 45296;

        private static ResultCode Check(UpdateConditions conditions, int waitEvent, object value, long now = Now)
        {
            byte[] encoded = Encode(value);
            return conditions.CheckEvent(waitEvent, new CborReader(encoded, 0, encoded.Length), now);
        }

        [TestMethod]
        [DataRow(WaitEvent.Authorization, 7L, ResultCode.Ok)]
        [DataRow(WaitEvent.Authorization, long.MaxValue, ResultCode.Ok)]
        [DataRow(WaitEvent.Power, 0L, ResultCode.NotSupported)]
        [DataRow(WaitEvent.Network, 0L, ResultCode.Ok)]
        [DataRow(WaitEvent.Network, 1L, ResultCode.Ok)]
        [DataRow(WaitEvent.Network, 2L, ResultCode.TryLater)]
        [DataRow(WaitEvent.Time, Now, ResultCode.Ok)]
        [DataRow(WaitEvent.Time, Now + 1, ResultCode.TryLater)]
        [DataRow(WaitEvent.Time, 4294967296L + Now, ResultCode.TryLater, DisplayName = "A16: compared whole")]
        [DataRow(WaitEvent.TimeOfDay, 0L, ResultCode.NotSupported)]
        [DataRow(WaitEvent.DayOfWeek, 6L, ResultCode.NotSupported)]
        [DataRow(WaitEvent.TimeOfDayUtc, SecondsOfDay, ResultCode.Ok)]
        [DataRow(WaitEvent.TimeOfDayUtc, SecondsOfDay + 1, ResultCode.TryLater)]
        [DataRow(WaitEvent.DayOfWeekUtc, 6L, ResultCode.Ok)]
        [DataRow(WaitEvent.DayOfWeekUtc, 5L, ResultCode.TryLater)]
        [DataRow(WaitEvent.DayOfWeekUtc, 0L, ResultCode.TryLater)]
        public void CheckEvent_DeviceThatKnowsNothing_ByNetworkAndClock(int waitEvent, long value, ResultCode expected)
        {
            Assert.AreEqual(expected, Check(new UpdateConditions(), waitEvent, value));
        }

        [TestMethod]
        [DataRow(WaitEvent.Time)]
        [DataRow(WaitEvent.TimeOfDay)]
        [DataRow(WaitEvent.DayOfWeek)]
        [DataRow(WaitEvent.TimeOfDayUtc)]
        [DataRow(WaitEvent.DayOfWeekUtc)]
        public void CheckEvent_NoClock_NotSupported(int waitEvent)
        {
            Assert.AreEqual(ResultCode.NotSupported, Check(new UpdateConditions(), waitEvent, 0, -1));
            Assert.AreEqual(ResultCode.NotSupported, Check(new Knowing { LocalOffset = 3600 }, waitEvent, 0, -1), "the zone is no clock");
        }

        [TestMethod]
        [DataRow(WaitEvent.TimeOfDay, SecondsOfDay + 7200, ResultCode.Ok)]
        [DataRow(WaitEvent.TimeOfDay, SecondsOfDay + 7201, ResultCode.TryLater)]
        [DataRow(WaitEvent.TimeOfDayUtc, SecondsOfDay + 7200, ResultCode.TryLater)]
        [DataRow(WaitEvent.DayOfWeek, 6L, ResultCode.Ok)]
        public void CheckEvent_LocalTimeKnown_IsCompared(int waitEvent, long value, ResultCode expected)
        {
            Assert.AreEqual(expected, Check(new Knowing { LocalOffset = 7200 }, waitEvent, value));
        }

        [TestMethod]
        public void CheckEvent_LocalDayIsAnother_ThanThatOfUtc()
        {
            var eastward = new Knowing { LocalOffset = 12 * 3600 };
            Assert.AreEqual(ResultCode.Ok, Check(eastward, WaitEvent.DayOfWeek, 0));
            Assert.AreEqual(ResultCode.TryLater, Check(eastward, WaitEvent.DayOfWeek, 6));
            Assert.AreEqual(ResultCode.Ok, Check(eastward, WaitEvent.DayOfWeekUtc, 6));
            Assert.AreEqual(ResultCode.Ok, Check(new Knowing { LocalOffset = -13 * 3600 }, WaitEvent.DayOfWeek, 5));
        }

        [TestMethod]
        public void CheckEvent_PowerAndPriority_AsTheDeviceSays()
        {
            var device = new Knowing { Power = 0, Priority = -2 };
            Assert.AreEqual(ResultCode.Ok, Check(device, WaitEvent.Power, 0));
            Assert.AreEqual(ResultCode.TryLater, Check(device, WaitEvent.Power, 1));
            device.Power = 1;
            Assert.AreEqual(ResultCode.Ok, Check(device, WaitEvent.Power, 1));
            Assert.AreEqual(ResultCode.Ok, Check(device, WaitEvent.Authorization, -3));
            Assert.AreEqual(ResultCode.Ok, Check(device, WaitEvent.Authorization, -2));
            Assert.AreEqual(ResultCode.TryLater, Check(device, WaitEvent.Authorization, -1));
        }

        [TestMethod]
        public void CheckEvent_OtherDevice_AllOfItsMatches()
        {
            object?[] Other(byte id, params object?[][] matches) => [new byte[] { id }, (object?[])matches];
            object?[] AtLeast(params object?[] version) => [2, version];
            object?[] Below(params object?[] version) => [5, version];
            var device = new Knowing { OtherVersion = [1, 4] };
            Assert.AreEqual(ResultCode.Ok, Check(device, WaitEvent.OtherDeviceVersion, Other(9, AtLeast(1, 3))));
            Assert.AreEqual(ResultCode.TryLater, Check(device, WaitEvent.OtherDeviceVersion, Other(9, AtLeast(1, 5))));
            Assert.AreEqual(ResultCode.Ok, Check(device, WaitEvent.OtherDeviceVersion, Other(9, AtLeast(1, 3), Below(2))));
            Assert.AreEqual(ResultCode.TryLater, Check(device, WaitEvent.OtherDeviceVersion, Other(9, AtLeast(1, 3), Below(1, 4))));
            Assert.AreEqual(ResultCode.NotSupported, Check(device, WaitEvent.OtherDeviceVersion, Other(8, AtLeast(1, 3))), "a stranger");
            Assert.AreEqual(ResultCode.NotSupported, Check(new UpdateConditions(), WaitEvent.OtherDeviceVersion, Other(9, AtLeast(1, 3))));
        }

        private sealed class Knowing : UpdateConditions
        {
            public long LocalOffset { get; init; } = Unknown;

            public long Power { get; set; } = Unknown;

            public long Priority { get; init; } = long.MaxValue;

            public int[]? OtherVersion { get; init; }

            public override long Get(int what)
            {
                return what switch
                {
                    WaitEvent.TimeOfDay => LocalOffset,
                    WaitEvent.Power => Power,
                    WaitEvent.Authorization => Priority,
                    _ => base.Get(what),
                };
            }

            public override int[] GetVersionOf(byte[] id, int offset, int count)
            {
                return count == 1 && id[offset] == 9 ? OtherVersion! : base.GetVersionOf(id, offset, count);
            }
        }
    }
}
