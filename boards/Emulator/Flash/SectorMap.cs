// Where the sectors of a flash lie. Sectors may be unequal, as on STM32F4 and F7.

using System;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>The sectors of a flash, in address order and without gaps.</summary>
    /// <remarks>Immutable; may be shared by any number of arrays and threads.</remarks>
    public sealed class SectorMap
    {
        private readonly int[] _startBytes;
        private readonly byte[][] _erasedContent;
        private readonly int _uniformShift;

        /// <summary>Makes a map of sectors of the given sizes.</summary>
        /// <param name="sectorSizesBytes">Size of each sector in bytes, each at least 1.</param>
        /// <exception cref="ArgumentException">No sector, a size below 1, or more than 2 GiB in sum.</exception>
        public SectorMap(params int[] sectorSizesBytes)
        {
            ArgumentNullException.ThrowIfNull(sectorSizesBytes);
            if (sectorSizesBytes.Length == 0)
            {
                throw new ArgumentException("A flash has at least one sector.", nameof(sectorSizesBytes));
            }

            _startBytes = new int[sectorSizesBytes.Length + 1];
            _erasedContent = new byte[sectorSizesBytes.Length][];
            long sumBytes = 0;
            bool uniform = true;
            for (int i = 0; i < sectorSizesBytes.Length; i++)
            {
                int sizeBytes = sectorSizesBytes[i];
                sumBytes += sizeBytes;
                if (sizeBytes < 1 || sumBytes > int.MaxValue)
                {
                    throw new ArgumentException("A sector size is below 1, or the sum exceeds 2 GiB.", nameof(sectorSizesBytes));
                }

                _startBytes[i + 1] = (int)sumBytes;
                _erasedContent[i] = ErasedContentLike(i, sizeBytes);
                uniform &= sizeBytes == sectorSizesBytes[0];
            }

            int first = sectorSizesBytes[0];
            bool powerOfTwo = (first & (first - 1)) == 0;
            _uniformShift = uniform && powerOfTwo ? int.TrailingZeroCount(first) : -1;
        }

        /// <summary>Number of sectors.</summary>
        public int Count
        {
            get { return _erasedContent.Length; }
        }

        /// <summary>Size of the whole flash in bytes.</summary>
        public int SizeBytes
        {
            get { return _startBytes[^1]; }
        }

        /// <summary>Makes a map of equal sectors.</summary>
        /// <param name="sectorSizeBytes">Size of each.</param>
        /// <param name="count">How many.</param>
        /// <returns>The map.</returns>
        public static SectorMap Uniform(int sectorSizeBytes, int count)
        {
            int[] sizes = new int[count];
            Array.Fill(sizes, sectorSizeBytes);
            return new SectorMap(sizes);
        }

        /// <summary>
        /// One bank of an STM32F4: four sectors of 16 KiB, one of 64 KiB, then sectors of 128 KiB
        /// (reference manual RM0090, table 5, "Flash module organization").
        /// </summary>
        /// <param name="sizeBytes">Size of the bank: 256 KiB or a higher multiple of 128 KiB.</param>
        /// <returns>The map.</returns>
        public static SectorMap Stm32F4(int sizeBytes)
        {
            const int KiB = 1024;
            int largeCount = (sizeBytes / (128 * KiB)) - 1;
            int[] sizes = new int[5 + largeCount];
            Array.Fill(sizes, 16 * KiB, 0, 4);
            sizes[4] = 64 * KiB;
            Array.Fill(sizes, 128 * KiB, 5, largeCount);
            return new SectorMap(sizes);
        }

        /// <summary>Address of a sector's first byte.</summary>
        /// <param name="sectorIndex">0 to <see cref="Count"/>; the last gives the size of the flash.</param>
        /// <returns>The address in bytes.</returns>
        public int StartOf(int sectorIndex)
        {
            return _startBytes[sectorIndex];
        }

        /// <summary>Size of a sector.</summary>
        /// <param name="sectorIndex">0 to <see cref="Count"/> - 1.</param>
        /// <returns>The size in bytes.</returns>
        public int SizeOf(int sectorIndex)
        {
            return _startBytes[sectorIndex + 1] - _startBytes[sectorIndex];
        }

        /// <summary>The sector that holds an address.</summary>
        /// <param name="addressBytes">An address within the flash; the caller has checked it.</param>
        /// <returns>The index of the sector.</returns>
        public int IndexOf(int addressBytes)
        {
            if (_uniformShift >= 0)
            {
                return addressBytes >> _uniformShift;
            }

            int found = Array.BinarySearch(_startBytes, addressBytes);
            return found >= 0 ? found : ~found - 1;
        }

        /// <summary>Whether a range begins and ends on sector borders and lies within the flash.</summary>
        /// <param name="addressBytes">First byte.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>True when it does.</returns>
        public bool IsSectorRange(int addressBytes, int count)
        {
            return addressBytes >= 0 && count >= 0 && addressBytes <= SizeBytes && count <= SizeBytes - addressBytes
                && IsBorder(addressBytes) && IsBorder(addressBytes + count);
        }

        /// <summary>The content of a sector that is erased. Shared: never to be written to.</summary>
        internal byte[] ErasedContentOf(int sectorIndex)
        {
            return _erasedContent[sectorIndex];
        }

        private bool IsBorder(int addressBytes)
        {
            return addressBytes == SizeBytes || _startBytes[IndexOf(addressBytes)] == addressBytes;
        }

        private byte[] ErasedContentLike(int index, int sizeBytes)
        {
            for (int i = index - 1; i >= 0 && i >= index - 8; i--)
            {
                if (_erasedContent[i].Length == sizeBytes)
                {
                    return _erasedContent[i];
                }
            }

            byte[] content = new byte[sizeBytes];
            Array.Fill(content, NorArray.ErasedValue);
            return content;
        }
    }
}
