// The cells: copying out, clearing bits, setting them by erase.

using System;
using System.Runtime.InteropServices;
using NanoBoot.Hal;

namespace NanoBoot.Emulator.Flash
{
    /// <content>Cell operations; they know nothing of power, and count only what they did.</content>
    public sealed partial class NorArray
    {
        private uint _readPhase;
        private int _readPowerOnCount;

        /// <summary>Looks at the content without reading it: no time, no count, no noise, no need of power.</summary>
        /// <param name="addressBytes">Address of the first byte.</param>
        /// <param name="destination">Where the bytes go.</param>
        public void Peek(int addressBytes, Span<byte> destination)
        {
            while (destination.Length > 0)
            {
                int index = _map.IndexOf(addressBytes);
                int offset = addressBytes - _map.StartOf(index);
                int here = Math.Min(destination.Length, _map.SizeOf(index) - offset);
                _sectors[index].Data.AsSpan(offset, here).CopyTo(destination);
                destination = destination.Slice(here);
                addressBytes += here;
            }
        }

        /// <summary>Whether a sector has cells that do not read the same each time.</summary>
        /// <param name="sectorIndex">The sector.</param>
        /// <returns>True when it has.</returns>
        public bool IsUnstable(int sectorIndex)
        {
            return _sectors[sectorIndex].Unstable != null;
        }

        /// <summary>Whether bytes read as given, today and always: the cells hold them and none of them is unstable.</summary>
        /// <param name="addressBytes">Address of the first.</param>
        /// <param name="expected">The bytes.</param>
        /// <returns>True when they do.</returns>
        public bool IsStable(int addressBytes, ReadOnlySpan<byte> expected)
        {
            while (expected.Length > 0)
            {
                int index = _map.IndexOf(addressBytes);
                int offset = addressBytes - _map.StartOf(index);
                int here = Math.Min(expected.Length, _map.SizeOf(index) - offset);
                NorSector sector = _sectors[index];
                bool isUnstable = sector.Unstable != null && sector.Unstable.AsSpan(offset, here).IndexOfAnyExcept((byte)0) >= 0;
                if (isUnstable || !sector.Data.AsSpan(offset, here).SequenceEqual(expected.Slice(0, here)))
                {
                    return false;
                }

                expected = expected.Slice(here);
                addressBytes += here;
            }

            return true;
        }

        /// <summary>Whether a sector is as it was: content, what counts as written, and what its cells read.</summary>
        /// <param name="sectorIndex">The sector.</param>
        /// <param name="before">How the array was.</param>
        /// <returns>True when it is. Costs nothing where nobody has touched the sector.</returns>
        public bool IsSame(int sectorIndex, NorSnapshot before)
        {
            NorSector now = _sectors[sectorIndex];
            NorSector then = before.Sectors[sectorIndex];
            return now == then
                || (now.Unstable == then.Unstable && now.UnstableSeed == then.UnstableSeed
                    && (now.Data == then.Data || now.Data.AsSpan().SequenceEqual(then.Data))
                    && (now.Written == then.Written || now.Written.AsSpan().SequenceEqual(then.Written)));
        }

        /// <summary>Erases of a sector since a moment, broken-off ones counted.</summary>
        /// <param name="sectorIndex">The sector.</param>
        /// <param name="before">The moment.</param>
        /// <returns>How many.</returns>
        public int ErasesSince(int sectorIndex, NorSnapshot before)
        {
            return _sectors[sectorIndex].EraseCount - before.Sectors[sectorIndex].EraseCount;
        }

        private void CopyOut(int addressBytes, Span<byte> destination)
        {
            while (destination.Length > 0)
            {
                int index = _map.IndexOf(addressBytes);
                int offset = addressBytes - _map.StartOf(index);
                NorSector sector = _sectors[index];
                int here = Math.Min(destination.Length, sector.Data.Length - offset);
                sector.Data.AsSpan(offset, here).CopyTo(destination);
                if (sector.Unstable != null)
                {
                    FlipUnstable(sector, offset, destination.Slice(0, here));
                }

                destination = destination.Slice(here);
                addressBytes += here;
            }
        }

        private void ProgramCells(int addressBytes, ReadOnlySpan<byte> source)
        {
            while (source.Length > 0)
            {
                int index = _map.IndexOf(addressBytes);
                int offset = addressBytes - _map.StartOf(index);
                int here = Math.Min(source.Length, _map.SizeOf(index) - offset);
                NorSector sector = OwnWithData(index);
                ClearBits(sector.Data.AsSpan(offset, here), source.Slice(0, here));

                MarkWritten(sector, offset, here);
                source = source.Slice(here);
                addressBytes += here;
            }
        }

        // Eight cells at a time: a branch costs its programs.
        private static void ClearBits(Span<byte> cells, ReadOnlySpan<byte> source)
        {
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(cells);
            ReadOnlySpan<ulong> sourceWords = MemoryMarshal.Cast<byte, ulong>(source);
            for (int i = 0; i < words.Length; i++)
            {
                words[i] &= sourceWords[i];
            }

            for (int i = words.Length * sizeof(ulong); i < cells.Length; i++)
            {
                cells[i] &= source[i];
            }
        }

        private ResultCode EraseCells(int addressBytes, int count)
        {
            ResultCode result = ResultCode.Ok;
            int first = _map.IndexOf(addressBytes);
            for (int index = first; index < _map.Count && _map.StartOf(index) - addressBytes < count; index++)
            {
                NorSector sector = Own(index);
                sector.EraseCount++;
                Counters.Erases++;
                Counters.BytesErased += _map.SizeOf(index);
                if (_faults != null && !EraseSucceeds(index, sector))
                {
                    result = ResultCode.FlashEraseFailed;
                    continue;
                }

                sector.Data = _map.ErasedContentOf(index);
                sector.Written = _unwritten[index];
                sector.OwnsData = false;
                sector.Unstable = null;
                if (_faults != null && !ApplyStuckBits(index))
                {
                    result = ResultCode.FlashEraseFailed;
                }
            }

            return result;
        }

        private bool PolicyAllows(int addressBytes, ReadOnlySpan<byte> source)
        {
            if (!AnyWritten(addressBytes, source.Length))
            {
                return true;
            }

            return _geometry.Policy == WritePolicy.OnceThenZero && source.IndexOfAnyExcept((byte)0) < 0;
        }

        private void MarkWritten(NorSector sector, int offset, int count)
        {
            int firstUnit = offset >> _unitShift;
            int lastUnit = (offset + count - 1) >> _unitShift;
            sector.SetWritten(firstUnit, lastUnit - firstUnit + 1);
        }

        private NorSector Own(int index)
        {
            NorSector sector = _sectors[index];
            if (sector.Owner != _owner)
            {
                sector = sector.CopyFor(_owner);
                _sectors[index] = sector;
            }

            return sector;
        }

        private NorSector OwnWithData(int index)
        {
            NorSector sector = Own(index);
            sector.DemandOwnData();
            return sector;
        }

        private void LoadContent(byte[] content)
        {
            _owner = new object();
            int unitBytes = _geometry.ProgramUnitBytes;
            for (int index = 0; index < _map.Count; index++)
            {
                ReadOnlySpan<byte> sectorContent = content.AsSpan(_map.StartOf(index), _map.SizeOf(index));
                NorSector sector = new NorSector(_map.ErasedContentOf(index), _unwritten[index]) { Owner = _owner };
                _sectors[index] = sector;
                if (sectorContent.IndexOfAnyExcept(ErasedValue) < 0)
                {
                    continue;
                }

                sector.DemandOwnData();
                sectorContent.CopyTo(sector.Data);
                for (int offset = 0; offset < sectorContent.Length; offset += unitBytes)
                {
                    if (sectorContent.Slice(offset, unitBytes).IndexOfAnyExcept(ErasedValue) >= 0)
                    {
                        sector.SetWritten(offset >> _unitShift, 1);
                    }
                }
            }

            MarkDurable();
        }
    }
}
