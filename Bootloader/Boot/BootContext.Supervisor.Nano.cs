// A thread above the priority of the image, so that the image cannot starve it.

using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootContext
    {
        private static void StartThread(ThreadStart watch)
        {
            Thread thread = new Thread(watch);
            thread.Priority = ThreadPriority.AboveNormal;
            thread.Start();
        }
    }
}
