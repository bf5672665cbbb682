// Entry of a stage 2 that takes packed payloads, and MCUboot images where the board has an updater for them: its manifest names this type, and its bundle holds both assemblies.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>Stage 2 with packed payloads, as stage 1 starts it.</summary>
    public static class Program
    {
        /// <summary>Runs the updater. Ends in a restart.</summary>
        /// <param name="boot">The start of this device.</param>
        public static void Main(BootContext boot)
        {
            new Updater(boot, new SocketChannel(), new PayloadDecoder()) { Receiver = new McubootReceiver() }.Run();
        }
    }
}
