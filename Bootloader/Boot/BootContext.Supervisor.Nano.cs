// The thread of the supervisor: on a board there is nothing about it.

using System;
using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        private Thread MakeThread()
        {
            return new Thread(Watch);
        }

        private static bool IsOfTheEmulator(Exception exception)
        {
            return false;
        }
    }
}
