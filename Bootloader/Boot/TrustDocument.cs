// The trust document: the payload of the component "trust". It states the whole set of authorities beside the roots,
// and the roots that count no more.

using NanoBoot.Bootloader.Cose;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Limits of trust documents.</summary>
    public static class TrustDocument
    {
        /// <summary>Longest document, in bytes.</summary>
        public const int BytesMax = 2048;

        /// <summary>Most authorities of a document. With the roots that are left they are no more than
        /// <see cref="TrustStore.MaxAuthorities"/>.</summary>
        public const int AuthoritiesMax = 12;

        /// <summary>Version of the format.</summary>
        public const int Format = 1;

        /// <summary>Longest key id, and longest component name, in bytes.</summary>
        public const int KeyIdBytesMax = 32;

        /// <summary>Longest public key, in bytes.</summary>
        public const int PublicKeyBytesMax = 64;

        /// <summary>What a document can grant: everything but <see cref="Permissions.Trust"/>.</summary>
        public const Permissions Grantable = (Permissions)0x3F;
    }
}
