// What a board may have beside nanoBoot: a native loader that installs images of its own, such as MCUboot under a firmware
// that was built with it. Optional: a board whose class has this interface beside IBoard is asked. The stock firmware has
// none, and no library of nanoFramework offers one.

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Resident
{
    /// <summary>A board whose firmware can be replaced by its native loader. Implemented by the class that implements IBoard,
    /// or not at all.</summary>
    /// <remarks>Called by stage 2 from one thread. Must not throw.</remarks>
    public interface INativeUpdater
    {
        /// <summary>Whether images are taken now. Asked before a byte of one is fetched.</summary>
        /// <returns>Ok; <see cref="ResultCode.NativeUpdaterMissing"/>; <see cref="ResultCode.TryLater"/>.</returns>
        ResultCode CheckNativeUpdater();

        /// <summary>Takes an image over: copies it to where the native loader looks, and marks it to be installed at the next
        /// restart of the processor.</summary>
        /// <remarks>
        /// The image was signed for this device and verified, byte by byte, and it is a consistent image; whether the
        /// native loader accepts it is the loader's. After a power cut the same image may be handed over once more: the
        /// second time must come to the same as the first.
        /// </remarks>
        /// <param name="region">The region that holds the image.</param>
        /// <param name="offset">Offset in the region of its first byte.</param>
        /// <param name="count">Its size in bytes.</param>
        /// <returns>Ok: taken, and durable. <see cref="ResultCode.ImageRejected"/>: never to be offered again. Anything else: to
        /// be offered again in another session.</returns>
        ResultCode InstallNative(FlashRegion region, int offset, int count);
    }
}
