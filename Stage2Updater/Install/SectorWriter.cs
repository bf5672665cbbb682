// Writes the payload sectors of one slot so that a cut at any instant can be mended by the next session.
//
// What flash promises after a cut (IFlash): a sector whose erase or program was cut short may read as if
// complete now, and differently later. So looking at the flash does not show which sector was being
// written. A mark does: before a sector is erased, its number is programmed into the slot's envelope area,
// which is empty while the slot is being filled. The next session rewrites that one sector, whatever it
// reads, and trusts the others.
//
// Order, each step durable before the next:
//   first write of a session: the sector of the last mark is rewritten or erased (its mark stands already),
//   then the envelope area is erased, which ends the old image and clears the marks; then for each sector:
//   mark, erase, program, read back.
// A mark may have been cut short itself: then it reads well in one session and not in the next. So before the suspect
// is rewritten it is noted in the journal, which knows no such doubt, until it is rewritten.
// Marks count only in a slot without a valid header: a slot with one was completed.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>Erases and programs payload sectors of a slot. Nothing else writes to the slot meanwhile.</summary>
    public sealed partial class SectorWriter
    {
        /// <summary>Largest sector that an installation can handle, in bytes: one is held in memory.</summary>
        public const int SectorBytesMax = 4096;

        private const int FirstMarkOffset = FlashRecord.BodyOffset;
        private const int MarkBytes = 8;
        private const int AttemptsMax = 2;
        private const int CompareBytes = 128;

        private readonly Slot _slot;
        private readonly FlashRegion _region;
        private readonly RecordWriter _envelope;
        private readonly int _areaBytes;
        private readonly int _markStepBytes;
        private readonly byte[] _scratch = new byte[CompareBytes];
        private int _nextMark;
        private bool _isBegun;

        /// <summary>Makes a writer for a slot; nothing is written yet.</summary>
        /// <param name="slot">The slot; not one that runs.</param>
        public SectorWriter(Slot slot)
        {
            _slot = slot;
            _region = slot.Region;
            _envelope = new RecordWriter(slot);
            _areaBytes = slot.PayloadOffset;
            _markStepBytes = _region.ProgramUnitBytes > MarkBytes ? _region.ProgramUnitBytes : MarkBytes;
            SuspectOffset = -1;
        }

        /// <summary>The journal of the device: it is fenced before the first change. Null where there is none.</summary>
        public BootJournal Journal { get; set; }

        /// <summary>Offset in the payload of the sector that a cut may have left unstable, or -1.</summary>
        public int SuspectOffset;

        /// <summary>Bytes programmed so far.</summary>
        public int ProgrammedBytes;

        /// <summary>Bytes erased so far.</summary>
        public int ErasedBytes;

        /// <summary>Looks whether the slot is complete, and if not for the mark of a session that was cut. Reads only.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Open()
        {
            SuspectOffset = -1;
            _isBegun = false;
            ResultCode header = _slot.Open();
            if (header != ResultCode.SlotEmpty && header != ResultCode.SlotHeaderInvalid)
            {
                return header;
            }

            if (Journal != null && Journal.Opaque[UpdateHistory.SuspectRegionOffset] == (byte)_region.Id)
            {
                int noted = BitConverter.ToUInt16(Journal.Opaque, UpdateHistory.SuspectPlaceOffset) * UpdateHistory.SuspectPlaceUnitBytes;
                if (noted < _slot.PayloadCapacity)
                {
                    SuspectOffset = noted;
                    return ResultCode.Ok;
                }
            }

            for (int at = FirstMarkOffset; at < _areaBytes; at += CompareBytes)
            {
                int count = _areaBytes - at < CompareBytes ? _areaBytes - at : CompareBytes;
                ResultCode result = _region.Read(at, _scratch, 0, count);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                for (int mark = 0; mark <= count - _markStepBytes; mark += _markStepBytes)
                {
                    // The checksum last: nearly all of the area is erased, and reads as an offset of -1.
                    int offset = BitConverter.ToInt32(_scratch, mark);
                    if (offset >= 0 && offset < _slot.PayloadCapacity
                        && BitConverter.ToUInt32(_scratch, mark + 4) == Crc32.Compute(_scratch, mark, 4))
                    {
                        SuspectOffset = offset;
                    }
                }
            }

            return ResultCode.Ok;
        }

        /// <summary>Gives the sector at an offset of the payload.</summary>
        /// <param name="offset">Offset in the payload of the sector's first byte.</param>
        /// <param name="sectorBytes">Size of the sector.</param>
        /// <returns>Ok, or <see cref="ResultCode.MapGeometry"/> when no sector of a size that fits begins there.</returns>
        public ResultCode GetSector(int offset, out int sectorBytes)
        {
            ResultCode result = _region.GetSector(_areaBytes + offset, out int start, out sectorBytes);
            if (result == ResultCode.Ok && (start != _areaBytes + offset || sectorBytes > SectorBytesMax))
            {
                result = ResultCode.MapGeometry;
            }

            return result;
        }

        /// <summary>Reads bytes of the payload.</summary>
        /// <param name="offset">Offset in the payload.</param>
        /// <param name="buffer">Where the bytes go.</param>
        /// <param name="index">Index of the first.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Read(int offset, byte[] buffer, int index, int count)
        {
            return _region.Read(_areaBytes + offset, buffer, index, count);
        }

        /// <summary>Makes a sector hold the given bytes. Writes nothing if it does already and is not the suspect.</summary>
        /// <param name="offset">Offset in the payload of the sector's first byte.</param>
        /// <param name="sectorBytes">Size of the sector.</param>
        /// <param name="data">The bytes, from index 0; its tail up to a program unit is overwritten with 0xFF.</param>
        /// <param name="count">How many bytes, at most <paramref name="sectorBytes"/>.</param>
        /// <returns>Ok when the sector reads back right; else a flash code.</returns>
        public ResultCode Write(int offset, int sectorBytes, byte[] data, int count)
        {
            if (offset != SuspectOffset)
            {
                if (Holds(offset, data, count))
                {
                    return ResultCode.Ok;
                }

                ResultCode marked = Mark(offset);
                if (marked != ResultCode.Ok)
                {
                    return marked;
                }
            }

            int unit = _region.ProgramUnitBytes;
            int programBytes = count;
            while (programBytes % unit != 0)
            {
                data[programBytes++] = 0xFF;
            }

            ResultCode result = offset == SuspectOffset ? Note(offset, (byte)_region.Id) : Fence();
            if (result != ResultCode.Ok)
            {
                return result;
            }

            result = ResultCode.FlashProgramFailed;
            for (int attempt = 0; attempt < AttemptsMax && result != ResultCode.Ok; attempt++)
            {
                // Always erased anew: a sector that reads blank may have been left unstable by a cut (A70).
                result = _region.Erase(_areaBytes + offset, sectorBytes);
                ErasedBytes += sectorBytes;
                if (result == ResultCode.Ok)
                {
                    result = _region.Program(_areaBytes + offset, data, 0, programBytes);
                    ProgrammedBytes += programBytes;
                }

                if (result == ResultCode.Ok)
                {
                    result = _region.Sync();
                }

                if (result == ResultCode.Ok && !Holds(offset, data, count))
                {
                    result = ResultCode.FlashProgramFailed;
                }
            }

            if (result == ResultCode.Ok && offset == SuspectOffset)
            {
                SuspectOffset = -1;
                result = Note(0, 0);
            }

            return result;
        }

        /// <summary>Writes the envelope, and with it makes the slot a candidate. The last act of an installation.</summary>
        /// <param name="envelope">Holds the envelope.</param>
        /// <param name="offset">Index of its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <param name="sequence">Sequence number of its manifest.</param>
        /// <param name="imageId">Its image id.</param>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Finish(byte[] envelope, int offset, int count, long sequence, long imageId)
        {
            ResultCode result = EraseSuspect();
            if (result == ResultCode.Ok)
            {
                result = EraseArea();
            }

            ProgrammedBytes += FlashRecord.BodyOffset + count;
            return result == ResultCode.Ok ? _envelope.Write(envelope, offset, count, sequence, imageId) : result;
        }

        private bool Holds(int offset, byte[] data, int count)
        {
            for (int at = 0; at < count; at += CompareBytes)
            {
                int length = count - at < CompareBytes ? count - at : CompareBytes;
                if (Read(offset + at, _scratch, 0, length) != ResultCode.Ok || !ConstantTime.AreEqual(_scratch, 0, data, at, length))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
