// The power of an emulated device, and the schedule of its failures. All flash of one device hangs on one
// supply, so a cut has one place in the order of all operations, and takes everything down at once.

using System;
using NanoBoot.Hal;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>What an operation that was cut by a power failure leaves behind.</summary>
    public enum TornForm
    {
        /// <summary>The operation was not begun.</summary>
        NotApplied,

        /// <summary>A prefix of its units was programmed, or of its bytes erased; the last one perhaps in part.</summary>
        PrefixOfUnits,

        /// <summary>Any of the bits that it was to change have changed.</summary>
        RandomBits,

        /// <summary>It reads as complete, or as not begun, or as a mixture, differently from time to time, until the
        /// sector is erased in full (A70).</summary>
        AppliedUnstable,

        /// <summary>It is complete.</summary>
        Applied,
    }

    /// <summary>When the reading of unstable cells changes.</summary>
    public enum UnstablePeriod
    {
        /// <summary>From read to read.</summary>
        EachRead,

        /// <summary>From one power-on to the next: a whole boot sees the same, the next boot sees something else.</summary>
        EachPowerOn,
    }

    /// <summary>A power failure that is to come.</summary>
    /// <param name="AfterOperations">How many operations complete before it, counted from the power-on before it
    /// (or, for the first, from the arming). The operation after these is the one that is cut.</param>
    /// <param name="Form">What the operation that is cut leaves behind.</param>
    /// <param name="Seed">Chooses the prefix, the bits, the order.</param>
    public readonly record struct PowerCut(long AfterOperations, TornForm Form, uint Seed)
    {
        /// <summary>The cut as the text that a replay takes.</summary>
        /// <returns>For example <c>17:RandomBits:5</c>.</returns>
        public override string ToString()
        {
            return AfterOperations.ToString(System.Globalization.CultureInfo.InvariantCulture) + ":" + Form + ":"
                + Seed.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Thrown by the operation during which the power failed, and by each call until the power is on again.</summary>
    public sealed class PowerCutException : Exception
    {
        /// <summary>Makes the exception.</summary>
        public PowerCutException()
            : base("The power is off.")
        {
        }
    }

    /// <summary>The power of an emulated device.</summary>
    /// <remarks>
    /// Operations are programs and erases (each call of the array is one; an erase of several sectors through
    /// <see cref="EmulatedFlash"/> is one a sector), and, where <see cref="SyncIsOperation"/> is set, syncs.
    /// Not thread safe.
    /// </remarks>
    public sealed class PowerSupply
    {
        private PowerCut[] _cuts = Array.Empty<PowerCut>();
        private int _nextCut;
        private long _cutAtOperation = long.MaxValue;
        private bool _isOn = true;

        /// <summary>Makes a supply that is on.</summary>
        public PowerSupply()
        {
            Faults = new FaultLog();
        }

        /// <summary>What went wrong by intent: cuts, and the faults of everything on this supply.</summary>
        public FaultLog Faults { get; }

        /// <summary>Whether the power is on.</summary>
        public bool IsOn
        {
            get { return _isOn; }
        }

        /// <summary>Operations begun so far, over all power-ons, the cut ones included.</summary>
        public long OperationCount { get; private set; }

        /// <summary>Syncs begun so far: the points that order what is before from what is after.</summary>
        public long SyncCount { get; private set; }

        /// <summary>Power-ons so far; 0 until the first failure. Set by whoever returns to a snapshot: what unstable
        /// cells read depends on it.</summary>
        public int PowerOnCount { get; set; }

        /// <summary>
        /// Whether a sync counts as an operation that can be cut. Only of use where unsynced operations can be
        /// lost; elsewhere such a cut equals one beside it.
        /// </summary>
        public bool SyncIsOperation { get; set; }

        /// <summary>When the reading of unstable cells changes.</summary>
        public UnstablePeriod UnstablePeriod { get; set; }

        /// <summary>Whether the operation during which the power fails returns <see cref="ResultCode.FlashTimeout"/> in place of
        /// throwing: for whoever wants to see what it left behind, and nothing else. Exceptions are dear.</summary>
        public bool FailsQuietly { get; set; }

        /// <summary>Schedules one failure, in place of all that were scheduled.</summary>
        /// <param name="afterOperations">How many operations from now on complete before it.</param>
        /// <param name="form">What the operation that is cut leaves behind.</param>
        /// <param name="seed">Chooses the details.</param>
        public void Arm(long afterOperations, TornForm form, uint seed)
        {
            Arm(new PowerCut(afterOperations, form, seed));
        }

        /// <summary>Schedules failures, in place of all that were scheduled. The second counts from the power-on
        /// after the first, and so on.</summary>
        /// <param name="cuts">The failures; none disarms.</param>
        public void Arm(params PowerCut[] cuts)
        {
            _cuts = cuts;
            _nextCut = 0;
            ScheduleNext();
        }

        /// <summary>Takes away all scheduled failures.</summary>
        public void Disarm()
        {
            Arm(Array.Empty<PowerCut>());
        }

        /// <summary>Switches the power on again; the next scheduled failure counts from here.</summary>
        public void PowerOn()
        {
            if (_isOn)
            {
                return;
            }

            _isOn = true;
            PowerOnCount++;
            ScheduleNext();
        }

        /// <summary>Switches the power off between two operations.</summary>
        public void PowerOff()
        {
            _isOn = false;
        }

        /// <summary>Throws when the power is off.</summary>
        /// <exception cref="PowerCutException">The power is off.</exception>
        public void Demand()
        {
            if (!_isOn)
            {
                throw new PowerCutException();
            }
        }

        /// <summary>Counts an operation, and says whether it is the one that is cut.</summary>
        /// <param name="cut">The failure, when the answer is true. The caller applies it, then calls <see cref="Fail"/>.</param>
        /// <returns>True when the power fails during this operation.</returns>
        internal bool BeginOperation(out PowerCut cut)
        {
            Demand();
            long index = OperationCount++;
            if (index != _cutAtOperation)
            {
                cut = default;
                return false;
            }

            cut = _cuts[_nextCut];
            return true;
        }

        /// <summary>Counts a sync, and says whether it is the operation that is cut.</summary>
        internal bool BeginSync(out PowerCut cut)
        {
            Demand();
            SyncCount++;
            cut = default;
            return SyncIsOperation && BeginOperation(out cut);
        }

        /// <summary>Lets the power fail during the operation that was begun last. Throws, or gives the result of the operation
        /// where <see cref="FailsQuietly"/> is set.</summary>
        internal ResultCode Fail(string device, FaultKind kind, int addressBytes, int count, in PowerCut cut)
        {
            Faults.Add(new FaultRecord(kind, device, OperationCount - 1, addressBytes, count, cut.Form.ToString()));
            _nextCut++;
            _cutAtOperation = long.MaxValue;
            _isOn = false;
            return FailsQuietly ? ResultCode.FlashTimeout : throw new PowerCutException();
        }

        private void ScheduleNext()
        {
            _cutAtOperation = _nextCut < _cuts.Length
                ? OperationCount + _cuts[_nextCut].AfterOperations
                : long.MaxValue;
        }
    }
}
