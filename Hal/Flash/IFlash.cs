// The contract of everything that stores: internal flash, SPI NOR, a file on a volume, the emulator.
// It is written for the weakest of them; what it does not promise, no caller may assume.

namespace NanoBoot.Hal.Flash
{
    /// <summary>
    /// A flash device: read anywhere, program erased units, erase whole sectors.
    /// </summary>
    /// <remarks>
    /// <para>What a caller may rely on:</para>
    /// <list type="bullet">
    /// <item>Erased bytes read 0xFF.</item>
    /// <item>A unit of <see cref="ProgramUnitBytes"/> is programmed at most once between two erases.</item>
    /// <item>Nothing is durable, and nothing is ordered before anything else, until <see cref="Sync"/> returned Ok.</item>
    /// </list>
    /// <para>What a power failure leaves behind, for each operation since the last successful <see cref="Sync"/>:</para>
    /// <list type="bullet">
    /// <item>A program may have done nothing, a part of its units, or any subset of the bits it was to clear.</item>
    /// <item>An erase may have done nothing, or have left any mixture of old and erased bits in its sector.</item>
    /// <item>Either may read as if complete now and differently later: cells that were cut short are unstable
    /// until the sector is erased in full. Reading erased is therefore no proof of being erased (A70).</item>
    /// <item>Bytes outside the units and sectors of those operations are untouched.</item>
    /// </list>
    /// <para>Not thread safe: one caller at a time. No method throws for a bad argument; each names a result.</para>
    /// </remarks>
    public interface IFlash
    {
        /// <summary>Size of the device in bytes, at least one sector.</summary>
        int SizeBytes { get; }

        /// <summary>Smallest programmable unit in bytes: a power of two, 1 to 32.</summary>
        int ProgramUnitBytes { get; }

        /// <summary>
        /// Gives the sector (smallest erasable unit) that holds an address.
        /// </summary>
        /// <param name="addressBytes">Any address within the device.</param>
        /// <param name="sectorStartBytes">Address of the sector's first byte.</param>
        /// <param name="sectorSizeBytes">Size of the sector.</param>
        /// <returns>Ok, or <see cref="ResultCode.FlashOutOfRange"/>.</returns>
        ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes);

        /// <summary>Reads bytes, at any address and of any length.</summary>
        /// <param name="addressBytes">Address of the first byte.</param>
        /// <param name="buffer">Where the bytes go.</param>
        /// <param name="offset">Index in <paramref name="buffer"/> of the first byte.</param>
        /// <param name="count">Number of bytes; zero is allowed.</param>
        /// <returns>Ok, or a flash code; on anything but Ok the content of the buffer's range is unspecified.</returns>
        ResultCode Read(int addressBytes, byte[] buffer, int offset, int count);

        /// <summary>Programs erased units. Address and count are multiples of <see cref="ProgramUnitBytes"/>.</summary>
        /// <param name="addressBytes">Address of the first byte.</param>
        /// <param name="buffer">The bytes to program.</param>
        /// <param name="offset">Index in <paramref name="buffer"/> of the first byte.</param>
        /// <param name="count">Number of bytes; zero is allowed and does nothing.</param>
        /// <returns>Ok, or a flash code; on anything but Ok the units' content is unspecified.</returns>
        ResultCode Program(int addressBytes, byte[] buffer, int offset, int count);

        /// <summary>Erases whole sectors. The range begins and ends on sector borders.</summary>
        /// <param name="addressBytes">Address of the first sector.</param>
        /// <param name="count">Number of bytes; zero is allowed and does nothing.</param>
        /// <returns>Ok, or a flash code; on anything but Ok the sectors' content is unspecified.</returns>
        ResultCode Erase(int addressBytes, int count);

        /// <summary>
        /// Makes everything before it durable, and orders it before everything after it.
        /// </summary>
        /// <returns>Ok, or a flash code; then nothing is known about the operations since the last Ok.</returns>
        ResultCode Sync();
    }
}
