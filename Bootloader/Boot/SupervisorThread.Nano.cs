// A thread above the priority of the image, so that the image cannot starve it.

using System.Threading;

namespace NanoBoot.Bootloader.Boot
{
    internal static class SupervisorThread
    {
        internal static void Start(ThreadStart watch)
        {
            Thread thread = new Thread(watch);
            thread.Priority = ThreadPriority.AboveNormal;
            thread.Start();
        }
    }
}
