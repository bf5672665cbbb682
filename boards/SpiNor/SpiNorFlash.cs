// Driver for SPI NOR flash: every chip that speaks the common command set (03/02/20/D8, 05/06/9F), found by its own
// description (SFDP) or described by the board.
// Invariants: nothing is sent before the range is checked; no program or erase without a write enable that was seen
// to take (A57); no loop without a bound; a chip that never becomes ready ends in FlashTimeout.
// Fault model: transfers may be lost or garbled (found by the latch, by the status, by reading back where the board
// wants that), reads may be noisy (A74: read again, a named number of times), the chip may be busy with an erase of
// before a restart, asleep, or protected. What no driver can see: a garbled read of data that nobody verifies.
// The first fault of an operation stays in a field, and with it no further transfer is made: so each step need not ask.

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.SpiNor
{
    /// <summary>A SPI NOR chip as a flash device. Open it first.</summary>
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
        private readonly byte[] _command = new byte[5];
        private readonly byte[] _status = new byte[1];
        private readonly byte[] _scratch = new byte[ScratchBytes];
        private SpiNorGeometry _chip;
        private int _sizeBytes;
        private int _sectorBytes;
        private bool _mayBeBusy;
        private ResultCode _fault;

        /// <summary>Makes a driver; the chip is not touched yet.</summary>
        /// <param name="port">The bus.</param>
        /// <param name="isReadBack">Whether all that was programmed and erased is read back and compared.</param>
        public SpiNorFlash(ISpiPort port, bool isReadBack)
        {
            _port = port;
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
            return Contains(addressBytes, 1) ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        /// <inheritdoc/>
        public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
        {
            CheckRange(addressBytes, buffer, offset, count);
            Prepare();
            while (_fault == ResultCode.Ok && count > 0)
            {
                int here = count < _port.DataBytesMax ? count : _port.DataBytesMax;
                TransferAt(ReadData, addressBytes, buffer, offset, here, false);
                addressBytes += here;
                offset += here;
                count -= here;
            }

            return _fault;
        }

        /// <inheritdoc/>
        public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
        {
            CheckRange(addressBytes, buffer, offset, count);
            while (_fault == ResultCode.Ok && count > 0)
            {
                // A program that runs over the end of a page goes on at the page's beginning.
                SpiNorGeometry chip = _chip;
                int here = chip.PageBytes - (addressBytes & (chip.PageBytes - 1));
                here = here < count ? here : count;
                here = here < _port.DataBytesMax ? here : _port.DataBytesMax;
                Write(PageProgram, addressBytes, buffer, offset, here, chip.ProgramLimitMs, ResultCode.FlashProgramFailed);
                addressBytes += here;
                offset += here;
                count -= here;
            }

            return _fault;
        }

        /// <inheritdoc/>
        public ResultCode Erase(int addressBytes, int count)
        {
            _fault = !Contains(addressBytes, count) ? ResultCode.FlashOutOfRange
                : ((addressBytes | count) & (_sectorBytes - 1)) != 0 ? ResultCode.FlashUnaligned : ResultCode.Ok;
            while (_fault == ResultCode.Ok && count > 0)
            {
                // The largest erase that fits. The smallest always does: it is the sector.
                int[] limitsMs = _chip.EraseLimitsMs;
                int shift = SpiNorGeometry.BlockShift;
                int here = 1 << shift;
                while (here > _sectorBytes && (limitsMs[shift] == 0 || count < here || (addressBytes & (here - 1)) != 0))
                {
                    here >>= 1;
                    shift--;
                }

                Write(
                    (byte)SpiNorGeometry.EraseCommand(shift),
                    addressBytes,
                    null,
                    0,
                    here,
                    limitsMs[shift],
                    ResultCode.FlashEraseFailed);
                addressBytes += here;
                count -= here;
            }

            return _fault;
        }

        /// <inheritdoc/>
        public ResultCode Sync()
        {
            _fault = ResultCode.Ok;
            WaitIfBusy();
            return _fault;
        }

        /// <summary>Puts the chip to sleep; <see cref="Open()"/> wakes it, and nothing else works until then.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode PowerDown()
        {
            _sizeBytes = 0;
            _fault = ResultCode.Ok;
            WaitIfBusy();
            Send(EnterPowerDown);
            return _fault;
        }

        private void CheckRange(int addressBytes, byte[] buffer, int offset, int count)
        {
            bool isBad = buffer == null || (offset | count) < 0 || offset > buffer.Length - count;
            _fault = isBad ? ResultCode.InvalidArgument
                : Contains(addressBytes, count) ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        private bool Contains(int addressBytes, int count)
        {
            return (addressBytes | count) >= 0 && addressBytes <= _sizeBytes - count;
        }
    }
}
