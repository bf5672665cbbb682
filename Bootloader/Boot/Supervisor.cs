// The watchdog that the platform does not give to managed code: a thread of resident code that restarts the device
// when an image on trial has not confirmed in time. The interpreter switches threads every 20 ms whatever the image
// does, so a tight loop does not stop it. It touches no flash: that an attempt was made is in the journal already.

using System;
using System.Threading;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Watches one trial.</summary>
    internal sealed class Supervisor
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
                SupervisorThread.Start(new ThreadStart(Watch));
            }
        }

        private void Watch()
        {
            try
            {
                long startMs = _boot.Board.UptimeMs;
                long waitedMs = 0;
                while (_boot.IsOnTrial)
                {
                    if (waitedMs >= _timeoutMs)
                    {
                        _boot.Board.Log.Write(BootEvent.SupervisorRestart, _boot.RunningRegion, ResultCode.TrialTimeout, waitedMs);
                        _boot.Board.Restart();
                        return;
                    }

                    Thread.Sleep(PollMs);
                    waitedMs = _boot.Board.UptimeMs - startMs;
                }
            }
            catch (Exception)
            {
                // Only the emulator gets here: its board has no power any more, and no more trial to watch.
            }
        }
    }
}
