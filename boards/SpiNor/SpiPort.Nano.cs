// The port on nanoFramework's System.Device.Spi. Chip select is driven here and not by SpiDevice, because SpiDevice
// frames each call by itself: command and data in one frame would otherwise need a copy of both in one buffer, and
// a second buffer of that length to receive.
// Limits met: lengths are 16 bit signed in SpiDevice, and 16,384 bytes a transfer on ESP32, which besides takes a
// buffer of that length from the RAM that WiFi needs too.

using System;
using System.Device.Gpio;
using System.Device.Spi;
using System.Threading;
using NanoBoot.Hal;

namespace NanoBoot.SpiNor
{
    /// <summary>A port over a SpiDevice made with chip select line -1, and a pin.</summary>
    public sealed class SpiPort : ISpiPort
    {
        private const int DataBytesOfOneTransfer = 4096;

        private readonly SpiDevice _device;
        private readonly GpioPin _chipSelect;

        /// <summary>Makes the port, and deselects the chip.</summary>
        /// <param name="device">The bus: mode 0, chip select line -1.</param>
        /// <param name="chipSelect">The pin, open as an output.</param>
        public SpiPort(SpiDevice device, GpioPin chipSelect)
        {
            _device = device;
            _chipSelect = chipSelect;
            _chipSelect.Write(PinValue.High);
        }

        /// <inheritdoc/>
        public int DataBytesMax
        {
            get { return DataBytesOfOneTransfer; }
        }

        /// <inheritdoc/>
        public ResultCode Transfer(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            ResultCode result = ResultCode.Ok;
            _chipSelect.Write(PinValue.Low);
            try
            {
                _device.Write(new SpanByte(command, 0, commandCount));
                if (count > 0)
                {
                    SpanByte span = new SpanByte(data, offset, count);
                    if (isWrite)
                    {
                        _device.Write(span);
                    }
                    else
                    {
                        _device.Read(span);
                    }
                }
            }
            catch (Exception)
            {
                result = ResultCode.FlashNoDevice;
            }

            _chipSelect.Write(PinValue.High);
            return result;
        }

        /// <inheritdoc/>
        public void Wait(int durationMs)
        {
            Thread.Sleep(durationMs);
        }
    }
}
