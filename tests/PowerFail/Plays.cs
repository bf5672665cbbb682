// What the images of the scenarios do. Each ends its boot as its last act, and without an exception where it can.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>What images do.</summary>
    internal static class Plays
    {
        /// <summary>An update is asked for.</summary>
        internal const ushort Reason = 1;

        /// <summary>What is stored is to be applied.</summary>
        internal const ushort ReasonToApply = 2;

        internal static void Sleep(BootContext boot)
        {
            ((EmulatedBoard)boot.Board).EndBoot(BoardEnd.Sleeping);
        }

        internal static void Restart(BootContext boot)
        {
            ((EmulatedBoard)boot.Board).EndBoot(BoardEnd.Restart);
        }

        internal static void ConfirmAndSleep(BootContext boot)
        {
            boot.Confirm();
            Sleep(boot);
        }

        internal static void AskForUpdate(BootContext boot)
        {
            Ask(boot, Reason);
        }

        /// <summary>Once the successor is stored, the operator has signed.</summary>
        internal static void AskAccordingToStaging(BootContext boot, SignedImage successor)
        {
            Slot staging = new Slot(boot.Board.Flash.Find(RegionId.Staging), boot.Policy.Components[ComponentIndex.Application].EnvelopeAreaBytes);
            bool isStored = staging.Open() == ResultCode.Ok && staging.IsSealed && staging.Id == successor.Id;
            Ask(boot, isStored ? ReasonToApply : Reason);
        }

        internal static void AskUntil(BootContext boot, SignedImage successor)
        {
            if (boot.Journal.Components[ComponentIndex.Stage2].ConfirmedId == successor.Id)
            {
                ConfirmAndSleep(boot);
                return;
            }

            AskForUpdate(boot);
        }

        internal static void ConfirmAndReturnToApplication(BootContext boot)
        {
            boot.Confirm();
            boot.Journal.UpdateRequest = 0;
            boot.Journal.Commit();
            Restart(boot);
        }

        internal static void FillJournal(BootContext boot)
        {
            boot.Confirm();
            BootJournal state = boot.Journal;
            while (state.Opaque[0] < 20)
            {
                state.Opaque[0]++;
                if (boot.Journal.Commit() != ResultCode.Ok)
                {
                    Restart(boot);
                    return;
                }
            }

            Sleep(boot);
        }

        private static void Ask(BootContext boot, ushort reason)
        {
            boot.Confirm();
            if (new UpdateClient(boot).Request(reason) == ResultCode.TryLater)
            {
                // Bytes 2 and 3 of stage 2's own in the journal: the wait after failures, in seconds.
                boot.Board.Sleep((int)(1000 * BitConverter.ToUInt16(boot.Journal.Opaque, 2)));
                new UpdateClient(boot).Request(reason);
            }

            Restart(boot);
        }
    }
}
