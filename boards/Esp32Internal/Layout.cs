// Where things lie on this board: the internal volume I:.

namespace NanoBoot.Board
{
    /// <summary>Sizes of this board. docs/boards/README.md says how to choose them.</summary>
    public static class Layout
    {
        /// <summary>Room for the regions, in bytes.</summary>
        /// <remarks>Of the 256 KB of I: on a module with 4 MB, 56 KB are left to littlefs itself, the network settings and certificates.</remarks>
        public const int ChipBytes = 200 * 1024;

        /// <summary>Managed heap, in bytes.</summary>
        /// <remarks>ESP32 without PSRAM, firmware ESP32_REV3: 80 to 110 KB are left of the internal RAM.</remarks>
        public const int HeapBytes = 80 * 1024;

        private const int Stage2Bytes = 9 * BoardLayout.SectorBytes;
        private const int ApplicationBytes = 10 * BoardLayout.SectorBytes;
        private const int ApplicationSlots = 1;

        /// <summary>Makes the layout.</summary>
        /// <returns>The layout.</returns>
        public static BoardLayout Create()
        {
            return new BoardLayout(Stage2Bytes, ApplicationBytes, ApplicationSlots);
        }
    }
}
