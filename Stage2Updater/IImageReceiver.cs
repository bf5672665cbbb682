// The place where images join in that nanoBoot does not start itself: a data component whose manifest says "invoke" is
// handed to somebody else.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Takes images for another loader. Chosen by the entry point of a bundle. Not thread safe; never throws.</summary>
    public interface IImageReceiver
    {
        /// <summary>Says whether this device has such a loader. Asked before a byte of payload is.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <returns>Ok, or why not.</returns>
        ResultCode Accept(BootContext boot);

        /// <summary>Checks an image that stands in its slot, verified, and hands it over. Once more after a power cut.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="region">The slot.</param>
        /// <param name="offset">Offset in the slot of the image's first byte.</param>
        /// <param name="count">Its size in bytes.</param>
        /// <returns>Ok; <see cref="ResultCode.PayloadMalformed"/>, <see cref="ResultCode.SuitImageMismatch"/> or
        /// <see cref="ResultCode.ImageRejected"/>: it is not offered again; else why it has to be offered again.</returns>
        ResultCode Take(BootContext boot, FlashRegion region, int offset, int count);
    }
}
