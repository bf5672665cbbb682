// A boot into an image that hangs, on a board whose restart is that of the platform: it ends this program, with the exit
// code that run.sh looks for. Hanging.cs (written by run.sh) says which image it is.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using nanoFramework.Runtime.Native;

namespace NanoBoot.Nano.Tests
{
    /// <summary>The program. It returns only when nobody restarted it.</summary>
    public static class Program
    {
        private const int ConfirmTimeoutMs = 1500;

        /// <summary>Boots.</summary>
        public static void Main()
        {
            RamFlash flash = BootBench.Provision();
            BootBench.Install(flash, Hanging.Envelope, BootVectors.Payload, Hanging.ImageId);
            Stage1.Run(new RestartingBoard(BootBench.Map(flash)), BootBench.Policy(ConfirmTimeoutMs));
            Console.WriteLine("stage 1 returned");
        }

        /// <summary>A board that restarts the platform.</summary>
        private sealed class RestartingBoard : IBoard
        {
            public RestartingBoard(FlashMap flash)
            {
                Flash = flash;
            }

            public FlashMap Flash { get; }

            public long UptimeMs
            {
                get { return DateTime.UtcNow.Ticks / TimeSpan.TicksPerMillisecond; }
            }

            public long SecureTimeSeconds
            {
                get { return -1; }
            }

            public void Restart()
            {
                Console.WriteLine("restart");
                Power.RebootDevice(RebootOption.NormalReboot);
            }

            public void Sleep(int durationMs)
            {
            }

            public ResultCode ConnectNetwork(int timeoutMs)
            {
                return ResultCode.NetworkUnreachable;
            }

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
                Console.WriteLine("NB;" + ((int)bootEvent).ToString() + ";" + ((int)region).ToString() + ";" + ((int)result).ToString()
                    + ";" + value.ToString());
            }
        }
    }
}
