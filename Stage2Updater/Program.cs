// Entry of stage 2: the type and method that its manifest names.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Stage 2 as stage 1 starts it.</summary>
    public static class Program
    {
        /// <summary>Runs the updater. Ends in a restart.</summary>
        /// <param name="boot">The start of this device.</param>
        public static void Main(BootContext boot)
        {
            new Updater(boot, new SocketChannel(), null).Run();
        }
    }
}
