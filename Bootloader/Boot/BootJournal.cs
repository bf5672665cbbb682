// The boot journal: full snapshots of the boot state, each written twice, in three sectors or more.
//
// Fault model: any number of power cuts, each of which leaves the operation under way torn, and what it touched
// may read differently at each boot until it is erased in full. Reading erased is no proof of being erased.
// Two sectors cannot carry that: a commit that was cut reads as committed at one boot and not at the next; the
// boot that must write cannot tell which of the two sectors is whole, and one of them it would have to erase.
//
// Rules, and what each is for:
// 1. Copy 1, Sync, copy 2, Sync. A state is acted upon only when both copies read well: then copy 1 is durable,
//    and no later reading loses the state again. One copy alone is written anew before it is acted upon.
// 2. A sector is erased in this very session, and synced, before its first record; records are appended only
//    behind records of this session. Nothing is ever programmed where an earlier session may have been cut.
// 3. The sector that is erased is the stalest one, never that of the newest state that reads well twice, nor that
//    of the newest state at all. So a cut that tears it tears nothing that is needed.
//    Every other sector without a whole state is erased along with it.
// 4. The first record of a session skips one sequence number. By 3 and 4 an unfinished record of an earlier session
//    that shows up later has a number of its own, and a lower one.
// A boot that changes nothing writes nothing. See docs/SPEC-flash.md.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>The boot journal of a device.</summary>
    /// <remarks>One instance a start; not thread safe. While it opens it holds a sector's records in memory.</remarks>
    public sealed partial class BootJournal
    {
        /// <summary>Size of a record; two make a state.</summary>
        public const int RecordBytes = 256;

        /// <summary>Fewest sectors that the region must have.</summary>
        public const int SectorsMin = 3;

        /// <summary>Most sectors that are used.</summary>
        public const int SectorsMax = 8;

        /// <summary>Most states that a sector holds, however large it is.</summary>
        public const int StatesPerSectorMax = 8;

        private const int Magic = 0x314A424E;
        private const int SequenceOffset = 4;
        private const int CopyOffset = 8;
        private const int CrcOffset = RecordBytes - 4;
        private const int SequenceMax = 0x7FFFFFF0;

        private readonly FlashRegion _region;
        private readonly byte[] _committed = new byte[RecordBytes];
        private readonly byte[] _record = new byte[RecordBytes];
        private readonly int[] _newestInSector = new int[SectorsMax];
        private int _sectorCount;
        private int _sectorBytes;
        private int _statesPerSector;
        private int _newestSector;
        private int _whole;
        private int _wholeSector;
        private int _nextSequence;
        private int _appendSector;
        private int _appendState;

        /// <summary>Sequence number of the newest record; 0 when there is none.</summary>
        public int Sequence;

        /// <summary>Makes the journal of a region. <see cref="Open"/> comes first.</summary>
        /// <param name="region">The region: <see cref="SectorsMin"/> or more sectors of one size.</param>
        public BootJournal(FlashRegion region)
        {
            _region = region;
            for (int i = 0; i < ComponentIndex.Count; i++)
            {
                Components[i] = new ComponentState();
            }
        }

        /// <summary>
        /// Finds the newest state; to be called once. Writes only where a power failure left that state with one copy.
        /// </summary>
        /// <returns>Ok; <see cref="ResultCode.JournalEmpty"/> for a new device, whose state is all zeros;
        /// <see cref="ResultCode.JournalWorn"/> when the state is good and cannot be written;
        /// <see cref="ResultCode.MapGeometry"/>, or a flash code, when there is no journal to be had.</returns>
        public ResultCode Open()
        {
            ResultCode result = CheckGeometry();
            if (result != ResultCode.Ok)
            {
                return result;
            }

            _appendSector = -1;
            _wholeSector = -1;
            _newestSector = -1;

            // Twice: what one pass misses, by noise or by a fault (A62, A74), the other finds.
            byte[] states = new byte[_statesPerSector * 2 * RecordBytes];
            Scan(states);
            Scan(states);
            _nextSequence = Sequence + 2;
            Rollback();
            if (Sequence == 0)
            {
                return ResultCode.JournalEmpty;
            }

            return _whole == Sequence ? ResultCode.Ok : Append();
        }

        private void Scan(byte[] states)
        {
            for (int sector = 0; sector < _sectorCount; sector++)
            {
                // One reading of all records; one for each where that fails: what is wrong with one is wrong with no other.
                bool isRead = _region.Read(sector * _sectorBytes, states, 0, states.Length) == ResultCode.Ok;
                for (int state = _statesPerSector - 1; state >= 0; state--)
                {
                    // From the end: what lies before a state that reads well twice is history.
                    // The second pass leaves out what is older than what the first found in the sector. The newest it reads again.
                    int known = BitConverter.ToInt32(states, (state * 2 * RecordBytes) + SequenceOffset);
                    if (isRead && known > 0 && known <= _newestInSector[sector] && known < Sequence)
                    {
                        continue;
                    }

                    int first = ReadRecord(states, isRead, sector, state * 2);
                    if (ReadRecord(states, isRead, sector, (state * 2) + 1) == first && first > 0)
                    {
                        if (first > _newestInSector[sector])
                        {
                            _newestInSector[sector] = first;
                        }

                        if (first > _whole)
                        {
                            _whole = first;
                            _wholeSector = sector;
                        }

                        break;
                    }
                }
            }
        }

        /// <summary>Makes the state durable, if it differs from what is.</summary>
        /// <returns>Ok: from now on every boot finds this state. Anything else: the state in memory is as it was
        /// committed last, and nothing may be done that the change was to allow.</returns>
        public ResultCode Commit()
        {
            return Sequence == 0 || IsChanged() ? Append() : ResultCode.Ok;
        }

        /// <summary>Whether the state in memory differs from the one on flash.</summary>
        internal bool IsChanged()
        {
            WriteState();
            return !ConstantTime.AreEqual(
                _record, RequestOffset, _committed, RequestOffset, CrcOffset - RequestOffset);
        }

        /// <summary>
        /// Makes sure that no record of an earlier session, cut short and unseen, shows up any more. Called before a slot is
        /// changed because of what the state says: the state is not to say something else while the slot is half changed.
        /// </summary>
        /// <returns>Ok: the state stands in a record of this session. Anything else: leave the slots alone.</returns>
        public ResultCode Fence()
        {
            return _appendSector >= 0 ? ResultCode.Ok : Append();
        }

        // Writes the state in memory as a new one, into the sector of this session or a sector that it erases.
        private ResultCode Append()
        {
            WriteState();
            for (int tries = 0; tries < _sectorCount && _nextSequence < SequenceMax; tries++)
            {
                if ((_appendSector >= 0 && _appendState < _statesPerSector) || EraseStalest())
                {
                    int sector = _appendSector;
                    if (WriteCopy(0) && WriteCopy(1))
                    {
                        _appendState++;
                        Sequence = _nextSequence;
                        _newestSector = sector;
                        _newestInSector[sector] = Sequence;
                        _wholeSector = sector;
                        _nextSequence++;
                        Array.Copy(_record, 0, _committed, 0, RecordBytes);
                        return ResultCode.Ok;
                    }

                    // The sector does not take it. What it holds of this session stays protected by rule 3.
                    _newestInSector[sector] = SequenceMax;
                    _appendSector = -1;
                }
            }

            Rollback();
            return ResultCode.JournalWorn;
        }

        // Erases the stalest sector, and with it every other one that shows no whole state: it may hold a record that
        // was cut short, shows up later, and says that it is newer than what is written now.
        private bool EraseStalest()
        {
            int stalest = -1;
            int least = SequenceMax;
            for (int sector = 0; sector < _sectorCount; sector++)
            {
                int newest = _newestInSector[sector];
                if (sector == _wholeSector || sector == _newestSector)
                {
                    continue;
                }

                // One that was given up in this session has the greatest number there is.
                if (newest < least)
                {
                    stalest = sector;
                    least = newest;
                }

                if (newest == 0 && !EraseSector(sector))
                {
                    return false;
                }
            }

            _appendSector = -1;
            if (stalest < 0 || (least > 0 && !EraseSector(stalest)) || _region.Sync() != ResultCode.Ok)
            {
                return false;
            }

            _appendSector = stalest;
            _appendState = 0;
            return true;
        }

        private bool EraseSector(int sector)
        {
            bool isErased = _region.Erase(sector * _sectorBytes, _sectorBytes) == ResultCode.Ok;
            if (!isErased)
            {
                // It is not chosen again in this session.
                _newestInSector[sector] = SequenceMax;
            }

            return isErased;
        }

        private bool WriteCopy(int copy)
        {
            byte[] record = _record;
            byte[] check = new byte[RecordBytes];
            FlashRecord.WriteNumber(record, 0, Magic, 4);
            FlashRecord.WriteNumber(record, SequenceOffset, _nextSequence, 4);
            record[CopyOffset] = (byte)copy;
            FlashRecord.WriteNumber(record, CrcOffset, Crc32.Compute(record, 0, CrcOffset), 4);
            int offset = (_appendSector * _sectorBytes) + (((_appendState * 2) + copy) * RecordBytes);
            return _region.Program(offset, record, 0, RecordBytes) == ResultCode.Ok
                && _region.Sync() == ResultCode.Ok
                && _region.Read(offset, check, 0, RecordBytes) == ResultCode.Ok
                && ConstantTime.AreEqual(record, 0, check, 0, RecordBytes);
        }

        // Gives the sequence number of a record, 0 for none, and keeps the newest.
        private int ReadRecord(byte[] states, bool isRead, int sector, int index)
        {
            int offset = index * RecordBytes;
            if ((!isRead && _region.Read((sector * _sectorBytes) + offset, states, offset, RecordBytes) != ResultCode.Ok)
                || BitConverter.ToInt32(states, offset) != Magic
                || BitConverter.ToInt32(states, offset + CrcOffset) != (int)Crc32.Compute(states, offset, CrcOffset))
            {
                return 0;
            }

            int sequence = BitConverter.ToInt32(states, offset + SequenceOffset);
            if (states[offset + CopyOffset] != (index & 1) || sequence < 1 || sequence >= SequenceMax)
            {
                return 0;
            }

            if (sequence >= Sequence)
            {
                // Again for each reading of the newest: one copy that was not made is made by the next.
                Sequence = sequence;
                _newestSector = sector;
                Array.Copy(states, offset, _committed, 0, RecordBytes);
            }

            return sequence;
        }

        private ResultCode CheckGeometry()
        {
            FlashRegion region = _region;
            if (region == null)
            {
                return ResultCode.MapRegionMissing;
            }

            ResultCode result = region.GetSector(0, out _, out int sectorBytes);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            int count = region.SizeBytes / sectorBytes;
            if (count > SectorsMax)
            {
                count = SectorsMax;
            }

            for (int sector = 1; sector < count; sector++)
            {
                result = region.GetSector(sector * sectorBytes, out int start, out int size);
                if (result != ResultCode.Ok || start != sector * sectorBytes || size != sectorBytes)
                {
                    return ResultCode.MapGeometry;
                }
            }

            int states = sectorBytes / (2 * RecordBytes);
            if (count < SectorsMin || states < 1)
            {
                return ResultCode.MapGeometry;
            }

            _sectorBytes = sectorBytes;
            _statesPerSector = states < StatesPerSectorMax ? states : StatesPerSectorMax;
            _sectorCount = count;
            return ResultCode.Ok;
        }
    }
}
