// What the driver must know of a chip, from the board or from the chip's own description (SFDP, JESD216).
// A description is believed only as far as a lie can do no harm: an erase command is used only with the size that it
// has on every chip, no command is sent that the driver does not know, and every time limit is capped.

using System;

namespace NanoBoot.SpiNor
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

        // The sizes of erases that the driver knows, as powers of two: 4 KiB, 32 KiB and 64 KiB.
        internal const int SectorShift = 12;
        internal const int HalfBlockShift = 15;
        internal const int BlockShift = 16;

        // From here on (JESD216A) the table has times and the size of a page.
        private const int TableBytesWithTimes = 44;

        // Without a table that tells: longer than any data sheet of the chips in SpiNorChips.
        private const int EraseLimitMsDefault = 6000;

        // The longest that any limit may be, whatever the table says.
        private const int EraseLimitMsMax = 20000;


        // Units of an erase's typical time, as powers of two of a millisecond, from the right: 1, 16, 128 ms, and 1 s
        // taken as 1024 ms.
        private const int EraseUnits = 0xA740;

        private const int FourByteFrom = 1 << 24;

        internal int SizeBytes;
        internal int PageBytes = 256;
        internal int ProgramLimitMs = 20;

        // The longest time of an erase, by its size as a power of two; 0 when the chip lacks it.
        internal readonly int[] EraseLimitsMs = new int[BlockShift + 1];

        // Four bytes above 16 MiB, three up to there.
        internal bool IsFourByte;

        // Whether commands that always carry four address bytes are used (0x13, 0x12, 0x21, 0xDC); without them the
        // chip is switched to four with 0xB7.
        internal bool HasFourByteCommands;

        /// <summary>Describes a chip with pages of 256 bytes, 4 KiB sectors and 64 KiB blocks, which every chip has.</summary>
        /// <param name="sizeBytes">Its size, a power of two from 64 KiB to <see cref="SizeBytesMax"/>: see
        /// <see cref="SpiNorChips"/>.</param>
        public SpiNorGeometry(int sizeBytes)
        {
            SizeBytes = sizeBytes;
            IsFourByte = sizeBytes > FourByteFrom;
            EraseLimitsMs[SectorShift] = EraseLimitMsDefault;
            EraseLimitsMs[BlockShift] = EraseLimitMsDefault;
        }

        /// <summary>The command of an erase.</summary>
        /// <param name="shift">Its size as a power of two.</param>
        /// <returns>The command, or -1 for a size that no command of the driver has.</returns>
        internal static int EraseCommand(int shift)
        {
            return shift == SectorShift ? 0x20 : shift == HalfBlockShift ? 0x52 : shift == BlockShift ? 0xD8 : -1;
        }

        /// <summary>Whether the size is one that a chip can have.</summary>
        internal bool IsSizeValid()
        {
            return SizeBytes >= 1 << BlockShift && SizeBytes <= SizeBytesMax && (SizeBytes & (SizeBytes - 1)) == 0;
        }

        /// <summary>Takes over what a chip says of itself.</summary>
        /// <param name="table">The basic flash parameter table.</param>
        /// <param name="count">Its length in bytes, <see cref="TableBytesMin"/> to <see cref="TableBytesMax"/>.</param>
        /// <returns>False when it contradicts itself, or says what no known chip says.</returns>
        internal bool Parse(byte[] table, int count)
        {
            // Up to 2 Gbit: the number of bits, less one. Above: its power of two, of which 2^31 is the only one in range.
            int density = BitConverter.ToInt32(table, 4);
            SizeBytes = density > 0 ? (density >> 3) + 1 : (density & 0x7FFFFFFF) == 31 ? SizeBytesMax : 0;
            IsFourByte = SizeBytes > FourByteFrom;

            // Bits 17 and 18. 0: three address bytes only; 1: three or four; 2: four only. A small chip is always spoken to
            // with three: four would shift address bytes into the data, and program what nobody asked for. A large one
            // has some way to four, whatever it says: IS25LP256 and IS25WP256 say three only.
            int addressing = table[2] & 6;
            if (addressing == 6 || (addressing == 4 && !IsFourByte))
            {
                return false;
            }

            HasFourByteCommands = IsFourByte && count == TableBytesMax && (table[63] & 0x20) != 0;
            int[] limits = EraseLimitsMs;
            limits[SectorShift] = 0;
            limits[BlockShift] = 0;
            for (int i = 0; i < 4; i++)
            {
                // Command and size (as a power of two) of an erase type. The driver has no use for other commands. 4 KiB only
                // where the whole chip has them, which bits 0 and 1 say: sectors of others differ by a map that is not read.
                // 32 KiB not where four address bytes are in the command: not every such chip has it.
                int shift = table[28 + (2 * i)];
                int command = table[29 + (2 * i)];
                int limitMs = count < TableBytesWithTimes ? EraseLimitMsDefault : EraseLimit(BitConverter.ToInt32(table, 36), i);
                bool isKnown = command == EraseCommand(shift);
                if (isKnown && (shift == SectorShift ? (table[0] & 3) == 1 : shift != HalfBlockShift || !HasFourByteCommands))
                {
                    limits[shift] = limitMs;
                }
                else if (!isKnown && (command == 0x20 || command == 0xD8))
                {
                    return false;
                }
            }

            if (count >= TableBytesWithTimes)
            {
                int word = BitConverter.ToInt32(table, 40);
                int typicalUs = (((word >> 8) & 31) + 1) << ((word & 0x2000) != 0 ? 6 : 3);
                ProgramLimitMs = (typicalUs * ((word & 15) + 1) / 500) + 1;
                int pageShift = (word >> 4) & 15;
                PageBytes = pageShift < 8 ? 1 << pageShift : 256;
            }

            return IsSizeValid() && (limits[SectorShift] | limits[BlockShift]) != 0;
        }

        // The typical time in units that two bits choose; how many times that the longest is, in the lowest four bits.
        private static int EraseLimit(int word, int index)
        {
            int typical = word >> (4 + (7 * index));
            int unitShift = (EraseUnits >> ((typical >> 3) & 12)) & 15;
            int limitMs = (((typical & 31) + 1) << unitShift) * 2 * ((word & 15) + 1);
            return limitMs > EraseLimitMsMax ? EraseLimitMsMax : limitMs;
        }
    }
}
