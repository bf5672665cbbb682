// Marks: which sector may be unstable after a cut, and what of that the journal notes. Why, is at the top of SectorWriter.cs.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <content>Marks.</content>
    public sealed partial class SectorWriter
    {
        // Notes the suspect in the journal, or that there is none any more.
        private ResultCode Note(int place, byte region)
        {
            if (Journal == null)
            {
                return ResultCode.Ok;
            }

            byte[] notes = Journal.Opaque;
            notes[UpdateHistory.SuspectRegionOffset] = region;
            FlashRecord.WriteNumber(notes, UpdateHistory.SuspectPlaceOffset, place / UpdateHistory.SuspectPlaceUnitBytes, 2);
            ResultCode result = Journal.Commit();
            return result == ResultCode.Ok ? Fence() : result;
        }

        private ResultCode Fence()
        {
            return Journal == null ? ResultCode.Ok : Journal.Fence();
        }

        private ResultCode EraseArea()
        {
            // What the journal notes of the staging region is true until here.
            bool isNoted = Journal != null && _region.Id == RegionId.Staging && Journal.Opaque[UpdateHistory.StoredOffset] != 0;
            ResultCode result = ResultCode.Ok;
            if (isNoted)
            {
                Journal.Opaque[UpdateHistory.StoredOffset] = 0;
                result = Journal.Commit();
            }

            if (result == ResultCode.Ok)
            {
                result = Fence();
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            _nextMark = FirstMarkOffset;
            ErasedBytes += _areaBytes;
            _slot.BodyBytes = 0;
            return _envelope.Erase();
        }

        private ResultCode Mark(int offset)
        {
            ResultCode result = Begin();
            if (result == ResultCode.Ok && _nextMark > _areaBytes - _markStepBytes)
            {
                // Full. No sector is being written at this moment, so no mark is needed.
                result = EraseArea();
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            byte[] mark = new byte[_markStepBytes];
            Array.Copy(BitConverter.GetBytes(offset), 0, mark, 0, 4);
            Array.Copy(BitConverter.GetBytes(Crc32.Compute(mark, 0, 4)), 0, mark, 4, 4);
            result = _region.Program(_nextMark, mark, 0, _markStepBytes);
            _nextMark += _markStepBytes;
            ProgrammedBytes += _markStepBytes;
            return result == ResultCode.Ok ? _region.Sync() : result;
        }

        /// <summary>Erases the suspect sector if it was not rewritten: nobody needs it, but it must not stay unstable.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode EraseSuspect()
        {
            if (SuspectOffset < 0)
            {
                return ResultCode.Ok;
            }

            ResultCode result = GetSector(SuspectOffset, out int sectorBytes);
            if (result == ResultCode.Ok)
            {
                result = Note(SuspectOffset, (byte)_region.Id);
            }

            if (result == ResultCode.Ok)
            {
                result = _region.Erase(_areaBytes + SuspectOffset, sectorBytes);
                ErasedBytes += sectorBytes;
            }

            SuspectOffset = -1;
            if (result == ResultCode.Ok)
            {
                result = _region.Sync();
            }

            return result == ResultCode.Ok ? Note(0, 0) : result;
        }

        /// <summary>Ends the old image of the slot, once a session, before the first sector is marked.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Begin()
        {
            if (_isBegun)
            {
                return ResultCode.Ok;
            }

            ResultCode result = EraseSuspect();
            _isBegun = result == ResultCode.Ok;
            return _isBegun ? EraseArea() : result;
        }
    }
}
