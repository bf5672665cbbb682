// What the images of the scenarios do. Each ends its boot as its last act, and without an exception where it can.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>What images do.</summary>
    internal static class Plays
    {
        private const ushort Reason = 1;

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
            boot.Confirm();
            boot.RequestUpdate(Reason);
            Restart(boot);
        }

        internal static void AskUntil(BootContext boot, SignedImage successor)
        {
            if (boot.Journal.State.Components[ComponentIndex.Stage2].ConfirmedId == successor.Id)
            {
                ConfirmAndSleep(boot);
                return;
            }

            AskForUpdate(boot);
        }

        internal static void ConfirmAndReturnToApplication(BootContext boot)
        {
            boot.Confirm();
            boot.Journal.State.UpdateRequest = 0;
            boot.Journal.Commit();
            Restart(boot);
        }

        internal static void FillJournal(BootContext boot)
        {
            boot.Confirm();
            BootState state = boot.Journal.State;
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
    }
}
