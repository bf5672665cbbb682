// The trust document, which comes into force only after what stands in its slot was verified by the code of stage 1.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater
{
    /// <content>Trust documents.</content>
    public sealed partial class ManifestUpdate
    {
        // The slots in which stage 1 would find the document in force.
        private int FindCopies()
        {
            ComponentDescription description = _boot.Policy.Components[ComponentIndex.Trust];
            ComponentState state = _boot.Journal.Components[ComponentIndex.Trust];
            int copies = 0;
            for (int i = 0; i < description.Slots.Length; i++)
            {
                Slot slot = SlotChooser.Open(_boot, description, description.Slots[i]);
                ImageVerifier copy = new ImageVerifier(_boot.Policy, _boot.Identity, description, slot, _boot.Policy.Trust);
                bool isGood = slot.Open() == ResultCode.Ok && slot.IsSealed && slot.Id == state.ConfirmedId
                    && copy.Verify(state.Floor) == ResultCode.Ok;
                copies |= isGood ? 1 << i : 0;
            }

            return copies;
        }

        // The document stands in its slot. Here it is what stage 1 will make of it: verified by the same code, under the
        // roots that count now. One record of the journal brings it into force; the other copy follows when it is asked
        // for again. A document that must not come into force is not fetched a second time.
        private ResultCode PutInForce(Authority[] trust)
        {
            BootPolicy policy = _boot.Policy;
            Slot slot = _device.Choice.Slot;
            Slot running = SlotChooser.Open(_boot, policy.Components[ComponentIndex.Stage2], _boot.RunningRegion);
            ComponentState state = _boot.Journal.Components[ComponentIndex.Trust];
            ImageVerifier document = new ImageVerifier(policy, _boot.Identity, policy.Components[ComponentIndex.Trust], slot, trust);
            slot.Open();
            running.Open();
            ResultCode result = document.Verify(state.Floor);
            if (result == ResultCode.Ok)
            {
                // An updater that is not trusted any more could never be replaced: nobody else installs one.
                result = new ImageVerifier(policy, _boot.Identity, policy.Components[ComponentIndex.Stage2], running, document.Granted)
                    .CheckEnvelope(0) == ResultCode.Ok ? result : ResultCode.TrustWouldLockOut;
            }

            if (result >= ResultCode.TrustDocumentInvalid)
            {
                state.FailedId = slot.Id;
            }

            if (result != ResultCode.Ok || (_boot.Trust != null && slot.Id == state.ConfirmedId))
            {
                return result == ResultCode.Ok ? ResultCode.UpToDate : result;
            }

            state.ConfirmedId = slot.Id;
            state.ConfirmedSlot = slot.Region.Id;
            state.Floor = Sequence;
            _boot.Journal.SetFailure(ComponentIndex.Trust, result, RegionId.None, BootStage.None, 0);
            result = _boot.Journal.Commit();
            _boot.Trust = result == ResultCode.Ok ? document.Granted : _boot.Trust;
            _boot.Board.Write(BootEvent.ImageConfirmed, slot.Region.Id, result, Sequence);
            return result;
        }
    }
}
