// The watchdog that the platform does not give to managed code: a thread of resident code that restarts the device
// when an image on trial has not confirmed in time. The interpreter switches threads every 20 ms whatever the image
// does, so a tight loop does not stop it. It touches no flash: that an attempt was made is in the journal already.

using System.Threading;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        private const int PollMs = 50;

        /// <summary>Starts the watch of a trial, if there is a time to keep.</summary>
        internal void Supervise()
        {
            if (Policy.ConfirmTimeoutMs > 0 && _isOnTrial)
            {
                // Above the priority of the image, so that the image cannot starve it.
                Thread thread = MakeThread();
                thread.Priority = ThreadPriority.AboveNormal;
                thread.Start();
            }
        }

        // The thread's method. Nothing that it calls throws, but for the emulator's board when it has no power any more.
        private void Watch()
        {
            long startMs = Board.UptimeMs;
            long waitedMs = 0;
            while (_isOnTrial)
            {
                if (waitedMs >= Policy.ConfirmTimeoutMs)
                {
                    Board.Write(BootEvent.SupervisorRestart, RunningRegion, ResultCode.TrialTimeout, waitedMs);
                    Board.Restart();
                    return;
                }

                Thread.Sleep(PollMs);
                waitedMs = Board.UptimeMs - startMs;
            }
        }
    }
}
