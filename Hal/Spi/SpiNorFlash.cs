// Driver for SPI NOR flash: every chip that speaks the common command set (03/02/20/D8, 05/06/9F), found by its own
// description (SFDP) or described by the board.
// Invariants: nothing is sent before the range is checked; no program or erase without a write enable that was seen
// to take (A57); no loop without a bound; a chip that never becomes ready ends in FlashTimeout.
// Fault model: transfers may be lost or garbled (found by the latch, by the status, by reading back where the board
// wants that), reads may be noisy (A74: read again, a named number of times), the chip may be busy with an erase of
// before a restart, asleep, or protected. What no driver can see: a garbled read of data that nobody verifies.

using NanoBoot.Hal.Flash;

namespace NanoBoot.Hal.Spi
{
    /// <summary>A SPI NOR chip as a flash device. Call <see cref="Open"/> first.</summary>
    /// <remarks>
    /// Not thread safe. The program unit is one byte: these chips clear bits, and bytes of a page may be programmed
    /// one after the other. Operations are durable when they return; <see cref="Sync"/> waits only where one of them
    /// timed out.
    /// </remarks>
    public sealed partial class SpiNorFlash : IFlash
    {
        /// <summary>How often a place is read before it counts as wrong (A74).</summary>
        public const int ReadAttemptsMax = 3;

        private readonly ISpiPort _port;
        private readonly bool _isReadBack;
        private readonly bool _isNamed;
        private readonly byte[] _command = new byte[5];
        private readonly byte[] _scratch = new byte[ScratchBytes];
        private readonly byte[] _status = new byte[1];
        private SpiNorGeometry _chip;
        private int _sizeBytes;
        private int _sectorBytes;
        private int _eraseLimitMs;
        private bool _mayBeBusy;

        /// <summary>Makes a driver; the chip is not touched yet.</summary>
        /// <param name="port">The bus.</param>
        /// <param name="geometry">What the chip is, or null to ask the chip.</param>
        /// <param name="isReadBack">Whether all that was programmed and erased is read back and compared.</param>
        public SpiNorFlash(ISpiPort port, SpiNorGeometry geometry, bool isReadBack)
        {
            _port = port;
            _chip = geometry;
            _isNamed = geometry != null;
            _isReadBack = isReadBack;
        }

        /// <inheritdoc/>
        public int SizeBytes
        {
            get { return _sizeBytes; }
        }

        /// <inheritdoc/>
        public int ProgramUnitBytes
        {
            get { return 1; }
        }

        /// <inheritdoc/>
        public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
        {
            sectorStartBytes = addressBytes & -_sectorBytes;
            sectorSizeBytes = _sectorBytes;
            return addressBytes >= 0 && addressBytes < _sizeBytes ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        /// <inheritdoc/>
        public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
        {
            ResultCode result = CheckRange(addressBytes, buffer, offset, count);
            if (result == ResultCode.Ok)
            {
                // A chip that is still busy would answer with garbage.
                result = Sync();
            }

            while (result == ResultCode.Ok && count > 0)
            {
                int here = count < _port.DataBytesMax ? count : _port.DataBytesMax;
                result = TransferAt(_chip.HasFourByteCommands ? ReadFourByte : ReadData, addressBytes, buffer, offset, here, false);
                addressBytes += here;
                offset += here;
                count -= here;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
        {
            ResultCode result = CheckRange(addressBytes, buffer, offset, count);
            while (result == ResultCode.Ok && count > 0)
            {
                // A program that runs over the end of a page goes on at the page's beginning.
                int here = _chip.PageBytes - (addressBytes & (_chip.PageBytes - 1));
                here = here < count ? here : count;
                here = here < _port.DataBytesMax ? here : _port.DataBytesMax;
                result = EnableWrite();
                if (result == ResultCode.Ok)
                {
                    _mayBeBusy = true;
                    result = TransferAt(_chip.HasFourByteCommands ? ProgramFourByte : PageProgram, addressBytes, buffer, offset, here, true);
                }

                if (result == ResultCode.Ok)
                {
                    result = Complete(_chip.ProgramLimitMs, ResultCode.FlashProgramFailed);
                }

                if (result == ResultCode.Ok && _isReadBack)
                {
                    result = Compare(addressBytes, buffer, offset, here, ResultCode.FlashProgramFailed);
                }

                addressBytes += here;
                offset += here;
                count -= here;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode Erase(int addressBytes, int count)
        {
            if (!Contains(addressBytes, count))
            {
                return ResultCode.FlashOutOfRange;
            }

            ResultCode result = ((addressBytes | count) & (_sectorBytes - 1)) == 0 ? ResultCode.Ok : ResultCode.FlashUnaligned;
            while (result == ResultCode.Ok && count > 0)
            {
                // The largest type that fits; the smallest always does.
                int type = SpiNorGeometry.EraseTypes - 1;
                while (_chip.EraseLimitMs[type] == 0
                    || ((addressBytes & ((1 << _chip.EraseShift(type)) - 1)) | (count >> _chip.EraseShift(type) == 0 ? 1 : 0)) != 0)
                {
                    type--;
                }

                int here = 1 << _chip.EraseShift(type);
                result = EraseBlock(type, addressBytes, here);
                addressBytes += here;
                count -= here;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode Sync()
        {
            return _mayBeBusy ? WaitReady(_eraseLimitMs, out _) : ResultCode.Ok;
        }

        /// <summary>Puts the chip to sleep; <see cref="Open"/> wakes it, and nothing else works until then.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode PowerDown()
        {
            ResultCode result = Sync();
            _sizeBytes = 0;
            return result == ResultCode.Ok ? Send(EnterPowerDown) : result;
        }

        private ResultCode EraseBlock(int type, int addressBytes, int count)
        {
            ResultCode result = EnableWrite();
            if (result != ResultCode.Ok)
            {
                return result;
            }

            byte command = type == 1 ? Erase32 : type == 0
                ? (_chip.HasFourByteCommands ? EraseSectorFourByte : EraseSector)
                : (_chip.HasFourByteCommands ? EraseLargeFourByte : EraseLarge);
            _mayBeBusy = true;
            result = TransferAt(command, addressBytes, null, 0, 0, true);
            if (result == ResultCode.Ok)
            {
                result = Complete(_chip.EraseLimitMs[type], ResultCode.FlashEraseFailed);
            }

            for (int done = 0; _isReadBack && done < count && result == ResultCode.Ok; done += ScratchBytes)
            {
                result = Compare(addressBytes + done, null, 0, ScratchBytes, ResultCode.FlashEraseFailed);
            }

            return result;
        }

        private ResultCode CheckRange(int addressBytes, byte[] buffer, int offset, int count)
        {
            if (buffer == null || offset < 0 || count < 0 || offset > buffer.Length || count > buffer.Length - offset)
            {
                return ResultCode.InvalidArgument;
            }

            return Contains(addressBytes, count) ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        private bool Contains(int addressBytes, int count)
        {
            return addressBytes >= 0 && count >= 0 && addressBytes <= _sizeBytes && count <= _sizeBytes - addressBytes;
        }
    }
}
