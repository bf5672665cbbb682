// The SPI NOR chip of a board: the bus, the chip select pin, the driver.

using System.Device.Gpio;
using System.Device.Spi;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.SpiNor;

namespace NanoBoot.Board
{
    /// <summary>Opens the chip.</summary>
    public static class SpiChip
    {
        /// <summary>Opens a chip that describes itself (SFDP), as all of SpiNorChips do.</summary>
        /// <param name="bus">Number of the SPI bus, from 1.</param>
        /// <param name="chipSelectPin">Number of the chip select pin.</param>
        /// <param name="clockHz">Clock of the bus in hertz.</param>
        /// <param name="log">Told when the chip does not answer.</param>
        /// <returns>The chip; when it did not open every access to it fails, and stage 1 stops and says so.</returns>
        public static IFlash Open(int bus, int chipSelectPin, int clockHz, IBootLog log)
        {
            SpiConnectionSettings settings = new SpiConnectionSettings(bus, -1);
            settings.ClockFrequency = clockHz;
            settings.Mode = SpiMode.Mode0;
            settings.DataBitLength = 8;
            GpioPin chipSelect = new GpioController().OpenPin(chipSelectPin, PinMode.Output);
            SpiNorFlash flash = new SpiNorFlash(new SpiPort(SpiDevice.Create(settings), chipSelect), true);
            ResultCode result = flash.Open();
            if (result != ResultCode.Ok)
            {
                log.Write(BootEvent.Stopped, RegionId.None, result, 0);
            }

            return flash;
        }
    }
}
