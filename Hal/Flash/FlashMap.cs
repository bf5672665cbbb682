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

        private readonly FlashRegion[] _regions;

        /// <summary>Makes a map of regions, in any order.</summary>
        /// <param name="regions">1 to <see cref="RegionsMax"/> regions.</param>
        public FlashMap(FlashRegion[] regions)
        {
            _regions = regions;
        }

        /// <summary>Number of regions.</summary>
        public int Count
        {
            get { return _regions.Length; }
        }

        /// <summary>The region at an index, for listing.</summary>
        /// <param name="index">0 to <see cref="Count"/> - 1.</param>
        /// <returns>The region.</returns>
        public FlashRegion At(int index)
        {
            return _regions[index];
        }

        /// <summary>The region with an id.</summary>
        /// <param name="id">The id.</param>
        /// <returns>The region, or null when the board has none.</returns>
        public FlashRegion Find(RegionId id)
        {
            for (int i = 0; i < _regions.Length; i++)
            {
                if (_regions[i].Id == id)
                {
                    return _regions[i];
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
            if (_regions == null || _regions.Length == 0 || _regions.Length > RegionsMax)
            {
                return ResultCode.MapRegionMissing;
            }

            for (int i = 0; i < _regions.Length; i++)
            {
                ResultCode result = CheckRegion(_regions[i]);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                for (int j = 0; j < i; j++)
                {
                    if (_regions[j].Id == _regions[i].Id)
                    {
                        return ResultCode.MapRegionMissing;
                    }

                    if (Overlap(_regions[i], _regions[j]))
                    {
                        return ResultCode.MapOverlap;
                    }
                }
            }

            return ResultCode.Ok;
        }

        private static ResultCode CheckRegion(FlashRegion region)
        {
            if (region == null || region.Device == null || region.Id == RegionId.None)
            {
                return ResultCode.MapRegionMissing;
            }

            int sizeBytes = region.Device.SizeBytes;
            if (region.StartBytes < 0 || region.SizeBytes <= 0
                || region.StartBytes > sizeBytes || region.SizeBytes > sizeBytes - region.StartBytes)
            {
                return ResultCode.MapOutOfRange;
            }

            int unit = region.ProgramUnitBytes;
            if (unit < 1 || unit > 32 || (unit & (unit - 1)) != 0)
            {
                return ResultCode.MapGeometry;
            }

            if (region.GetSector(0, out int first, out _) != ResultCode.Ok || first != 0)
            {
                return ResultCode.MapUnaligned;
            }

            if (region.GetSector(region.SizeBytes - 1, out int last, out int lastSize) != ResultCode.Ok
                || last + lastSize != region.SizeBytes)
            {
                return ResultCode.MapUnaligned;
            }

            return ResultCode.Ok;
        }

        private static bool Overlap(FlashRegion left, FlashRegion right)
        {
            // Both lie within the device, so the sums below cannot wrap.
            return left.Device == right.Device
                && left.StartBytes < right.StartBytes + right.SizeBytes
                && right.StartBytes < left.StartBytes + left.SizeBytes;
        }
    }
}
