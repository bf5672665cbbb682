// A whole device in front of a real server: stage 1, the real assembly of stage 2, the demo application, an author.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DemoApplication.Bundles;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Server;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    internal sealed class DeviceBench : IAsyncDisposable
    {
        public const string Stage2 = "stage2";
        public const string Application = "application";
        public const string Configuration = "configuration";

        private static readonly Guid s_vendor = Uuid.ForVendor("nanoboot.example");
        private static readonly Guid s_class = Uuid.ForClass(s_vendor, "bench");

        private readonly FirmwareServer _server;
        private readonly List<RequestRecord> _requests;

        private DeviceBench(FirmwareServer server, string directory, List<RequestRecord> requests, int applicationSlots, int configurationSlots)
        {
            _server = server;
            Directory = directory;
            _requests = requests;
            Publisher = new Publisher(directory);
            Policy = new BootPolicy(
                new[]
                {
                    new Authority(Author.KeyId, CoseAlgorithm.Es256, Author.PublicKey, (Permissions)0x7F, null, null),
                    new Authority(Maker.KeyId, CoseAlgorithm.Es256, Maker.PublicKey, Permissions.Author | Permissions.Store, null, null),
                    new Authority(Operator.KeyId, CoseAlgorithm.Es256, Operator.PublicKey, Permissions.Apply, null, null),
                },
                new ComponentDescription?[]
                {
                    new(Encoding.ASCII.GetBytes(Stage2), new[] { RegionId.Stage2A, RegionId.Stage2B }, 8192, Permissions.Author | Permissions.Store | Permissions.Apply),
                    new(Encoding.ASCII.GetBytes(Application),
                        applicationSlots == 2 ? new[] { RegionId.ApplicationA, RegionId.ApplicationB } : new[] { RegionId.ApplicationA },
                        8192, Permissions.Author | Permissions.Store | Permissions.Apply),
                    null,
                    configurationSlots == 0 ? null
                        : new(Encoding.ASCII.GetBytes(Configuration),
                            configurationSlots == 2 ? new[] { RegionId.Configuration, RegionId.ConfigurationB } : new[] { RegionId.Configuration },
                            8192, Permissions.Author | Permissions.Store | Permissions.Apply),
                });
            Memory = new EmulatedMemory(EmulatedLayout.Make(applicationSlots: applicationSlots, hasPayloadKeys: true));
            Device = new EmulatedDevice(Memory, Policy) { SleepLimitMs = 2_000_000 };
        }

        public EcdsaSigningKey Author { get; } = EcdsaSigningKey.FromSeed("bench"u8, "author");

        /// <summary>May write images and have them stored, but not applied.</summary>
        public EcdsaSigningKey Maker { get; } = EcdsaSigningKey.FromSeed("bench"u8, "maker");

        /// <summary>May have images applied, and nothing else.</summary>
        public EcdsaSigningKey Operator { get; } = EcdsaSigningKey.FromSeed("bench"u8, "operator");

        public string Directory { get; }

        public Publisher Publisher { get; }

        public BootPolicy Policy { get; }

        public EmulatedMemory Memory { get; }

        public EmulatedDevice Device { get; }

        public Uri Address => _server.BaseAddress;

        public static byte[] Stage2Image { get; } = File.ReadAllBytes(typeof(Updater).Assembly.Location);

        public static byte[] Stage2WithFormats { get; } = Bundle.Concatenate(new[]
        {
            Stage2Image,
            File.ReadAllBytes(typeof(NanoBoot.Stage2Payloads.PayloadDecoder).Assembly.Location),
        });

        public static byte[] Stage2WithDecryption { get; } = Bundle.Concatenate(new[]
        {
            File.ReadAllBytes(typeof(NanoBoot.Encryption.AesCipher).Assembly.Location),
            Stage2Image,
            File.ReadAllBytes(typeof(NanoBoot.Stage2Encryption.EncryptedPayloads).Assembly.Location),
        });

        public static byte[] Version10 { get; } = Bundle.Concatenate(DemoBundle.Version10.Assemblies);

        public static byte[] Version11 { get; } = Bundle.Concatenate(DemoBundle.Version11.Assemblies);

        public IReadOnlyList<RequestRecord> Requests
        {
            get
            {
                lock (_requests)
                {
                    return _requests.ToArray();
                }
            }
        }

        /// <summary>A device with stage 2 and application 1.0 of sequence number 1 in their first slots.</summary>
        public static async Task<DeviceBench> StartAsync(int applicationSlots = 2, bool isPacked = false, bool isEncrypted = false, int configurationSlots = 0)
        {
            string directory = System.IO.Directory.CreateTempSubdirectory("nanoboot-bench-").FullName;
            List<RequestRecord> requests = new();
            FirmwareServer server = await FirmwareServer.StartAsync(new FirmwareServerOptions
            {
                Directory = directory,
                ReportsDirectory = Path.Combine(directory, "reports-kept"),
                OnRequest = request =>
                {
                    lock (requests)
                    {
                        requests.Add(request);
                    }
                },
            });
            DeviceBench bench = new(server, directory, requests, applicationSlots, configurationSlots);
            FlashMap map = bench.Memory.Map();
            bench.WriteIdentity(server.BaseAddress.ToString());
            byte[] stage2 = isPacked ? Stage2WithFormats : isEncrypted ? Stage2WithDecryption : Stage2Image;
            ManifestBuilder builder = bench.Manifest(Stage2, 1, stage2);
            builder.Components[0].EntryType = isPacked ? "NanoBoot.Stage2Payloads.Program"
                : isEncrypted ? "NanoBoot.Stage2Encryption.Program"
                : builder.Components[0].EntryType;
            Factory.WriteImage(map, bench.Policy.Components[0], RegionId.Stage2A, builder.Build().Sign(bench.Author), stage2);
            Factory.WriteImage(map, bench.Policy.Components[1], RegionId.ApplicationA, bench.Manifest(Application, 1, Version10).Build().Sign(bench.Author), Version10);
            return bench;
        }

        public async ValueTask DisposeAsync()
        {
            await _server.DisposeAsync();
            System.IO.Directory.Delete(Directory, recursive: true);
        }

        /// <summary>Tells the device where its manifests are.</summary>
        public void WriteIdentity(string uri)
        {
            Factory.WriteIdentity(Memory.Map(), new IdentityRecord
            {
                VendorId = s_vendor,
                ClassIds = new[] { s_class },
                DeviceId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
                DeviceKey = new byte[32],
                ManifestUri = uri,
            });
        }

        /// <summary>A manifest as the author's tools make it.</summary>
        public ManifestBuilder Manifest(string component, long sequence, byte[] payload, string? uri = null)
        {
            ManifestBuilder builder = new() { SequenceNumber = sequence, VendorId = s_vendor };
            builder.ClassIds.Add(s_class);
            builder.AddComponent(component, payload, uri ?? "../" + Publisher.PayloadPath(payload),
                component == Configuration ? null : component == Stage2 ? "NanoBoot.Stage2Updater.Program" : DemoBundle.EntryType);
            return builder;
        }

        /// <summary>Signs and publishes.</summary>
        public void Publish(ManifestBuilder builder, byte[] payload, SigningKey? key = null)
        {
            string component = builder.Components[0].Id.ToString().TrimStart('/');
            Publisher.Publish(component, builder.Build().Sign(key ?? Author), payload);
        }

        /// <summary>Puts bytes where a manifest is expected.</summary>
        public void Plant(string component, byte[] envelope)
        {
            string path = Path.Combine(Directory, Publisher.ManifestPath(component));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, envelope);
        }

        /// <summary>Boots until the application is started once more than it was, and returns what was said meanwhile.</summary>
        public IReadOnlyList<TranscriptEntry> Update()
        {
            int start = Device.Transcript.Count;
            for (int boots = 0; boots < 12; boots++)
            {
                BoardEnd end = Device.BootOnce();
                Assert.AreNotEqual(BoardEnd.Escaped, end, Device.Escaped?.ToString());
                if (end != BoardEnd.Restart)
                {
                    break;
                }

                TranscriptEntry[] said = Device.Transcript.Skip(start).ToArray();
                int updated = Array.FindLastIndex(said, entry => entry.Event == BootEvent.Stage2Started);
                bool isApplicationBack = updated >= 0
                    && said.Skip(updated).Any(entry => entry.Event is BootEvent.ImageStarted or BootEvent.ImageConfirmed && IsApplication(entry.Region));
                if (isApplicationBack)
                {
                    break;
                }
            }

            return Device.Transcript.Skip(start).ToArray();
        }

        /// <summary>Region and sequence number of the application that was started last.</summary>
        public (RegionId Region, long Sequence) Running()
        {
            TranscriptEntry started = Device.Transcript.Last(entry =>
                entry.Event is BootEvent.ImageStarted or BootEvent.ImageConfirmed && IsApplication(entry.Region));
            return (started.Region, started.Value);
        }

        /// <summary>The journal as the next boot will find it.</summary>
        public BootJournal State()
        {
            Memory.Power.PowerOn();
            BootJournal journal = new(Memory.Map().Find(RegionId.Journal));
            ResultCode result = journal.Open();
            Assert.IsTrue(result is ResultCode.Ok or ResultCode.JournalEmpty, result.ToString());
            return journal;
        }

        /// <summary>The reports that the tracker has, verified, in order.</summary>
        public IReadOnlyList<SuitReport> Reports()
        {
            string kept = Path.Combine(Directory, "reports-kept");
            return System.IO.Directory.GetFiles(kept).OrderBy(file => file.Split('-')[^2], StringComparer.Ordinal)
                .Select(file => SuitReport.Verify(File.ReadAllBytes(file), new byte[32])).ToArray();
        }

        public byte[] Read(RegionId id, int offset, int count)
        {
            byte[] bytes = new byte[count];
            Assert.AreEqual(ResultCode.Ok, Memory.Map().Find(id).Read(offset, bytes, 0, count));
            return bytes;
        }

        private static bool IsApplication(RegionId region)
        {
            return region is RegionId.ApplicationA or RegionId.ApplicationB;
        }
    }
}
