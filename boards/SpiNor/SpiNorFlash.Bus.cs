// The conversation with the chip: enabling writes, waiting, reading back.

using System;
using NanoBoot.Hal;

namespace NanoBoot.SpiNor
{
    /// <content>Bus operations. The command values are those of JESD216 and of every data sheet in SpiNorChips.</content>
    public sealed partial class SpiNorFlash
    {
        private const byte WriteStatus = 0x01;
        private const byte PageProgram = 0x02;
        private const byte ReadData = 0x03;
        private const byte ReadStatus = 0x05;
        private const byte WriteEnable = 0x06;
        private const byte EnterFourByteMode = 0xB7;
        private const byte EnterPowerDown = 0xB9;

        private const int Busy = 0x01;
        private const int WriteEnabled = 0x02;

        // BP0 to BP2 everywhere; the fourth is BP3 (Macronix, ISSI) or TB, which says at which end they count.
        // Bits above are left as they are: quad enable of some, status protection of others.
        private const int ProtectionBits = 0x3C;

        private const int ScratchBytes = 256;
        private const int EnableAttemptsMax = 5;
        private const int PollsBeforeWait = 64;
        private const int WriteStatusLimitMs = 200;

        // The longest that a chip is waited for of which nothing is known: it restarted with the processor, or an
        // operation timed out before.
        private const int BusyLimitMs = 6000;

        // One page program or one erase (data is null then), from the write enable to reading back.
        private void Write(byte command, int addressBytes, byte[] data, int offset, int count, int limitMs, ResultCode failure)
        {
            EnableWrite();
            _mayBeBusy = true;
            TransferAt(command, addressBytes, data, offset, data == null ? 0 : count, true);

            // The latch falls when the chip took the command and is done with it.
            if ((WaitReady(limitMs) & WriteEnabled) != 0 && _fault == ResultCode.Ok)
            {
                _fault = failure;
            }

            while (_isReadBack && _fault == ResultCode.Ok && count > 0)
            {
                int here = count < ScratchBytes ? count : ScratchBytes;
                int attempt = 0;
                while (Differs(addressBytes, data, offset, here) && _fault == ResultCode.Ok)
                {
                    attempt++;
                    if (attempt == ReadAttemptsMax)
                    {
                        _fault = failure;
                    }
                }

                addressBytes += here;
                offset += here;
                count -= here;
            }
        }

        // Whether the chip reads other than what was programmed, or, without data, other than erased.
        private bool Differs(int addressBytes, byte[] data, int offset, int count)
        {
            TransferAt(ReadData, addressBytes, _scratch, 0, count, false);

            // Eight bytes at a time: on an interpreter byte by byte takes longer than the chip's own program.
            long difference = 0;
            int i = 0;
            for (; i + 8 <= count; i += 8)
            {
                difference |= BitConverter.ToInt64(_scratch, i) ^ (data == null ? -1 : BitConverter.ToInt64(data, offset + i));
            }

            // What is left of a program; an erase leaves nothing.
            for (; i < count; i++)
            {
                difference |= (byte)(_scratch[i] ^ data[offset + i]);
            }

            return difference != 0;
        }

        // Ready, write enabled, not protected: seen in one reading of the status.
        private void EnableWrite()
        {
            ResultCode failure = ResultCode.FlashWriteEnableFailed;
            for (int attempt = 0; attempt < EnableAttemptsMax && _fault == ResultCode.Ok; attempt++)
            {
                Prepare();
                Send(WriteEnable);
                int status = Status();
                if ((status & (Busy | WriteEnabled)) != WriteEnabled)
                {
                    _mayBeBusy = true;
                    continue;
                }

                if ((status & ProtectionBits) == 0)
                {
                    return;
                }

                // Seen twice before it is believed: a status that was read wrongly must not be written.
                if (failure == ResultCode.FlashWriteProtected)
                {
                    _command[0] = WriteStatus;
                    _command[1] = (byte)(status & ~(ProtectionBits | Busy | WriteEnabled));
                    _mayBeBusy = true;
                    Transfer(2, null, 0, 0, true);
                    WaitReady(WriteStatusLimitMs);
                }

                failure = ResultCode.FlashWriteProtected;
            }

            _fault = _fault == ResultCode.Ok ? failure : _fault;
        }

        // A chip with a mode for four address bytes is told each time: if one command was lost, or the chip alone had a
        // power failure, it would take three, and write where nobody asked (A75).
        private void Prepare()
        {
            WaitIfBusy();
            if (_sizeBytes != 0 && _chip.IsFourByte && !_chip.HasFourByteCommands)
            {
                Send(EnterFourByteMode);
            }
        }

        // A chip that is still busy answers with garbage, and hears no command.
        private void WaitIfBusy()
        {
            if (_mayBeBusy)
            {
                WaitReady(BusyLimitMs);
            }
        }

        private int WaitReady(int limitMs)
        {
            int status = 0;
            for (int poll = 0; poll <= PollsBeforeWait + limitMs && _fault == ResultCode.Ok; poll++)
            {
                status = Status();
                if ((status & Busy) == 0)
                {
                    _mayBeBusy = false;
                    return status;
                }

                if (poll >= PollsBeforeWait)
                {
                    _port.Wait(1);
                }
            }

            _fault = _fault == ResultCode.Ok ? ResultCode.FlashTimeout : _fault;
            return status;
        }

        private int Status()
        {
            _command[0] = ReadStatus;
            Transfer(1, _status, 0, 1, false);
            return _status[0];
        }

        private void Send(byte command)
        {
            _command[0] = command;
            Transfer(1, null, 0, 0, true);
        }

        private void TransferAt(byte command, int addressBytes, byte[] data, int offset, int count, bool isWrite)
        {
            if (_chip.HasFourByteCommands)
            {
                // 0x20 to 0x21, 0xD8 to 0xDC, 0x02 to 0x12, 0x03 to 0x13.
                command += (byte)(command == 0x20 ? 1 : command == 0xD8 ? 4 : 0x10);
            }

            int width = _chip.IsFourByte ? 4 : 3;
            SetAddress(command, addressBytes, width);
            Transfer(width + 1, data, offset, count, isWrite);
        }

        private void SetAddress(byte command, int address, int width)
        {
            _command[0] = command;
            for (int i = width; i > 0; i--)
            {
                _command[i] = (byte)address;
                address >>= 8;
            }
        }

        private void Transfer(int commandCount, byte[] data, int offset, int count, bool isWrite)
        {
            if (_fault == ResultCode.Ok)
            {
                _fault = _port.Transfer(_command, commandCount, data, offset, count, isWrite);
            }
        }
    }
}
