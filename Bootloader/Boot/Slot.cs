// A slot: the record of an envelope, and the payload behind it. Stage 1 reads it; stage 2 fills it.

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>One slot of a component.</summary>
    /// <remarks>
    /// To fill a slot, with RecordWriter of the resident assembly: erase the envelope (from then on the slot is empty),
    /// then the payload, sector by sector, then <see cref="FlashRegion.Sync"/>, then write the envelope.
    /// After a power cut in between, what reads well in the payload need not read well later: the sector that was
    /// under way is to be erased and programmed again, even if it matches.
    /// </remarks>
    public sealed class Slot : FlashRecord
    {
        /// <summary>Offset of the payload in the region.</summary>
        public readonly int PayloadOffset;

        /// <summary>Bytes that a payload may have.</summary>
        public readonly int PayloadCapacity;

        /// <summary>Describes a slot. <see cref="Check"/> says whether it can be one.</summary>
        /// <param name="region">Its region.</param>
        /// <param name="envelopeAreaBytes">Bytes for the envelope: whole sectors.</param>
        public Slot(FlashRegion region, int envelopeAreaBytes)
            : base(region, envelopeAreaBytes, EnvelopeMagic)
        {
            PayloadOffset = envelopeAreaBytes;
            PayloadCapacity = region.SizeBytes - envelopeAreaBytes;
        }

        /// <summary>Checks that envelope and payload begin on sector borders, within the region.</summary>
        /// <returns>Ok, or <see cref="ResultCode.MapGeometry"/>.</returns>
        public ResultCode Check()
        {
            return CapacityBytes > 0 && PayloadCapacity > 0
                && Region.GetSector(PayloadOffset, out int sector, out _) == ResultCode.Ok && sector == PayloadOffset
                ? ResultCode.Ok
                : ResultCode.MapGeometry;
        }
    }
}
