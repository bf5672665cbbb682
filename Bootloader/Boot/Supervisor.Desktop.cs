// A thread that does not keep the process of the emulator alive.

using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    internal sealed partial class Supervisor
    {
        private static void StartThread(ThreadStart watch)
        {
            new Thread(watch) { IsBackground = true }.Start();
        }
    }
}
