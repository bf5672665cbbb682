// Numbers of the SUIT drafts that an author writes: manifest-37, trust-domains-11, update-management-14,
// firmware-encryption-24. One place, named as the drafts name them.

namespace NanoBoot.Author
{
    /// <summary>Keys of the envelope and of the manifest; those that are severable have the same number in both.</summary>
    public enum SuitElement
    {
        /// <summary>suit-manifest-version (manifest).</summary>
        ManifestVersion = 1,

        /// <summary>suit-authentication-wrapper (envelope); in the manifest 2 is the sequence number.</summary>
        AuthenticationWrapper = 2,

        /// <summary>suit-manifest (envelope); in the manifest 3 is suit-common.</summary>
        Manifest = 3,

        /// <summary>suit-reference-uri (manifest).</summary>
        ReferenceUri = 4,

        /// <summary>suit-manifest-component-id (trust-domains).</summary>
        ManifestComponentId = 5,

        /// <summary>suit-set-version (update-management).</summary>
        SetVersion = 6,

        /// <summary>suit-validate.</summary>
        Validate = 7,

        /// <summary>suit-load.</summary>
        Load = 8,

        /// <summary>suit-invoke.</summary>
        Invoke = 9,

        /// <summary>suit-coswid (update-management); severable.</summary>
        Coswid = 14,

        /// <summary>suit-dependency-resolution (trust-domains); severable.</summary>
        DependencyResolution = 15,

        /// <summary>suit-payload-fetch; severable.</summary>
        PayloadFetch = 16,

        /// <summary>suit-candidate-verification (trust-domains); severable.</summary>
        CandidateVerification = 18,

        /// <summary>suit-install; severable.</summary>
        Install = 20,

        /// <summary>suit-text; severable.</summary>
        Text = 23,

        /// <summary>suit-uninstall (trust-domains); stays in the manifest.</summary>
        Uninstall = 24,

        /// <summary>Manufacturer usage description (draft-ietf-suit-mud). The draft's CDDL has it in the manifest only, its
        /// text speaks of it as severed: both are taken.</summary>
        ManufacturerUsageDescription = 25,
    }

    /// <summary>Commands: conditions and directives share one number space.</summary>
    public enum SuitCommand
    {
        /// <summary>condition-vendor-identifier.</summary>
        VendorIdentifier = 1,

        /// <summary>condition-class-identifier.</summary>
        ClassIdentifier = 2,

        /// <summary>condition-image-match.</summary>
        ImageMatch = 3,

        /// <summary>condition-use-before (update-management).</summary>
        UseBefore = 4,

        /// <summary>condition-component-slot.</summary>
        ComponentSlot = 5,

        /// <summary>condition-check-content.</summary>
        CheckContent = 6,

        /// <summary>condition-dependency-integrity (trust-domains).</summary>
        DependencyIntegrity = 7,

        /// <summary>condition-is-dependency (trust-domains).</summary>
        IsDependency = 8,

        /// <summary>directive-process-dependency (trust-domains).</summary>
        ProcessDependency = 11,

        /// <summary>directive-set-component-index.</summary>
        SetComponentIndex = 12,

        /// <summary>condition-abort.</summary>
        Abort = 14,

        /// <summary>directive-try-each.</summary>
        TryEach = 15,

        /// <summary>directive-write.</summary>
        Write = 18,

        /// <summary>directive-set-parameters (trust-domains): set what is unset.</summary>
        SetParameters = 19,

        /// <summary>directive-override-parameters.</summary>
        OverrideParameters = 20,

        /// <summary>directive-fetch.</summary>
        Fetch = 21,

        /// <summary>directive-copy.</summary>
        Copy = 22,

        /// <summary>directive-invoke.</summary>
        Invoke = 23,

        /// <summary>condition-device-identifier.</summary>
        DeviceIdentifier = 24,

        /// <summary>condition-image-not-match (update-management).</summary>
        ImageNotMatch = 25,

        /// <summary>condition-minimum-battery (update-management).</summary>
        MinimumBattery = 26,

        /// <summary>condition-update-authorized (update-management).</summary>
        UpdateAuthorized = 27,

        /// <summary>condition-version (update-management).</summary>
        Version = 28,

        /// <summary>directive-wait (update-management).</summary>
        Wait = 29,

        /// <summary>directive-swap.</summary>
        Swap = 31,

        /// <summary>directive-run-sequence.</summary>
        RunSequence = 32,

        /// <summary>directive-unlink (trust-domains).</summary>
        Unlink = 33,

        /// <summary>directive-override-multiple (update-management).</summary>
        OverrideMultiple = 34,

        /// <summary>directive-copy-params (update-management).</summary>
        CopyParameters = 35,
    }

    /// <summary>Parameters.</summary>
    public enum SuitParameter
    {
        /// <summary>vendor-identifier.</summary>
        VendorIdentifier = 1,

        /// <summary>class-identifier.</summary>
        ClassIdentifier = 2,

        /// <summary>image-digest.</summary>
        ImageDigest = 3,

        /// <summary>use-before (update-management), seconds since 1970.</summary>
        UseBefore = 4,

        /// <summary>component-slot.</summary>
        ComponentSlot = 5,

        /// <summary>strict-order.</summary>
        StrictOrder = 12,

        /// <summary>soft-failure.</summary>
        SoftFailure = 13,

        /// <summary>image-size, bytes.</summary>
        ImageSize = 14,

        /// <summary>content.</summary>
        Content = 18,

        /// <summary>encryption-info (firmware-encryption).</summary>
        EncryptionInfo = 19,

        /// <summary>uri.</summary>
        Uri = 21,

        /// <summary>source-component.</summary>
        SourceComponent = 22,

        /// <summary>invoke-args.</summary>
        InvokeArguments = 23,

        /// <summary>device-identifier.</summary>
        DeviceIdentifier = 24,

        /// <summary>fetch-arguments.</summary>
        FetchArguments = 25,

        /// <summary>minimum-battery (update-management), mWh.</summary>
        MinimumBattery = 26,

        /// <summary>update-priority (update-management).</summary>
        UpdatePriority = 27,

        /// <summary>version (update-management).</summary>
        Version = 28,

        /// <summary>wait-info (update-management).</summary>
        WaitInfo = 29,

        /// <summary>component-metadata (update-management).</summary>
        ComponentMetadata = 30,

        /// <summary>The nanoBoot chunk table; a private number, absent from manifests of the standard profile.</summary>
        ChunkTable = -257,
    }

    /// <summary>How a version is compared (update-management).</summary>
    public enum VersionComparison
    {
        /// <summary>Greater than.</summary>
        Greater = 1,

        /// <summary>Greater or equal.</summary>
        GreaterOrEqual = 2,

        /// <summary>Equal.</summary>
        Equal = 3,

        /// <summary>Lesser or equal.</summary>
        LesserOrEqual = 4,

        /// <summary>Lesser than.</summary>
        Lesser = 5,
    }

    /// <summary>Which private elements a manifest may have.</summary>
    public enum ManifestProfile
    {
        /// <summary>With the chunk table: resumable, differential, verified chunk by chunk.</summary>
        NanoBoot = 0,

        /// <summary>Without any private element: every SUIT processor reads it.</summary>
        Standard = 1,
    }
}
