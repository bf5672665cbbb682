// A device whose flash operations the simulator sees before they happen.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Emulator.Spi;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.SpiNor;

namespace NanoBoot.PowerFail
{
    /// <summary>Is told of each flash operation before it happens.</summary>
    public interface IOperationObserver
    {
        /// <summary>A program or the erase of one sector is about to happen.</summary>
        /// <param name="operation">The operation; may be tried, and cut, any number of times before it happens.</param>
        void BeforeOperation(in FlashOperation operation);
    }

    /// <summary>One flash operation.</summary>
    /// <param name="Chip">The chip.</param>
    /// <param name="AddressBytes">Where.</param>
    /// <param name="Buffer">What is programmed, or null for an erase.</param>
    /// <param name="Offset">First byte in the buffer.</param>
    /// <param name="Count">How many bytes.</param>
    public readonly record struct FlashOperation(EmulatedFlash Chip, int AddressBytes, byte[]? Buffer, int Offset, int Count)
    {
        /// <summary>Lets it happen.</summary>
        /// <returns>Its result.</returns>
        public ResultCode Do()
        {
            return Buffer == null ? Chip.Erase(AddressBytes, Count) : Chip.Program(AddressBytes, Buffer, Offset, Count);
        }
    }

    /// <summary>A device for the simulator.</summary>
    public sealed class SimulatedDevice : EmulatedDevice
    {
        private readonly SpiNorChip? _chip;
        private bool _isTold;

        /// <summary>Makes a device.</summary>
        /// <param name="memory">Its chips.</param>
        /// <param name="policy">The policy of its board.</param>
        /// <param name="chip">The model of the SPI chip over the external flash, where the device talks to it over a bus; else null.</param>
        public SimulatedDevice(EmulatedMemory memory, BootPolicy policy, SpiNorChip? chip = null)
            : base(memory, policy)
        {
            _chip = chip;
            if (chip != null)
            {
                chip.Array.BeforeOperation = BeforeChipOperation;
            }
        }

        /// <summary>Who is told of operations, or null.</summary>
        public IOperationObserver? Observer { get; set; }

        /// <inheritdoc/>
        protected override IFlash Wrap(EmulatedFlash chip, EmulatedBoard board)
        {
            if (_chip == null || chip != Memory.External)
            {
                return new ObservedFlash(chip, board, this);
            }

            // As the boards do it: the driver asks the chip what it is, and reads back what it wrote.
            SpiNorFlash driver = new SpiNorFlash(_chip, true);
            ResultCode result = driver.Open();
            return result == ResultCode.Ok
                ? new BoardFlash(driver, board)
                : throw new InvalidOperationException("The driver got " + result + " from the chip.");
        }

        // What the observer does to the chip, it is not told of.
        private void BeforeChipOperation(int addressBytes, ReadOnlySpan<byte> source, int count)
        {
            if (_isTold)
            {
                return;
            }

            _isTold = true;
            try
            {
                Observer?.BeforeOperation(new FlashOperation(Memory.External, addressBytes, source.IsEmpty ? null : source.ToArray(), 0, count));
            }
            finally
            {
                _isTold = false;
            }
        }

        private sealed class ObservedFlash : BoardFlash
        {
            private readonly EmulatedFlash _chip;
            private readonly SimulatedDevice _device;

            internal ObservedFlash(EmulatedFlash chip, EmulatedBoard board, SimulatedDevice device)
                : base(chip, board)
            {
                _chip = chip;
                _device = device;
            }

            public override ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
            {
                if (IsRefused())
                {
                    return ResultCode.FlashTimeout;
                }

                if (_device.Observer != null && count > 0 && _chip.Power.IsOn)
                {
                    _device.Observer.BeforeOperation(new FlashOperation(_chip, addressBytes, buffer, offset, count));
                }

                return _chip.Program(addressBytes, buffer, offset, count);
            }

            public override ResultCode Erase(int addressBytes, int count)
            {
                // Sector by sector, so that a failure can come between two.
                if (IsRefused())
                {
                    return ResultCode.FlashTimeout;
                }

                int end = addressBytes + count;
                while (addressBytes < end)
                {
                    ResultCode result = _chip.GetSector(addressBytes, out _, out int size);
                    if (result != ResultCode.Ok || size > end - addressBytes)
                    {
                        return _chip.Erase(addressBytes, end - addressBytes);
                    }

                    if (_chip.Power.IsOn)
                    {
                        _device.Observer?.BeforeOperation(new FlashOperation(_chip, addressBytes, null, 0, size));
                    }

                    result = _chip.Erase(addressBytes, size);
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }

                    addressBytes += size;
                }

                return ResultCode.Ok;
            }
        }
    }
}
