// What stands between a board and its chips: a board that has halted (restart, end of the run) lets nobody through.
// A subclass may leave out or count what passes: so a simulation shows that a barrier is needed.

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Emulator.Device
{
    /// <summary>A flash device as one boot of the emulated board sees it.</summary>
    public class BoardFlash : IFlash
    {
        private readonly IFlash _chip;
        private readonly EmulatedBoard _board;

        /// <summary>Puts a board before a chip.</summary>
        /// <param name="chip">The chip.</param>
        /// <param name="board">The board.</param>
        public BoardFlash(IFlash chip, EmulatedBoard board)
        {
            _chip = chip;
            _board = board;
        }

        /// <inheritdoc/>
        public int SizeBytes => _chip.SizeBytes;

        /// <inheritdoc/>
        public int ProgramUnitBytes => _chip.ProgramUnitBytes;

        /// <inheritdoc/>
        public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
        {
            return _chip.GetSector(addressBytes, out sectorStartBytes, out sectorSizeBytes);
        }

        /// <summary>Throws when the board has halted, or says so where boots of the device end quietly.</summary>
        /// <returns>Whether the access is refused.</returns>
        protected bool IsRefused()
        {
            return _board.IsRefused();
        }

        /// <inheritdoc/>
        public virtual ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
        {
            return IsRefused() ? ResultCode.FlashTimeout : _chip.Read(addressBytes, buffer, offset, count);
        }

        /// <inheritdoc/>
        public virtual ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
        {
            return IsRefused() ? ResultCode.FlashTimeout : _chip.Program(addressBytes, buffer, offset, count);
        }

        /// <inheritdoc/>
        public virtual ResultCode Erase(int addressBytes, int count)
        {
            return IsRefused() ? ResultCode.FlashTimeout : _chip.Erase(addressBytes, count);
        }

        /// <inheritdoc/>
        public virtual ResultCode Sync()
        {
            return IsRefused() ? ResultCode.FlashTimeout : _chip.Sync();
        }
    }
}
