// The NOR array under every flash of the emulator: internal flash (EmulatedFlash) and SPI chips (SpiNorChip).
// It holds the cells and what physics does to them; contracts and command sets are the business of those above.
// Fault model: power cuts in five torn forms (NorArray.Torn.cs), lost unsynced operations (NorArray.Unsynced.cs),
// wear, stuck bits, rot, read noise, misdirected programs (NorArray.Faults.cs).
// Written for thousands of branches: a read allocates nothing, a snapshot copies references to sectors only.

using System;
using System.IO;
using NanoBoot.Hal;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>Is told of an operation of an array before it happens.</summary>
    /// <param name="addressBytes">Where.</param>
    /// <param name="source">What is programmed; empty for an erase.</param>
    /// <param name="count">How many bytes.</param>
    public delegate void NorOperationHandler(int addressBytes, ReadOnlySpan<byte> source, int count);

    /// <summary>An array of NOR cells in sectors.</summary>
    /// <remarks>Not thread safe. Addresses and counts are checked by the caller, and throw here when they are wrong.</remarks>
    public sealed partial class NorArray
    {
        /// <summary>What an erased byte reads.</summary>
        public const byte ErasedValue = 0xFF;

        private readonly NorGeometry _geometry;
        private readonly SectorMap _map;
        private readonly PowerSupply _power;
        private readonly SimulatedClock _clock;
        private readonly string _name;
        private readonly int _unitShift;
        private readonly ulong[][] _unwritten;
        private NorSector[] _sectors;
        private object _owner = new object();

        /// <summary>Makes an array that is erased.</summary>
        /// <param name="geometry">What kind of flash.</param>
        /// <param name="power">The supply that it hangs on, or null for one of its own.</param>
        /// <param name="clock">The clock that its operations advance, or null for one of its own.</param>
        /// <param name="name">Its name in the fault log.</param>
        /// <exception cref="ArgumentException">The description is not sound.</exception>
        public NorArray(NorGeometry geometry, PowerSupply? power = null, SimulatedClock? clock = null, string name = "flash")
        {
            ArgumentNullException.ThrowIfNull(geometry);
            geometry.Check();
            _geometry = geometry;
            _map = geometry.Sectors;
            _power = power ?? new PowerSupply();
            _clock = clock ?? new SimulatedClock();
            _name = name;
            _unitShift = int.TrailingZeroCount(geometry.ProgramUnitBytes);
            _unwritten = new ulong[_map.Count][];
            _sectors = new NorSector[_map.Count];
            for (int i = 0; i < _sectors.Length; i++)
            {
                bool likeBefore = i > 0 && _map.SizeOf(i) == _map.SizeOf(i - 1);
                _unwritten[i] = likeBefore ? _unwritten[i - 1] : new ulong[NorSector.WordsFor(_map.SizeOf(i) >> _unitShift)];
                _sectors[i] = likeBefore ? _sectors[i - 1] : new NorSector(_map.ErasedContentOf(i), _unwritten[i]);
            }
        }

        /// <summary>What kind of flash this is.</summary>
        public NorGeometry Geometry
        {
            get { return _geometry; }
        }

        /// <summary>The supply that the array hangs on.</summary>
        public PowerSupply Power
        {
            get { return _power; }
        }

        /// <summary>The clock that operations advance.</summary>
        public SimulatedClock Clock
        {
            get { return _clock; }
        }

        /// <summary>Name in the fault log.</summary>
        public string Name
        {
            get { return _name; }
        }

        /// <summary>What was done so far.</summary>
        public NorCounters Counters { get; } = new NorCounters();

        /// <summary>Is told of each program and erase before it happens; may arm a power failure for it.</summary>
        public NorOperationHandler? BeforeOperation { get; set; }

        /// <summary>Size in bytes.</summary>
        public int SizeBytes
        {
            get { return _map.SizeBytes; }
        }

        /// <summary>Reads bytes.</summary>
        /// <param name="addressBytes">Address of the first.</param>
        /// <param name="destination">Where they go; its length says how many.</param>
        /// <exception cref="PowerCutException">The power is off.</exception>
        public void Read(int addressBytes, Span<byte> destination)
        {
            _power.Demand();
            Counters.Reads++;
            Counters.BytesRead += destination.Length;
            NorTiming timing = _geometry.Timing;
            _clock.Advance(timing.ReadCallNs + (timing.ReadByteNs * destination.Length));
            CopyOut(addressBytes, destination);
            if (_faults != null)
            {
                DisturbRead(addressBytes, destination);
            }
        }

        /// <summary>Programs units: an operation that a power failure can cut.</summary>
        /// <param name="addressBytes">Address of the first unit.</param>
        /// <param name="source">The bytes; whole units, in any number of sectors.</param>
        /// <returns>Ok; <see cref="ResultCode.FlashNotErased"/> when the write policy forbids it, and then nothing is
        /// changed; <see cref="ResultCode.FlashProgramFailed"/> when the cells did not take it.</returns>
        /// <exception cref="PowerCutException">The power is off, or failed in the course of it.</exception>
        public ResultCode Program(int addressBytes, ReadOnlySpan<byte> source)
        {
            if (_geometry.Policy != WritePolicy.And && !PolicyAllows(addressBytes, source))
            {
                _power.Demand();
                return ResultCode.FlashNotErased;
            }

            BeforeOperation?.Invoke(addressBytes, source, source.Length);
            bool isCut = _power.BeginOperation(out PowerCut cut);
            Counters.Programs++;
            Counters.BytesProgrammed += source.Length;
            _clock.Advance(_geometry.Timing.ProgramUnitNs * (source.Length >> _unitShift));
            if (_faults != null)
            {
                addressBytes = Misdirect(addressBytes, source.Length);
            }

            if (isCut)
            {
                LoseUnsynced(cut.Seed);
                TearProgram(addressBytes, source, cut);
                return _power.Fail(_name, FaultKind.PowerCutInProgram, addressBytes, source.Length, cut);
            }

            if (_unsynced != null)
            {
                _unsynced.AddProgram(addressBytes, source);
            }

            ProgramCells(addressBytes, source);
            return _faults == null || ReadsAs(addressBytes, source) ? ResultCode.Ok : ResultCode.FlashProgramFailed;
        }

        /// <summary>Erases sectors: one operation that a power failure can cut.</summary>
        /// <param name="addressBytes">Address of the first sector.</param>
        /// <param name="count">Number of bytes; whole sectors.</param>
        /// <returns>Ok, or <see cref="ResultCode.FlashEraseFailed"/>.</returns>
        /// <exception cref="PowerCutException">The power is off, or failed in the course of it.</exception>
        public ResultCode Erase(int addressBytes, int count)
        {
            if (!_map.IsSectorRange(addressBytes, count))
            {
                throw new ArgumentOutOfRangeException(nameof(addressBytes));
            }

            BeforeOperation?.Invoke(addressBytes, default, count);
            bool isCut = _power.BeginOperation(out PowerCut cut);
            _clock.Advance(_geometry.Timing.EraseNsPerKiB * count / 1024);
            if (isCut)
            {
                LoseUnsynced(cut.Seed);
                TearErase(addressBytes, count, cut.Form, cut.Seed);
                return _power.Fail(_name, FaultKind.PowerCutInErase, addressBytes, count, cut);
            }

            if (_unsynced != null)
            {
                _unsynced.AddErase(addressBytes, count);
            }

            return EraseCells(addressBytes, count);
        }

        /// <summary>The point up to which everything is durable.</summary>
        /// <exception cref="PowerCutException">The power is off, or failed in the course of it.</exception>
        public void Sync()
        {
            bool isCut = _power.BeginSync(out PowerCut cut);
            Counters.Syncs++;
            if (isCut)
            {
                // A sync that is cut has written any part of what it was to write, unless it was complete.
                if (cut.Form != TornForm.Applied)
                {
                    LoseUnsynced(cut.Seed);
                }

                _power.Fail(_name, FaultKind.PowerCutInSync, -1, 0, cut);
                return;
            }

            MarkDurable();
        }

        /// <summary>Whether a unit was written since its sector was last erased in full.</summary>
        /// <param name="addressBytes">Address of the first unit.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>True when any of the units was.</returns>
        public bool AnyWritten(int addressBytes, int count)
        {
            while (count > 0)
            {
                int index = _map.IndexOf(addressBytes);
                int offset = addressBytes - _map.StartOf(index);
                int here = Math.Min(count, _map.SizeOf(index) - offset);
                if (_sectors[index].AnyWritten(offset >> _unitShift, here >> _unitShift))
                {
                    return true;
                }

                addressBytes += here;
                count -= here;
            }

            return false;
        }

        /// <summary>How often a sector was erased.</summary>
        /// <param name="sectorIndex">The sector.</param>
        /// <returns>The count, over all snapshots and restores of this history.</returns>
        public int EraseCountOf(int sectorIndex)
        {
            return _sectors[sectorIndex].EraseCount;
        }

        /// <summary>Keeps the present content. Costs one reference a sector.</summary>
        /// <returns>The content.</returns>
        public NorSnapshot Snapshot()
        {
            _owner = new object();
            return new NorSnapshot((NorSector[])_sectors.Clone(), _unsynced?.Clone(), _readPhase);
        }

        /// <summary>Returns to a content that was kept, of this array or of one like it.</summary>
        /// <param name="snapshot">The content.</param>
        /// <exception cref="ArgumentException">It is of an array with another number of sectors.</exception>
        public void Restore(NorSnapshot snapshot)
        {
            ArgumentNullException.ThrowIfNull(snapshot);
            if (snapshot.Sectors.Length != _sectors.Length)
            {
                throw new ArgumentException("The snapshot is of another geometry.", nameof(snapshot));
            }

            _owner = new object();
            Array.Copy(snapshot.Sectors, _sectors, _sectors.Length);
            _readPhase = snapshot.ReadPhase;
            _readPowerOnCount = _power.PowerOnCount;
            if (_unsynced != null && snapshot.Unsynced is UnsyncedOperations unsynced)
            {
                _unsynced = unsynced.Clone();
                return;
            }

            MarkDurable();
        }

        /// <summary>Writes the content to a file, byte for byte as a programmer would read it from a chip.</summary>
        /// <param name="path">The file.</param>
        public void Save(string path)
        {
            using FileStream stream = new FileStream(path, FileMode.Create, FileAccess.Write);
            for (int i = 0; i < _sectors.Length; i++)
            {
                stream.Write(_sectors[i].Data);
            }
        }

        /// <summary>Takes the content from a file. Units that are not 0xFF throughout count as written, cells as
        /// stable, wear as zero: the file does not tell.</summary>
        /// <param name="path">The file; its length is the size of the flash.</param>
        /// <exception cref="InvalidDataException">The length is another.</exception>
        public void Load(string path)
        {
            byte[] content = File.ReadAllBytes(path);
            if (content.Length != SizeBytes)
            {
                throw new InvalidDataException("The file has not the size of the flash.");
            }

            LoadContent(content);
        }
    }
}
