// What was done to a flash. Published figures (bytes programmed, erases, wear) come from here.

namespace NanoBoot.Emulator.Flash
{
    /// <summary>Counts of operations on an array. They run on over snapshots and restores.</summary>
    public sealed class NorCounters
    {
        /// <summary>Reads.</summary>
        public long Reads { get; internal set; }

        /// <summary>Bytes read.</summary>
        public long BytesRead { get; internal set; }

        /// <summary>Programs.</summary>
        public long Programs { get; internal set; }

        /// <summary>Bytes programmed.</summary>
        public long BytesProgrammed { get; internal set; }

        /// <summary>Sectors erased.</summary>
        public long Erases { get; internal set; }

        /// <summary>Bytes erased.</summary>
        public long BytesErased { get; internal set; }

        /// <summary>Syncs.</summary>
        public long Syncs { get; internal set; }

        /// <summary>Calls that broke the contract of IFlash: a program of a unit that is not erased in full, a
        /// misaligned or out-of-range address, a null or too short buffer. A correct program makes none.</summary>
        public long ContractViolations { get; internal set; }

        /// <summary>Sets all counts to zero.</summary>
        public void Reset()
        {
            Reads = 0;
            BytesRead = 0;
            Programs = 0;
            BytesProgrammed = 0;
            Erases = 0;
            BytesErased = 0;
            Syncs = 0;
            ContractViolations = 0;
        }
    }
}
