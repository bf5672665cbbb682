// The division of a board's flash into regions, checked once at start (A39, A45).

namespace NanoBoot.Hal.Flash
{
    /// <summary>
    /// All regions of a board. <see cref="Check"/> must have returned Ok before any region is used.
    /// </summary>
    /// <remarks>Immutable after construction: the array is not to be changed by its giver.</remarks>
    public sealed class FlashMap
    {
        /// <summary>Most regions that a map may have.</summary>
        public const int RegionsMax = 16;

        /// <summary>The regions.</summary>
        public readonly FlashRegion[] Regions;

        /// <summary>Makes a map of regions, in any order.</summary>
        /// <param name="regions">1 to <see cref="RegionsMax"/> regions.</param>
        public FlashMap(FlashRegion[] regions)
        {
            Regions = regions;
        }

        /// <summary>The region with an id.</summary>
        /// <param name="id">The id.</param>
        /// <returns>The region, or null when the board has none.</returns>
        public FlashRegion Find(RegionId id)
        {
            foreach (FlashRegion region in Regions)
            {
                if (region.Id == id)
                {
                    return region;
                }
            }

            return null;
        }

        /// <summary>
        /// Checks that every region lies within its device on sector borders, and that none overlaps another.
        /// </summary>
        /// <returns>Ok, or the first rule that is broken: a Map code.</returns>
        public ResultCode Check()
        {
            FlashRegion[] regions = Regions;
            if (regions == null || regions.Length == 0 || regions.Length > RegionsMax)
            {
                return ResultCode.MapRegionMissing;
            }

            for (int i = 0; i < regions.Length; i++)
            {
                FlashRegion region = regions[i];
                if (region == null || region.Device == null || region.Id == RegionId.None)
                {
                    return ResultCode.MapRegionMissing;
                }

                int sizeBytes = region.SizeBytes;
                int startBytes = region.StartBytes;
                if (startBytes < 0 || sizeBytes <= 0 || startBytes > region.Device.SizeBytes - sizeBytes)
                {
                    return ResultCode.MapOutOfRange;
                }

                int unit = region.ProgramUnitBytes;
                if (unit < 1 || unit > 32 || (unit & (unit - 1)) != 0)
                {
                    return ResultCode.MapGeometry;
                }

                if (region.GetSector(0, out int first, out _) != ResultCode.Ok || first != 0
                    || region.GetSector(sizeBytes - 1, out int last, out int lastSize) != ResultCode.Ok
                    || last + lastSize != sizeBytes)
                {
                    return ResultCode.MapUnaligned;
                }

                for (int j = 0; j < i; j++)
                {
                    FlashRegion other = regions[j];
                    if (other.Id == region.Id)
                    {
                        return ResultCode.MapRegionMissing;
                    }

                    // Both lie within the device, so the sums cannot wrap.
                    if (other.Device == region.Device
                        && startBytes < other.StartBytes + other.SizeBytes && other.StartBytes < startBytes + sizeBytes)
                    {
                        return ResultCode.MapOverlap;
                    }
                }
            }

            return ResultCode.Ok;
        }
    }
}
