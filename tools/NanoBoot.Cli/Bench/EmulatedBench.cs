// An emulated board in a directory: device.json says what it is, internal.bin and spi-nor.bin are its chips as a
// programmer would read them, wear.json is what the chips themselves do not tell. Files are replaced in one step each,
// chips before the rest, so that an interrupted command leaves a board that boots.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Commands;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Cli.Pictures;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Bench
{
    /// <summary>An emulated board in a directory.</summary>
    internal sealed class EmulatedBench
    {
        private const string DescriptionFile = "device.json";
        private const string WearFile = "wear.json";
        private const int Format = 1;

        private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

        private readonly string _directory;
        private readonly BenchDescription _description;
        private readonly Dictionary<string, int[]> _wear = [];

        private EmulatedBench(string directory, BenchDescription description)
        {
            _directory = directory;
            _description = description;
            Memory = new EmulatedMemory(EmulatedLayout.Make(description.SlotBytes, description.ApplicationSlots));
            Device = new EmulatedDevice(Memory, MakePolicy(description)) { IsOwnThread = true };
        }

        /// <summary>The chips.</summary>
        public EmulatedMemory Memory { get; }

        /// <summary>The board.</summary>
        public EmulatedDevice Device { get; }

        /// <summary>The components that the board has.</summary>
        public IEnumerable<ComponentDescription> Components => Device.Policy.Components.Where(component => component is not null);

        /// <summary>Makes a board with erased chips; nothing is written yet.</summary>
        public static EmulatedBench Create(string directory, BenchDescription description)
        {
            if (File.Exists(Path.Combine(directory, DescriptionFile)))
            {
                throw new CliException(ExitCode.InputOutput, $"{directory}: there is a board already; give another directory.");
            }

            return new EmulatedBench(directory, description);
        }

        /// <summary>Opens a board.</summary>
        public static EmulatedBench Open(CliContext context, string directory)
        {
            string full = context.PathOf(directory);
            string path = Path.Combine(full, DescriptionFile);
            if (!File.Exists(path))
            {
                throw new CliException(ExitCode.BadInput, $"{directory}: no emulated board; 'nanoboot device new {directory} ...' makes one.");
            }

            EmulatedBench bench;
            try
            {
                BenchDescription? description = JsonSerializer.Deserialize<BenchDescription>(File.ReadAllBytes(path));
                if (description is null || description.Format != Format)
                {
                    throw new JsonException();
                }

                bench = new EmulatedBench(full, description);
                bench.ReadWear();
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                throw new CliException(ExitCode.BadInput, $"{path}: damaged; make the board again.");
            }

            try
            {
                return bench.Memory.Load(full)
                    ? bench
                    : throw new CliException(ExitCode.BadInput, $"{directory}: a chip's image is missing; make the board again.");
            }
            catch (InvalidDataException)
            {
                throw new CliException(ExitCode.BadInput, $"{directory}: a chip's image has the wrong size; restore it, or make the board again.");
            }
        }

        /// <summary>Writes everything.</summary>
        public void Save()
        {
            Directory.CreateDirectory(_directory);
            string temporary = Path.Combine(_directory, $"{Guid.NewGuid():N}.tmp");
            try
            {
                Memory.Save(temporary);
                foreach (string file in Directory.GetFiles(temporary))
                {
                    File.Move(file, Path.Combine(_directory, Path.GetFileName(file)), overwrite: true);
                }
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }

            AtomicFile.Write(Path.Combine(_directory, WearFile), JsonSerializer.SerializeToUtf8Bytes(
                new Dictionary<string, int[]> { ["internal"] = WearOf(Memory.Internal), ["spi-nor"] = WearOf(Memory.External) }));
            AtomicFile.Write(Path.Combine(_directory, DescriptionFile), JsonSerializer.SerializeToUtf8Bytes(_description, s_indented));
        }

        /// <summary>How often each sector of a chip was erased, over the life of the board.</summary>
        public int[] WearOf(EmulatedFlash chip)
        {
            int[] former = _wear.GetValueOrDefault(chip.Array.Name) ?? [];
            int count = chip.SizeBytes / Memory.Layout.SectorBytes;
            return [.. Enumerable.Range(0, count).Select(sector => chip.Array.EraseCountOf(sector) + (sector < former.Length ? former[sector] : 0))];
        }

        /// <summary>What the flash looks like now, with the wear of the board's life.</summary>
        public FlashPicture TakePicture() => FlashPicture.Take(Memory, Device.Policy, WearOf);

        /// <summary>The component of a name.</summary>
        public ComponentDescription Component(string name)
        {
            return Components.FirstOrDefault(component => NameOf(component) == name)
                ?? throw new CliException(ExitCode.Usage, $"'{name}' is no component of the board; there are: {string.Join(", ", Components.Select(NameOf))}.");
        }

        /// <summary>What the journal says.</summary>
        public (ResultCode Result, BootJournal Journal) ReadJournal()
        {
            Memory.Power.PowerOn();
            var journal = new BootJournal(Memory.Map().Find(RegionId.Journal));
            return (journal.Open(), journal);
        }

        /// <summary>What stands in a slot: its envelope, or null and why not.</summary>
        public (Envelope? Envelope, ResultCode Result) ReadSlot(ComponentDescription component, RegionId id)
        {
            Memory.Power.PowerOn();
            FlashRegion? region = Memory.Map().Find(id);
            if (region is null)
            {
                return (null, ResultCode.MapRegionMissing);
            }

            var slot = new Slot(region, component.EnvelopeAreaBytes);
            ResultCode result = slot.Open();
            byte[] body = [];
            result = result == ResultCode.Ok ? slot.ReadBody(out body) : result;
            if (result != ResultCode.Ok)
            {
                return (null, result);
            }

            try
            {
                return (Envelope.Parse(body), ResultCode.Ok);
            }
            catch (CborException)
            {
                return (null, ResultCode.SuitEnvelopeMalformed);
            }
        }

        /// <summary>The keys that the board has from the factory.</summary>
        public FactoryTrust FactoryTrust => new("the board", [.. _description.Keys.Select(key => key.ToTrustedKey())], _description.RootsNeeded);

        /// <summary>The trust document in force, its sequence number, and the slots that hold it; null for the keys of the factory.</summary>
        /// <exception cref="CliException">A document is in force, and no slot holds it.</exception>
        public (TrustDocumentText Document, long Sequence, IReadOnlyList<RegionId> Slots)? ReadTrust()
        {
            (ResultCode _, BootJournal journal) = ReadJournal();
            ComponentState state = journal.Components[ComponentIndex.Trust];
            ComponentDescription component = Device.Policy.Components[ComponentIndex.Trust];
            if (state.ConfirmedId == 0)
            {
                return null;
            }

            RegionId[] slots = [.. component.Slots.Where(id => HoldsImage(component, id, state.ConfirmedId))];
            if (slots.Length == 0)
            {
                throw new CliException(ExitCode.BadInput, $"{_directory}: the trust document in force stands in no slot; stage 2 fetches it again.");
            }

            var slot = new Slot(Memory.Map().Find(slots[0]), component.EnvelopeAreaBytes);
            Envelope envelope = ReadSlot(component, slots[0]).Envelope!;
            byte[] document = new byte[ManifestUris.FindParameters(envelope, SuitParameter.ImageSize).First().Integer];
            slot.Region.Read(slot.PayloadOffset, document, 0, document.Length);
            return (TrustDocumentText.Parse(_directory, document), EnvelopeFiles.Sequence(envelope), slots);
        }

        private bool HoldsImage(ComponentDescription component, RegionId id, long imageId)
        {
            var slot = new Slot(Memory.Map().Find(id), component.EnvelopeAreaBytes);
            return slot.Open() == ResultCode.Ok && slot.Id == imageId;
        }

        /// <summary>The name of a component.</summary>
        public static string NameOf(ComponentDescription component) => Encoding.ASCII.GetString(component.Id);

        private void ReadWear()
        {
            string path = Path.Combine(_directory, WearFile);
            if (File.Exists(path) && JsonSerializer.Deserialize<Dictionary<string, int[]>>(File.ReadAllBytes(path)) is { } wear)
            {
                foreach (KeyValuePair<string, int[]> chip in wear)
                {
                    _wear[chip.Key] = chip.Value;
                }
            }
        }

        private static BootPolicy MakePolicy(BenchDescription description)
        {
            Authority[] authorities = [.. description.Keys.Select(key => key.ToTrustedKey().ToAuthority())];
            Permissions needs = TrustedKey.ParsePermissions(description.Needs, "needs");
            RegionId[] slots = description.ApplicationSlots == 1 ? [RegionId.ApplicationA] : [RegionId.ApplicationA, RegionId.ApplicationB];
            ComponentDescription[] components =
            [
                Describe("stage2", needs, RegionId.Stage2A, RegionId.Stage2B),
                Describe("application", needs, slots),
                new ComponentDescription("trust"u8.ToArray(), [RegionId.Trust, RegionId.TrustB], EmulatedLayout.TrustEnvelopeBytes, Permissions.Trust),
                null!,
            ];
            return new BootPolicy(authorities, components) { RootsNeeded = (byte)description.RootsNeeded };
        }

        private static ComponentDescription Describe(string id, Permissions needs, params RegionId[] slots)
        {
            return new ComponentDescription(Encoding.ASCII.GetBytes(id), slots, ComponentDescription.EnvelopeAreaBytesDefault, needs);
        }
    }

    /// <summary>device.json.</summary>
    internal sealed record BenchDescription(int Format, int SlotBytes, int ApplicationSlots, string Needs, IReadOnlyList<BenchKey> Keys, int RootsNeeded = 1);

    /// <summary>A key that the board trusts.</summary>
    internal sealed record BenchKey(string Name, string Kind, string PublicKey, string May, string? Component)
    {
        public static BenchKey From(TrustedKey key)
        {
            return new BenchKey(key.Name, KeyFile.NameOf(key.Kind), Convert.ToHexStringLower(key.PublicKey), TrustedKey.Format(key.Permissions), key.Component);
        }

        public TrustedKey ToTrustedKey()
        {
            return KeyFile.TryParseKind(Kind, out KeyKind kind)
                ? new TrustedKey(Name, kind, Convert.FromHexString(PublicKey), TrustedKey.ParsePermissions(May, Name), Component)
                : throw new FormatException();
        }
    }
}
