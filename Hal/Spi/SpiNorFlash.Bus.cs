// The conversation with the chip: waking, identifying, enabling writes, waiting, reading back.

namespace NanoBoot.Hal.Spi
{
    /// <content>Bus operations. The command values are those of JESD216 and of every data sheet in SpiNorChips.</content>
    public sealed partial class SpiNorFlash
    {
        private const byte WriteStatus = 0x01;
        private const byte PageProgram = 0x02;
        private const byte ReadData = 0x03;
        private const byte ReadStatusRegister = 0x05;
        private const byte WriteEnable = 0x06;
        private const byte ProgramFourByte = 0x12;
        private const byte ReadFourByte = 0x13;
        private const byte EraseSector = 0x20;
        private const byte EraseSectorFourByte = 0x21;
        private const byte Erase32 = 0x52;
        private const byte ReadDescription = 0x5A;
        private const byte EnableReset = 0x66;
        private const byte ResetChip = 0x99;
        private const byte ReadId = 0x9F;
        private const byte ReleasePowerDown = 0xAB;
        private const byte EnterFourByteMode = 0xB7;
        private const byte EnterPowerDown = 0xB9;
        private const byte EraseLarge = 0xD8;
        private const byte EraseLargeFourByte = 0xDC;

        private const int Busy = 0x01;
        private const int WriteEnabled = 0x02;

        // BP0 to BP2 everywhere; the fourth is BP3 (Macronix, ISSI) or TB, which says at which end they count.
        // Bits above are left as they are: quad enable of some, status protection of others.
        private const int ProtectionBits = 0x3C;

        private const int ScratchBytes = 64;
        private const int OpenAttemptsMax = 2;
        private const int EnableAttemptsMax = 5;
        private const int PollsBeforeWait = 64;
        private const int WriteStatusLimitMs = 200;

        // An erase that was under way when the processor restarted; no description has been read yet.
        private const int RestartLimitMs = 6000;

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
            _eraseLimitMs = RestartLimitMs;
            ResultCode result = Identify();
            if (result == ResultCode.Ok && !_isNamed)
            {
                result = Describe(_scratch[2]);
            }

            if (result == ResultCode.Ok && !SpiNorGeometry.IsSizeValid(_chip.SizeBytes))
            {
                result = ResultCode.FlashUnknownDevice;
            }

            if (result == ResultCode.Ok && _chip.EntersFourByteMode)
            {
                // Some chips want a write enable before it, the others do not mind.
                result = Send(WriteEnable);
                result = result == ResultCode.Ok ? Send(EnterFourByteMode) : result;
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            for (int type = SpiNorGeometry.EraseTypes - 1; type >= 0; type--)
            {
                int limitMs = _chip.EraseLimitMs[type];
                if (limitMs != 0)
                {
                    _sectorBytes = 1 << _chip.EraseShift(type);
                    _eraseLimitMs = limitMs > _eraseLimitMs ? limitMs : _eraseLimitMs;
                }
            }

            _sizeBytes = _chip.SizeBytes;
            return ResultCode.Ok;
        }

        // Leaves the three bytes of the id in the scratch buffer.
        private ResultCode Identify()
        {
            ResultCode result = ResultCode.FlashNoDevice;
            for (int attempt = 0; attempt < OpenAttemptsMax; attempt++)
            {
                result = Send(ReleasePowerDown);
                _port.Wait(WakeMs);
                ResultCode ready = ReadStatus(out int status);
                if (ready == ResultCode.Ok && status != 0xFF)
                {
                    // Not reset while it erases: that would tear what it can complete by itself.
                    ready = WaitReady(RestartLimitMs, out _);
                }

                // Ends modes that another program may have left it in, and a write that does not end by itself.
                result = Send(EnableReset);
                result = result == ResultCode.Ok ? Send(ResetChip) : result;
                _port.Wait(WakeMs);
                _command[0] = ReadId;
                result = result == ResultCode.Ok ? _port.Transfer(_command, 1, _scratch, 0, 3, false) : result;
                if (result == ResultCode.Ok && (_scratch[0] | _scratch[1] | _scratch[2]) != 0
                    && (_scratch[0] & _scratch[1] & _scratch[2]) != 0xFF)
                {
                    return ResultCode.Ok;
                }

                result = ready == ResultCode.FlashTimeout ? ready : ResultCode.FlashNoDevice;
            }

            return result;
        }

        private ResultCode Describe(int capacity)
        {
            // By custom the third byte of the id is the size as a power of two; above 32 MiB some makers count on
            // in decimal (0x20 after 0x19).
            int shift = capacity >= 0x20 ? capacity - 6 : capacity;
            int sizeById = shift >= 16 && shift <= 28 ? 1 << shift : 0;
            ResultCode result = ReadTable(0, 16);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            _chip = new SpiNorGeometry(sizeById);
            if (_scratch[0] != 'S' || _scratch[1] != 'F' || _scratch[2] != 'D' || _scratch[3] != 'P')
            {
                return ResultCode.Ok;
            }

            // The first parameter header is that of the basic table; its length is in words of 4 bytes.
            int count = _scratch[11] * 4;
            int address = _scratch[12] | (_scratch[13] << 8) | (_scratch[14] << 16);
            count = count < SpiNorGeometry.TableBytesMax ? count : SpiNorGeometry.TableBytesMax;
            if (_scratch[8] != 0 || count < SpiNorGeometry.TableBytesMin)
            {
                return ResultCode.FlashDescriptionInvalid;
            }

            result = ReadTable(address, count);
            if (result == ResultCode.Ok
                && (!_chip.Parse(_scratch, count) || (sizeById != 0 && sizeById != _chip.SizeBytes)))
            {
                result = ResultCode.FlashDescriptionInvalid;
            }

            return result;
        }

        private ResultCode ReadTable(int address, int count)
        {
            _command[0] = ReadDescription;
            _command[1] = (byte)(address >> 16);
            _command[2] = (byte)(address >> 8);
            _command[3] = (byte)address;
            return _port.Transfer(_command, 5, _scratch, 0, count, false);
        }

        // Ready, write enabled, not protected: seen in one reading of the status.
        private ResultCode EnableWrite()
        {
            ResultCode failure = ResultCode.FlashWriteEnableFailed;
            for (int attempt = 0; attempt < EnableAttemptsMax; attempt++)
            {
                ResultCode result = Sync();
                result = result == ResultCode.Ok ? Send(WriteEnable) : result;
                int status = 0;
                result = result == ResultCode.Ok ? ReadStatus(out status) : result;
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if ((status & (Busy | WriteEnabled)) != WriteEnabled)
                {
                    _mayBeBusy = true;
                    continue;
                }

                if ((status & ProtectionBits) == 0)
                {
                    return ResultCode.Ok;
                }

                // Seen twice before it is believed: a status that was read wrongly must not be written.
                if (failure == ResultCode.FlashWriteProtected)
                {
                    _command[0] = WriteStatus;
                    _command[1] = (byte)(status & ~(ProtectionBits | Busy | WriteEnabled));
                    _mayBeBusy = true;
                    result = _port.Transfer(_command, 2, null, 0, 0, true);
                    result = result == ResultCode.Ok ? WaitReady(WriteStatusLimitMs, out _) : result;
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }
                }

                failure = ResultCode.FlashWriteProtected;
            }

            return failure;
        }

        // After a program or an erase: the latch falls when the chip took the command and is done with it.
        private ResultCode Complete(int limitMs, ResultCode failure)
        {
            ResultCode result = WaitReady(limitMs, out int status);
            return result == ResultCode.Ok && (status & WriteEnabled) != 0 ? failure : result;
        }

        private ResultCode WaitReady(int limitMs, out int status)
        {
            status = 0;
            for (int poll = 0; poll <= PollsBeforeWait + limitMs; poll++)
            {
                ResultCode result = ReadStatus(out status);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if ((status & Busy) == 0)
                {
                    _mayBeBusy = false;
                    return ResultCode.Ok;
                }

                if (poll >= PollsBeforeWait)
                {
                    _port.Wait(1);
                }
            }

            return ResultCode.FlashTimeout;
        }

        // Compares with what was programmed, or with erased bytes where expected is null.
        private ResultCode Compare(int addressBytes, byte[] expected, int offset, int count, ResultCode failure)
        {
            while (count > 0)
            {
                int here = count < ScratchBytes ? count : ScratchBytes;
                bool isSame = false;
                for (int attempt = 0; attempt < ReadAttemptsMax && !isSame; attempt++)
                {
                    ResultCode result = Read(addressBytes, _scratch, 0, here);
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }

                    int difference = 0;
                    for (int i = 0; i < here; i++)
                    {
                        difference |= _scratch[i] ^ (expected == null ? 0xFF : expected[offset + i]);
                    }

                    isSame = difference == 0;
                }

                if (!isSame)
                {
                    return failure;
                }

                addressBytes += here;
                offset += here;
                count -= here;
            }

            return ResultCode.Ok;
        }

        private ResultCode TransferAt(byte command, int addressBytes, byte[] data, int offset, int count, bool isWrite)
        {
            int at = 0;
            _command[at++] = command;
            for (int shift = 8 * (_chip.AddressBytes - 1); shift >= 0; shift -= 8)
            {
                _command[at++] = (byte)(addressBytes >> shift);
            }

            return _port.Transfer(_command, at, data, offset, count, isWrite);
        }

        private ResultCode ReadStatus(out int status)
        {
            _command[0] = ReadStatusRegister;
            ResultCode result = _port.Transfer(_command, 1, _status, 0, 1, false);
            status = _status[0];
            return result;
        }

        private ResultCode Send(byte command)
        {
            _command[0] = command;
            return _port.Transfer(_command, 1, null, 0, 0, true);
        }
    }
}
