// Storage that writes behind: until a sync, what was written may be lost at a power failure, in any order (A76).

using System;
using System.Collections.Generic;

namespace NanoBoot.Emulator.Flash
{
    /// <content>Unsynced operations.</content>
    public sealed partial class NorArray
    {
        private UnsyncedOperations? _unsynced;

        /// <summary>
        /// Whether operations that were not synced may be lost at a power failure, any of them, whatever came later.
        /// Off for flash whose operations are durable when they return.
        /// </summary>
        public bool LosesUnsynced
        {
            get { return _unsynced != null; }

            set
            {
                _unsynced = value ? new UnsyncedOperations() : null;
                MarkDurable();
            }
        }

        private void MarkDurable()
        {
            if (_unsynced == null || _unsynced.IsEmptySince(_sectors))
            {
                return;
            }

            _owner = new object();
            _unsynced.Begin((NorSector[])_sectors.Clone());
        }

        private void LoseUnsynced(uint seed)
        {
            if (_unsynced == null)
            {
                return;
            }

            FaultRandom random = new FaultRandom(~(ulong)seed);
            BitDensity density = DensityOf(ref random);
            int keep = density == BitDensity.Few ? 1 : density == BitDensity.Half ? 8 : 15;
            Array.Copy(_unsynced.Durable, _sectors, _sectors.Length);
            _owner = new object();
            foreach (UnsyncedOperations.Operation operation in _unsynced.Operations)
            {
                if (random.Below(16) >= keep)
                {
                    _power.Faults.Add(new FaultRecord(
                        FaultKind.UnsyncedLost, _name, _power.OperationCount - 1, operation.AddressBytes, operation.Count, string.Empty));
                }
                else if (operation.Content == null)
                {
                    EraseCells(operation.AddressBytes, operation.Count);
                }
                else
                {
                    ProgramCells(operation.AddressBytes, operation.Content);
                }
            }

            MarkDurable();
        }

        /// <summary>What was done since the last sync, and how everything was then.</summary>
        private sealed class UnsyncedOperations
        {
            internal readonly List<Operation> Operations = new List<Operation>();
            internal NorSector[] Durable = Array.Empty<NorSector>();

            internal readonly record struct Operation(int AddressBytes, int Count, byte[]? Content);

            internal UnsyncedOperations Clone()
            {
                UnsyncedOperations copy = new UnsyncedOperations { Durable = Durable };
                copy.Operations.AddRange(Operations);
                return copy;
            }

            internal bool IsEmptySince(NorSector[] sectors)
            {
                return Operations.Count == 0 && Durable.AsSpan().SequenceEqual(sectors);
            }

            internal void Begin(NorSector[] durable)
            {
                Durable = durable;
                Operations.Clear();
            }

            internal void AddProgram(int addressBytes, ReadOnlySpan<byte> source)
            {
                Operations.Add(new Operation(addressBytes, source.Length, source.ToArray()));
            }

            internal void AddErase(int addressBytes, int count)
            {
                Operations.Add(new Operation(addressBytes, count, null));
            }
        }
    }
}
