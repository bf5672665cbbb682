// Time that never falls, from a clock that is set back and forth.

using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Board;

namespace NanoBoot.Boards.Tests
{
    [TestClass]
    public sealed class UptimeClockTests
    {
        [TestMethod]
        public void Advance_Steadily_Counts()
        {
            var clock = new UptimeClock(1000);

            Assert.AreEqual(0, clock.Advance(1000));
            Assert.AreEqual(250, clock.Advance(1250));
            Assert.AreEqual(1250, clock.Advance(2250));
        }

        [TestMethod]
        public void Advance_ClockSetForward_JumpIsLost()
        {
            var clock = new UptimeClock(0);
            clock.Advance(500);

            Assert.AreEqual(500, clock.Advance(1_800_000_000_000));
            Assert.AreEqual(600, clock.Advance(1_800_000_000_100));
        }

        [TestMethod]
        public void Advance_ClockSetBack_NeverFalls()
        {
            var clock = new UptimeClock(1_800_000_000_000);
            clock.Advance(1_800_000_000_700);

            Assert.AreEqual(700, clock.Advance(0));
            Assert.AreEqual(705, clock.Advance(5));
        }
    }
}
