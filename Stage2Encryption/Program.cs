// Entry of a stage 2 that takes encrypted payloads: its manifest names this type, and its bundle holds Encryption,
// Stage2Updater and this assembly. One that takes packed payloads too has an entry of its own (docs/SPEC-payload.md).

using NanoBoot.Bootloader.Boot;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Encryption
{
    /// <summary>Stage 2 with encrypted payloads, as stage 1 starts it.</summary>
    public static class Program
    {
        /// <summary>Runs the updater. Ends in a restart.</summary>
        /// <param name="boot">The start of this device.</param>
        public static void Main(BootContext boot)
        {
            new Updater(boot, new SocketChannel(), new EncryptedPayloads(PayloadKey.Read(boot.Board.Flash), null)).Run();
        }
    }
}
