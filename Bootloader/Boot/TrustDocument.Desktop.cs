// On a board stage 1 alone reads trust documents; here tools and tests do too, and the author's tools keep its limits.

namespace NanoBoot.Bootloader.Boot
{
    public static partial class TrustDocument
    {
    }
}
