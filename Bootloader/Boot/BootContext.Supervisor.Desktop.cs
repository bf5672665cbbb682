// A thread that does not keep the process of the emulator alive.

using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        private static void StartThread(ThreadStart watch)
        {
            new Thread(watch) { IsBackground = true }.Start();
        }
    }
}
