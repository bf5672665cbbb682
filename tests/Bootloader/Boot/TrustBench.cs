// What the tests of trust documents have in common: roots, an old and a new signer, documents, and a device that has one
// in force.

using System;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Tests.Boot
{
    /// <summary>Keys and documents.</summary>
    public static class TrustBench
    {
        public static readonly EcdsaSigningKey RootA = EcdsaSigningKey.FromSeed("trust"u8, "root a");
        public static readonly EcdsaSigningKey RootB = EcdsaSigningKey.FromSeed("trust"u8, "root b");
        public static readonly EcdsaSigningKey RootC = EcdsaSigningKey.FromSeed("trust"u8, "root c");

        /// <summary>Comes with a document; <see cref="BootBench.Author"/> is the one from the factory.</summary>
        public static readonly EcdsaSigningKey Successor = EcdsaSigningKey.FromSeed("trust"u8, "successor");

        /// <summary>The bench's policy with roots beside its author.</summary>
        /// <param name="loader">Plays the images.</param>
        /// <param name="roots">The roots; of each no more than trust documents, unless it says otherwise.</param>
        /// <param name="rootsNeeded">The threshold.</param>
        /// <param name="applicationSlots">1 or 2.</param>
        /// <param name="envelopeAreaBytes">Envelope area of the code slots.</param>
        public static BootPolicy MakePolicy(
            BenchLoader? loader, Authority[]? roots = null, int rootsNeeded = 1, int applicationSlots = 2, int envelopeAreaBytes = 8192)
        {
            BootPolicy policy = BootBench.MakePolicy(loader, applicationSlots, envelopeAreaBytes);
            Authority[] all = [BootBench.Trusted(BootBench.Author, BootBench.Needed), .. roots ?? [Root(RootA), Root(RootB)]];
            return new BootPolicy(all, policy.Components)
            {
                ConfirmTimeoutMs = 0,
                RootsNeeded = (byte)rootsNeeded,
                Loader = policy.Loader,
            };
        }

        public static Authority Root(SigningKey key, Permissions more = Permissions.None)
        {
            return BootBench.Trusted(key, Permissions.Trust | more);
        }

        /// <summary>A document signed by roots.</summary>
        public static SignedImage Sign(long sequence, byte[] document, params SigningKey[] roots)
        {
            ManifestBuilder builder = BootBench.MakeBuilder(BootBench.Trust, sequence, document, null!);
            builder.Components[0].Uris.Add("/trust-" + sequence + ".bin");
            Envelope envelope = builder.Build();
            foreach (SigningKey root in roots)
            {
                envelope.Sign(root);
            }

            return new SignedImage(BootBench.Trust, sequence, envelope.Encode(), document, BitConverter.ToInt64(envelope.ImageId, 0));
        }

        /// <summary>A document that trusts the given keys for everything that images need.</summary>
        public static byte[] Document(params SigningKey[] keys)
        {
            return Writer(keys).Encode();
        }

        public static TrustDocumentWriter Writer(params SigningKey[] keys)
        {
            var writer = new TrustDocumentWriter();
            foreach (SigningKey key in keys)
            {
                writer.Add(key, BootBench.Needed);
            }

            return writer;
        }

        /// <summary>Puts a document into force, as an updater that ran to its end left it.</summary>
        public static void PutInForce(EmulatedMemory memory, SignedImage document)
        {
            PutInForce(memory, document, true);
        }

        public static void PutInForce(EmulatedMemory memory, SignedImage document, bool isSecondCopy)
        {
            BootBench.Install(memory, RegionId.Trust, document, BootBench.TrustEnvelopeBytes);
            if (isSecondCopy)
            {
                BootBench.Install(memory, RegionId.TrustB, document, BootBench.TrustEnvelopeBytes);
            }

            BootJournal journal = BootBench.OpenJournal(memory);
            ComponentState state = journal.Components[ComponentIndex.Trust];
            state.ConfirmedId = document.Id;
            state.ConfirmedSlot = RegionId.Trust;
            state.Floor = document.Sequence;
            BootBench.Demand(journal.Commit());
        }

        /// <summary>Destroys a copy: of a part of its slot, 0 header, 1 envelope, 2 document.</summary>
        public static void Damage(EmulatedMemory memory, RegionId id, int part)
        {
            FlashRegion region = memory.Map().Find(id);
            int offset = part == 0 ? 0 : part == 1 ? FlashRecord.BodyOffset : BootBench.TrustEnvelopeBytes;
            int sector = offset / 4096 * 4096;
            byte[] content = new byte[4096];
            BootBench.Demand(region.Read(sector, content, 0, content.Length));
            for (int i = 0; i < 64; i += part == 0 ? 8 : 64)
            {
                content[offset - sector + i + 5] ^= 1;
            }

            BootBench.Demand(region.Erase(sector, content.Length));
            BootBench.Demand(region.Program(sector, content, 0, content.Length));
            BootBench.Demand(region.Sync());
        }
    }
}
