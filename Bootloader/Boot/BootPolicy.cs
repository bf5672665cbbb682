// What a board project decides at build time: whom it trusts, what its components are and where they lie, how long a
// trial is. Constants of the board project; nothing on flash changes them.

using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>A component of the device.</summary>
    /// <remarks>Immutable; the arrays are kept, not copied.</remarks>
    public sealed class ComponentDescription
    {
        /// <summary>Bytes of the envelope area where the board says nothing else.</summary>
        public const int EnvelopeAreaBytesDefault = 8192;

        /// <summary>The only segment of the component's id, for example ASCII <c>application</c>.</summary>
        public readonly byte[] Id;

        /// <summary>Its slots, one or more.</summary>
        public readonly RegionId[] Slots;

        /// <summary>Bytes at the start of each slot for the envelope: whole sectors.</summary>
        public readonly int EnvelopeAreaBytes;

        /// <summary>What the signatures on an envelope must grant together.</summary>
        public readonly Permissions PermissionsNeeded;

        /// <summary>Describes a component.</summary>
        /// <param name="id">The only segment of its id.</param>
        /// <param name="slots">Its slots.</param>
        /// <param name="envelopeAreaBytes">Bytes for the envelope: whole sectors.</param>
        /// <param name="permissionsNeeded">What the signatures must grant together; not None.</param>
        public ComponentDescription(byte[] id, RegionId[] slots, int envelopeAreaBytes, Permissions permissionsNeeded)
        {
            Id = id;
            Slots = slots;
            EnvelopeAreaBytes = envelopeAreaBytes;
            PermissionsNeeded = permissionsNeeded;
        }
    }

    /// <summary>The decisions of a board.</summary>
    /// <remarks>Set once by the board project, before <see cref="Stage1.Run"/>; not to be changed after.</remarks>
    public sealed partial class BootPolicy
    {
        /// <summary>Starts of an image on trial where the board says nothing else.</summary>
        public const int AttemptsDefault = 3;

        /// <summary>The keys that this device trusts from the factory: roots, which have <see cref="Permissions.Trust"/>,
        /// and authorities, which count until a trust document is in force.</summary>
        public readonly Authority[] Trust;

        /// <summary>How many different roots must sign a trust document, 1 to the number of roots.</summary>
        public byte RootsNeeded = 1;

        /// <summary>The components, by <see cref="ComponentIndex"/>; null for one that the board does not have.</summary>
        public readonly ComponentDescription[] Components;

        /// <summary>Starts of an image on trial, 1 to 255.</summary>
        public byte AttemptsMax = AttemptsDefault;

        /// <summary>How long an image on trial may run without a confirm, in milliseconds; 0 for ever.</summary>
        public int ConfirmTimeoutMs = 300000;

        /// <summary>How long stage 1 waits before it restarts a confirmed image that ended, in milliseconds.</summary>
        public int RestartDelayMs = 1000;

        /// <summary>Whether a COSE_Mac0 block under the device key counts as the authorities' signatures that stage 2
        /// verified before it made it. Off unless the board's maker weighed docs/THREAT-MODEL.md.</summary>
        public bool AcceptDeviceMac;

        /// <summary>Largest image that the board's memory takes, in bytes.</summary>
        public int ImageBytesMax = ImageVerifier.AssemblyBytesMax;

        /// <summary>The component of the image in the golden region, where the board has one.</summary>
        public int GoldenComponent = ComponentIndex.Stage2;

        /// <summary>Whether the golden image may be older than the floor. Only for a golden region that nobody but the
        /// factory can write: else it is a way back to every old release.</summary>
        public bool IsGoldenBelowFloor;

        /// <summary>Makes a policy.</summary>
        /// <param name="trust">The keys that this device trusts.</param>
        /// <param name="components">The components, by <see cref="ComponentIndex"/>.</param>
        public BootPolicy(Authority[] trust, ComponentDescription[] components)
        {
            Trust = trust;
            Components = components;
        }
    }
}
