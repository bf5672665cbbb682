// Entry of the deployed application: pins, flash, network; then it boots, or provisions (docs/boards/README.md).

namespace NanoBoot.Board
{
    /// <summary>This board.</summary>
    public static class Program
    {
        // SPI5: PF7 clock, PF8 MISO, PF9 MOSI.
        private const int Bus = 5;

        // PF6: 16 * port + pin.
        private const int ChipSelectPin = 86;
        private const int ClockHz = 20000000;

        /// <summary>Where the firmware begins to run managed code.</summary>
        public static void Main()
        {
            EthernetBoard board = new EthernetBoard();
            BoardMain.Run(board, Layout.Create(), SpiChip.Open(Bus, ChipSelectPin, ClockHz, board));
        }
    }
}
