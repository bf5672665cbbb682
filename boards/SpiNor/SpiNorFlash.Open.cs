// Finding the chip: waking, waiting, identifying, reading its description.

using System;
using NanoBoot.Hal;

namespace NanoBoot.SpiNor
{
    /// <content>Opening.</content>
    public sealed partial class SpiNorFlash
    {
        private const byte ReadDescription = 0x5A;
        private const byte EnableReset = 0x66;
        private const byte ResetChip = 0x99;
        private const byte ReadId = 0x9F;
        private const byte ReleasePowerDown = 0xAB;

        // "SFDP"; addresses and ids have three bytes.
        private const int TableSignature = 0x50444653;
        private const int ThreeBytes = 0xFFFFFF;

        private const int OpenAttemptsMax = 2;
        private const int WakeMs = 1;

        /// <summary>
        /// Wakes the chip, waits for what it was doing, resets it, and has it say what it is (SFDP). Writes nothing.
        /// </summary>
        /// <returns>
        /// Ok; <see cref="ResultCode.FlashNoDevice"/>, <see cref="ResultCode.FlashTimeout"/>,
        /// <see cref="ResultCode.FlashUnknownDevice"/> or <see cref="ResultCode.FlashDescriptionInvalid"/>.
        /// </returns>
        public ResultCode Open()
        {
            Find();
            if (_fault == ResultCode.Ok)
            {
                Describe();
            }

            return Begin();
        }

        /// <summary>
        /// Wakes the chip, waits for what it was doing, resets it, and takes it for what the board says. Writes nothing. A board
        /// that calls this alone need not carry the reader of descriptions.
        /// </summary>
        /// <param name="geometry">What the chip is.</param>
        /// <param name="id">What it must answer to 0x9F: maker, type and capacity, as data sheets have it (0xEF4018 for a W25Q128JV); 0 for any.</param>
        /// <returns>
        /// Ok; <see cref="ResultCode.FlashNoDevice"/>, <see cref="ResultCode.FlashTimeout"/>, or
        /// <see cref="ResultCode.FlashUnknownDevice"/>: another chip, or a size that no chip has.
        /// </returns>
        public ResultCode Open(SpiNorGeometry geometry, int id)
        {
            int found = Find();
            _chip = geometry;
            if (_fault == ResultCode.Ok && id != 0 && id != found)
            {
                _fault = ResultCode.FlashUnknownDevice;
            }

            return Begin();
        }

        private ResultCode Begin()
        {
            SpiNorGeometry chip = _chip;
            if (_fault == ResultCode.Ok && !chip.IsSizeValid())
            {
                _fault = ResultCode.FlashUnknownDevice;
            }

            if (_fault != ResultCode.Ok)
            {
                return _fault;
            }

            if (chip.IsFourByte && !chip.HasFourByteCommands)
            {
                // Some chips want a write enable before it, the others do not mind.
                Send(WriteEnable);
                Send(EnterFourByteMode);
            }

            if (_fault == ResultCode.Ok)
            {
                _sectorBytes = chip.EraseLimitsMs[SpiNorGeometry.SectorShift] != 0 ? 1 << SpiNorGeometry.SectorShift : 1 << SpiNorGeometry.BlockShift;
                _sizeBytes = chip.SizeBytes;
            }

            return _fault;
        }

        // Gives the three bytes of the id, and leaves them in the scratch buffer.
        private int Find()
        {
            _sizeBytes = 0;
            int id = 0;
            int attempt = 0;
            do
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
                id = (_scratch[0] << 16) | (_scratch[1] << 8) | _scratch[2];
                if (_fault == ResultCode.Ok && (id == 0 || id == ThreeBytes))
                {
                    _fault = ready == ResultCode.Ok ? ResultCode.FlashNoDevice : ready;
                }

                attempt++;
            }
            while (_fault != ResultCode.Ok && attempt < OpenAttemptsMax);

            return id;
        }

        private void Describe()
        {
            // By custom the third byte of the id is the size as a power of two; above 32 MiB some makers count on
            // in decimal (0x20 after 0x19).
            byte[] scratch = _scratch;
            int shift = scratch[2];
            shift = shift >= 0x20 ? shift - 6 : shift;
            int sizeById = shift >= 16 && shift <= 28 ? 1 << shift : 0;
            SpiNorGeometry chip = new SpiNorGeometry(sizeById);
            _chip = chip;
            SetAddress(ReadDescription, 0, 3);
            Transfer(5, scratch, 0, 16, false);
            if (_fault != ResultCode.Ok || BitConverter.ToInt32(scratch, 0) != TableSignature)
            {
                return;
            }

            // The first parameter header is that of the basic table; its length is in words of 4 bytes.
            int count = scratch[11] * 4;
            count = count < SpiNorGeometry.TableBytesMax ? count : SpiNorGeometry.TableBytesMax;
            bool isBasic = scratch[8] == 0 && count >= SpiNorGeometry.TableBytesMin;
            SetAddress(ReadDescription, BitConverter.ToInt32(scratch, 12) & ThreeBytes, 3);
            Transfer(5, scratch, 0, count, false);
            if (_fault == ResultCode.Ok
                && (!isBasic || !chip.Parse(scratch, count) || (sizeById != 0 && sizeById != chip.SizeBytes)))
            {
                _fault = ResultCode.FlashDescriptionInvalid;
            }
        }
    }
}
