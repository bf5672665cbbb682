// Names of the regions that a board's flash is divided into. docs/SPEC.md says what each holds.

namespace NanoBoot.Hal.Flash
{
    /// <summary>Identifies a region of a board's flash. The values stand in the journal and on the console.</summary>
    public enum RegionId : byte
    {
        /// <summary>No region.</summary>
        None = 0,

        /// <summary>The boot journal: three sectors or more.</summary>
        Journal = 1,

        /// <summary>Identity: vendor, class and device ids, device key. Written at provisioning.</summary>
        Identity = 2,

        /// <summary>First slot of the trust document.</summary>
        Trust = 3,

        /// <summary>First slot of stage 2.</summary>
        Stage2A = 4,

        /// <summary>Second slot of stage 2.</summary>
        Stage2B = 5,

        /// <summary>First, or only, slot of the application.</summary>
        ApplicationA = 6,

        /// <summary>Second slot of the application.</summary>
        ApplicationB = 7,

        /// <summary>Payloads kept for a later apply.</summary>
        Staging = 8,

        /// <summary>An image of last resort, written at provisioning.</summary>
        Golden = 9,

        /// <summary>First, or only, slot of the configuration: a component that is data, not code.</summary>
        Configuration = 10,

        /// <summary>Keys that payloads are encrypted for. Written at provisioning; only where payloads are encrypted.</summary>
        PayloadKeys = 11,

        /// <summary>Second slot of the trust document: the other copy.</summary>
        TrustB = 12,

        /// <summary>Second slot of the configuration.</summary>
        ConfigurationB = 13,
    }
}
