// The bench of the boot tests: keys, signed images, a provisioned device, and a loader that runs no code but does what
// a test says, so that thousands of boots take a second. Stage 1 is the real one.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Tests.Boot
{
    /// <summary>A signed image, ready to be installed.</summary>
    public sealed record SignedImage(string Component, long Sequence, byte[] Envelope, byte[] Payload, long Id)
    {
        public string Digest { get; } = Convert.ToHexString(SHA256.HashData(Payload));
    }

    /// <summary>Takes the place of the platform's loader: notes what was to run, and does what the test says.</summary>
    public sealed class BenchLoader : AssemblyLoader
    {
        private string _digest = string.Empty;

        /// <summary>SHA-256 of the payloads that were entered, in order.</summary>
        public List<string> Entered { get; } = new List<string>();

        /// <summary>What an image does.</summary>
        public Action<BootContext, string> Behaviour { get; set; } = (boot, _) => Sleep(boot);

        /// <summary>What loading gives.</summary>
        public Func<string, ResultCode> Loading { get; set; } = _ => ResultCode.Ok;

        public override ResultCode Load(ImageVerifier image)
        {
            if (image.AssemblyCount == 1)
            {
                _digest = Convert.ToHexString(SHA256.HashData(image.Assemblies[0]));
                return Loading(_digest);
            }

            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int i = 0; i < image.AssemblyCount; i++)
            {
                hash.AppendData(image.Assemblies[i]);
            }

            _digest = Convert.ToHexString(hash.GetHashAndReset());
            return Loading(_digest);
        }

        public override void Enter(BootContext boot)
        {
            Entered.Add(_digest);
            Behaviour(boot, _digest);
        }

        /// <summary>Sleeps until the device counts as sleeping.</summary>
        public static void Sleep(BootContext boot)
        {
            while (true)
            {
                boot.Board.Sleep(1000);
            }
        }

        /// <summary>Confirms, then sleeps.</summary>
        public static void ConfirmAndSleep(BootContext boot)
        {
            boot.Confirm();
            Sleep(boot);
        }
    }

    /// <summary>What the tests of the boot have in common.</summary>
    public static class BootBench
    {
        public const string Application = "application";
        public const string Stage2 = "stage2";
        public const string Trust = "trust";

        /// <summary>Envelope area of the slots of the trust document: less than the layout has room for, so that less is erased.</summary>
        public const int TrustEnvelopeBytes = 4096;

        public static readonly Guid Vendor = Uuid.ForVendor("nanoboot.example");
        public static readonly Guid Class = Uuid.ForClass(Vendor, "bench");
        public static readonly Guid Device = Uuid.Version5(Class, "device 1");
        public static readonly EcdsaSigningKey Author = EcdsaSigningKey.FromSeed("bench"u8, "author");
        public static readonly EcdsaSigningKey Stranger = EcdsaSigningKey.FromSeed("bench"u8, "stranger");

        /// <summary>What most components need.</summary>
        public const Permissions Needed = Permissions.Author | Permissions.Store | Permissions.Apply;

        /// <summary>A policy that trusts <see cref="Author"/>, without a supervisor.</summary>
        public static BootPolicy MakePolicy(BenchLoader? loader = null, int applicationSlots = 2, int envelopeAreaBytes = 8192)
        {
            RegionId[] slots = applicationSlots == 2
                ? new[] { RegionId.ApplicationA, RegionId.ApplicationB }
                : new[] { RegionId.ApplicationA };
            ComponentDescription[] components =
            {
                Describe(Stage2, envelopeAreaBytes, RegionId.Stage2A, RegionId.Stage2B),
                Describe(Application, envelopeAreaBytes, slots),
                new ComponentDescription("trust"u8.ToArray(), new[] { RegionId.Trust, RegionId.TrustB }, TrustEnvelopeBytes, Permissions.Trust),
                Describe("configuration", envelopeAreaBytes, RegionId.Configuration),
            };
            BootPolicy policy = new BootPolicy(new[] { Trusted(Author, Needed) }, components)
            {
                ConfirmTimeoutMs = 0,
            };
            if (loader != null)
            {
                policy.Loader = loader;
            }

            return policy;
        }

        public static Authority Trusted(SigningKey key, Permissions permissions, CoseAlgorithm algorithm = CoseAlgorithm.Es256)
        {
            return new Authority(key.KeyId, algorithm, key.PublicKey, permissions, null, null);
        }

        public static ComponentDescription Describe(string id, int envelopeAreaBytes, params RegionId[] slots)
        {
            return new ComponentDescription(Encoding.ASCII.GetBytes(id), slots, envelopeAreaBytes, Needed);
        }

        /// <summary>Builds the manifest of a release; tests change it before they sign.</summary>
        public static ManifestBuilder MakeBuilder(string component, long sequence, byte[] payload, string entryType = "Bench.Program")
        {
            ManifestBuilder builder = new ManifestBuilder { SequenceNumber = sequence, VendorId = Vendor };
            builder.ClassIds.Add(Class);
            builder.AddComponent(component, payload, null, entryType);
            return builder;
        }

        public static SignedImage Sign(ManifestBuilder builder, byte[] payload, SigningKey? key = null)
        {
            return Sign(builder.Build(), builder.Components[0].Id.ToString(), builder.SequenceNumber, payload, key);
        }

        public static SignedImage Sign(Envelope envelope, string component, long sequence, byte[] payload, SigningKey? key = null)
        {
            envelope.Sign(key ?? Author);
            return new SignedImage(component, sequence, envelope.Encode(), payload, BitConverter.ToInt64(envelope.ImageId, 0));
        }

        public static SignedImage MakeImage(string component, long sequence, int payloadBytes = 3000, SigningKey? key = null)
        {
            byte[] payload = FakeAssembly(payloadBytes, (int)sequence + component.Length);
            return Sign(MakeBuilder(component, sequence, payload), payload, key);
        }

        /// <summary>Bytes that look like a <c>.pe</c> assembly from the outside.</summary>
        public static byte[] FakeAssembly(int sizeBytes, int seed)
        {
            byte[] assembly = new byte[sizeBytes / 4 * 4];
            new Random(seed).NextBytes(assembly);
            Encoding.ASCII.GetBytes("NFMRK1\0\0").CopyTo(assembly, 0);
            for (int i = 0; i < 16; i++)
            {
                int start = i == 15 ? assembly.Length : ImageVerifier.HeaderBytes + (i * 4);
                FlashRecord.WriteNumber(assembly, 40 + (i * 4), start, 4);
                assembly[108 + i] = 0;
            }

            return assembly;
        }

        /// <summary>A device with an identity and empty slots.</summary>
        public static EmulatedMemory MakeMemory(
            int slotBytes = 32768, int applicationSlots = 2, bool isGolden = false, int journalSectors = 4)
        {
            EmulatedMemory memory = new EmulatedMemory(
                EmulatedLayout.Make(slotBytes, applicationSlots, isGolden: isGolden, journalSectors: journalSectors));
            WriteIdentity(memory, MakeIdentity());
            return memory;
        }

        public static byte[] MakeIdentity(byte[]? deviceKey = null)
        {
            CborMap map = new CborMap();
            map.Add(1, writer => writer.WriteBytes(Uuid.ToBytes(Vendor)));
            map.Add(2, writer => writer.StartArray(1).WriteBytes(Uuid.ToBytes(Class)));
            map.Add(3, writer => writer.WriteBytes(Uuid.ToBytes(Device)));
            if (deviceKey != null)
            {
                map.Add(4, writer => writer.WriteBytes(deviceKey));
            }

            map.Add(5, writer => writer.WriteText("http://127.0.0.1/bench"));
            return map.Encode();
        }

        public static void WriteIdentity(EmulatedMemory memory, byte[] identity)
        {
            FlashRegion region = memory.Map().Find(RegionId.Identity);
            RecordWriter record = new RecordWriter(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(record.Erase());
            Demand(record.Write(identity, 0, identity.Length, 0, 0));
        }

        public static Slot SlotOf(EmulatedMemory memory, RegionId id, int envelopeAreaBytes = 8192)
        {
            return new Slot(memory.Map().Find(id), envelopeAreaBytes);
        }

        /// <summary>Installs an image as stage 2 does, in the plainest way.</summary>
        public static void Install(EmulatedMemory memory, RegionId id, SignedImage image, int envelopeAreaBytes = 8192)
        {
            Install(SlotOf(memory, id, envelopeAreaBytes), image);
        }

        public static void Install(Slot slot, SignedImage image)
        {
            RecordWriter writer = new RecordWriter(slot);
            Demand(writer.Erase());
            WritePayload(slot, image.Payload);
            Demand(writer.Write(image.Envelope, 0, image.Envelope.Length, image.Sequence, image.Id));
        }

        public static void WritePayload(Slot slot, byte[] payload)
        {
            int written = 0;
            while (written < payload.Length)
            {
                Demand(slot.Region.GetSector(slot.PayloadOffset + written, out int sector, out int size));
                Demand(slot.Region.Erase(sector, size));
                byte[] padded = new byte[Math.Min(size, (payload.Length - written + 31) / 32 * 32)];
                Array.Fill(padded, (byte)0xFF);
                payload.AsSpan(written, Math.Min(size, payload.Length - written)).CopyTo(padded);
                Demand(slot.Region.Program(sector, padded, 0, padded.Length));
                written += size;
            }

            Demand(slot.Region.Sync());
        }

        public static void Demand(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidOperationException("The bench got " + result + ".");
            }
        }

        /// <summary>The journal as it stands on flash.</summary>
        public static BootJournal OpenJournal(EmulatedMemory memory)
        {
            BootJournal journal = new BootJournal(memory.Map().Find(RegionId.Journal));
            journal.Open();
            return journal;
        }

        public static IEnumerable<TranscriptEntry> Of(EmulatedDevice device, BootEvent bootEvent)
        {
            return device.Transcript.Where(entry => entry.Event == bootEvent);
        }
    }
}
