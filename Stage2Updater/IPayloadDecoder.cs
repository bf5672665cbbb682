// The place where assemblies beside this one join in: payload formats and decryption.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Makes the image of a payload that is not the image itself. Chosen by the entry point of a bundle, so that
    /// a device carries the formats that its authors publish and no others.</summary>
    public interface IPayloadDecoder
    {
        /// <summary>Looks at a payload that is about to be fetched.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="slot">The slot that is going to be written: no precursor.</param>
        /// <param name="parameters">What the manifest has set: image digest, size, encryption info.</param>
        /// <param name="path">The URI, as the manifest gives it.</param>
        /// <param name="wire">The payload.</param>
        /// <param name="source">The image; null when this decoder has nothing to do with such a payload.</param>
        /// <returns>Ok; else why the payload cannot be decoded.</returns>
        ResultCode Open(BootContext boot, Slot slot, SuitParameters parameters, string path, IWirePayload wire, out IPayloadSource source);
    }
}
