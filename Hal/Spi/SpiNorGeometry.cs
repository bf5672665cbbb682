// What the driver must know of a chip, from the board or from the chip's own description (SFDP, JESD216).
// A description is believed only as far as a lie can do no harm: an erase command is used only with the size that it
// has on every chip, no command is sent that the driver does not know, and every time limit is capped.

namespace NanoBoot.Hal.Spi
{
    /// <summary>Describes a SPI NOR chip.</summary>
    public sealed class SpiNorGeometry
    {
        /// <summary>Largest chip that the driver takes: 256 MiB.</summary>
        public const int SizeBytesMax = 1 << 28;

        /// <summary>Bytes of the basic flash parameter table that <see cref="Parse"/> looks at.</summary>
        internal const int TableBytesMax = 64;

        /// <summary>Bytes of the shortest such table (JESD216 without letter: 9 words).</summary>
        internal const int TableBytesMin = 36;

        internal const int EraseTypes = 3;

        // Without a table that tells: longer than any data sheet of the chips in SpiNorChips.
        private const int ProgramLimitMsDefault = 20;
        private const int EraseLimitMsDefault = 6000;

        // The longest that any limit may be, whatever the table says.
        private const int EraseLimitMsMax = 20000;

        private const int FourByteFrom = 1 << 24;

        internal int SizeBytes;
        internal int PageBytes = 256;
        internal int ProgramLimitMs = ProgramLimitMsDefault;

        // For 4 KiB (command 0x20), 32 KiB (0x52) and large blocks (0xD8): the longest time; 0 when the chip lacks it.
        internal int[] EraseLimitMs = new int[EraseTypes];

        // Size of a large block, as a power of two: 64 to 256 KiB.
        internal int LargeShift = 16;

        internal int AddressBytes = 3;

        // Whether commands that always carry four address bytes are used (0x13, 0x12, 0x21, 0xDC).
        internal bool HasFourByteCommands;

        // Whether the chip is switched to four address bytes with 0xB7.
        internal bool EntersFourByteMode;

        /// <summary>Describes a chip with pages of 256 bytes, 4 KiB sectors and 64 KiB blocks.</summary>
        /// <param name="sizeBytes">Its size, a power of two from 64 KiB to <see cref="SizeBytesMax"/>: see
        /// <see cref="SpiNorChips"/>.</param>
        public SpiNorGeometry(int sizeBytes)
        {
            SizeBytes = sizeBytes;
            EraseLimitMs[0] = EraseLimitMsDefault;
            EraseLimitMs[2] = EraseLimitMsDefault;
            if (sizeBytes > FourByteFrom)
            {
                AddressBytes = 4;
                EntersFourByteMode = true;
            }
        }

        /// <summary>Takes over what a chip says of itself.</summary>
        /// <param name="table">The basic flash parameter table.</param>
        /// <param name="count">Its length in bytes, <see cref="TableBytesMin"/> to <see cref="TableBytesMax"/>.</param>
        /// <returns>False when it contradicts itself, or says what no known chip says.</returns>
        internal bool Parse(byte[] table, int count)
        {
            int density = Word(table, 4);
            int shift = density & 0xFF;
            if (density > 0)
            {
                // Up to 2 Gbit: the number of bits, less one.
                SizeBytes = (density >> 3) + 1;
            }
            else
            {
                SizeBytes = shift <= 31 ? 1 << ((shift - 3) & 31) : 0;
            }

            if (!IsSizeValid(SizeBytes) || !ParseErases(table, count) || !ParseAddressing(table, count))
            {
                return false;
            }

            if (count >= 44)
            {
                int word = Word(table, 40);
                int typicalUs = (((word >> 8) & 31) + 1) << ((word & 0x2000) != 0 ? 6 : 3);
                ProgramLimitMs = (typicalUs * ((word & 15) + 1) * 2 / 1000) + 1;
                int pageShift = (word >> 4) & 15;
                if (pageShift < 8)
                {
                    PageBytes = 1 << pageShift;
                }
            }

            return true;
        }

        /// <summary>Whether a size is one that a chip can have.</summary>
        internal static bool IsSizeValid(int sizeBytes)
        {
            return sizeBytes >= 1 << 16 && sizeBytes <= SizeBytesMax && (sizeBytes & (sizeBytes - 1)) == 0;
        }

        /// <summary>Size of an erase type, as a power of two.</summary>
        internal int EraseShift(int type)
        {
            return type == 0 ? 12 : type == 1 ? 15 : LargeShift;
        }

        private bool ParseErases(byte[] table, int count)
        {
            EraseLimitMs = new int[EraseTypes];
            for (int i = 0; i < 4; i++)
            {
                int shift = table[28 + (2 * i)];
                int command = table[29 + (2 * i)];
                int type = command == 0x20 ? 0 : command == 0x52 ? 1 : command == 0xD8 ? 2 : -1;
                if (shift == 0 || shift == 0xFF || type < 0)
                {
                    // Not there, or of a kind that this driver has no use for.
                    continue;
                }

                if (type == 2 && shift > 16 && shift <= 18)
                {
                    LargeShift = shift;
                }

                if (shift != EraseShift(type))
                {
                    return false;
                }

                EraseLimitMs[type] = count < 44 ? EraseLimitMsDefault : EraseLimit(Word(table, 36), i);
            }

            return true;
        }

        private static int EraseLimit(int word, int index)
        {
            int typical = word >> (4 + (7 * index));
            int unit = (typical >> 5) & 3;
            int limitMs = ((typical & 31) + 1) * (unit == 0 ? 1 : unit == 1 ? 16 : unit == 2 ? 128 : 1000)
                * ((word & 15) + 1) * 2;
            return limitMs > EraseLimitMsMax ? EraseLimitMsMax : limitMs;
        }

        private bool ParseAddressing(byte[] table, int count)
        {
            // 0: three bytes only; 1: three or four; 2: four only. A chip of up to 16 MiB is always spoken to with three:
            // four would shift address bytes into the data, and program what nobody asked for. A larger one has some
            // way to four, whatever it says: IS25LP256 and IS25WP256 say three only.
            int mode = (table[2] >> 1) & 3;
            bool isLarge = SizeBytes > FourByteFrom;
            AddressBytes = isLarge ? 4 : 3;
            HasFourByteCommands = isLarge && count >= 64 && (table[63] & 0x20) != 0;
            EntersFourByteMode = isLarge && !HasFourByteCommands;
            if (HasFourByteCommands)
            {
                // 0x5C, its form with four address bytes, is missing on some of the chips that have the others.
                EraseLimitMs[1] = 0;
            }

            return mode != 3 && (isLarge || mode != 2) && (EraseLimitMs[0] | EraseLimitMs[1] | EraseLimitMs[2]) != 0;
        }

        private static int Word(byte[] table, int offset)
        {
            return table[offset] | (table[offset + 1] << 8) | (table[offset + 2] << 16) | (table[offset + 3] << 24);
        }
    }
}
