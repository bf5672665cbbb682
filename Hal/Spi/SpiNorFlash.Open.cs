// Finding the chip: waking, waiting, identifying, reading its description.

namespace NanoBoot.Hal.Spi
{
    /// <content>Opening.</content>
    public sealed partial class SpiNorFlash
    {
        private const byte ReadDescription = 0x5A;
        private const byte EnableReset = 0x66;
        private const byte ResetChip = 0x99;
        private const byte ReadId = 0x9F;
        private const byte ReleasePowerDown = 0xAB;

        private const int OpenAttemptsMax = 2;
        private const int WakeMs = 1;

        /// <summary>
        /// Wakes the chip, waits for what it was doing, resets it, and learns what it is. Writes nothing.
        /// </summary>
        /// <returns>
        /// Ok; <see cref="ResultCode.FlashNoDevice"/>, <see cref="ResultCode.FlashTimeout"/>,
        /// <see cref="ResultCode.FlashUnknownDevice"/> or <see cref="ResultCode.FlashDescriptionInvalid"/>.
        /// </returns>
        public ResultCode Open()
        {
            _sizeBytes = 0;
            int attempt = 0;
            do
            {
                Identify();
                attempt++;
            }
            while (_fault != ResultCode.Ok && attempt < OpenAttemptsMax);

            _chip = _named;
            if (_fault == ResultCode.Ok && _chip == null)
            {
                Describe();
            }

            if (_fault == ResultCode.Ok && !_chip.IsSizeValid())
            {
                _fault = ResultCode.FlashUnknownDevice;
            }

            if (_fault != ResultCode.Ok)
            {
                return _fault;
            }

            if (_chip.IsFourByte && !_chip.HasFourByteCommands)
            {
                // Some chips want a write enable before it, the others do not mind.
                Send(WriteEnable);
                Send(EnterFourByteMode);
            }

            if (_fault == ResultCode.Ok)
            {
                _sectorBytes = _chip.EraseLimitsMs[SpiNorGeometry.SectorShift] != 0 ? 1 << SpiNorGeometry.SectorShift : 1 << SpiNorGeometry.BlockShift;
                _sizeBytes = _chip.SizeBytes;
            }

            return _fault;
        }

        // Leaves the three bytes of the id in the scratch buffer.
        private void Identify()
        {
            _fault = ResultCode.Ok;
            Send(ReleasePowerDown);
            _port.Wait(WakeMs);
            if (Status() != 0xFF)
            {
                // Not reset while it erases: that would tear what it can complete by itself.
                WaitReady(BusyLimitMs);
            }

            // Ends modes that another program may have left it in, and a write that does not end by itself.
            ResultCode ready = _fault;
            _fault = ready == ResultCode.FlashTimeout ? ResultCode.Ok : ready;
            Send(EnableReset);
            Send(ResetChip);
            _port.Wait(WakeMs);
            _command[0] = ReadId;
            Transfer(1, _scratch, 0, 3, false);
            int any = _scratch[0] | _scratch[1] | _scratch[2];
            int all = _scratch[0] & _scratch[1] & _scratch[2];
            if (_fault == ResultCode.Ok && (any == 0 || all == 0xFF))
            {
                _fault = ready == ResultCode.Ok ? ResultCode.FlashNoDevice : ready;
            }
        }

        private void Describe()
        {
            // By custom the third byte of the id is the size as a power of two; above 32 MiB some makers count on
            // in decimal (0x20 after 0x19).
            int shift = _scratch[2] >= 0x20 ? _scratch[2] - 6 : _scratch[2];
            int sizeById = shift >= 16 && shift <= 28 ? 1 << shift : 0;
            _chip = new SpiNorGeometry(sizeById);
            ReadTable(0, 16);
            if (_fault != ResultCode.Ok || _scratch[0] != 'S' || _scratch[1] != 'F' || _scratch[2] != 'D' || _scratch[3] != 'P')
            {
                return;
            }

            // The first parameter header is that of the basic table; its length is in words of 4 bytes.
            int count = _scratch[11] * 4;
            count = count < SpiNorGeometry.TableBytesMax ? count : SpiNorGeometry.TableBytesMax;
            bool isBasic = _scratch[8] == 0 && count >= SpiNorGeometry.TableBytesMin;
            ReadTable(_scratch[12] | (_scratch[13] << 8) | (_scratch[14] << 16), count);
            if (_fault == ResultCode.Ok
                && (!isBasic || !_chip.Parse(_scratch, count) || (sizeById != 0 && sizeById != _chip.SizeBytes)))
            {
                _fault = ResultCode.FlashDescriptionInvalid;
            }
        }

        private void ReadTable(int address, int count)
        {
            SetAddress(ReadDescription, address, 3);
            Transfer(5, _scratch, 0, count, false);
        }
    }
}
