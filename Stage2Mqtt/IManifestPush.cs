// How a manifest reaches a device without being asked for: whole and signed, over a broker that nobody trusts.

using NanoBoot.Hal;

namespace NanoBoot.Stage2Mqtt
{
    /// <summary>Receives manifests. What it gives goes through the same checks as a manifest that was polled.</summary>
    /// <remarks>Not thread safe; never throws.</remarks>
    public interface IManifestPush
    {
        /// <summary>Connects to a broker and subscribes, after closing what was open.</summary>
        /// <param name="broker">The broker, and who this device is to it.</param>
        /// <param name="topics">What to subscribe to, 1 to 8 topics without wildcards.</param>
        /// <returns>Ok; <see cref="ResultCode.NetworkUnreachable"/>; <see cref="ResultCode.HttpStatus"/> when the broker
        /// refuses the device or a topic; or why its answer is none.</returns>
        ResultCode Open(MqttBroker broker, string[] topics);

        /// <summary>Waits for a message.</summary>
        /// <param name="timeoutMs">Longest wait in milliseconds; with 0 only what is there already is taken.</param>
        /// <param name="manifest">Receives the message.</param>
        /// <param name="count">Its length in bytes, at least 1 with Ok.</param>
        /// <param name="topic">Index of its topic in what was subscribed to.</param>
        /// <returns>Ok; <see cref="ResultCode.UpToDate"/> when none came; <see cref="ResultCode.ManifestTooLarge"/> when one
        /// came that does not fit, and was dropped; or why the connection is gone. After all but the first two:
        /// open again.</returns>
        ResultCode Wait(int timeoutMs, byte[] manifest, out int count, out int topic);

        /// <summary>Closes the connection. The broker keeps what comes in the meantime.</summary>
        void Close();
    }
}
