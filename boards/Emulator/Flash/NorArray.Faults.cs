// Faults of the cells and of the way to them. None of them costs anything until the first is injected.

using System;
using System.Collections.Generic;

namespace NanoBoot.Emulator.Flash
{
    /// <content>Injected faults. Each that happens is recorded in the fault log of the power supply.</content>
    public sealed partial class NorArray
    {
        private CellFaults? _faults;

        /// <summary>Erases that a sector lasts; further ones fail (A72). No limit by default.</summary>
        public int WearLimit
        {
            get { return _faults == null ? int.MaxValue : _faults.WearLimit; }
            set { DemandFaults().WearLimit = value; }
        }

        /// <summary>Flips a bit at rest, now (A71).</summary>
        /// <param name="addressBytes">The byte.</param>
        /// <param name="bit">0 to 7.</param>
        public void RotBit(int addressBytes, int bit)
        {
            int index = _map.IndexOf(addressBytes);
            OwnWithData(index).Data[addressBytes - _map.StartOf(index)] ^= (byte)(1 << bit);
            Record(FaultKind.BitRot, addressBytes, 1, bit);
        }

        /// <summary>Lets a bit read the same from now on, whatever is programmed or erased (A72).</summary>
        /// <param name="addressBytes">The byte.</param>
        /// <param name="bit">0 to 7.</param>
        /// <param name="value">What it reads.</param>
        public void StickBit(int addressBytes, int bit, bool value)
        {
            DemandFaults().StuckBits.Add(new StuckBit(addressBytes, (byte)(1 << bit), value));
            ApplyStuckBits(_map.IndexOf(addressBytes));
            Record(FaultKind.StuckBit, addressBytes, 1, bit);
        }

        /// <summary>Lets erases of a sector fail from now on (A72).</summary>
        /// <param name="sectorIndex">The sector.</param>
        /// <param name="times">How many fail; then they succeed again.</param>
        public void FailErases(int sectorIndex, int times)
        {
            DemandFaults().FailingErases[sectorIndex] = times;
        }

        /// <summary>Flips one random bit in some of the reads (A74).</summary>
        /// <param name="oneIn">One read in how many; 1 disturbs each, 0 none.</param>
        /// <param name="seed">Chooses which, and the bits.</param>
        public void DisturbReads(int oneIn, uint seed)
        {
            CellFaults faults = DemandFaults();
            faults.NoiseOneIn = oneIn;
            faults.NoiseRandom = new FaultRandom(seed);
        }

        /// <summary>Flips one random bit in each of the next reads (A74).</summary>
        /// <param name="count">How many reads.</param>
        /// <param name="seed">Chooses the bits.</param>
        public void DisturbNextReads(int count, uint seed)
        {
            CellFaults faults = DemandFaults();
            faults.NoisyReadsLeft = count;
            faults.NoiseRandom = new FaultRandom(seed);
        }

        /// <summary>Lets a program land at another address (A75).</summary>
        /// <param name="afterPrograms">How many programs go right before it.</param>
        /// <param name="deltaBytes">Added to its address; where that leads outside the flash, it wraps around.</param>
        public void MisdirectProgram(int afterPrograms, int deltaBytes)
        {
            CellFaults faults = DemandFaults();
            faults.ProgramsToMisdirection = afterPrograms;
            faults.MisdirectionBytes = deltaBytes;
        }

        private CellFaults DemandFaults()
        {
            return _faults ??= new CellFaults();
        }

        private void Record(FaultKind kind, int addressBytes, int count, int detail)
        {
            string text = detail.ToString(System.Globalization.CultureInfo.InvariantCulture);
            _power.Faults.Add(new FaultRecord(kind, _name, _power.OperationCount, addressBytes, count, text));
        }

        private void DisturbRead(int addressBytes, Span<byte> destination)
        {
            CellFaults faults = _faults!;
            bool isNoisy = faults.NoiseOneIn > 0 && faults.NoiseRandom.Below(faults.NoiseOneIn) == 0;
            if (faults.NoisyReadsLeft > 0)
            {
                faults.NoisyReadsLeft--;
                isNoisy = true;
            }

            if (isNoisy && destination.Length > 0)
            {
                int at = faults.NoiseRandom.Below(destination.Length);
                int bit = faults.NoiseRandom.Below(8);
                destination[at] ^= (byte)(1 << bit);
                Record(FaultKind.ReadNoise, addressBytes + at, 1, bit);
            }
        }

        private int Misdirect(int addressBytes, int count)
        {
            CellFaults faults = _faults!;
            if (faults.ProgramsToMisdirection < 0 || faults.ProgramsToMisdirection-- > 0)
            {
                return addressBytes;
            }

            Record(FaultKind.Misdirected, addressBytes, count, faults.MisdirectionBytes);
            int last = SizeBytes - count;
            int moved = (int)((addressBytes + (long)faults.MisdirectionBytes) % (last + 1L));
            return moved < 0 ? moved + last + 1 : moved;
        }

        private bool EraseSucceeds(int sectorIndex, NorSector sector)
        {
            CellFaults faults = _faults!;
            if (faults.FailingErases.TryGetValue(sectorIndex, out int times) && times > 0)
            {
                faults.FailingErases[sectorIndex] = times - 1;
                Record(FaultKind.EraseFailed, _map.StartOf(sectorIndex), _map.SizeOf(sectorIndex), times);
                return false;
            }

            if (sector.EraseCount > faults.WearLimit)
            {
                Record(FaultKind.WornOut, _map.StartOf(sectorIndex), _map.SizeOf(sectorIndex), sector.EraseCount);
                return false;
            }

            return true;
        }

        private bool ApplyStuckBits(int sectorIndex)
        {
            bool readsAsBefore = true;
            if (_faults == null)
            {
                return readsAsBefore;
            }

            foreach (StuckBit stuck in _faults.StuckBits)
            {
                int offset = stuck.AddressBytes - _map.StartOf(sectorIndex);
                if (offset < 0 || offset >= _map.SizeOf(sectorIndex))
                {
                    continue;
                }

                byte[] data = OwnWithData(sectorIndex).Data;
                byte wanted = (byte)(stuck.Value ? data[offset] | stuck.Mask : data[offset] & ~stuck.Mask);
                readsAsBefore &= wanted == data[offset];
                data[offset] = wanted;
            }

            return readsAsBefore;
        }

        // What a chip's own verification, or a reading back, would find after a program.
        private bool ReadsAs(int addressBytes, ReadOnlySpan<byte> source)
        {
            bool same = true;
            for (int i = 0; i < source.Length; i++)
            {
                int index = _map.IndexOf(addressBytes + i);
                if (i == 0 || addressBytes + i == _map.StartOf(index))
                {
                    ApplyStuckBits(index);
                }

                // Where a unit is programmed twice (plain NOR), a bit that was clear before stays clear.
                same &= (_sectors[index].Data[addressBytes + i - _map.StartOf(index)] & ~source[i]) == 0;
            }

            return same && !HasStuckZero(addressBytes, source);
        }

        private bool HasStuckZero(int addressBytes, ReadOnlySpan<byte> source)
        {
            foreach (StuckBit stuck in _faults!.StuckBits)
            {
                int at = stuck.AddressBytes - addressBytes;
                if (at >= 0 && at < source.Length && !stuck.Value && (source[at] & stuck.Mask) != 0)
                {
                    return true;
                }
            }

            return false;
        }

        private readonly record struct StuckBit(int AddressBytes, byte Mask, bool Value);

        private sealed class CellFaults
        {
            internal readonly List<StuckBit> StuckBits = new List<StuckBit>();
            internal readonly Dictionary<int, int> FailingErases = new Dictionary<int, int>();
            internal int WearLimit = int.MaxValue;
            internal int NoiseOneIn;
            internal int NoisyReadsLeft;
            internal FaultRandom NoiseRandom;
            internal int ProgramsToMisdirection = -1;
            internal int MisdirectionBytes;
        }
    }
}
