// How a board's flash is divided, and what its stage 1 decides: the same for all boards here but for sizes.
// The regions follow each other from address 0 in the order of Divide; a board that wants another order makes its
// own FlashMap and BootPolicy.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Board
{
    /// <summary>Sizes of a board's regions, and the flash map and policy that follow from them.</summary>
    /// <remarks>Immutable.</remarks>
    public sealed class BoardLayout
    {
        /// <summary>Size of the sectors that the sizes here are multiples of.</summary>
        public const int SectorBytes = 4096;

        /// <summary>The boot journal: four sectors, one more than it needs.</summary>
        public const int JournalBytes = 4 * SectorBytes;

        /// <summary>The identity.</summary>
        public const int IdentityBytes = SectorBytes;

        /// <summary>The keys that payloads are encrypted for.</summary>
        public const int PayloadKeysBytes = SectorBytes;

        /// <summary>Envelope area of every slot.</summary>
        public const int EnvelopeBytes = 2 * SectorBytes;

        /// <summary>Each of the two slots of the configuration: an envelope of one sector, and two of payload.</summary>
        public const int SmallSlotBytes = 3 * SectorBytes;

        /// <summary>Heap that stage 1 takes at most, beyond the image that it loads.</summary>
        public const int Stage1HeapBytes = 16384;

        /// <summary>Payload area of each of the two slots of stage 2.</summary>
        public readonly int Stage2Bytes;

        /// <summary>Payload area of each slot of the application.</summary>
        public readonly int ApplicationBytes;

        /// <summary>Envelope area of the two slots of the trust document: room for the blocks of four roots with ES256 or of two with
        /// HSS/LMS (H10/W4); of one with HSS/LMS where the application has one slot, for such a board is short of room.</summary>
        public readonly int TrustEnvelopeBytes;

        /// <summary>Slots of the application: 1 (stage 2 recovers it over the network) or 2 (trial and revert).</summary>
        public readonly int ApplicationSlots;

        /// <summary>Describes a layout; all sizes in bytes, multiples of <see cref="SectorBytes"/>.</summary>
        /// <param name="stage2Bytes">Payload area of a slot of stage 2.</param>
        /// <param name="applicationBytes">Payload area of a slot of the application.</param>
        /// <param name="applicationSlots">1 or 2.</param>
        public BoardLayout(int stage2Bytes, int applicationBytes, int applicationSlots)
        {
            Stage2Bytes = stage2Bytes;
            ApplicationBytes = applicationBytes;
            ApplicationSlots = applicationSlots;
            TrustEnvelopeBytes = applicationSlots * SectorBytes;
        }

        /// <summary>Flash that the regions take, in bytes.</summary>
        public int FlashBytes
        {
            get
            {
                return JournalBytes + IdentityBytes + PayloadKeysBytes + (2 * (TrustEnvelopeBytes + SectorBytes + SmallSlotBytes))
                    + (2 * (EnvelopeBytes + Stage2Bytes)) + (ApplicationSlots * (EnvelopeBytes + ApplicationBytes));
            }
        }

        /// <summary>Divides a flash device.</summary>
        /// <param name="flash">The device, with sectors of <see cref="SectorBytes"/>.</param>
        /// <returns>The map; stage 1 checks it.</returns>
        public FlashMap Divide(IFlash flash)
        {
            int stage2 = EnvelopeBytes + Stage2Bytes;
            int application = EnvelopeBytes + ApplicationBytes;
            FlashRegion[] regions = new FlashRegion[9 + ApplicationSlots];
            int start = 0;
            start = Add(regions, 0, RegionId.Journal, flash, start, JournalBytes);
            start = Add(regions, 1, RegionId.Identity, flash, start, IdentityBytes);
            start = Add(regions, 2, RegionId.Trust, flash, start, TrustEnvelopeBytes + SectorBytes);
            start = Add(regions, 7 + ApplicationSlots, RegionId.TrustB, flash, start, TrustEnvelopeBytes + SectorBytes);
            start = Add(regions, 3, RegionId.Configuration, flash, start, SmallSlotBytes);
            start = Add(regions, 4, RegionId.Stage2A, flash, start, stage2);
            start = Add(regions, 5, RegionId.Stage2B, flash, start, stage2);
            start = Add(regions, 6, RegionId.ApplicationA, flash, start, application);
            if (ApplicationSlots == 2)
            {
                start = Add(regions, 7, RegionId.ApplicationB, flash, start, application);
            }

            start = Add(regions, 6 + ApplicationSlots, RegionId.PayloadKeys, flash, start, PayloadKeysBytes);
            Add(regions, 8 + ApplicationSlots, RegionId.ConfigurationB, flash, start, SmallSlotBytes);
            return new FlashMap(regions);
        }

        /// <summary>The board's decisions: every update needs author, store and apply.</summary>
        /// <param name="trust">The keys that are built into the board.</param>
        /// <returns>The policy.</returns>
        public BootPolicy CreatePolicy(Authority[] trust)
        {
            const Permissions Needed = Permissions.Author | Permissions.Store | Permissions.Apply;
            RegionId[] slots = ApplicationSlots == 2
                ? new RegionId[] { RegionId.ApplicationA, RegionId.ApplicationB }
                : new RegionId[] { RegionId.ApplicationA };
            ComponentDescription[] components = new ComponentDescription[ComponentIndex.Count];
            components[ComponentIndex.Stage2] = new ComponentDescription(
                Id("stage2"), new RegionId[] { RegionId.Stage2A, RegionId.Stage2B }, EnvelopeBytes, Needed);
            components[ComponentIndex.Application] = new ComponentDescription(Id("application"), slots, EnvelopeBytes, Needed);
            components[ComponentIndex.Trust] = new ComponentDescription(
                Id("trust"), new RegionId[] { RegionId.Trust, RegionId.TrustB }, TrustEnvelopeBytes, Permissions.Trust);
            components[ComponentIndex.Configuration] = new ComponentDescription(
                Id("configuration"), new RegionId[] { RegionId.Configuration, RegionId.ConfigurationB }, SectorBytes, Needed);
            BootPolicy policy = new BootPolicy(trust, components);
            policy.ImageBytesMax = Stage2Bytes > ApplicationBytes ? Stage2Bytes : ApplicationBytes;
            return policy;
        }

        private static int Add(FlashRegion[] regions, int index, RegionId id, IFlash flash, int start, int size)
        {
            regions[index] = new FlashRegion(id, flash, start, size);
            return start + size;
        }

        private static byte[] Id(string name)
        {
            byte[] id = new byte[name.Length];
            for (int i = 0; i < id.Length; i++)
            {
                id[i] = (byte)name[i];
            }

            return id;
        }
    }
}
