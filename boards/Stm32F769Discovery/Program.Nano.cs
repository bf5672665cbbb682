// Entry of the deployed application: pins, flash, network; then it boots, or provisions (docs/boards/README.md).

namespace NanoBoot.Board
{
    /// <summary>This board.</summary>
    public static class Program
    {
        // SPI2: PA12 clock (D13), PB14 MISO (D12), PB15 MOSI (D11).
        private const int Bus = 2;

        // PA11 (D10): 16 * port + pin.
        private const int ChipSelectPin = 11;
        private const int ClockHz = 20000000;

        /// <summary>Where the firmware begins to run managed code.</summary>
        public static void Main()
        {
            EthernetBoard board = new EthernetBoard();
            BoardMain.Run(board, Layout.Create(), SpiChip.Open(Bus, ChipSelectPin, ClockHz, board));
        }
    }
}
