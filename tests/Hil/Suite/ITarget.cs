// What the suite can do to a device, whatever it is: switch it, listen to its console, give it its first content, and
// take its network away.

using System;

namespace NanoBoot.Hil
{
    /// <summary>A device under test. One thread.</summary>
    public interface ITarget : IDisposable
    {
        /// <summary>Name in the report.</summary>
        string Name { get; }

        /// <summary>Gives the device an identity and its first images. The device is off.</summary>
        void Provision(FirstContent content);

        /// <summary>Switches the supply on.</summary>
        void PowerOn();

        /// <summary>Switches the supply off, at once and whatever the device is doing. Off already is no error.</summary>
        void PowerOff();

        /// <summary>The next line of the console.</summary>
        /// <param name="timeoutMs">How long to wait, in milliseconds.</param>
        /// <returns>The line, or null when none came in time.</returns>
        string? ReadLine(int timeoutMs);

        /// <summary>Lets the device reach its server, or not. May be called while it is on.</summary>
        void SetNetwork(bool isUp);
    }

    /// <summary>What a device is provisioned with.</summary>
    public sealed record FirstContent(
        byte[] Identity, byte[] Stage2Envelope, byte[] Stage2Payload, byte[] ApplicationEnvelope, byte[] ApplicationPayload, byte[] KeyId, byte[] PublicKey);
}
