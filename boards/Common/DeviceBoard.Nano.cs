// What the boards have in common: console, clock, sleep, and the restart of the runtime.

using System;
using System.Threading;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using nanoFramework.Runtime.Native;

namespace NanoBoot.Board
{
    /// <summary>A board without a network; one with a network overrides <see cref="ConnectNetwork"/>.</summary>
    public class DeviceBoard : IBoard
    {
        private readonly UptimeClock _clock = new UptimeClock(WallMs());

        /// <inheritdoc/>
        public FlashMap Flash { get; set; }

        /// <inheritdoc/>
        public long UptimeMs
        {
            get { return _clock.Advance(WallMs()); }
        }

        /// <inheritdoc/>
        public long SecureTimeSeconds
        {
            get { return -1; }
        }

        /// <inheritdoc/>
        public void Restart()
        {
            Write(BootEvent.Restarting, RegionId.None, ResultCode.Ok, 0);
            // The runtime alone starts anew. The call returns, and code would go on until this thread is put aside.
            Power.RebootDevice(RebootOption.ClrOnly);
            Thread.Sleep(Timeout.Infinite);
        }

        /// <summary>Writes an event to the console, one a line: NB;event;region;result;value (docs/SPEC.md).</summary>
        /// <inheritdoc/>
        public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
        {
            try
            {
                Console.WriteLine(
                    "NB;" + ((int)bootEvent).ToString() + ";" + ((int)region).ToString() + ";" + ((int)result).ToString() + ";"
                    + value.ToString());
            }
            catch (Exception)
            {
                // An image took all memory. The device, and the restart that ends this, need no line.
            }
        }

        /// <inheritdoc/>
        public void Sleep(int durationMs)
        {
            Thread.Sleep(durationMs);
        }

        /// <inheritdoc/>
        public virtual ResultCode ConnectNetwork(int timeoutMs)
        {
            return ResultCode.NetworkUnreachable;
        }

        private static long WallMs()
        {
            return DateTime.UtcNow.Ticks / TimeSpan.TicksPerMillisecond;
        }
    }
}
