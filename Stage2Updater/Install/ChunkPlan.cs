// Where each chunk of a payload can be had without the network.
//
// The table of the new manifest is authenticated. The tables of other slots need not be: they only say
// where to look, and every chunk is verified against the new table when it is read, wherever it is read.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>The chunks of a payload, in order, and the place of each.</summary>
    /// <remarks>The table is a part of the authenticated manifest in memory.</remarks>
    public sealed class ChunkPlan
    {
        /// <summary>Place of a chunk that has to be fetched.</summary>
        public const int Missing = -1;

        /// <summary>Place of a chunk that is in its slot already.</summary>
        public const int InPlace = -2;

        private const int PlaceOffsetBits = 26;
        private const int WindowEntries = 15;

        /// <summary>The chunks.</summary>
        public readonly ChunkTable Table;

        /// <summary>Number of chunks.</summary>
        public readonly int Count;

        private readonly int[] _place;
        private readonly FlashRegion[] _regions;
        private int _regionCount;

        /// <summary>Makes a plan in which every chunk is missing.</summary>
        /// <param name="table">The table, checked.</param>
        /// <param name="regionsMax">Most regions that will be offered for reuse, at most 31.</param>
        public ChunkPlan(ChunkTable table, int regionsMax)
        {
            Table = table;
            Count = table.Count;
            _place = new int[Count];
            _regions = new FlashRegion[regionsMax];
            for (int i = 0; i < Count; i++)
            {
                _place[i] = Missing;
            }
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
            byte[] mac = HmacSha256.Compute(ChunkTable.DigestKey, data, 0, Table.LengthOf(chunk));
            return ConstantTime.AreEqual(mac, 0, Table.Data, Table.DigestOffsetOf(chunk), HmacSha256.MacBytes);
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
            return region.Read(offset, data, 0, Table.LengthOf(chunk)) == ResultCode.Ok && Verify(chunk, data);
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
            byte[] window = new byte[WindowEntries * ChunkTable.EntryBytes];
            int at = tableOffset + 1;
            int left = (tableBytes - 1) / ChunkTable.EntryBytes;
            while (left > 0)
            {
                int entries = left < WindowEntries ? left : WindowEntries;
                if (region.Read(at, window, 0, entries * ChunkTable.EntryBytes) != ResultCode.Ok)
                {
                    return;
                }

                for (int i = 0; i < entries; i++)
                {
                    int length = (window[i * ChunkTable.EntryBytes] << 8) | window[(i * ChunkTable.EntryBytes) + 1];
                    if (!region.Contains(payloadOffset, length))
                    {
                        return;
                    }

                    Match(window, i * ChunkTable.EntryBytes, (number << PlaceOffsetBits) | payloadOffset);
                    payloadOffset += length;
                }

                left -= entries;
                at += entries * ChunkTable.EntryBytes;
            }
        }

        private void Match(byte[] window, int offset, int place)
        {
            byte[] table = Table.Data;
            int[] places = _place;
            byte b0 = window[offset + 2];
            byte b1 = window[offset + 3];
            int digest = Table.DigestOffsetOf(0);
            for (int i = 0; i < Count; i++)
            {
                // The entries of both tables have one form, so length and digest are compared at once.
                if (table[digest] == b0 && table[digest + 1] == b1 && places[i] == Missing
                    && ConstantTime.AreEqual(table, digest - 2, window, offset, ChunkTable.EntryBytes))
                {
                    places[i] = place;
                }

                digest += ChunkTable.EntryBytes;
            }
        }
    }
}
