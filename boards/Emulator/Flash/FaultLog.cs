// What was made to go wrong. A test that injects a fault asserts here that the fault did happen.

using System.Collections.Generic;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>Kinds of injected faults.</summary>
    public enum FaultKind
    {
        /// <summary>The power failed during a program.</summary>
        PowerCutInProgram,

        /// <summary>The power failed during an erase.</summary>
        PowerCutInErase,

        /// <summary>The power failed during a sync.</summary>
        PowerCutInSync,

        /// <summary>An operation that was not synced was lost at a power failure (A76).</summary>
        UnsyncedLost,

        /// <summary>A bit changed at rest (A71).</summary>
        BitRot,

        /// <summary>A bit reads the same whatever is written (A72).</summary>
        StuckBit,

        /// <summary>A sector did not erase (A72).</summary>
        EraseFailed,

        /// <summary>A sector was erased more often than it lasts (A72).</summary>
        WornOut,

        /// <summary>A read gave a wrong bit once (A74).</summary>
        ReadNoise,

        /// <summary>A program landed at another address (A75).</summary>
        Misdirected,

        /// <summary>A bus transaction was disturbed.</summary>
        Bus,

        /// <summary>An operation took longer than its data sheet allows (A73).</summary>
        Slow,
    }

    /// <summary>One fault that happened.</summary>
    /// <param name="Kind">What.</param>
    /// <param name="Device">Which device.</param>
    /// <param name="OperationIndex">At which operation of the power supply.</param>
    /// <param name="AddressBytes">Where, or -1.</param>
    /// <param name="Count">How many bytes.</param>
    /// <param name="Detail">More, in words.</param>
    public readonly record struct FaultRecord(FaultKind Kind, string Device, long OperationIndex, int AddressBytes, int Count, string Detail);

    /// <summary>The faults of one emulated device, in order.</summary>
    public sealed class FaultLog
    {
        private readonly List<FaultRecord> _records = new List<FaultRecord>();

        /// <summary>Number of faults.</summary>
        public int Count
        {
            get { return _records.Count; }
        }

        /// <summary>The faults.</summary>
        public IReadOnlyList<FaultRecord> Records
        {
            get { return _records; }
        }

        /// <summary>Number of faults of one kind.</summary>
        /// <param name="kind">The kind.</param>
        /// <returns>How many.</returns>
        public int CountOf(FaultKind kind)
        {
            int count = 0;
            for (int i = 0; i < _records.Count; i++)
            {
                if (_records[i].Kind == kind)
                {
                    count++;
                }
            }

            return count;
        }

        /// <summary>Forgets all.</summary>
        public void Clear()
        {
            _records.Clear();
        }

        /// <summary>Adds one.</summary>
        /// <param name="record">The fault.</param>
        public void Add(in FaultRecord record)
        {
            _records.Add(record);
        }
    }
}
