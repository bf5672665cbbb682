// A thread that does not keep the process of the emulator alive, and ends with its board.

using System;
using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        private Thread MakeThread()
        {
            return new Thread(WatchWhilePowered) { IsBackground = true };
        }

        private void WatchWhilePowered()
        {
            try
            {
                Watch();
            }
            catch (Exception)
            {
                // The board has no power any more, and no more trial to watch.
            }
        }
    }
}
