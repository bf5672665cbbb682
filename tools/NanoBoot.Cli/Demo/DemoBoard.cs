// The emulated board of the demo: chips as files, a policy with one trusted key, and questions about its state.

using System;
using System.Security.Cryptography;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Demo
{
    /// <summary>The board of the demo.</summary>
    internal sealed class DemoBoard
    {
        private const Permissions Needed = Permissions.Author | Permissions.Store | Permissions.Apply;

        public DemoBoard(DemoAuthor author)
        {
            Memory = new EmulatedMemory(EmulatedLayout.Make());
            Device = new EmulatedDevice(Memory, MakePolicy(author.Key)) { IsOwnThread = true };
        }

        public EmulatedMemory Memory { get; }

        public EmulatedDevice Device { get; }

        public ComponentDescription Application => Device.Policy.Components[ComponentIndex.Application];

        public ComponentDescription Stage2 => Device.Policy.Components[ComponentIndex.Stage2];

        /// <summary>What the journal says now.</summary>
        public BootJournal ReadJournal()
        {
            Memory.Power.PowerOn();
            var journal = new BootJournal(Memory.Map().Find(RegionId.Journal));
            _ = journal.Open();
            return journal;
        }

        /// <summary>A digest of all bytes in the slots of the application.</summary>
        public string DigestOfSlots()
        {
            Memory.Power.PowerOn();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (RegionId id in Application.Slots)
            {
                FlashRegion region = Memory.Map().Find(id);
                byte[] content = new byte[region.SizeBytes];
                if (region.Read(0, content, 0, content.Length) != ResultCode.Ok)
                {
                    throw new InvalidOperationException($"{id} cannot be read.");
                }

                hash.AppendData(content);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        private static BootPolicy MakePolicy(SigningKey key)
        {
            var authority = new Authority(key.KeyId, CoseAlgorithm.Es256, key.PublicKey, Needed, null, null);
            ComponentDescription[] components =
            [
                Describe(DemoAuthor.Stage2Component, RegionId.Stage2A, RegionId.Stage2B),
                Describe(DemoAuthor.ApplicationComponent, RegionId.ApplicationA, RegionId.ApplicationB),
                new ComponentDescription("trust"u8.ToArray(), [RegionId.Trust, RegionId.TrustB], EmulatedLayout.TrustEnvelopeBytes, Permissions.Trust),
                Describe("configuration", RegionId.Configuration),
            ];
            return new BootPolicy([authority], components);
        }

        private static ComponentDescription Describe(string id, params RegionId[] slots)
        {
            return new ComponentDescription(Encoding.ASCII.GetBytes(id), slots, ComponentDescription.EnvelopeAreaBytesDefault, Needed);
        }
    }
}
