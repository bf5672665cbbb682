// Which slot of a component an update goes into: never the one that runs, never the confirmed one of two.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>What stands in the slots of a component, and where a manifest belongs.</summary>
    /// <remarks>Headers are hints: they choose a slot, and what is in it is verified by stage 1 before it is started.</remarks>
    public sealed class SlotChooser
    {
        private readonly BootContext _boot;
        private readonly int _component;
        private readonly ComponentDescription _description;

        /// <summary>Looks at a component.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="component">A <see cref="ComponentIndex"/> that the board has.</param>
        public SlotChooser(BootContext boot, int component)
        {
            _boot = boot;
            _component = component;
            _description = boot.Policy.Components[component];
        }

        /// <summary>The slot that the manifest goes into; null after anything but Ok.</summary>
        public Slot Slot;

        /// <summary>Number of that slot within the component.</summary>
        public int SlotNumber;

        /// <summary>Whether the slot holds a complete envelope of that very manifest: it is repaired, if need be.</summary>
        public bool IsInstalled;

        /// <summary>Whether the slot reads as if it held that envelope: if stage 1 refuses it for a reason, writing it again
        /// will not help, and is not to be done in haste.</summary>
        public bool IsAgain;

        /// <summary>For the trust: the slots whose copy of the document in force is good, a bit each. Known before.</summary>
        public int GoodCopies;

        /// <summary>Whether the manifest may be stored and not applied: its slot is the staging region.</summary>
        public bool IsStoreOnly;

        /// <summary>Opens the staging region, which is laid out like a slot of the application.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <returns>The slot, or null where the board has none.</returns>
        public static Slot OpenStaging(BootContext boot)
        {
            return Open(boot, boot.Policy.Components[ComponentIndex.Application], RegionId.Staging);
        }

        /// <summary>Opens a slot of a component.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="description">The component.</param>
        /// <param name="id">The region of the slot.</param>
        /// <returns>The slot, or null where the board has none.</returns>
        public static Slot Open(BootContext boot, ComponentDescription description, RegionId id)
        {
            FlashRegion region = boot.Board.Flash.Find(id);
            if (region == null || description == null)
            {
                return null;
            }

            Slot slot = new Slot(region, description.EnvelopeAreaBytes);
            return slot.Check() == ResultCode.Ok ? slot : null;
        }

        /// <summary>Decides about a manifest.</summary>
        /// <param name="sequence">Its sequence number.</param>
        /// <param name="imageId">Its image id.</param>
        /// <param name="isStoreOnly">Whether it grants no more than to be stored.</param>
        /// <returns>Ok: see <see cref="Slot"/>. <see cref="ResultCode.SuitSequenceTooOld"/>, <see cref="ResultCode.ImageRejected"/>,
        /// <see cref="ResultCode.UpToDate"/>, <see cref="ResultCode.SlotInUse"/> when there is no slot to write to, or
        /// <see cref="ResultCode.SuitPermissionDenied"/> when there is no place to store it.</returns>
        public ResultCode Choose(long sequence, long imageId, bool isStoreOnly)
        {
            ComponentState state = _boot.Journal.Components[_component];
            if (sequence < state.Floor)
            {
                return ResultCode.SuitSequenceTooOld;
            }

            if (imageId == state.FailedId)
            {
                return ResultCode.ImageRejected;
            }

            if (_component == ComponentIndex.Trust)
            {
                return ChooseTrust(sequence, imageId, state);
            }

            int best = -1;
            long bestSequence = long.MaxValue;
            for (int i = 0; i < _description.Slots.Length; i++)
            {
                Slot slot = Open(_boot, _description, _description.Slots[i]);
                bool isRunning = _component == _boot.Component && _description.Slots[i] == _boot.RunningRegion;
                if (slot == null)
                {
                    continue;
                }

                bool isComplete = slot.Open() == ResultCode.Ok;
                long held = isComplete && slot.Id != state.FailedId ? slot.Sequence : -1;
                if (isComplete && slot.Id == imageId && !isRunning && !isStoreOnly)
                {
                    Slot = slot;
                    SlotNumber = i;

                    // Two good headers are no proof: the second may have been cut, and read well by chance. That stage 1
                    // started the image is proof, unless it has refused it since: the manifest may be the same, newly signed.
                    bool isRefused = state.FailureStage == BootStage.Stage1 && state.FailureSlot == _description.Slots[i]
                        && state.FailureCode != ResultCode.TrialTimeout;
                    IsInstalled = slot.IsSealed && !isRefused && (imageId == state.ConfirmedId || imageId == state.TrialId);
                    IsAgain = slot.IsSealed;
                    return ResultCode.Ok;
                }

                if (held >= sequence)
                {
                    return ResultCode.UpToDate;
                }

                bool isConfirmed = isComplete && slot.Id == state.ConfirmedId && _description.Slots.Length > 1;
                if (!isRunning && !isConfirmed && held < bestSequence)
                {
                    best = i;
                    bestSequence = held;
                    Slot = slot;
                    SlotNumber = i;
                }
            }

            if (isStoreOnly)
            {
                return ChooseStaging(sequence, imageId);
            }

            return best >= 0 ? ResultCode.Ok : ResultCode.SlotInUse;
        }

        // Of the two copies the one that is not good; of two good ones, for another document, the one that is not in force.
        private ResultCode ChooseTrust(long sequence, long imageId, ComponentState state)
        {
            bool isInForce = imageId == state.ConfirmedId;
            if (!isInForce && sequence == state.Floor && state.ConfirmedId != 0)
            {
                return ResultCode.SuitSequenceTooOld;
            }

            for (int i = 0; i < _description.Slots.Length; i++)
            {
                bool isGood = ((GoodCopies >> i) & 1) != 0;
                if (!isGood || (!isInForce && Slot == null && _description.Slots[i] != state.ConfirmedSlot))
                {
                    Slot = Open(_boot, _description, _description.Slots[i]);
                    SlotNumber = i;
                }
            }

            return Slot == null ? ResultCode.UpToDate : ResultCode.Ok;
        }

        private ResultCode ChooseStaging(long sequence, long imageId)
        {
            Slot = OpenStaging(_boot);
            SlotNumber = -1;
            IsStoreOnly = true;
            if (Slot == null)
            {
                return ResultCode.SuitPermissionDenied;
            }

            if (Slot.Open() != ResultCode.Ok)
            {
                return ResultCode.Ok;
            }

            // One that was cut before it was sealed may be gone at the next start, and one that was cut in its second header
            // may read well now and not to the application: it is finished. That the journal notes it is proof.
            bool isSame = Slot.Id == imageId;
            IsInstalled = Slot.IsSealed && isSame && _boot.Journal.Opaque[UpdateHistory.StoredOffset] != 0;
            return isSame || Slot.Sequence < sequence ? ResultCode.Ok : ResultCode.UpToDate;
        }
    }
}
