// What a flash map looks like at one moment: regions, sectors, chunks. Taken from the chips, drawn elsewhere.

using System;
using System.Collections.Generic;
using System.Linq;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>One sector.</summary>
    /// <param name="WrittenBytes">Bytes that do not read erased.</param>
    /// <param name="SizeBytes">Its size.</param>
    /// <param name="EraseCount">How often it was erased.</param>
    internal sealed record SectorPicture(int WrittenBytes, int SizeBytes, int EraseCount);

    /// <summary>One chunk of the image in a slot.</summary>
    /// <param name="OffsetBytes">Offset in the region.</param>
    /// <param name="LengthBytes">Its length.</param>
    /// <param name="Digest">Its keyed digest, in hex: the same chunk has the same digest in every slot.</param>
    internal sealed record ChunkPicture(int OffsetBytes, int LengthBytes, string Digest);

    /// <summary>One region.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="IsExternal">Whether it lies on the SPI NOR chip.</param>
    /// <param name="StartBytes">Where it begins on its chip.</param>
    /// <param name="SizeBytes">Its size.</param>
    /// <param name="Sectors">Its sectors.</param>
    /// <param name="Sequence">Sequence number of the image in it, or null when it is not a slot or holds none.</param>
    /// <param name="Chunks">The chunks of that image.</param>
    internal sealed record RegionPicture(
        RegionId Id,
        bool IsExternal,
        int StartBytes,
        int SizeBytes,
        IReadOnlyList<SectorPicture> Sectors,
        long? Sequence,
        IReadOnlyList<ChunkPicture> Chunks);

    /// <summary>The whole flash at one moment.</summary>
    /// <param name="Regions">Its regions, in the order of the layout.</param>
    internal sealed record FlashPicture(IReadOnlyList<RegionPicture> Regions)
    {
        private const int CommonLabel = 3;
        private const int SharedSequenceLabel = 4;
        private const int ChunkTableLabel = -257;

        /// <summary>Digests of chunks that stand in more than one slot.</summary>
        public IReadOnlySet<string> SharedDigests()
        {
            return Regions
                .SelectMany(region => region.Chunks.Select(chunk => chunk.Digest).Distinct())
                .GroupBy(digest => digest)
                .Where(group => group.Count() > 1)
                .Select(group => group.Key)
                .ToHashSet();
        }

        /// <summary>Looks at the chips of an emulated device. Reads only.</summary>
        /// <param name="memory">The chips; their power is switched on.</param>
        /// <param name="policy">Says which regions are slots.</param>
        public static FlashPicture Take(EmulatedMemory memory, BootPolicy policy)
        {
            memory.Power.PowerOn();
            FlashMap map = memory.Map();
            var regions = new List<RegionPicture>();
            foreach (LayoutRegion layout in memory.Layout.Regions)
            {
                FlashRegion region = map.Find(layout.Id);
                byte[] content = new byte[region.SizeBytes];
                if (region.Read(0, content, 0, content.Length) != ResultCode.Ok)
                {
                    throw new CliException(ExitCode.InputOutput, $"{layout.Id}: cannot be read; the flash image is damaged.");
                }

                ComponentDescription? component = policy.Components.FirstOrDefault(one => one is not null && one.Slots.Contains(layout.Id));
                (long? sequence, IReadOnlyList<ChunkPicture> chunks) = component is null ? (null, []) : ReadSlot(region, component);
                NorArray chip = layout.IsExternal ? memory.External.Array : memory.Internal.Array;
                regions.Add(new RegionPicture(
                    layout.Id, layout.IsExternal, layout.StartBytes, layout.SizeBytes, ReadSectors(chip, layout, content), sequence, chunks));
            }

            return new FlashPicture(regions);
        }

        private static List<SectorPicture> ReadSectors(NorArray chip, LayoutRegion layout, byte[] content)
        {
            var sectors = new List<SectorPicture>();
            int offset = 0;
            while (offset < content.Length)
            {
                int index = chip.Geometry.Sectors.IndexOf(layout.StartBytes + offset);
                int size = chip.Geometry.Sectors.SizeOf(index);
                int written = content.AsSpan(offset, size).ToArray().Count(value => value != NorArray.ErasedValue);
                sectors.Add(new SectorPicture(written, size, chip.EraseCountOf(index)));
                offset += size;
            }

            return sectors;
        }

        private static (long? Sequence, IReadOnlyList<ChunkPicture> Chunks) ReadSlot(FlashRegion region, ComponentDescription component)
        {
            var slot = new Slot(region, component.EnvelopeAreaBytes);
            if (slot.Envelope.Open() != ResultCode.Ok || slot.Envelope.ReadBody(out byte[] body) != ResultCode.Ok)
            {
                return (null, []);
            }

            try
            {
                CborNode? common = CborNode.Parse(Envelope.Parse(body).Manifest).Find(CommonLabel)?.ParseContent();
                CborNode? shared = common?.Find(SharedSequenceLabel)?.ParseContent();
                byte[]? table = shared?.Items.Select(item => item.Kind == CborKind.Map ? item.Find(ChunkTableLabel)?.Bytes : null)
                    .FirstOrDefault(bytes => bytes is not null);
                ChunkPicture[] chunks = table is null
                    ? []
                    : Chunker.ReadTable(table)
                        .Select(entry => new ChunkPicture(
                            slot.PayloadOffset + entry.OffsetBytes, entry.LengthBytes, Convert.ToHexStringLower(entry.Digest)))
                        .ToArray();
                return (slot.Envelope.Sequence, chunks);
            }
            catch (Exception exception) when (exception is CborException or ArgumentException or System.IO.InvalidDataException)
            {
                // An envelope that is no envelope is a slot without an image: what a picture has to show.
                return (null, []);
            }
        }
    }
}
