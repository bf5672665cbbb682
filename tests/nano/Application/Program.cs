// The application of the whole-boot test: it runs from the very array that stage 1 verified, and confirms itself.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Nano.Application
{
    /// <summary>What stage 1 enters.</summary>
    public static class Program
    {
        /// <summary>Value of the event that says that this code ran.</summary>
        public const int Greeting = 4711;

        private static readonly byte[] s_table = { 1, 1, 2, 3, 5, 8, 13, 21, 34, 55 };

        /// <summary>The entry named by the manifest.</summary>
        public static void Main(BootContext boot)
        {
            int sum = 0;
            foreach (byte number in s_table)
            {
                sum += number;
            }

            boot.Board.Write(BootEvent.Report, RegionId.None, boot.Confirm(), Greeting + sum);
        }
    }
}
