// Finds the chunk tables of the images that are on the device, so that their chunks can be copied.
//
// A table is looked for by the bytes that stand before it in any envelope of ours, without parsing, and without
// holding the envelope in memory: what is found is only a hint about where chunks lie (see ChunkPlan).

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>Looks for chunk tables on flash. Stateless.</summary>
    public static class ChunkTableScan
    {
        // Key -257, the head of a byte string with one or two bytes of length, the format byte.
        private const int PatternBytes = 7;
        private const int WindowBytes = 256;

        /// <summary>Offers the chunks of a slot's image to a plan, if it has an envelope with a table.</summary>
        /// <param name="plan">The plan.</param>
        /// <param name="slot">The slot; null for none.</param>
        public static void Offer(ChunkPlan plan, Slot slot)
        {
            if (slot == null || slot.Open() != ResultCode.Ok)
            {
                return;
            }

            FlashRegion region = slot.Region;
            byte[] window = new byte[WindowBytes];
            int end = FlashRecord.BodyOffset + slot.BodyBytes;
            for (int start = FlashRecord.BodyOffset; start < end; start += WindowBytes - PatternBytes + 1)
            {
                int count = end - start < WindowBytes ? end - start : WindowBytes;
                if (region.Read(start, window, 0, count) != ResultCode.Ok)
                {
                    return;
                }

                for (int i = 0; i <= count - PatternBytes; i++)
                {
                    if (window[i] != 0x39 || window[i + 1] != 0x01 || window[i + 2] != 0x00)
                    {
                        continue;
                    }

                    int lengthBytes = window[i + 3] - 0x57;
                    int tableBytes = lengthBytes == 1 ? window[i + 4] : (window[i + 4] << 8) | window[i + 5];
                    int tableOffset = start + i + 4 + lengthBytes;
                    if ((lengthBytes == 1 || lengthBytes == 2) && window[i + 4 + lengthBytes] == ChunkTable.Format
                        && tableBytes <= end - tableOffset)
                    {
                        plan.Offer(region, tableOffset, tableBytes, slot.PayloadOffset);
                        return;
                    }
                }
            }
        }
    }
}
