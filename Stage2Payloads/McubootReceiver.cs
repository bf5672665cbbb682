// MCUboot images on their way to the board's native updater: checked for consistency, version shown, handed over.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>Hands MCUboot images to the board. Stateless.</summary>
    public sealed class McubootReceiver : IImageReceiver
    {
        /// <inheritdoc/>
        public ResultCode Accept(BootContext boot)
        {
            INativeUpdater updater = boot.Board as INativeUpdater;
            return updater == null ? ResultCode.NativeUpdaterMissing : updater.CheckNativeUpdater();
        }

        /// <inheritdoc/>
        public ResultCode Take(BootContext boot, FlashRegion region, int offset, int count)
        {
            McubootImage image = new McubootImage();
            ResultCode result = image.Open(region, offset, count);
            if (result == ResultCode.Ok)
            {
                // The hash of an encrypted image is that of what only the native loader can read.
                result = image.CheckHash();
                result = result == ResultCode.NotSupported ? ResultCode.Ok : result;
            }

            if (result == ResultCode.Ok)
            {
                result = ((INativeUpdater)boot.Board).InstallNative(region, offset, count);
            }

            long version = ((long)image.Major << 56) | ((long)image.Minor << 48) | ((long)image.Revision << 32) | image.Build;
            boot.Board.Write(BootEvent.NativeImage, region.Id, result, version);
            return result;
        }
    }
}
