// The command set.

using System;

namespace NanoBoot.Emulator.Spi
{
    /// <content>Commands. What a chip ignores is counted where a correct driver would not have sent it.</content>
    public sealed partial class SpiNorChip
    {
        private void Execute(ReadOnlySpan<byte> command, ReadOnlySpan<byte> sent, Span<byte> received)
        {
            byte code = command[0];
            bool wasResetEnabled = _isResetEnabled;
            _isResetEnabled = false;
            if (_isAsleep && code != 0xAB)
            {
                // Asleep, the chip hears nothing but the release. A reset is sent by a careful driver all the same.
                ProtocolViolations += code == 0x66 || code == 0x99 || code == 0x05 ? 0 : 1;
                return;
            }

            switch (code)
            {
                case 0x05:
                    received.Fill((byte)(_statusRegister | (IsBusy ? Busy : 0) | (_isWriteEnabled ? WriteEnabled : 0)));
                    return;

                case 0x35:
                case 0x15:
                    received.Clear();
                    return;

                case 0x66:
                    _isResetEnabled = _description.HasReset;
                    return;

                case 0x99:
                    Reset(wasResetEnabled);
                    return;

                case 0xAB:
                    // Ignored while busy; otherwise it also reads the old one-byte id.
                    _isAsleep = false;
                    return;

                case 0x9F:
                    // Ignored while busy: a driver that finds a chip after a restart asks all the same.
                    if (!IsBusy)
                    {
                        ReadId(received);
                    }

                    return;

                default:
                    break;
            }

            if (IsBusy)
            {
                ProtocolViolations++;
                return;
            }

            if (!ExecuteControl(code, command, sent) && !ExecuteArray(code, command, sent, received))
            {
                ProtocolViolations++;
            }
        }

        private bool ExecuteControl(byte code, ReadOnlySpan<byte> command, ReadOnlySpan<byte> sent)
        {
            switch (code)
            {
                case 0x06:
                    _isWriteEnabled = !IsWriteEnableIgnored;
                    return true;

                case 0x04:
                    _isWriteEnabled = false;
                    return true;

                case 0x01:
                    return WriteStatus(command.Length > 1 ? command[1] : sent.Length > 0 ? sent[0] : -1);

                case 0xB9:
                    _isAsleep = true;
                    return true;

                case 0xB7:
                    _isFourByte = !_description.FourByteModeNeedsWriteEnable || _isWriteEnabled;
                    return _isFourByte;

                case 0xE9:
                    _isFourByte = false;
                    return true;

                default:
                    return false;
            }
        }

        private bool ExecuteArray(byte code, ReadOnlySpan<byte> command, ReadOnlySpan<byte> sent, Span<byte> received)
        {
            bool alwaysFour = code == 0x13 || code == 0x12 || code == 0x21 || code == 0xDC;
            if (alwaysFour && !_description.HasFourByteCommands)
            {
                return false;
            }

            int addressBytes = code == 0x5A ? 3 : alwaysFour || _isFourByte ? 4 : 3;
            if (command.Length < 1 + addressBytes)
            {
                return false;
            }

            uint address = 0;
            for (int i = 1; i <= addressBytes; i++)
            {
                address = (address << 8) | command[i];
            }

            // Address lines that the chip does not have are not looked at.
            int at = (int)(address & (uint)(_description.SizeBytes - 1));
            int extra = command.Length - 1 - addressBytes;
            switch (code)
            {
                case 0x5A:
                    ReadSfdp((int)address, received);
                    return command.Length == 5;

                case 0x03:
                case 0x13:
                    // What is clocked after the address comes out of the chip while nobody looks.
                    ReadCells((at + extra) & (_description.SizeBytes - 1), received);
                    return extra == 0;

                case 0x0B:
                    ReadCells((at + extra - 1) & (_description.SizeBytes - 1), received);
                    return extra == 1;

                case 0x02:
                case 0x12:
                    // What is clocked after the address is data, wherever the port had it from.
                    return extra == 0 ? ProgramPage(at, sent) : ProgramPage(at, Joined(command.Slice(1 + addressBytes), sent));

                case 0x20:
                case 0x21:
                    return Erase(at, 4096, _description.Erase4Ns);

                case 0x52:
                    return _description.HasErase32 && Erase(at, 32768, _description.Erase32Ns);

                case 0xD8:
                case 0xDC:
                    return Erase(at, 65536, _description.Erase64Ns);

                default:
                    return false;
            }
        }

        private static byte[] Joined(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        {
            byte[] joined = new byte[first.Length + second.Length];
            first.CopyTo(joined);
            second.CopyTo(joined.AsSpan(first.Length));
            return joined;
        }

        private void ReadId(Span<byte> received)
        {
            for (int i = 0; i < received.Length; i++)
            {
                received[i] = (byte)(_description.JedecId >> (16 - (8 * (i % 3))));
            }
        }

        private void ReadSfdp(int address, Span<byte> received)
        {
            byte[] header = _description.SfdpHeader;
            int tableAt = header.Length < 16 ? int.MaxValue : header[12] | (header[13] << 8) | (header[14] << 16);
            for (int i = 0; i < received.Length; i++)
            {
                int at = address + i;
                received[i] = at < header.Length ? header[at]
                    : at >= tableAt && at - tableAt < _description.SfdpTable.Length ? _description.SfdpTable[at - tableAt]
                    : Floating;
            }
        }

        private void ReadCells(int at, Span<byte> received)
        {
            while (received.Length > 0)
            {
                int here = Math.Min(received.Length, _description.SizeBytes - at);
                _array.Read(at, received.Slice(0, here));
                received = received.Slice(here);
                at = 0;
            }
        }

        private bool ProgramPage(int at, ReadOnlySpan<byte> sent)
        {
            if (!_isWriteEnabled || sent.Length == 0)
            {
                return false;
            }

            if (IsProtected(at, 1))
            {
                return true;
            }

            // Of more than a page only the last bytes stay in the buffer, and what runs over the end of the page goes
            // on at its beginning.
            int inPage = at & (PageBytes - 1);
            bool wraps = inPage + sent.Length > PageBytes;
            _page.AsSpan().Fill(Floating);
            if (!wraps)
            {
                sent.CopyTo(_page.AsSpan(inPage));
            }

            for (int i = Math.Max(0, sent.Length - PageBytes); i < sent.Length && wraps; i++)
            {
                _page[(inPage + i) & (PageBytes - 1)] = sent[i];
            }

            _pendingAddress = wraps ? at - inPage : at;
            _pendingCount = wraps ? PageBytes : sent.Length;
            Begin(Pending.Program, _description.ProgramNs * SlowFactor);
            return true;
        }

        private bool Erase(int at, int count, long durationNs)
        {
            if (!_isWriteEnabled)
            {
                return false;
            }

            at &= -count;
            if (!IsProtected(at, count))
            {
                _pendingAddress = at;
                _pendingCount = count;
                Begin(Pending.Erase, durationNs * SlowFactor);
            }

            return true;
        }

        private bool WriteStatus(int value)
        {
            if (!_isWriteEnabled || value < 0)
            {
                return false;
            }

            bool isLocked = (_statusRegister & StatusProtect) != 0 && !WriteProtectPin;
            if (!isLocked)
            {
                _pendingStatus = (byte)(value & ~(Busy | WriteEnabled));
                Begin(Pending.Status, _description.WriteStatusNs);
            }

            return true;
        }

        // The bits say which part of the chip is protected, in powers of two from the top: all set protects all.
        private bool IsProtected(int at, int count)
        {
            int bits = (1 << _description.ProtectionBitCount) - 1;
            int level = (_statusRegister >> 2) & bits;
            if (level == 0)
            {
                return false;
            }

            int protectedBytes = _description.SizeBytes >> Math.Min(bits - level, 7);
            return at + count > _description.SizeBytes - protectedBytes;
        }

        private void Reset(bool wasEnabled)
        {
            if (!wasEnabled)
            {
                return;
            }

            if (IsBusy)
            {
                ResetsWhileBusy++;
                BreakOff((uint)_clock.NowNs);
            }

            _isWriteEnabled = false;
            _isFourByte = false;
            Begin(Pending.Reset, ResetNs);
        }
    }
}
