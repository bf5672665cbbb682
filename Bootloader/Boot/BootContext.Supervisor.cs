// The watchdog that the platform does not give to managed code: a thread of resident code that restarts the device
// when an image on trial has not confirmed in time. The interpreter switches threads every 20 ms whatever the image
// does, so a tight loop does not stop it. It touches no flash: that an attempt was made is in the journal already.
//
// Where an image has left no memory for the clock it throws (not always what one expects), and the polls are counted; where there
// is none for the line about the restart, the line is lost. The platform's restart needs some memory as well.

using System;
using System.Threading;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        private const int PollMs = 50;

        private long _watchedSinceMs;

        /// <summary>Starts the watch of a trial, if there is a time to keep.</summary>
        internal void Supervise()
        {
            if (Policy.ConfirmTimeoutMs > 0 && _isOnTrial)
            {
                _watchedSinceMs = Board.UptimeMs;

                // Above the priority of the image, so that the image cannot starve it.
                Thread thread = MakeThread();
                thread.Priority = ThreadPriority.AboveNormal;
                thread.Start();
            }
        }

        // The thread's method.
        private void Watch()
        {
            long waitedMs = 0;
            while (_isOnTrial && waitedMs < Policy.ConfirmTimeoutMs)
            {
                try
                {
                    Thread.Sleep(PollMs);
                    waitedMs += PollMs;
                    waitedMs = Board.UptimeMs - _watchedSinceMs;
                }
                catch (Exception exception)
                {
                    if (IsOfTheEmulator(exception))
                    {
                        return;
                    }
                }
            }

            if (_isOnTrial)
            {
                try
                {
                    Board.Write(BootEvent.SupervisorRestart, RunningRegion, ResultCode.TrialTimeout, waitedMs);
                }
                catch (Exception)
                {
                    // There is no memory for a line.
                }

                Board.Restart();
            }
        }
    }
}
