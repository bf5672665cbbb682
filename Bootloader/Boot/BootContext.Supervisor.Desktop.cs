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
            catch (Exception exception) when (IsOfTheEmulator(exception))
            {
                // The board has no power any more, and no more trial to watch.
            }
        }

        // Its board has no power any more, or has restarted. Memory is as short as on a board.
        private static bool IsOfTheEmulator(Exception exception)
        {
            return exception is not OutOfMemoryException;
        }
    }
}
