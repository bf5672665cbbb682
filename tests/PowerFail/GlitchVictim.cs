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
            "signed by a key that the trust document dropped",
            "signed by a root that the trust document revoked",
            "signed by a key of the factory, and no copy of the trust document is good",
            "signed by a key of a trust document that the journal does not name",
            "signed by a key of a trust document that a revoked root signed alone",
            "control: signed by a key of the trust document",
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
            PrepareTrust(good, payload);
        }

        // Devices with a trust document. Its roots are MAC keys: many times faster, and the same to the code around them.
        private static void PrepareTrust(SignedImage good, byte[] payload)
        {
            HmacSigningKey rootA = new HmacSigningKey(new byte[32]);
            HmacSigningKey rootB = new HmacSigningKey(Convert.FromHexString(new string('B', 64)));
            SigningKey[] roots = { rootA, rootB };
            byte[][] secrets = { new byte[32], Convert.FromHexString(new string('B', 64)) };
            SignedImage Image(SigningKey key) => BootBench.Sign(BootBench.MakeBuilder(BootBench.Application, 5, payload), payload, key);
            byte[] selfRevoked = TrustBench.Writer(TrustBench.Successor).RevokeRoot(secrets[0]).Encode();
            SignedImage rotated = TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), rootA);
            SignedImage revoked = TrustBench.Sign(5, TrustBench.Writer().RevokeRoot(secrets[0]).Encode(), rootB);
            Add(good, 0, rotated, roots, secrets, TrustBench.PutInForce);
            Add(Image(rootA), 0, revoked, roots, secrets, TrustBench.PutInForce);
            Add(good, 0, rotated, roots, secrets, (memory, document) =>
            {
                TrustBench.PutInForce(memory, document);
                TrustBench.Damage(memory, RegionId.Trust, 2);
                TrustBench.Damage(memory, RegionId.TrustB, 1);
            });
            Add(Image(TrustBench.Successor), 0, rotated, roots, secrets, (memory, document) =>
                BootBench.Install(memory, RegionId.Trust, document, BootBench.TrustEnvelopeBytes));
            Add(Image(TrustBench.Successor), 0, TrustBench.Sign(5, selfRevoked, rootA), roots, secrets, TrustBench.PutInForce);
            Add(Image(TrustBench.Successor), 0, rotated, roots, secrets, TrustBench.PutInForce);
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

        private static void Add(
            SignedImage image,
            long floor,
            SignedImage? document = null,
            SigningKey[]? roots = null,
            byte[][]? secrets = null,
            Action<EmulatedMemory, SignedImage>? place = null)
        {
            BenchLoader loader = new BenchLoader();
            BootPolicy policy = BootBench.MakePolicy(loader, 1, 4096);
            SigningKey half = EcdsaSigningKey.FromSeed("bench"u8, "half");
            List<Bootloader.Cose.Authority> trusted = new List<Bootloader.Cose.Authority>
            {
                BootBench.Trusted(BootBench.Author, BootBench.Needed),
                BootBench.Trusted(half, Bootloader.Cose.Permissions.Author),
            };
            for (int i = 0; roots != null && i < roots.Length; i++)
            {
                trusted.Add(new Bootloader.Cose.Authority(
                    roots[i].KeyId, Bootloader.Cose.CoseAlgorithm.Hmac256, secrets![i], BootBench.Needed | Bootloader.Cose.Permissions.Trust, null, null));
            }

            policy = new BootPolicy(trusted.ToArray(), policy.Components)
            {
                ConfirmTimeoutMs = 0,
                Loader = loader,
                AcceptDeviceMac = roots != null,
            };
            EmulatedMemory memory = BootBench.MakeMemory(8192, 1, journalSectors: 3);
            BootBench.Install(memory, RegionId.ApplicationA, image, 4096);
            BootJournal journal = BootBench.OpenJournal(memory);
            journal.Components[ComponentIndex.Application].Floor = floor;
            BootBench.Demand(journal.Commit());
            place?.Invoke(memory, document!);
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
