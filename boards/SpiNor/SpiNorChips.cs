// Sizes of chips that boards carry, for a board that names its chip instead of asking it. All of them have pages
// of 256 bytes, sectors of 4 KiB (0x20) and blocks of 64 KiB (0xD8), so the size is all there is to say.

using System.Runtime.CompilerServices;

namespace NanoBoot.SpiNor
{
    /// <summary>Size in bytes of well-known chips, to be given to <see cref="SpiNorGeometry(int)"/>.</summary>
    [ExcludeType]
    public static class SpiNorChips
    {
        /// <summary>Winbond W25Q16, 16 Mbit.</summary>
        public const int W25Q16 = 2 << 20;

        /// <summary>Winbond W25Q32, 32 Mbit.</summary>
        public const int W25Q32 = 4 << 20;

        /// <summary>Winbond W25Q64, 64 Mbit.</summary>
        public const int W25Q64 = 8 << 20;

        /// <summary>Winbond W25Q128, 128 Mbit.</summary>
        public const int W25Q128 = 16 << 20;

        /// <summary>Winbond W25Q256, 256 Mbit.</summary>
        public const int W25Q256 = 32 << 20;

        /// <summary>Winbond W25Q512, 512 Mbit.</summary>
        public const int W25Q512 = 64 << 20;

        /// <summary>Adesto / Renesas AT25SF641, 64 Mbit.</summary>
        public const int AT25SF641 = 8 << 20;

        /// <summary>Macronix MX25L6433F and its like, 64 Mbit.</summary>
        public const int MX25L64 = 8 << 20;

        /// <summary>Macronix MX25L12833F and its like, 128 Mbit.</summary>
        public const int MX25L128 = 16 << 20;

        /// <summary>Macronix MX25L25645G and its like, 256 Mbit.</summary>
        public const int MX25L256 = 32 << 20;

        /// <summary>Macronix MX25L51245G, 512 Mbit.</summary>
        public const int MX25L512 = 64 << 20;

        /// <summary>GigaDevice GD25Q64, 64 Mbit.</summary>
        public const int GD25Q64 = 8 << 20;

        /// <summary>GigaDevice GD25Q128, 128 Mbit.</summary>
        public const int GD25Q128 = 16 << 20;

        /// <summary>ISSI IS25LP064, 64 Mbit.</summary>
        public const int IS25LP064 = 8 << 20;

        /// <summary>ISSI IS25LP128, 128 Mbit.</summary>
        public const int IS25LP128 = 16 << 20;

        /// <summary>ISSI IS25LP256, 256 Mbit.</summary>
        public const int IS25LP256 = 32 << 20;
    }
}
