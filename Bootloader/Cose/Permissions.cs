// What a signature may grant.

using System;

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>What the holder of a key may decide about a component. A component names those that an update of it needs.</summary>
    [Flags]
    public enum Permissions : byte
    {
        /// <summary>Grants nothing.</summary>
        None = 0,

        /// <summary>Wrote the image, and answers for what is in it.</summary>
        Author = 1,

        /// <summary>May have the image fetched and kept.</summary>
        Store = 2,

        /// <summary>May have the image installed and started.</summary>
        Apply = 4,

        /// <summary>Approves the release, as an operator does.</summary>
        Approve = 8,

        /// <summary>Vouches that the release is qualified for this kind of device.</summary>
        Qualify = 16,

        /// <summary>Vouches that tests passed.</summary>
        Test = 32,

        /// <summary>May change the authorities of the device.</summary>
        Trust = 64,
    }
}
