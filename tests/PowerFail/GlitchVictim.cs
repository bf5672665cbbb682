// What the glitch tests attack: devices whose slots hold images that must not start. It runs inside the load context
// of the rewritten stage 1, and is called from outside by reflection.

using System;
using System.Collections.Generic;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>Boots devices with bad images.</summary>
    public static class GlitchVictim
    {
        private static readonly List<(EmulatedDevice Device, MemorySnapshot Start, BenchLoader Loader)> Devices =
            new List<(EmulatedDevice, MemorySnapshot, BenchLoader)>();

        private static string _good = string.Empty;

        /// <summary>The attacks, by number.</summary>
        public static string[] Attacks { get; } =
        {
            "control: a good image",
            "a bit of the payload flipped",
            "a bit of the payload flipped, whole-image digest",
            "a bit of the signature flipped",
            "signed by a stranger",
            "signed by a stranger who uses a trusted key id",
            "another manifest under a good signature",
            "older than the floor",
            "for another class of device",
            "for another component",
            "signed without the permission to apply",
        };

        /// <summary>The course of the last boot, for whoever wonders.</summary>
        public static string Course { get; private set; } = string.Empty;

        /// <summary>Makes the devices.</summary>
        public static void Prepare()
        {
            byte[] payload = BootBench.FakeAssembly(700, 3);
            byte[] flipped = (byte[])payload.Clone();
            flipped[500] ^= 4;
            ManifestBuilder Builder(long sequence = 5) => BootBench.MakeBuilder(BootBench.Application, sequence, payload);
            SignedImage good = BootBench.Sign(Builder(), payload);
            _good = good.Digest;
            ManifestBuilder standard = Builder();
            standard.Profile = ManifestProfile.Standard;
            ManifestBuilder other = BootBench.MakeBuilder(BootBench.Application, 5, payload);
            other.ClassIds[0] = Uuid.ForClass(BootBench.Vendor, "another");
            byte[] signature = (byte[])good.Envelope.Clone();
            signature[IndexOfSignature(good.Envelope)] ^= 1;
            SignedImage evil = BootBench.Sign(BootBench.MakeBuilder(BootBench.Application, 6, flipped), flipped, BootBench.Stranger);
            SigningKey impostor = EcdsaSigningKey.FromPem(BootBench.Stranger.ExportPem(), SigningAlgorithm.Es256, true, BootBench.Author.KeyId);
            SignedImage wrongComponent = BootBench.Sign(BootBench.MakeBuilder(BootBench.Stage2, 5, payload), payload);

            Add(good, 0);
            Add(good with { Payload = flipped }, 0);
            Add(BootBench.Sign(standard, payload) with { Payload = flipped }, 0);
            Add(good with { Envelope = signature }, 0);
            Add(evil, 0);
            Add(BootBench.Sign(BootBench.MakeBuilder(BootBench.Application, 6, flipped), flipped, impostor), 0);
            Add(evil with { Envelope = Transplant(good, evil) }, 0);
            Add(good, 6);
            Add(BootBench.Sign(other, payload), 0);
            Add(wrongComponent, 0);
            Add(BootBench.Sign(Builder(), payload, EcdsaSigningKey.FromSeed("bench"u8, "half")), 0);
        }

        /// <summary>Boots one device, once or to the end of a restart or two.</summary>
        /// <param name="attack">Number of the attack.</param>
        /// <returns>0: nothing ran. 1: the image ran.</returns>
        public static int Boot(int attack)
        {
            (EmulatedDevice device, MemorySnapshot start, BenchLoader loader) = Devices[attack];
            device.Memory.Restore(start);
            device.Transcript.Clear();
            loader.Entered.Clear();
            BoardEnd end = device.Run(3);
            Course = end + " " + device.Escaped + " " + string.Join(' ', device.Transcript);
            return loader.Entered.Count == 0 ? 0 : 1;
        }

        private static void Add(SignedImage image, long floor)
        {
            BenchLoader loader = new BenchLoader();
            BootPolicy policy = BootBench.MakePolicy(loader, 1, 4096);
            SigningKey half = EcdsaSigningKey.FromSeed("bench"u8, "half");
            policy = new BootPolicy(
                new Bootloader.Cose.TrustStore(new[]
                {
                    BootBench.Trusted(BootBench.Author, BootBench.Needed),
                    BootBench.Trusted(half, Bootloader.Cose.Permissions.Author),
                }),
                policy.Components)
            {
                ConfirmTimeoutMs = 0,
                Loader = loader,
            };
            EmulatedMemory memory = BootBench.MakeMemory(8192, 1, journalSectors: 3);
            BootBench.Install(memory, RegionId.ApplicationA, image, 4096);
            BootJournal journal = BootBench.OpenJournal(memory);
            journal.State.Components[ComponentIndex.Application].Floor = floor;
            BootBench.Demand(journal.Commit());
            EmulatedDevice device = new EmulatedDevice(memory, policy);
            Devices.Add((device, memory.Snapshot(), loader));
        }

        // The last 64 bytes of the authentication wrapper are the signature: ahead of the manifest.
        private static int IndexOfSignature(byte[] envelope)
        {
            int manifest = envelope.AsSpan().IndexOf(new byte[] { 0x03, 0x58 });
            int wide = envelope.AsSpan().IndexOf(new byte[] { 0x03, 0x59 });
            return (wide >= 0 && (manifest < 0 || wide < manifest) ? wide : manifest) - 10;
        }

        // The wrapper of one envelope before the manifest of another.
        private static byte[] Transplant(SignedImage wrapper, SignedImage manifest)
        {
            Envelope target = Envelope.Parse(manifest.Envelope).RemoveAuthenticationBlocks();
            target.AddAuthenticationBlock(Envelope.Parse(wrapper.Envelope).AuthenticationBlocks[0]);
            return target.Encode();
        }
    }
}
