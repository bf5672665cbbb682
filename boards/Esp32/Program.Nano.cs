// Entry of the deployed application: pins, flash, network; then it boots, or provisions (docs/boards/README.md).

using nanoFramework.Hardware.Esp32;

namespace NanoBoot.Board
{
    /// <summary>This board.</summary>
    public static class Program
    {
        private const int MosiPin = 23;
        private const int MisoPin = 19;
        private const int ClockPin = 18;
        private const int ChipSelectPin = 5;
        private const int ClockHz = 20000000;

        /// <summary>Where the firmware begins to run managed code.</summary>
        public static void Main()
        {
            // The pins of VSPI. SPI1 has other ones by default.
            Configuration.SetPinFunction(MosiPin, DeviceFunction.SPI1_MOSI);
            Configuration.SetPinFunction(MisoPin, DeviceFunction.SPI1_MISO);
            Configuration.SetPinFunction(ClockPin, DeviceFunction.SPI1_CLOCK);
            WifiBoard board = new WifiBoard();
            BoardMain.Run(board, Layout.Create(), SpiChip.Open(1, ChipSelectPin, ClockHz, board));
        }
    }
}
