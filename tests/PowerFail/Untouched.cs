// The regions outside the plan of a scenario, and how they were: at the end of each case every sector of them is
// compared. A sector that the chip still shares with the beginning is the same without looking at its bytes.

using System.Collections.Generic;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>Sectors that must not change.</summary>
    internal sealed class Untouched
    {
        private readonly List<(NorArray Array, NorSnapshot Before, int Sector, RegionId Region)> _sectors =
            new List<(NorArray, NorSnapshot, int, RegionId)>();

        internal Untouched(Scenario scenario, MemorySnapshot start)
        {
            EmulatedMemory memory = scenario.Memory;
            foreach (LayoutRegion region in memory.Layout.Regions)
            {
                NorArray array = region.IsExternal ? memory.External.Array : memory.Internal.Array;
                for (int at = 0; at < region.SizeBytes && !scenario.Plan.Contains(region.Id); at += memory.Layout.SectorBytes)
                {
                    NorSnapshot before = region.IsExternal ? start.External : start.Internal;
                    _sectors.Add((array, before, array.Geometry.Sectors.IndexOf(region.StartBytes + at), region.Id));
                }
            }
        }

        /// <summary>Looks at all of them.</summary>
        /// <returns>The region of one that changed, or null.</returns>
        internal RegionId? FindChanged()
        {
            foreach ((NorArray array, NorSnapshot before, int sector, RegionId region) in _sectors)
            {
                if (!array.IsSame(sector, before))
                {
                    return region;
                }
            }

            return null;
        }
    }
}
