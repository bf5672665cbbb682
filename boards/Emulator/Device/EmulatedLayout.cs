// Where things lie on the emulated board: journal, identity and trust on internal flash, slots on the SPI NOR chip.

using System.Collections.Generic;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Emulator.Device
{
    /// <summary>One region of a layout.</summary>
    /// <param name="Id">What it is for.</param>
    /// <param name="IsExternal">Whether it lies on the SPI NOR chip.</param>
    /// <param name="StartBytes">Address of its first byte.</param>
    /// <param name="SizeBytes">Its size.</param>
    public sealed record LayoutRegion(RegionId Id, bool IsExternal, int StartBytes, int SizeBytes);

    /// <summary>The flash of an emulated board: chips and regions.</summary>
    /// <param name="SectorBytes">Size of all sectors.</param>
    /// <param name="ProgramUnitBytes">Program unit of the internal flash; the SPI NOR programs bytes.</param>
    /// <param name="InternalBytes">Size of the internal flash.</param>
    /// <param name="ExternalBytes">Size of the SPI NOR chip.</param>
    /// <param name="Regions">The regions.</param>
    public sealed record EmulatedLayout(
        int SectorBytes, int ProgramUnitBytes, int InternalBytes, int ExternalBytes, IReadOnlyList<LayoutRegion> Regions)
    {
        /// <summary>Envelope area of the two slots of the trust document, with sectors of the usual size.</summary>
        public const int TrustEnvelopeBytes = 8192;

        /// <summary>Lays out a board.</summary>
        /// <param name="slotBytes">Size of each slot, envelope included: whole sectors.</param>
        /// <param name="applicationSlots">1 or 2.</param>
        /// <param name="sectorBytes">Size of all sectors.</param>
        /// <param name="journalSectors">Sectors of the journal.</param>
        /// <param name="isGolden">Whether there is a golden region.</param>
        /// <param name="hasPayloadKeys">Whether there is a region for the keys of encrypted payloads.</param>
        /// <returns>The layout.</returns>
        public static EmulatedLayout Make(
            int slotBytes = 256 * 1024,
            int applicationSlots = 2,
            int sectorBytes = 4096,
            int journalSectors = 4,
            bool isGolden = false,
            bool hasPayloadKeys = false)
        {
            List<LayoutRegion> regions = new List<LayoutRegion>();
            int at = 0;
            Add(regions, RegionId.Journal, false, ref at, journalSectors * sectorBytes);
            Add(regions, RegionId.Identity, false, ref at, sectorBytes);
            Add(regions, RegionId.Trust, false, ref at, 3 * sectorBytes);
            Add(regions, RegionId.TrustB, false, ref at, 3 * sectorBytes);
            if (hasPayloadKeys)
            {
                Add(regions, RegionId.PayloadKeys, false, ref at, sectorBytes);
            }

            int internalBytes = at;
            at = 0;
            Add(regions, RegionId.Stage2A, true, ref at, slotBytes);
            Add(regions, RegionId.Stage2B, true, ref at, slotBytes);
            Add(regions, RegionId.ApplicationA, true, ref at, slotBytes);
            if (applicationSlots > 1)
            {
                Add(regions, RegionId.ApplicationB, true, ref at, slotBytes);
            }

            Add(regions, RegionId.Staging, true, ref at, slotBytes);
            Add(regions, RegionId.Configuration, true, ref at, slotBytes);
            Add(regions, RegionId.ConfigurationB, true, ref at, slotBytes);
            if (isGolden)
            {
                Add(regions, RegionId.Golden, true, ref at, slotBytes);
            }

            return new EmulatedLayout(sectorBytes, 8, internalBytes, at, regions);
        }

        private static void Add(List<LayoutRegion> regions, RegionId id, bool isExternal, ref int at, int sizeBytes)
        {
            regions.Add(new LayoutRegion(id, isExternal, at, sizeBytes));
            at += sizeBytes;
        }
    }
}
