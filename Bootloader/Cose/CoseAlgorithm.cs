// COSE algorithm numbers (IANA COSE registry; RFC 9053, RFC 9864, RFC 8778) that authenticate a manifest.

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>The algorithms that a trusted key may be bound to.</summary>
    public enum CoseAlgorithm
    {
        /// <summary>ECDSA with SHA-256 (RFC 9053 §2.1), here on P-256 only.</summary>
        Es256 = -7,

        /// <summary>ECDSA with SHA-256 on P-256 (RFC 9864). The same operation as <see cref="Es256"/>.</summary>
        Esp256 = -9,

        /// <summary>Hash-based signatures HSS/LMS (RFC 8554, RFC 8778).</summary>
        HssLms = -46,

        /// <summary>HMAC-SHA-256 with a 256-bit tag (RFC 9053 §3.1).</summary>
        Hmac256 = 5,
    }
}
