// The watchdog that the platform does not give to managed code: a thread of resident code that restarts the device
// when an image on trial has not confirmed in time. The interpreter switches threads every 20 ms whatever the image
// does, so a tight loop does not stop it. It touches no flash: that an attempt was made is in the journal already.

using System;
using System.Threading;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Watches one trial.</summary>
    internal sealed partial class Supervisor
    {
        private const int PollMs = 50;

        private readonly BootContext _boot;
        private readonly int _timeoutMs;

        internal Supervisor(BootContext boot, int timeoutMs)
        {
            _boot = boot;
            _timeoutMs = timeoutMs;
        }

        /// <summary>Starts the watch, if there is a time to keep.</summary>
        internal void Start()
        {
            if (_timeoutMs > 0 && _boot.IsOnTrial)
            {
                StartThread(Watch);
            }
        }

        private void Watch()
        {
            BootContext boot = _boot;
            IBoard board = boot.Board;
            try
            {
                long startMs = board.UptimeMs;
                long waitedMs = 0;
                while (boot.IsOnTrial)
                {
                    if (waitedMs >= _timeoutMs)
                    {
                        board.Log.Write(BootEvent.SupervisorRestart, boot.RunningRegion, ResultCode.TrialTimeout, waitedMs);
                        board.Restart();
                        return;
                    }

                    Thread.Sleep(PollMs);
                    waitedMs = board.UptimeMs - startMs;
                }
            }
            catch (Exception)
            {
                // Only the emulator gets here: its board has no power any more, and no more trial to watch.
            }
        }
    }
}
