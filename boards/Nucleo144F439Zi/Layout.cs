// Where things lie on this board: a W25Q64 on SPI5.

namespace NanoBoot.Board
{
    /// <summary>Sizes of this board. docs/boards/README.md says how to choose them.</summary>
    public static class Layout
    {
        /// <summary>Room for the regions, in bytes.</summary>
        public const int ChipBytes = 8 << 20;

        /// <summary>Managed heap, in bytes.</summary>
        /// <remarks>What the firmware ST_NUCLEO144_F439ZI leaves of 192 KB; there is no external RAM.</remarks>
        public const int HeapBytes = 90 * 1024;

        private const int Stage2Bytes = 10 * BoardLayout.SectorBytes;
        private const int ApplicationBytes = 12 * BoardLayout.SectorBytes;
        private const int ApplicationSlots = 2;

        /// <summary>Makes the layout.</summary>
        /// <returns>The layout.</returns>
        public static BoardLayout Create()
        {
            return new BoardLayout(Stage2Bytes, ApplicationBytes, ApplicationSlots);
        }
    }
}
