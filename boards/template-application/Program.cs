// The application. Stage 1 starts it when it has verified every byte of it.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace NewApplication
{
    /// <summary>The entry point, which the manifest names (release.yaml).</summary>
    public static class Program
    {
        private const int WorkPeriodMs = 1000;
        private const int LookPeriodMs = 60000;

        // Recorded with the request for an update, for whoever reads the journal; any number of yours.
        private const ushort ReasonTimer = 1;

        /// <summary>Runs until there is something new.</summary>
        /// <param name="boot">What stage 1 hands over.</param>
        public static void Main(BootContext boot)
        {
            // An image on trial that does not confirm is replaced by the former one: test here what must work.
            if (!Work() || boot.Confirm() != ResultCode.Ok)
            {
                return;
            }

            // boards/DemoApplication/UpdateRoutine.cs of nanoBoot is the longer form: a window of the day, a battery.
            ReleaseProbe probe = new ReleaseProbe(boot);
            while (true)
            {
                for (int elapsedMs = 0; elapsedMs < LookPeriodMs; elapsedMs += WorkPeriodMs)
                {
                    boot.Board.Sleep(WorkPeriodMs);
                    Work();
                }

                if (probe.Check() == ResultCode.Ok && probe.Request(ReasonTimer) == ResultCode.Ok)
                {
                    boot.Restart();
                }
            }
        }

        /// <summary>What this device is for.</summary>
        /// <returns>Whether it went well.</returns>
        private static bool Work()
        {
            return true;
        }
    }
}
