// A window on a flash device. Every access of the bootloader and the updater goes through one, and none
// leaves it: the bounds are checked here, before any arithmetic that could wrap, and again by the device.

namespace NanoBoot.Hal.Flash
{
    /// <summary>
    /// A named, contiguous part of a flash device. Offsets count from the region's first byte.
    /// </summary>
    /// <remarks>Immutable. As thread safe as its device, which is not at all.</remarks>
    public sealed class FlashRegion
    {
        /// <summary>What the region is for.</summary>
        public readonly RegionId Id;

        /// <summary>The device that holds the region.</summary>
        public readonly IFlash Device;

        /// <summary>Address of the region's first byte on its device.</summary>
        public readonly int StartBytes;

        /// <summary>Size of the region in bytes.</summary>
        public readonly int SizeBytes;

        /// <summary>Describes a region. <see cref="FlashMap.Check"/> says whether the description is sound.</summary>
        /// <param name="id">What the region is for.</param>
        /// <param name="device">The device that holds it.</param>
        /// <param name="startBytes">Address of its first byte on the device; a sector border.</param>
        /// <param name="sizeBytes">Its size; a whole number of sectors.</param>
        public FlashRegion(RegionId id, IFlash device, int startBytes, int sizeBytes)
        {
            Id = id;
            Device = device;
            StartBytes = startBytes;
            SizeBytes = sizeBytes;
        }

        /// <summary>Smallest programmable unit in bytes.</summary>
        public int ProgramUnitBytes
        {
            get { return Device.ProgramUnitBytes; }
        }

        /// <summary>Gives the sector that holds an offset, in offsets of this region.</summary>
        /// <param name="offsetBytes">Any offset within the region.</param>
        /// <param name="sectorOffsetBytes">Offset of the sector's first byte.</param>
        /// <param name="sectorSizeBytes">Size of the sector.</param>
        /// <returns>Ok, or <see cref="ResultCode.FlashOutOfRange"/>.</returns>
        public ResultCode GetSector(int offsetBytes, out int sectorOffsetBytes, out int sectorSizeBytes)
        {
            int sectorStartBytes = StartBytes;
            sectorSizeBytes = 0;
            ResultCode result = Contains(offsetBytes, 1)
                ? Device.GetSector(sectorStartBytes + offsetBytes, out sectorStartBytes, out sectorSizeBytes)
                : ResultCode.FlashOutOfRange;
            sectorOffsetBytes = sectorStartBytes - StartBytes;
            return result;
        }

        /// <summary>Reads bytes of the region. See <see cref="IFlash.Read"/>.</summary>
        /// <param name="offsetBytes">Offset of the first byte.</param>
        /// <param name="buffer">Where the bytes go.</param>
        /// <param name="offset">Index in <paramref name="buffer"/> of the first byte.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Read(int offsetBytes, byte[] buffer, int offset, int count)
        {
            return Contains(offsetBytes, count)
                ? Device.Read(StartBytes + offsetBytes, buffer, offset, count)
                : ResultCode.FlashOutOfRange;
        }

        /// <summary>Programs erased units of the region. See <see cref="IFlash.Program"/>.</summary>
        /// <param name="offsetBytes">Offset of the first byte.</param>
        /// <param name="buffer">The bytes to program.</param>
        /// <param name="offset">Index in <paramref name="buffer"/> of the first byte.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Program(int offsetBytes, byte[] buffer, int offset, int count)
        {
            return Contains(offsetBytes, count)
                ? Device.Program(StartBytes + offsetBytes, buffer, offset, count)
                : ResultCode.FlashOutOfRange;
        }

        /// <summary>Erases whole sectors of the region. See <see cref="IFlash.Erase"/>.</summary>
        /// <param name="offsetBytes">Offset of the first sector.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Erase(int offsetBytes, int count)
        {
            return Contains(offsetBytes, count)
                ? Device.Erase(StartBytes + offsetBytes, count)
                : ResultCode.FlashOutOfRange;
        }

        /// <summary>Makes everything before it durable. See <see cref="IFlash.Sync"/>.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Sync()
        {
            return Device.Sync();
        }

        /// <summary>Whether a range lies within the region. Safe for any two numbers.</summary>
        /// <param name="offsetBytes">Offset of the first byte.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>True when every byte of the range lies within.</returns>
        public bool Contains(int offsetBytes, int count)
        {
            return (offsetBytes | count) >= 0 && offsetBytes <= SizeBytes - count;
        }
    }
}
