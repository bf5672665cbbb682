// Where each chunk of a payload can be had without the network.
//
// The table of the new manifest is authenticated. The tables of other slots need not be: they only say
// where to look, and every chunk is verified against the new table when it is read, wherever it is read.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>The chunks of a payload, in order, and the place of each.</summary>
    /// <remarks>The table is a part of the authenticated manifest in memory, checked by who parsed it: its
    /// lengths add up to the image size.</remarks>
    public sealed class ChunkPlan
    {
        /// <summary>Longest chunk in bytes.</summary>
        public const int ChunkBytesMax = 4096;

        /// <summary>Bytes of an entry of the table: a length and a keyed digest.</summary>
        public const int EntryBytes = 34;

        /// <summary>Place of a chunk that has to be fetched.</summary>
        public const int Missing = -1;

        /// <summary>Place of a chunk that is in its slot already.</summary>
        public const int InPlace = -2;

        private const int PlaceOffsetBits = 26;
        private const int WindowEntries = 15;

        /// <summary>Number of chunks.</summary>
        public readonly int Count;

        private readonly byte[] _table;
        private readonly int _firstEntry;
        private readonly byte[] _key;
        private readonly int[] _place;
        private readonly FlashRegion[] _regions;
        private readonly byte[] _mac = new byte[HmacSha256.MacBytes];
        private int _regionCount;

        /// <summary>Makes a plan in which every chunk is missing.</summary>
        /// <param name="table">Holds the chunk table.</param>
        /// <param name="offset">Index of its format byte.</param>
        /// <param name="count">Its length: 1 + 34 times the number of chunks.</param>
        /// <param name="key">The published key of the chunk digest.</param>
        /// <param name="regionsMax">Most regions that will be offered for reuse, at most 31.</param>
        public ChunkPlan(byte[] table, int offset, int count, byte[] key, int regionsMax)
        {
            _table = table;
            _firstEntry = offset + 1;
            _key = key;
            Count = (count - 1) / EntryBytes;
            _place = new int[Count];
            _regions = new FlashRegion[regionsMax];
            for (int i = 0; i < Count; i++)
            {
                _place[i] = Missing;
            }
        }

        /// <summary>Length of a chunk in bytes.</summary>
        /// <param name="chunk">Index of the chunk.</param>
        /// <returns>1 to <see cref="ChunkBytesMax"/>.</returns>
        public int LengthOf(int chunk)
        {
            int entry = _firstEntry + (chunk * EntryBytes);
            return (_table[entry] << 8) | _table[entry + 1];
        }

        /// <summary>Where a chunk is.</summary>
        /// <param name="chunk">Index of the chunk.</param>
        /// <returns><see cref="Missing"/>, <see cref="InPlace"/>, or a place for <see cref="ReadPlace"/>.</returns>
        public int PlaceOf(int chunk)
        {
            return _place[chunk];
        }

        /// <summary>Says where a chunk is.</summary>
        /// <param name="chunk">Index of the chunk.</param>
        /// <param name="place">Missing or InPlace.</param>
        public void SetPlace(int chunk, int place)
        {
            _place[chunk] = place;
        }

        /// <summary>Whether bytes are a chunk.</summary>
        /// <param name="chunk">Index of the chunk.</param>
        /// <param name="data">The bytes, from index 0, as many as the chunk is long.</param>
        /// <returns>True when their keyed digest is the one in the table.</returns>
        public bool Verify(int chunk, byte[] data)
        {
            int entry = _firstEntry + (chunk * EntryBytes);
            HmacSha256.Compute(_key, data, 0, LengthOf(chunk), _mac, 0);
            return ConstantTime.AreEqual(_mac, 0, _table, entry + 2, HmacSha256.MacBytes);
        }

        /// <summary>Reads a chunk from the place in another image where it is said to be.</summary>
        /// <param name="chunk">Index of the chunk.</param>
        /// <param name="data">Where its bytes go.</param>
        /// <returns>True when it is there; the caller need not verify it again.</returns>
        public bool ReadPlace(int chunk, byte[] data)
        {
            int place = _place[chunk];
            FlashRegion region = _regions[place >> PlaceOffsetBits];
            int offset = place & ((1 << PlaceOffsetBits) - 1);
            return region.Read(offset, data, 0, LengthOf(chunk)) == ResultCode.Ok && Verify(chunk, data);
        }

        /// <summary>Looks in the table of another image for the chunks that are missing.</summary>
        /// <param name="region">The region that holds the image.</param>
        /// <param name="tableOffset">Offset in the region of its table's format byte.</param>
        /// <param name="tableBytes">Length of its table.</param>
        /// <param name="payloadOffset">Offset in the region of its first chunk.</param>
        /// <remarks>Nothing of that table is trusted; a table that lies costs a read in vain.</remarks>
        public void Offer(FlashRegion region, int tableOffset, int tableBytes, int payloadOffset)
        {
            if (_regionCount == _regions.Length || region.SizeBytes >= 1 << PlaceOffsetBits)
            {
                return;
            }

            int number = _regionCount++;
            _regions[number] = region;
            byte[] window = new byte[WindowEntries * EntryBytes];
            int at = tableOffset + 1;
            int left = (tableBytes - 1) / EntryBytes;
            while (left > 0)
            {
                int entries = left < WindowEntries ? left : WindowEntries;
                if (region.Read(at, window, 0, entries * EntryBytes) != ResultCode.Ok)
                {
                    return;
                }

                for (int i = 0; i < entries; i++)
                {
                    int length = (window[i * EntryBytes] << 8) | window[(i * EntryBytes) + 1];
                    if (!region.Contains(payloadOffset, length))
                    {
                        return;
                    }

                    Match(window, i * EntryBytes, (number << PlaceOffsetBits) | payloadOffset);
                    payloadOffset += length;
                }

                left -= entries;
                at += entries * EntryBytes;
            }
        }

        private void Match(byte[] window, int offset, int place)
        {
            byte[] table = _table;
            int[] places = _place;
            byte b0 = window[offset + 2];
            byte b1 = window[offset + 3];
            int entry = _firstEntry;
            for (int i = 0; i < Count; i++)
            {
                if (table[entry + 2] == b0 && table[entry + 3] == b1 && places[i] == Missing
                    && ConstantTime.AreEqual(table, entry, window, offset, EntryBytes))
                {
                    places[i] = place;
                }

                entry += EntryBytes;
            }
        }
    }
}
