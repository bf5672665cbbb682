// Where things lie on this board: the internal volume I: (AT25SF641).

namespace NanoBoot.Board
{
    /// <summary>Sizes of this board. docs/boards/README.md says how to choose them.</summary>
    public static class Layout
    {
        /// <summary>Room for the regions, in bytes.</summary>
        /// <remarks>I: is the AT25SF641 of 8 MB, which the firmware mounts; a quarter is left to littlefs itself and to others.</remarks>
        public const int ChipBytes = 6 << 20;

        /// <summary>Managed heap, in bytes.</summary>
        /// <remarks>The managed heap is in the SDRAM.</remarks>
        public const int HeapBytes = 8 << 20;

        private const int Stage2Bytes = 16 * BoardLayout.SectorBytes;
        private const int ApplicationBytes = 128 * BoardLayout.SectorBytes;
        private const int ApplicationSlots = 2;

        /// <summary>Makes the layout.</summary>
        /// <returns>The layout.</returns>
        public static BoardLayout Create()
        {
            return new BoardLayout(Stage2Bytes, ApplicationBytes, ApplicationSlots);
        }
    }
}
