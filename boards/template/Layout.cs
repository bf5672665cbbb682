// Where things lie on this board.

namespace NanoBoot.Board
{
    /// <summary>Sizes of this board. docs/boards/README.md says how to choose them.</summary>
    public static class Layout
    {
        /// <summary>Room for the regions, in bytes: the size of the chip, or what the volume can give.</summary>
        public const int ChipBytes = 8 << 20;

        /// <summary>Managed heap that the firmware leaves, in bytes.</summary>
        public const int HeapBytes = 80 * 1024;

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
