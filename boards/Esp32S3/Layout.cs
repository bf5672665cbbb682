// Where things lie on this board: the internal volume I:.

namespace NanoBoot.Board
{
    /// <summary>Sizes of this board. docs/boards/README.md says how to choose them.</summary>
    public static class Layout
    {
        /// <summary>Room for the regions, in bytes.</summary>
        /// <remarks>Of the 2 MB of I: on a module with 8 MB, a quarter is left to littlefs itself, the network settings and certificates.</remarks>
        public const int ChipBytes = 1536 * 1024;

        /// <summary>Managed heap, in bytes.</summary>
        /// <remarks>ESP32-S3 with 2 MB of PSRAM, firmware ESP32_S3_QUAD: PSRAM less 1.29 MB; with 8 MB of PSRAM much more.</remarks>
        public const int HeapBytes = 700 * 1024;

        private const int Stage2Bytes = 16 * BoardLayout.SectorBytes;
        private const int ApplicationBytes = 64 * BoardLayout.SectorBytes;
        private const int ApplicationSlots = 2;

        /// <summary>Makes the layout.</summary>
        /// <returns>The layout.</returns>
        public static BoardLayout Create()
        {
            return new BoardLayout(Stage2Bytes, ApplicationBytes, ApplicationSlots);
        }
    }
}
