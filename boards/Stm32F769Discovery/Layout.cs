// Where things lie on this board: a W25Q128 on the Arduino connector.

namespace NanoBoot.Board
{
    /// <summary>Sizes of this board. docs/boards/README.md says how to choose them.</summary>
    public static class Layout
    {
        /// <summary>Room for the regions, in bytes.</summary>
        public const int ChipBytes = 16 << 20;

        /// <summary>Managed heap, in bytes.</summary>
        /// <remarks>The managed heap is in the SDRAM.</remarks>
        public const int HeapBytes = 13631488;

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
