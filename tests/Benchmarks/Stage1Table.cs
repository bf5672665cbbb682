// Stage 1 in figures: what its assemblies hold, and what a boot that changes nothing does and takes. The application of
// that boot has 64 KB, one ES256 signature by a key with a table, and is confirmed.

using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Benchmarks
{
    /// <summary>Prints the table; the exit code says whether every budget was kept.</summary>
    internal static class Stage1Table
    {
        private const int ImageBytes = 65536;
        private const int SectorBytes = 4096;
        private const int EnvelopeBytes = 8192;
        private const int JournalBytes = 4 * SectorBytes;
        private const int HeapBytesMax = 16 * 1024;
        private const string ToolchainVariable = "NANO_TOOLCHAIN";

        // SPI NOR at 20 MHz: five bytes of command, then the data.
        private static readonly NorTiming Spi = new(2_000, 400, 1_563, 11_250_000);

        // A plain SHA-256 of 64 KB on the interpreter of a Cortex-M4 at 168 MHz takes so long (docs/TESTING.md).
        private const double UnitSeconds = 2.65;

        private static bool _isMissed;

        internal static int Print(double units)
        {
            Console.WriteLine("| what | measured | budget | |");
            Console.WriteLine("| --- | --- | --- | --- |");
            foreach (Type type in new[] { typeof(FlashRegion), typeof(Stage1) })
            {
                PrintAssembly(type.Assembly.Location);
            }

            PrintBoot(units);
            PrintSizes();
            Console.WriteLine(_isMissed ? "A budget was missed." : "Every budget was kept.");
            return _isMissed ? 1 : 0;
        }

        private static void PrintAssembly(string path)
        {
            using PEReader reader = new(File.OpenRead(path));
            MetadataReader metadata = reader.GetMetadataReader();
            int code = metadata.MethodDefinitions
                .Select(metadata.GetMethodDefinition)
                .Where(method => method.RelativeVirtualAddress != 0)
                .Sum(method => reader.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!.Length);
            string name = Path.GetFileNameWithoutExtension(path);
            Row(name + ", IL", code, "bytes", 0);
            Row(name + ", metadata", metadata.MetadataLength, "bytes", 0);
        }

        private static void PrintBoot(double units)
        {
            EmulatedFlash flash = new(new NorGeometry(
                SectorMap.Uniform(SectorBytes, (JournalBytes + SectorBytes + EnvelopeBytes + ImageBytes) / SectorBytes), 1, WritePolicy.Once, Spi));
            BootPolicy policy = Provision(flash);

            // Once to compile, once to measure.
            Boot(flash, policy);
            flash.Array.Counters.Reset();
            long start = flash.Array.Clock.NowNs;
            long allocated = Boot(flash, policy);
            double flashMs = (flash.Array.Clock.NowNs - start) / 1e6;
            NorCounters counters = flash.Array.Counters;

            Row("a boot that changes nothing: flash reads", counters.Reads, "reads", 0);
            Row("the same, bytes read", counters.BytesRead, "bytes", 0);
            Row("the same, programs and erases", counters.Programs + counters.Erases, string.Empty, 0, true);
            Row("the same, allocated beyond the image, collected or not", allocated - ImageBytes, "bytes", 0);
            Row("the same, most of it alive at any access to flash or event (64-bit objects)", PeakOf(flash, policy) - ImageBytes, "bytes", HeapBytesMax);
            Row("the same, simulated time of the flash (SPI NOR at 20 MHz)", flashMs, "ms", 0);
            if (units > 0)
            {
                Row($"the same, {units.ToString("F3", CultureInfo.InvariantCulture)} units on the interpreter of a Cortex-M4 at 168 MHz, and the flash", (units * UnitSeconds * 1000) + flashMs, "ms", 0);
            }
        }

        private static BootPolicy Provision(EmulatedFlash flash)
        {
            const Permissions All = Permissions.Author | Permissions.Store | Permissions.Apply;
            Guid vendor = Uuid.ForVendor("nanoboot.example");
            Guid board = Uuid.ForClass(vendor, "benchmark");
            FlashMap map = Map(flash);
            CborMap identity = new();
            identity.Add(1, writer => writer.WriteBytes(Uuid.ToBytes(vendor)));
            identity.Add(2, writer => writer.StartArray(1).WriteBytes(Uuid.ToBytes(board)));
            identity.Add(3, writer => writer.WriteBytes(Uuid.ToBytes(Uuid.Version5(board, "device 1"))));
            byte[] encoded = identity.Encode();
            FlashRegion region = map.Find(RegionId.Identity);
            RecordWriter record = new(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(record.Erase());
            Demand(record.Write(encoded, 0, encoded.Length, 0, 0));

            byte[] payload = MakeAssembly();
            ManifestBuilder builder = new() { SequenceNumber = 7, VendorId = vendor };
            builder.ClassIds.Add(board);
            builder.AddComponent("application", payload, null, "Benchmark.Program");
            Envelope envelope = builder.Build().Sign(CryptoSamples.Ec);
            byte[] bytes = envelope.Encode();
            long id = BitConverter.ToInt64(envelope.ImageId, 0);
            Slot slot = new(map.Find(RegionId.ApplicationA), EnvelopeBytes);
            RecordWriter writer = new RecordWriter(slot);
            Demand(writer.Erase());
            Demand(slot.Region.Program(slot.PayloadOffset, payload, 0, payload.Length));
            Demand(writer.Write(bytes, 0, bytes.Length, 7, id));

            BootJournal journal = new(map.Find(RegionId.Journal));
            journal.Open();
            ComponentState state = journal.Components[ComponentIndex.Application];
            state.ConfirmedId = id;
            state.ConfirmedSlot = RegionId.ApplicationA;
            state.Floor = 7;
            Demand(journal.Commit());

            ComponentDescription[] components = new ComponentDescription[ComponentIndex.Count];
            components[ComponentIndex.Application] = new ComponentDescription(
                Encoding.ASCII.GetBytes("application"), new[] { RegionId.ApplicationA }, EnvelopeBytes, All);
            Authority author = new(CryptoSamples.Ec.KeyId, CoseAlgorithm.Es256, CryptoSamples.Ec.PublicKey, All, null, CryptoSamples.EcTable);
            return new BootPolicy(new[] { author }, components) { ConfirmTimeoutMs = 0, Loader = new NoLoader() };
        }

        private static long Boot(EmulatedFlash flash, BootPolicy policy)
        {
            EntryBoard board = new(Map(flash));
            board.AllocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Stage1.Run(board, policy);
            }
            catch (EnteredException)
            {
                return board.Allocated;
            }

            throw new InvalidOperationException("The application was not started.");
        }

        // The live heap, collected anew at each access to flash and at each event.
        private static long PeakOf(EmulatedFlash flash, BootPolicy policy)
        {
            ProbedFlash probed = new(flash);
            EntryBoard board = new(Map(probed)) { Probe = probed.Probe };
            probed.Start();
            try
            {
                Stage1.Run(board, policy);
            }
            catch (EnteredException)
            {
                return probed.Peak;
            }

            throw new InvalidOperationException("The application was not started.");
        }

        private static FlashMap Map(IFlash flash)
        {
            return new FlashMap(new[]
            {
                new FlashRegion(RegionId.Journal, flash, 0, JournalBytes),
                new FlashRegion(RegionId.Identity, flash, JournalBytes, SectorBytes),
                new FlashRegion(RegionId.ApplicationA, flash, JournalBytes + SectorBytes, EnvelopeBytes + ImageBytes),
            });
        }

        // Bytes that look like one assembly from the outside.
        private static byte[] MakeAssembly()
        {
            byte[] assembly = new byte[ImageBytes];
            new Random(1).NextBytes(assembly);
            Encoding.ASCII.GetBytes("NFMRK1\0\0").CopyTo(assembly, 0);
            for (int i = 0; i < 16; i++)
            {
                FlashRecord.WriteNumber(assembly, 40 + (i * 4), i == 15 ? assembly.Length : ImageVerifier.HeaderBytes + (i * 4), 4);
                assembly[108 + i] = 0;
            }

            return assembly;
        }

        // The metadata processor is not part of the SDK: the script says so where it is not at hand.
        private static void PrintSizes()
        {
            string? root = AppContext.BaseDirectory;
            while (root != null && !File.Exists(Path.Combine(root, "nanoBoot.sln")))
            {
                root = Path.GetDirectoryName(root);
            }

            if (root == null || string.IsNullOrEmpty(Environment.GetEnvironmentVariable(ToolchainVariable)))
            {
                Console.WriteLine("sizes as .pe: set " + ToolchainVariable + " (tests/nano/README.md)");
                return;
            }

            using Process script = Process.Start("bash", Path.Combine(root, "tests", "nano", "sizes.sh"));
            script.WaitForExit();
        }

        private static void Row(string name, double value, string unit, double budget, bool isZero = false)
        {
            bool isKept = isZero ? value == 0 : budget == 0 || value <= budget;
            _isMissed |= !isKept;
            string limit = isZero ? "0" : budget > 0 ? string.Create(CultureInfo.InvariantCulture, $"{budget:N0} {unit}") : string.Empty;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {value:N0} {unit} | {limit} | {(isKept ? "ok" : "MISSED")} |"));
        }

        private static void Demand(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidOperationException("The bench got " + result + ".");
            }
        }

        private sealed class ProbedFlash(IFlash flash) : IFlash
        {
            private long _start;

            public int SizeBytes => flash.SizeBytes;

            public int ProgramUnitBytes => flash.ProgramUnitBytes;

            internal long Peak { get; private set; }

            public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
            {
                return flash.GetSector(addressBytes, out sectorStartBytes, out sectorSizeBytes);
            }

            public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
            {
                Probe();
                return flash.Read(addressBytes, buffer, offset, count);
            }

            public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
            {
                return flash.Program(addressBytes, buffer, offset, count);
            }

            public ResultCode Erase(int addressBytes, int count)
            {
                return flash.Erase(addressBytes, count);
            }

            public ResultCode Sync()
            {
                return flash.Sync();
            }

            internal void Start()
            {
                _start = Live();
            }

            internal void Probe()
            {
                Peak = Math.Max(Peak, Live() - _start);
            }

            // GetTotalMemory counts the rest of the block that a thread allocates from, up to 8 KB, too.
            private static long Live()
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, true, true);
                GCMemoryInfo info = GC.GetGCMemoryInfo(GCKind.FullBlocking);
                return info.HeapSizeBytes - info.FragmentedBytes;
            }
        }

        private sealed class EnteredException : Exception
        {
        }

        private sealed class NoLoader : AssemblyLoader
        {
            public override ResultCode Load(ImageVerifier image)
            {
                return ResultCode.Ok;
            }
        }

        // A board whose log ends the boot at the event that comes last before the image is entered.
        private sealed class EntryBoard : IBoard
        {
            internal EntryBoard(FlashMap flash)
            {
                Flash = flash;
            }

            public FlashMap Flash { get; }

            public long UptimeMs => 0;

            public long SecureTimeSeconds => -1;

            internal long AllocatedAtStart { get; set; }

            internal long Allocated { get; private set; }

            internal Action? Probe { get; init; }

            public void Restart()
            {
                throw new InvalidOperationException("The board restarts.");
            }

            public void Sleep(int durationMs)
            {
            }

            public ResultCode ConnectNetwork(int timeoutMs)
            {
                return ResultCode.NetworkUnreachable;
            }

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
                Probe?.Invoke();
                if (bootEvent == BootEvent.ImageStarted && result == ResultCode.Ok)
                {
                    Allocated = GC.GetAllocatedBytesForCurrentThread() - AllocatedAtStart;
                    throw new EnteredException();
                }
            }
        }
    }
}
