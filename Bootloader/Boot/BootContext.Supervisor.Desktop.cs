// A thread that does not keep the process of the emulator alive.

using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        static partial void Prepare(Thread thread)
        {
            thread.IsBackground = true;
        }
    }
}
