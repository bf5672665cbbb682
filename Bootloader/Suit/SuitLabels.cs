// The numbers of the SUIT registries that this code names (draft-ietf-suit-manifest-37, -trust-domains-11,
// -update-management-14, -firmware-encryption-24). Constants only: they take no room in a deployed assembly.

using System.Runtime.CompilerServices;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>Keys of the envelope and of the manifest: one number space where they mean the same element.</summary>
    [ExcludeType]
    public static class SuitElement
    {
        /// <summary>Envelope: the authentication wrapper.</summary>
        public const int Authentication = 2;

        /// <summary>Envelope: the manifest.</summary>
        public const int Manifest = 3;

        /// <summary>Manifest: version, must be 1.</summary>
        public const int Version = 1;

        /// <summary>Manifest: sequence number.</summary>
        public const int SequenceNumber = 2;

        /// <summary>Manifest: common section.</summary>
        public const int Common = 3;

        /// <summary>Manifest: reference URI.</summary>
        public const int ReferenceUri = 4;

        /// <summary>Manifest: component id of the manifest itself.</summary>
        public const int ManifestComponentId = 5;

        /// <summary>Manifest: version of the release.</summary>
        public const int SetVersion = 6;

        /// <summary>Validate sequence.</summary>
        public const int Validate = 7;

        /// <summary>Load sequence.</summary>
        public const int Load = 8;

        /// <summary>Invoke sequence.</summary>
        public const int Invoke = 9;

        /// <summary>CoSWID, severable.</summary>
        public const int Coswid = 14;

        /// <summary>Dependency resolution sequence, severable.</summary>
        public const int DependencyResolution = 15;

        /// <summary>Payload fetch sequence, severable.</summary>
        public const int PayloadFetch = 16;

        /// <summary>Candidate verification sequence, severable.</summary>
        public const int CandidateVerification = 18;

        /// <summary>Install sequence, severable.</summary>
        public const int Install = 20;

        /// <summary>Text, severable.</summary>
        public const int Text = 23;

        /// <summary>Uninstall sequence.</summary>
        public const int Uninstall = 24;

        /// <summary>Manufacturer usage description, carried.</summary>
        public const int ManufacturerUsageDescription = 25;

        /// <summary>The shared sequence. Not a label: no element has the number 0, so it stands for the section that has none.</summary>
        public const int Shared = 0;

        /// <summary>The map of dependencies, an item of the common section. No element has the number 10 either.</summary>
        public const int Dependencies = 10;

        /// <summary>Common section: dependencies.</summary>
        public const int CommonDependencies = 1;

        /// <summary>Common section: components.</summary>
        public const int CommonComponents = 2;

        /// <summary>Common section: shared sequence.</summary>
        public const int CommonSharedSequence = 4;
    }

    /// <summary>Numbers of commands.</summary>
    [ExcludeType]
    public static class SuitCommand
    {
        /// <summary>Condition: the vendor id of the device.</summary>
        public const int VendorIdentifier = 1;

        /// <summary>Condition: a class id of the device.</summary>
        public const int ClassIdentifier = 2;

        /// <summary>Condition: the digest of the component's content.</summary>
        public const int ImageMatch = 3;

        /// <summary>Condition: the slot.</summary>
        public const int ComponentSlot = 5;

        /// <summary>Condition: the content itself.</summary>
        public const int CheckContent = 6;

        /// <summary>Directive: choose the component or components that the next commands are for.</summary>
        public const int SetComponentIndex = 12;

        /// <summary>Condition that always fails.</summary>
        public const int Abort = 14;

        /// <summary>Directive: alternatives, in their order, until one succeeds.</summary>
        public const int TryEach = 15;

        /// <summary>Directive: set parameters that are not set yet.</summary>
        public const int SetParameters = 19;

        /// <summary>Directive: set parameters.</summary>
        public const int OverrideParameters = 20;

        /// <summary>Directive: transfer control.</summary>
        public const int Invoke = 23;

        /// <summary>Condition: the device id.</summary>
        public const int DeviceIdentifier = 24;

        /// <summary>Directive: a sequence within the sequence.</summary>
        public const int RunSequence = 32;
    }

    /// <summary>Numbers of parameters.</summary>
    [ExcludeType]
    public static class SuitParameter
    {
        /// <summary>Vendor id, 16 bytes.</summary>
        public const int VendorIdentifier = 1;

        /// <summary>Class id, 16 bytes.</summary>
        public const int ClassIdentifier = 2;

        /// <summary>Digest of the image.</summary>
        public const int ImageDigest = 3;

        /// <summary>Slot number.</summary>
        public const int ComponentSlot = 5;

        /// <summary>Strict order; concerns the processor.</summary>
        public const int StrictOrder = 12;

        /// <summary>Soft failure; concerns the sequence.</summary>
        public const int SoftFailure = 13;

        /// <summary>Size of the image in bytes.</summary>
        public const int ImageSize = 14;

        /// <summary>Content, inline.</summary>
        public const int Content = 18;

        /// <summary>URI of the payload.</summary>
        public const int Uri = 21;

        /// <summary>Index of the source component.</summary>
        public const int SourceComponent = 22;

        /// <summary>Arguments of invoke.</summary>
        public const int InvokeArguments = 23;

        /// <summary>Device id, 16 bytes.</summary>
        public const int DeviceIdentifier = 24;

        /// <summary>Chunk table of the image: private parameter of this project (docs/SPEC-manifest.md).</summary>
        public const int ChunkTable = -257;
    }
}
