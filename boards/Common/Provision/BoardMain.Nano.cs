// What a board does once, in the factory: it writes its identity and its first images, made by `nanoboot provision`.

using System.Threading;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Board
{
    /// <summary>The deployed application of a device that is being provisioned.</summary>
    internal static class BoardMain
    {
        /// <summary>Writes everything and stops. Does not return.</summary>
        internal static void Run(DeviceBoard board, BoardLayout layout, IFlash flash)
        {
            BootPolicy policy = layout.CreatePolicy(BoardTrust.Create());
            policy.RootsNeeded = BoardTrust.RootsNeeded;
            Provisioner provisioner = new Provisioner(layout.Divide(flash), policy, board);
            ResultCode result = provisioner.EraseJournal();
            if (result == ResultCode.Ok)
            {
                result = provisioner.WriteIdentity(ProvisioningData.Identity);
            }

            if (result == ResultCode.Ok)
            {
                result = provisioner.WritePayloadKeys(ProvisioningData.PayloadKeys);
            }

            if (result == ResultCode.Ok)
            {
                result = provisioner.WriteTrust(ProvisioningData.TrustEnvelope, ProvisioningData.TrustDocument);
            }

            if (result == ResultCode.Ok)
            {
                result = provisioner.WriteImage(RegionId.Stage2A, ProvisioningData.Stage2Envelope, ProvisioningData.Stage2Payload);
            }

            if (result == ResultCode.Ok)
            {
                result = provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A);
            }

            if (result == ResultCode.Ok)
            {
                result = provisioner.WriteImage(
                    RegionId.ApplicationA, ProvisioningData.ApplicationEnvelope, ProvisioningData.ApplicationPayload);
            }

            // The last line of a provisioning: its result is what the factory looks at.
            board.Write(BootEvent.Stopped, RegionId.None, result, 0);
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
