// The plainest updater that keeps the rules of the slot: it shows what stage 1, the journal and the slots are worth by
// themselves. It installs from scratch each time, so it needs no memory of its own.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>Installs one image.</summary>
    public static class PlainUpdater
    {
        /// <summary>Installs an image into a slot that does not run, unless it stands there, and restarts.</summary>
        /// <param name="boot">The start of stage 2.</param>
        /// <param name="component">What is updated.</param>
        /// <param name="image">The image.</param>
        public static void Run(BootContext boot, int component, SignedImage image)
        {
            boot.Confirm();
            BootState state = boot.Journal.State;
            ComponentDescription description = boot.Policy.Components[component];
            RegionId target = TargetOf(boot, component, description);
            Slot slot = new Slot(boot.Board.Flash.Find(target), description.EnvelopeAreaBytes);
            bool isInstalled = slot.Envelope.Open() == ResultCode.Ok && slot.Envelope.IsSealed && slot.Envelope.Id == image.Id;
            if (!isInstalled)
            {
                BootBench.Install(slot, image);
            }

            // A successor of stage 2 runs on the same request.
            state.UpdateRequest = component == ComponentIndex.Stage2 ? state.UpdateRequest : (ushort)0;
            boot.Journal.Commit();
            boot.Restart();
        }

        private static RegionId TargetOf(BootContext boot, int component, ComponentDescription description)
        {
            ComponentState state = boot.Journal.State.Components[component];
            RegionId used = component == boot.Component ? boot.RunningRegion : state.ConfirmedSlot;
            for (int i = 0; i < description.Slots.Length; i++)
            {
                if (description.Slots[i] != used)
                {
                    return description.Slots[i];
                }
            }

            return description.Slots[0];
        }
    }
}
