// What of an emulated board outlives a boot: its chips, its power supply, its clock.

using System.IO;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Emulator.Device
{
    /// <summary>The content of both chips at one moment.</summary>
    /// <param name="Internal">The internal flash.</param>
    /// <param name="External">The SPI NOR chip.</param>
    public sealed record MemorySnapshot(NorSnapshot Internal, NorSnapshot External);

    /// <summary>The chips of an emulated board.</summary>
    public sealed class EmulatedMemory
    {
        private const string InternalFile = "internal.bin";
        private const string ExternalFile = "spi-nor.bin";

        /// <summary>Makes erased chips.</summary>
        /// <param name="layout">What there is, and where.</param>
        public EmulatedMemory(EmulatedLayout layout)
        {
            Layout = layout;
            NorGeometry inside = NorGeometry.Uniform(layout.SectorBytes, layout.InternalBytes / layout.SectorBytes, layout.ProgramUnitBytes);
            NorGeometry outside = NorGeometry.Uniform(layout.SectorBytes, layout.ExternalBytes / layout.SectorBytes, 1);
            Internal = new EmulatedFlash(new NorArray(inside, Power, Clock, "internal"));
            External = new EmulatedFlash(new NorArray(outside, Power, Clock, "spi-nor"));
        }

        /// <summary>What there is, and where.</summary>
        public EmulatedLayout Layout { get; }

        /// <summary>The power of the board.</summary>
        public PowerSupply Power { get; } = new PowerSupply();

        /// <summary>The clock, simulated.</summary>
        public SimulatedClock Clock { get; } = new SimulatedClock();

        /// <summary>The internal flash.</summary>
        public EmulatedFlash Internal { get; }

        /// <summary>The SPI NOR chip.</summary>
        public EmulatedFlash External { get; }

        /// <summary>The regions, over the chips themselves: for provisioning and for looking.</summary>
        /// <returns>The map.</returns>
        public FlashMap Map()
        {
            return Map(Internal, External);
        }

        /// <summary>The regions, over devices that stand for the chips.</summary>
        /// <param name="inside">For the internal flash.</param>
        /// <param name="outside">For the SPI NOR chip.</param>
        /// <returns>The map.</returns>
        public FlashMap Map(IFlash inside, IFlash outside)
        {
            FlashRegion[] regions = new FlashRegion[Layout.Regions.Count];
            for (int i = 0; i < regions.Length; i++)
            {
                LayoutRegion region = Layout.Regions[i];
                regions[i] = new FlashRegion(region.Id, region.IsExternal ? outside : inside, region.StartBytes, region.SizeBytes);
            }

            return new FlashMap(regions);
        }

        /// <summary>Keeps the content.</summary>
        /// <returns>The snapshot.</returns>
        public MemorySnapshot Snapshot()
        {
            return new MemorySnapshot(Internal.Array.Snapshot(), External.Array.Snapshot());
        }

        /// <summary>Returns to a content.</summary>
        /// <param name="snapshot">The snapshot.</param>
        public void Restore(MemorySnapshot snapshot)
        {
            Internal.Array.Restore(snapshot.Internal);
            External.Array.Restore(snapshot.External);
        }

        /// <summary>Writes both chips into a directory, as image files.</summary>
        /// <param name="directory">The directory; made when it is missing.</param>
        public void Save(string directory)
        {
            Directory.CreateDirectory(directory);
            Internal.Array.Save(Path.Combine(directory, InternalFile));
            External.Array.Save(Path.Combine(directory, ExternalFile));
        }

        /// <summary>Reads both chips from a directory, if they are there.</summary>
        /// <param name="directory">The directory.</param>
        /// <returns>Whether they were.</returns>
        public bool Load(string directory)
        {
            string inside = Path.Combine(directory, InternalFile);
            string outside = Path.Combine(directory, ExternalFile);
            if (!File.Exists(inside) || !File.Exists(outside))
            {
                return false;
            }

            Internal.Array.Load(inside);
            External.Array.Load(outside);
            return true;
        }
    }
}
