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
    /// <summary>What a sector holds.</summary>
    internal enum SectorUse
    {
        /// <summary>Nothing: it reads erased.</summary>
        Erased,

        /// <summary>Something that is no image.</summary>
        Written,

        /// <summary>An envelope.</summary>
        Envelope,

        /// <summary>Bytes of an image that no other slot has.</summary>
        Image,

        /// <summary>Bytes of an image that another slot has too.</summary>
        Shared,
    }

    /// <summary>One sector.</summary>
    /// <param name="WrittenBytes">Bytes that do not read erased.</param>
    /// <param name="SizeBytes">Its size.</param>
    /// <param name="EraseCount">How often it was erased.</param>
    /// <param name="Use">What it holds.</param>
    internal sealed record SectorPicture(int WrittenBytes, int SizeBytes, int EraseCount, SectorUse Use);

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
    /// <param name="Text">What is in it, for people.</param>
    /// <param name="Chunks">The chunks of that image.</param>
    internal sealed record RegionPicture(
        RegionId Id,
        bool IsExternal,
        int StartBytes,
        int SizeBytes,
        IReadOnlyList<SectorPicture> Sectors,
        string Text,
        IReadOnlyList<ChunkPicture> Chunks);

    /// <summary>The whole flash at one moment.</summary>
    /// <param name="Regions">Its regions, in the order of the layout.</param>
    internal sealed record FlashPicture(IReadOnlyList<RegionPicture> Regions)
    {
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
        /// <param name="wear">Erases of each sector of a chip; those since the chips were made when absent.</param>
        public static FlashPicture Take(EmulatedMemory memory, BootPolicy policy, Func<EmulatedFlash, int[]>? wear = null)
        {
            memory.Power.PowerOn();
            FlashMap map = memory.Map();
            RawRegion[] raw = [.. memory.Layout.Regions.Select(layout => RawRegion.Read(map.Find(layout.Id), layout, policy))];
            var regions = new List<RegionPicture>();
            foreach (RawRegion region in raw)
            {
                EmulatedFlash chip = region.Layout.IsExternal ? memory.External : memory.Internal;
                HashSet<string> elsewhere = [.. raw.Where(other => other != region).SelectMany(other => other.Chunks).Select(chunk => chunk.Digest)];
                regions.Add(new RegionPicture(
                    region.Layout.Id,
                    region.Layout.IsExternal,
                    region.Layout.StartBytes,
                    region.Layout.SizeBytes,
                    [.. ReadSectors(chip.Array, region, elsewhere, wear?.Invoke(chip))],
                    region.Text,
                    region.Chunks));
            }

            return new FlashPicture(regions);
        }

        private static IEnumerable<SectorPicture> ReadSectors(NorArray chip, RawRegion region, HashSet<string> elsewhere, int[]? wear)
        {
            int offset = 0;
            while (offset < region.Content.Length)
            {
                int index = chip.Geometry.Sectors.IndexOf(region.Layout.StartBytes + offset);
                int size = chip.Geometry.Sectors.SizeOf(index);
                int written = size - region.Content.AsSpan(offset, size).Count(NorArray.ErasedValue);
                yield return new SectorPicture(written, size, wear?[index] ?? chip.EraseCountOf(index), region.UseOf(offset, size, written, elsewhere));
                offset += size;
            }
        }

        /// <summary>A region before it is known what other regions hold.</summary>
        private sealed record RawRegion(LayoutRegion Layout, byte[] Content, string Text, int EnvelopeAreaBytes, IReadOnlyList<ChunkPicture> Chunks)
        {
            public static RawRegion Read(FlashRegion region, LayoutRegion layout, BootPolicy policy)
            {
                byte[] content = new byte[region.SizeBytes];
                if (region.Read(0, content, 0, content.Length) != ResultCode.Ok)
                {
                    throw new CliException(ExitCode.InputOutput, $"{layout.Id}: cannot be read; the flash image is damaged.");
                }

                ComponentDescription? component = policy.Components.FirstOrDefault(one => one is not null && one.Slots.Contains(layout.Id));
                bool isErased = content.AsSpan().IndexOfAnyExcept(NorArray.ErasedValue) < 0;
                string text = isErased ? "empty" : layout.Id switch
                {
                    RegionId.Journal => "boot journal",
                    RegionId.Identity => "identity",
                    _ => component is null ? "written" : "no image",
                };
                return component is not null && ReadSlot(new Slot(region, component.EnvelopeAreaBytes), component) is var (about, chunks)
                    ? new RawRegion(layout, content, about, component.EnvelopeAreaBytes, chunks)
                    : new RawRegion(layout, content, text, 0, []);
            }

            public SectorUse UseOf(int offset, int size, int written, HashSet<string> elsewhere)
            {
                if (written == 0)
                {
                    return SectorUse.Erased;
                }

                if (EnvelopeAreaBytes == 0 || offset < EnvelopeAreaBytes)
                {
                    return EnvelopeAreaBytes == 0 ? SectorUse.Written : SectorUse.Envelope;
                }

                ChunkPicture[] here = [.. Chunks.Where(chunk => chunk.OffsetBytes < offset + size && chunk.OffsetBytes + chunk.LengthBytes > offset)];
                return here.Length == 0 ? SectorUse.Written
                    : here.All(chunk => elsewhere.Contains(chunk.Digest)) ? SectorUse.Shared
                    : SectorUse.Image;
            }

            private static (string Text, IReadOnlyList<ChunkPicture> Chunks)? ReadSlot(Slot slot, ComponentDescription component)
            {
                if (slot.Open() != ResultCode.Ok || slot.ReadBody(out byte[] body) != ResultCode.Ok)
                {
                    return null;
                }

                try
                {
                    Envelope envelope = Envelope.Parse(body);
                    byte[]? table = ManifestUris.FindParameters(envelope, SuitParameter.ChunkTable).FirstOrDefault()?.Bytes;
                    ChunkPicture[] chunks = table is null
                        ? []
                        : [.. Chunker.ReadTable(table).Select(entry => new ChunkPicture(slot.PayloadOffset + entry.OffsetBytes, entry.LengthBytes, Convert.ToHexStringLower(entry.Digest)))];
                    string name = System.Text.Encoding.ASCII.GetString(component.Id);
                    return ($"{name}, sequence {EnvelopeFiles.Sequence(envelope)}, image id {Convert.ToHexStringLower(envelope.ImageId)}", chunks);
                }
                catch (Exception exception) when (exception is CborException or ArgumentException or System.IO.InvalidDataException)
                {
                    // An envelope that is no envelope is a slot without an image: what a picture has to show.
                    return null;
                }
            }
        }
    }
}
