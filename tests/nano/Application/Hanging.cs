// Images that never confirm and never end: what the supervisor is for.

using System.Threading;
using NanoBoot.Bootloader.Boot;

namespace NanoBoot.Nano.Application
{
    /// <summary>Computes for ever, and calls nothing.</summary>
    public static class TightLoop
    {
        /// <summary>The entry named by the manifest.</summary>
        public static void Main(BootContext boot)
        {
            int number = 1;
            while (boot != null)
            {
                number += number;
            }
        }
    }

    /// <summary>Waits for ever, and gives its time to others.</summary>
    public static class CooperativeLoop
    {
        /// <summary>The entry named by the manifest.</summary>
        public static void Main(BootContext boot)
        {
            while (boot != null)
            {
                Thread.Sleep(10);
            }
        }
    }
}
