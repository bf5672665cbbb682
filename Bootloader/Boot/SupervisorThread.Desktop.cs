// A thread that does not keep the process of the emulator alive.

using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    internal static class SupervisorThread
    {
        internal static void Start(ThreadStart watch)
        {
            new Thread(watch) { IsBackground = true }.Start();
        }
    }
}
