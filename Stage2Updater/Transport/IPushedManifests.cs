// The place where a push transport joins in. What it delivers is no better than what is polled: it goes through the
// same checks, and when it is refused, or brings nothing, the manifest is polled as ever.

using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <summary>Gives manifests that were sent to this device. Not thread safe; never throws.</summary>
    public interface IPushedManifests
    {
        /// <summary>Takes the manifest that was pushed for a component.</summary>
        /// <param name="component">Component index of the device.</param>
        /// <param name="manifest">Holds the envelope; may be changed by who takes it. Null when there is none.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <returns>Ok; <see cref="ResultCode.UpToDate"/> when there is none; or why nothing could be received.</returns>
        ResultCode Take(int component, out byte[] manifest, out int count);
    }
}
