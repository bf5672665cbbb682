// The application of the whole-boot test: it runs from the very array that stage 1 verified, with another assembly of its
// bundle, and confirms itself.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Nano.Library;

namespace NanoBoot.Nano.Application
{
    /// <summary>What stage 1 enters.</summary>
    public static class Program
    {
        /// <summary>Value of the event that says that this code ran.</summary>
        public const int Greeting = 4711;

        /// <summary>The entry named by the manifest.</summary>
        public static void Main(BootContext boot)
        {
            boot.Board.Write(BootEvent.Report, RegionId.None, boot.Confirm(), Greeting + Numbers.Sum());
        }
    }
}
