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
            BootJournal state = boot.Journal;
            ComponentDescription description = boot.Policy.Components[component];
            RegionId target = TargetOf(boot, component, description);
            Slot slot = new Slot(boot.Board.Flash.Find(target), description.EnvelopeAreaBytes);

            // What stage 1 has never started may be an envelope that was cut short and reads well just now.
            ComponentState known = state.Components[component];
            bool isInstalled = slot.Open() == ResultCode.Ok && slot.Id == image.Id
                && (image.Id == known.ConfirmedId || image.Id == known.TrialId);
            if (!isInstalled)
            {
                BootBench.Demand(boot.Journal.Fence());
                BootBench.Install(slot, image);
            }

            // A successor of stage 2 runs on the same request.
            state.UpdateRequest = component == ComponentIndex.Stage2 ? state.UpdateRequest : (ushort)0;
            boot.Journal.Commit();
            Plays.Restart(boot);
        }

        private static RegionId TargetOf(BootContext boot, int component, ComponentDescription description)
        {
            ComponentState state = boot.Journal.Components[component];
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
