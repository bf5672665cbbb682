// Entry of the deployed application: pins, flash, network; then it boots, or provisions (docs/boards/README.md).

namespace NanoBoot.Board
{
    /// <summary>This board.</summary>
    public static class Program
    {
#if (spi)
        private const int Bus = 1;

        // STM32: 16 * port + pin. ESP32: the number of the IO, and before the chip is opened
        // Configuration.SetPinFunction for the three pins of the bus (package nanoFramework.Hardware.Esp32).
        private const int ChipSelectPin = 5;
        private const int ClockHz = 20000000;

#endif
        /// <summary>Where the firmware begins to run managed code.</summary>
        public static void Main()
        {
            NETWORKBoard board = new NETWORKBoard();
            BoardLayout layout = Layout.Create();
#if (spi)
            BoardMain.Run(board, layout, SpiChip.Open(Bus, ChipSelectPin, ClockHz, board));
#else
            BoardMain.Run(board, layout, FileStore.Open(layout.FlashBytes));
#endif
        }
    }
}
