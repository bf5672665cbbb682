// The supervisor of an image on trial, on a board that has no memory left: the clock and the console throw.

using System;
using System.Threading;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Tests.Boot
{
    [TestClass]
    public sealed class SupervisorTests
    {
        [TestMethod]
        public void Supervise_NoMemoryForClockAndConsole_RestartsAllTheSame()
        {
            using var board = new ExhaustedBoard();
            FlashRegion region = new FlashRegion(RegionId.ApplicationA, null!, 0, 65536);
            BootPolicy policy = BootBench.MakePolicy();
            policy.ConfirmTimeoutMs = 100;
            var boot = new BootContext(
                board, policy, new DeviceIdentity(), null!, null!, ComponentIndex.Application, new Slot(region, 8192), true);

            boot.Supervise();

            Assert.IsTrue(board.Restarted.Wait(TimeSpan.FromSeconds(60)), "It hung with the image.");
            Assert.IsTrue(board.Throws >= 2, "Neither clock nor console was asked.");
        }

        private sealed class ExhaustedBoard : IBoard, IDisposable
        {
            private int _asked;

            internal ManualResetEventSlim Restarted { get; } = new();

            internal int Throws { get; private set; }

            public FlashMap Flash => throw new NotSupportedException();

            // There is memory when the watch begins.
            public long UptimeMs => _asked++ == 0 ? 0 : Throw();

            public long SecureTimeSeconds => -1;

            public void Restart() => Restarted.Set();

            public void Sleep(int durationMs) => throw new NotSupportedException();

            public ResultCode ConnectNetwork(int timeoutMs) => throw new NotSupportedException();

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value) => Throw();

            public void Dispose() => Restarted.Dispose();

            private long Throw()
            {
                Throws++;
                throw new OutOfMemoryException();
            }
        }
    }
}
