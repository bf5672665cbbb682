// What a power failure, or a reset, in the middle of an operation leaves in the cells.

using System;

namespace NanoBoot.Emulator.Flash
{
    /// <content>Torn operations.</content>
    public sealed partial class NorArray
    {
        private byte[] _bits = Array.Empty<byte>();

        /// <summary>
        /// Leaves sectors as an erase does that was broken off, by whatever cause. Not an operation of its own.
        /// </summary>
        /// <param name="addressBytes">Address of the first sector.</param>
        /// <param name="count">Number of bytes; whole sectors.</param>
        /// <param name="form">How it was broken off.</param>
        /// <param name="seed">Chooses the details.</param>
        public void TearErase(int addressBytes, int count, TornForm form, uint seed)
        {
            if (form == TornForm.NotApplied || count == 0)
            {
                return;
            }

            if (form == TornForm.Applied)
            {
                EraseCells(addressBytes, count);
                return;
            }

            FaultRandom random = new FaultRandom(seed);
            BitDensity density = DensityOf(ref random);
            int prefixBytes = random.Below(count + 1);
            int first = _map.IndexOf(addressBytes);
            for (int index = first; index < _map.Count && _map.StartOf(index) - addressBytes < count; index++)
            {
                int sizeBytes = _map.SizeOf(index);
                NorSector sector = OwnWithData(index);
                sector.EraseCount++;
                if (form == TornForm.AppliedUnstable)
                {
                    TearEraseUnstable(sector, sizeBytes, seed);
                }
                else if (form == TornForm.PrefixOfUnits)
                {
                    int erasedBytes = prefixBytes - (_map.StartOf(index) - addressBytes);
                    sector.Data.AsSpan(0, Math.Clamp(erasedBytes, 0, sizeBytes)).Fill(ErasedValue);
                }
                else
                {
                    Span<byte> bits = RandomBits(ref random, sizeBytes, density);
                    for (int i = 0; i < bits.Length; i++)
                    {
                        sector.Data[i] |= bits[i];
                    }
                }

                // Not erased in full: no unit of it may be programmed, whatever it reads (A70).
                sector.SetWritten(0, sizeBytes >> _unitShift);
                ApplyStuckBits(index);
            }
        }

        private static void TearEraseUnstable(NorSector sector, int sizeBytes, uint seed)
        {
            byte[] flips = new byte[sizeBytes];
            for (int i = 0; i < sizeBytes; i++)
            {
                flips[i] = (byte)~sector.Data[i];
                sector.Data[i] = ErasedValue;
            }

            sector.AddUnstable(0, flips, seed);
        }

        private void TearProgram(int addressBytes, ReadOnlySpan<byte> source, in PowerCut cut)
        {
            if (cut.Form == TornForm.NotApplied || source.Length == 0)
            {
                return;
            }

            if (cut.Form == TornForm.Applied)
            {
                ProgramCells(addressBytes, source);
                return;
            }

            FaultRandom random = new FaultRandom(cut.Seed);
            BitDensity density = DensityOf(ref random);
            int units = source.Length >> _unitShift;
            int prefixBytes = random.Below(Math.Max(1, units)) << _unitShift;
            int touchedBytes = cut.Form == TornForm.PrefixOfUnits
                ? Math.Min(source.Length, prefixBytes + _geometry.ProgramUnitBytes)
                : source.Length;
            for (int done = 0; done < touchedBytes;)
            {
                int index = _map.IndexOf(addressBytes + done);
                int offset = addressBytes + done - _map.StartOf(index);
                int here = Math.Min(touchedBytes - done, _map.SizeOf(index) - offset);
                NorSector sector = OwnWithData(index);
                Span<byte> cells = sector.Data.AsSpan(offset, here);
                byte[]? flips = cut.Form == TornForm.AppliedUnstable ? new byte[here] : null;
                Span<byte> bits = RandomBits(ref random, here, density);
                for (int i = 0; i < here; i++)
                {
                    int toClear = cells[i] & ~source[done + i];
                    bool isWhole = cut.Form == TornForm.PrefixOfUnits && done + i < prefixBytes;
                    if (flips != null)
                    {
                        flips[i] = (byte)toClear;
                    }
                    else if (!isWhole)
                    {
                        toClear &= bits[i];
                    }

                    cells[i] = (byte)(cells[i] & ~toClear);
                }

                if (flips != null)
                {
                    sector.AddUnstable(offset, flips, cut.Seed);
                }

                MarkWritten(sector, offset, here);
                done += here;
            }
        }

        // Few of the bits, half of them, or nearly all: the extremes look most like "not begun" and "complete".
        private static BitDensity DensityOf(ref FaultRandom random)
        {
            return (BitDensity)random.Below(3);
        }

        private Span<byte> RandomBits(ref FaultRandom random, int count, BitDensity density)
        {
            if (_bits.Length < count)
            {
                _bits = new byte[count];
            }

            Span<byte> bits = _bits.AsSpan(0, count);
            random.Fill(bits, density);
            return bits;
        }

        // Three readings in turn: complete, as before, a mixture. The seed says with which they begin.
        private void FlipUnstable(NorSector sector, int offset, Span<byte> destination)
        {
            if (_readPowerOnCount != _power.PowerOnCount)
            {
                // Counted from the power-on: a replay then reads what the case read.
                _readPowerOnCount = _power.PowerOnCount;
                _readPhase = 0;
            }

            uint phase = _power.UnstablePeriod == UnstablePeriod.EachRead ? _readPhase++ : (uint)_power.PowerOnCount;
            uint reading = (phase + sector.UnstableSeed) % 3;
            int start = Math.Max(offset, sector.UnstableStart);
            int end = Math.Min(offset + destination.Length, sector.UnstableEnd);
            if (reading == 0 || start >= end)
            {
                return;
            }

            Span<byte> cells = destination.Slice(start - offset, end - start);
            ReadOnlySpan<byte> flips = sector.Unstable.AsSpan(start, end - start);
            if (reading == 1)
            {
                for (int i = 0; i < cells.Length; i++)
                {
                    cells[i] ^= flips[i];
                }

                return;
            }

            // By place, so that a place reads the same as long as the phase lasts.
            ulong mixture = ((ulong)sector.UnstableSeed << 32) ^ phase;
            ulong bits = 0;
            for (int i = 0; i < cells.Length; i++)
            {
                int at = start + i;
                if (i == 0 || (at & 7) == 0)
                {
                    bits = new FaultRandom(mixture + (ulong)(at >> 3)).Next();
                }

                cells[i] ^= (byte)(flips[i] & (byte)(bits >> (8 * (at & 7))));
            }
        }
    }
}
