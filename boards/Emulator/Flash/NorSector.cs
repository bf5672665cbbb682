// One sector of a NOR array: content, which units were written, which cells are unstable, wear.
// Objects and content are shared between an array and its snapshots, and copied when first written to.

using System;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>The state of one sector.</summary>
    internal sealed class NorSector
    {
        /// <summary>Who may change this object: the array whose token this is. Everyone else makes a copy first.</summary>
        internal object? Owner;

        /// <summary>The content, as a stable reading gives it.</summary>
        internal byte[] Data;

        /// <summary>A bit for each program unit that was written since the last full erase.</summary>
        internal ulong[] Written;

        /// <summary>Whether <see cref="Data"/> and <see cref="Written"/> belong to this object alone.</summary>
        internal bool OwnsData;

        /// <summary>Bits that may read inverted, or null when all cells are stable. Never changed once set: replaced.</summary>
        internal byte[]? Unstable;

        /// <summary>The first of the bytes with unstable bits, and the first behind the last of them.</summary>
        internal int UnstableStart;

        /// <summary>The end of <see cref="UnstableStart"/>.</summary>
        internal int UnstableEnd;

        /// <summary>Chooses what the unstable bits read.</summary>
        internal uint UnstableSeed;

        /// <summary>Erases, begun or complete.</summary>
        internal int EraseCount;

        internal NorSector(byte[] data, ulong[] written)
        {
            Data = data;
            Written = written;
        }

        internal static int WordsFor(int units)
        {
            return (units + 63) >> 6;
        }

        internal NorSector CopyFor(object owner)
        {
            return new NorSector(Data, Written)
            {
                Owner = owner,
                Unstable = Unstable,
                UnstableStart = UnstableStart,
                UnstableEnd = UnstableEnd,
                UnstableSeed = UnstableSeed,
                EraseCount = EraseCount,
            };
        }

        internal void DemandOwnData()
        {
            if (!OwnsData)
            {
                Data = (byte[])Data.Clone();
                Written = (ulong[])Written.Clone();
                OwnsData = true;
            }
        }

        /// <summary>Whether any of some units was written.</summary>
        internal bool AnyWritten(int firstUnit, int count)
        {
            int word = firstUnit >> 6;
            int bit = firstUnit & 63;
            while (count > 0)
            {
                int here = Math.Min(64 - bit, count);
                if ((Written[word] & MaskOf(bit, here)) != 0)
                {
                    return true;
                }

                count -= here;
                bit = 0;
                word++;
            }

            return false;
        }

        /// <summary>Notes some units as written. The object owns its data.</summary>
        internal void SetWritten(int firstUnit, int count)
        {
            int word = firstUnit >> 6;
            int bit = firstUnit & 63;
            while (count > 0)
            {
                int here = Math.Min(64 - bit, count);
                Written[word] |= MaskOf(bit, here);
                count -= here;
                bit = 0;
                word++;
            }
        }

        /// <summary>Adds unstable bits.</summary>
        internal void AddUnstable(int offset, ReadOnlySpan<byte> bits, uint seed)
        {
            byte[] mask = Unstable == null ? new byte[Data.Length] : (byte[])Unstable.Clone();
            UnstableStart = Unstable == null ? offset : Math.Min(UnstableStart, offset);
            UnstableEnd = Unstable == null ? offset + bits.Length : Math.Max(UnstableEnd, offset + bits.Length);
            for (int i = 0; i < bits.Length; i++)
            {
                mask[offset + i] |= bits[i];
            }

            Unstable = mask;
            UnstableSeed = seed;
        }

        private static ulong MaskOf(int bit, int count)
        {
            return (count == 64 ? ulong.MaxValue : (1UL << count) - 1) << bit;
        }
    }

    /// <summary>The content of an array at one moment. Immutable; cheap to keep and to return to.</summary>
    public sealed class NorSnapshot
    {
        internal NorSnapshot(NorSector[] sectors, object? unsynced, uint readPhase)
        {
            Sectors = sectors;
            Unsynced = unsynced;
            ReadPhase = readPhase;
        }

        internal NorSector[] Sectors { get; }

        /// <summary>What was not durable at that moment, or null.</summary>
        internal object? Unsynced { get; }

        /// <summary>How often unstable cells were read since the power came on.</summary>
        internal uint ReadPhase { get; }
    }
}
