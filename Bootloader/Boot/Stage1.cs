// Stage 1: takes the images in the slots, verifies them, starts one. It writes nothing but the journal.
//
// Decision, for the component that is to run (stage 2 when an update is requested or the application cannot run,
// else the application): its slots, the highest sequence number first, without the image that failed for good; each
// is verified in full; one that is confirmed is started; another one is on trial, and an attempt is counted, durably,
// before each of its starts. A slot that is refused is recorded once: the same refusal at the next boot changes
// nothing, and so writes nothing.
//
// Whom to trust is read first: where the journal names a trust document, from a copy of it that is verified at each boot.
// Where no copy is good, nothing starts but the confirmed updater, under the board's own keys: it mends that.
//
// Fault model: any content of any flash; power cuts at any moment; images that throw, return, hang.

using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>The boot, from the start of the runtime to the start of an image.</summary>
    /// <remarks>One object a start, one thread.</remarks>
    public sealed partial class Stage1
    {
        private readonly IBoard _board;
        private readonly BootPolicy _policy;
        private readonly BootJournal _journal;
        private readonly DeviceIdentity _identity = new DeviceIdentity();
        private ResultCode _reason;
        private ImageVerifier _document;
        private Authority[] _trust;

        private Stage1(IBoard board, BootPolicy policy)
        {
            _board = board;
            _policy = policy;
            _journal = new BootJournal(board.Flash.Find(RegionId.Journal));
        }

        /// <summary>Boots. On a board it returns only when nothing is bootable, or the board's description is unsound.</summary>
        /// <param name="board">The board.</param>
        /// <param name="policy">Its decisions.</param>
        /// <returns>Why the device stopped. The caller leaves every way to a repair open: it waits.</returns>
        public static ResultCode Run(IBoard board, BootPolicy policy)
        {
            ResultCode result = board.Flash.Check();
            if (result == ResultCode.Ok)
            {
                result = new Stage1(board, policy).Boot();
            }

            board.Write(BootEvent.Stopped, RegionId.None, result, 0);
            return result;
        }

        private ResultCode Boot()
        {
            BootJournal journal = _journal;
            ResultCode result = journal.Open();
            _board.Write(BootEvent.Stage1Started, RegionId.Journal, result, journal.Sequence);
            if (result != ResultCode.Ok && result != ResultCode.JournalEmpty && result != ResultCode.JournalWorn)
            {
                // Without a journal there are no floors.
                return result;
            }

            if (journal.IsChanged() || (journal.Sequence == 0) != (result == ResultCode.JournalEmpty))
            {
                // The state was just read; it is what was read, or something is very wrong (A62).
                Fault(RegionId.Journal);
                return ResultCode.FaultDetected;
            }

            result = _identity.Read(_board.Flash.Find(RegionId.Identity));
            if (result != ResultCode.Ok)
            {
                return result;
            }

            _trust = _policy.Trust;
            if (journal.Components[ComponentIndex.Trust].ConfirmedId != 0)
            {
                _trust = null;
                StartComponent(ComponentIndex.Trust);
                if (_trust == null)
                {
                    Refuse(ComponentIndex.Trust, RegionId.Trust, ResultCode.TrustInvalid, 0);
                }
            }

            int first = journal.UpdateRequest != 0 ? ComponentIndex.Stage2 : ComponentIndex.Application;
            StartComponent(first);
            StartComponent(ComponentIndex.Stage2 + ComponentIndex.Application - first);
            StartGolden();
            journal.Commit();
            return _reason == ResultCode.Ok ? ResultCode.NothingBootable : _reason;
        }

        // Returns when no slot of the component can be started; and when a trust document was read.
        private void StartComponent(int component)
        {
            ComponentDescription description = _policy.Components[component];
            if (description == null)
            {
                return;
            }

            // The candidates, each before those that are to be tried after it; then nulls.
            ComponentState state = _journal.Components[component];
            Slot[] slots = new Slot[description.Slots.Length];
            foreach (RegionId id in description.Slots)
            {
                Slot slot = OpenSlot(component, description, state, id);
                for (int i = 0; i < slots.Length && slot != null; i++)
                {
                    Slot other = slots[i];
                    if (other == null || IsBefore(slot, other, state))
                    {
                        slots[i] = slot;
                        slot = other;
                    }
                }
            }

            foreach (Slot slot in slots)
            {
                if (slot != null && (_trust == null || component != ComponentIndex.Trust))
                {
                    TrySlot(component, description, slot);
                }
            }
        }

        private static bool IsBefore(Slot left, Slot right, ComponentState state)
        {
            return left.Sequence > right.Sequence || (left.Sequence == right.Sequence && left.Id == state.ConfirmedId);
        }

        // Gives the slot if it is a candidate, else null.
        private Slot OpenSlot(int component, ComponentDescription description, ComponentState state, RegionId id)
        {
            FlashRegion region = _board.Flash.Find(id);
            ResultCode result = ResultCode.MapRegionMissing;
            if (region != null)
            {
                Slot slot = new Slot(region, description.EnvelopeAreaBytes);
                result = slot.Check();
                if (result == ResultCode.Ok)
                {
                    result = slot.Open();
                }

                if (result == ResultCode.Ok)
                {
                    bool isConfirmed = slot.Id == state.ConfirmedId;
                    if (!slot.IsSealed && !isConfirmed && slot.Id != state.TrialId)
                    {
                        // One header of two, of an image that the journal does not know: the installation was cut.
                        result = ResultCode.SlotEmpty;
                    }
                    else if ((_trust == null && (!isConfirmed || component == ComponentIndex.Application))
                        || (slot.Id == state.FailedId && slot.Id != 0))
                    {
                        // Before the trust document is read, and where none of its copies is good, only what is confirmed counts.
                        result = ResultCode.ImageRejected;
                    }
                    else
                    {
                        return slot;
                    }
                }
            }

            Refuse(component, id, result, 0);
            return null;
        }

        private void Refuse(int component, RegionId slot, ResultCode reason, int detail)
        {
            _board.Write(BootEvent.SlotRefused, slot, reason, detail);

            // An empty slot is no failure, and neither is one whose failure stands in the journal already.
            if (reason != ResultCode.SlotEmpty && reason != ResultCode.ImageRejected)
            {
                _reason = reason;
                _journal.SetFailure(component, reason, slot, BootStage.Stage1, detail);
            }
        }

        private void TrySlot(int component, ComponentDescription description, Slot slot)
        {
            RegionId region = slot.Region.Id;
            ComponentState state = _journal.Components[component];
            _board.Write(BootEvent.SlotExamined, region, ResultCode.Ok, slot.Sequence);
            ImageVerifier image = new ImageVerifier(_policy, _identity, description, slot, _trust ?? _policy.Trust);
            ResultCode result = image.Verify(FloorOf(component, region));
            if (result != ResultCode.Ok)
            {
                Refuse(component, region, result, image.Detail);
                return;
            }

            _board.Write(BootEvent.SlotVerified, region, ResultCode.Ok, image.ImageBytes);
            if (image.Granted != null)
            {
                _document = image;
                _trust = image.Granted;
                return;
            }

            bool isOnTrial = slot.Id != state.ConfirmedId && region != RegionId.Golden;
            if (isOnTrial)
            {
                result = CountAttempt(state, component, slot.Id, region);
                if (result != ResultCode.Ok)
                {
                    _board.Write(BootEvent.SlotRefused, region, result, (long)state.FailureCode);
                    return;
                }
            }
            else
            {
                // What was refused before is worth a record, and no obstacle.
                _journal.Commit();
            }

            Start(component, state, image, isOnTrial);
        }

        // Ok when an attempt is left and was counted, durably.
        private ResultCode CountAttempt(ComponentState state, int component, long imageId, RegionId region)
        {
            BootJournal all = _journal;

            // An updater that was never confirmed, with no other to go back to: perhaps there was only no network.
            // Given up for good it would be lost, and every update with it. It takes turns with the application. But what the
            // platform does not take it never will, and to try that for ever wears the journal out.
            bool isOnlyUpdater = component == ComponentIndex.Stage2 && state.ConfirmedId == 0
                && state.FailureCode != ResultCode.LoadFailed && state.FailureCode != ResultCode.EntryNotFound;
            if (state.TrialId != imageId || state.TrialSlot != region
                || (isOnlyUpdater && state.AttemptsLeft == 0 && all.UpdateRequest == 0))
            {
                state.TrialId = imageId;
                state.TrialSlot = region;
                state.AttemptsLeft = _policy.AttemptsMax;
            }

            if (state.AttemptsLeft != 0)
            {
                // The failure stands there before the start: an image that hangs, or loses power, leaves no other.
                state.AttemptsLeft--;
                all.SetFailure(component, ResultCode.TrialTimeout, region, BootStage.Stage1, state.AttemptsLeft);
                return all.Commit();
            }

            int lastFailure = (int)state.FailureCode;
            if (isOnlyUpdater)
            {
                all.UpdateRequest = 0;
            }
            else
            {
                state.FailedId = imageId;
            }

            state.TrialId = 0;
            state.TrialSlot = RegionId.None;
            all.SetFailure(component, ResultCode.TrialExhausted, region, BootStage.Stage1, lastFailure);
            _reason = ResultCode.TrialExhausted;
            ResultCode result = all.Commit();
            _board.Write(BootEvent.Reverted, region, ResultCode.TrialExhausted, lastFailure);
            return result == ResultCode.Ok ? ResultCode.TrialExhausted : result;
        }

        // The image of last resort: confirmed by whoever wrote it at provisioning, never on trial.
        private void StartGolden()
        {
            FlashRegion region = _board.Flash.Find(RegionId.Golden);
            ComponentDescription description = _policy.Components[_policy.GoldenComponent];
            if (region == null || description == null || _trust == null)
            {
                return;
            }

            Slot slot = new Slot(region, description.EnvelopeAreaBytes);
            if (slot.Check() != ResultCode.Ok || slot.Open() != ResultCode.Ok)
            {
                return;
            }

            TrySlot(_policy.GoldenComponent, description, slot);
        }

        private long FloorOf(int component, RegionId region)
        {
            return region == RegionId.Golden && _policy.IsGoldenBelowFloor ? 0 : _journal.Components[component].Floor;
        }

        private void Fault(RegionId region)
        {
            _reason = ResultCode.FaultDetected;
            _board.Write(BootEvent.FaultDetected, region, ResultCode.FaultDetected, 0);
            _board.Restart();
        }

        // Starts the image. On a board it does not return.
        private void Start(int component, ComponentState state, ImageVerifier image, bool isOnTrial)
        {
            IBoard board = _board;
            BootPolicy policy = _policy;
            BootJournal journal = _journal;
            RegionId region = image.Slot.Region.Id;
            long id = image.Slot.Id;
            ComponentState trust = journal.Components[ComponentIndex.Trust];
            bool isTrusted = trust.ConfirmedId == 0 || (component == ComponentIndex.Stage2 && state.ConfirmedId == id);
            if (image.Trust != policy.Trust)
            {
                // A document that the journal names is not left out (A62).
                isTrusted = image.Trust == _document.Granted && _document.Slot.Id == trust.ConfirmedId && _document.IsSound(trust.Floor);
            }

            bool isKnown = isOnTrial ? state.TrialId == id : region == RegionId.Golden || state.ConfirmedId == id;
            if (!isKnown || journal.IsChanged() || !isTrusted || !image.IsSound(FloorOf(component, region)))
            {
                Fault(region);
                return;
            }

            BootContext boot = new BootContext(
                board, policy, _identity, journal, _trust, component, image.Slot, isOnTrial);
            int detail = 0;
            ResultCode result = Load(image);
            if (result == ResultCode.Ok)
            {
                board.Write(
                    isOnTrial ? BootEvent.TrialStarted : BootEvent.ImageStarted,
                    region,
                    result,
                    isOnTrial ? state.AttemptsLeft : boot.RunningSequence);
                boot.Supervise();
                result = ResultCode.ImageReturned;
                string thrown = Enter(boot);
                if (thrown != null)
                {
                    result = ResultCode.ImageThrew;
                    detail = HashOf(thrown);
                }
            }

            // What the image changed and did not commit is not to be.
            journal.Rollback();
            if (state.FailureCode == result && state.FailureSlot == region
                && (result == ResultCode.LoadFailed || result == ResultCode.EntryNotFound))
            {
                // Twice in succession: the platform does not take this image, and never will.
                state.FailedId = id;
            }

            // Stage 2 and the application have their numbers in one order, here and there.
            journal.SetFailure(component, result, region, (BootStage)((int)BootStage.Stage2 + component), detail);
            if (component == ComponentIndex.Stage2 && !boot.IsOnTrial)
            {
                // Else an updater that ends keeps the application from running. One on trial has its attempts.
                journal.UpdateRequest = 0;
            }

            journal.Commit();
            board.Write(BootEvent.ImageEnded, region, result, detail);
            if (!boot.IsOnTrial)
            {
                board.Sleep(policy.RestartDelayMs);
            }

            board.Restart();
        }

        // FNV-1a: the platform's exceptions have no message, and their names cost flash.
        private static int HashOf(string name)
        {
            int hash = unchecked((int)2166136261);
            for (int i = 0; i < name.Length; i++)
            {
                hash = (hash ^ name[i]) * 16777619;
            }

            return hash;
        }
    }
}
