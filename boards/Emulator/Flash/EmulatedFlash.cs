// Internal flash of a microcontroller, or any flash whose operations are durable when they return: the contract
// of IFlash over a NOR array. It is stricter than the cells: a unit is programmed once between two full erases,
// whatever the write policy would let pass, and every breach is counted, so that a test can assert that there is none.

using System;
using System.Runtime.CompilerServices;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>A flash device over a NOR array.</summary>
    /// <remarks>Not thread safe. After a power failure each call throws <see cref="PowerCutException"/> until the
    /// power is on again.</remarks>
    public sealed class EmulatedFlash : IFlash
    {
        private readonly NorArray _array;
        private readonly SectorMap _map;
        private readonly int _unitMask;

        /// <summary>Makes a device over an array.</summary>
        /// <param name="array">The cells.</param>
        public EmulatedFlash(NorArray array)
        {
            ArgumentNullException.ThrowIfNull(array);
            _array = array;
            _map = array.Geometry.Sectors;
            _unitMask = array.Geometry.ProgramUnitBytes - 1;
        }

        /// <summary>Makes an erased device of its own.</summary>
        /// <param name="geometry">What kind of flash.</param>
        /// <param name="power">The supply that it hangs on, or null for one of its own.</param>
        public EmulatedFlash(NorGeometry geometry, PowerSupply? power = null)
            : this(new NorArray(geometry, power))
        {
        }

        /// <summary>The cells: snapshots, counters, faults.</summary>
        public NorArray Array
        {
            get { return _array; }
        }

        /// <summary>The supply that the device hangs on.</summary>
        public PowerSupply Power
        {
            get { return _array.Power; }
        }

        /// <inheritdoc/>
        public int SizeBytes
        {
            get { return _map.SizeBytes; }
        }

        /// <inheritdoc/>
        public int ProgramUnitBytes
        {
            get { return _unitMask + 1; }
        }

        /// <inheritdoc/>
        public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
        {
            if (addressBytes < 0 || addressBytes >= _map.SizeBytes)
            {
                sectorStartBytes = 0;
                sectorSizeBytes = 0;
                return ResultCode.FlashOutOfRange;
            }

            int index = _map.IndexOf(addressBytes);
            sectorStartBytes = _map.StartOf(index);
            sectorSizeBytes = _map.SizeOf(index);
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
        {
            _array.Power.Demand();
            ResultCode result = CheckRange(addressBytes, buffer, offset, count);
            if (result != ResultCode.Ok)
            {
                return Violation(result);
            }

            _array.Read(addressBytes, buffer.AsSpan(offset, count));
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
        {
            _array.Power.Demand();
            ResultCode result = CheckRange(addressBytes, buffer, offset, count);
            if (result != ResultCode.Ok)
            {
                return Violation(result);
            }

            if (((addressBytes | count) & _unitMask) != 0)
            {
                return Violation(ResultCode.FlashUnaligned);
            }

            if (_array.AnyWritten(addressBytes, count))
            {
                return Violation(ResultCode.FlashNotErased);
            }

            return count == 0 ? ResultCode.Ok : _array.Program(addressBytes, buffer.AsSpan(offset, count));
        }

        /// <inheritdoc/>
        public ResultCode Erase(int addressBytes, int count)
        {
            _array.Power.Demand();
            if (!Contains(addressBytes, count))
            {
                return Violation(ResultCode.FlashOutOfRange);
            }

            if (!_map.IsSectorRange(addressBytes, count))
            {
                return Violation(ResultCode.FlashUnaligned);
            }

            int endBytes = addressBytes + count;
            while (addressBytes < endBytes)
            {
                int sizeBytes = _map.SizeOf(_map.IndexOf(addressBytes));
                ResultCode result = _array.Erase(addressBytes, sizeBytes);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                addressBytes += sizeBytes;
            }

            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Sync()
        {
            _array.Sync();
            return ResultCode.Ok;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private ResultCode CheckRange(int addressBytes, byte[] buffer, int offset, int count)
        {
            if (buffer == null || offset < 0 || count < 0 || offset > buffer.Length || count > buffer.Length - offset)
            {
                return ResultCode.InvalidArgument;
            }

            return Contains(addressBytes, count) ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private bool Contains(int addressBytes, int count)
        {
            return addressBytes >= 0 && count >= 0 && addressBytes <= _map.SizeBytes && count <= _map.SizeBytes - addressBytes;
        }

        private ResultCode Violation(ResultCode result)
        {
            _array.Counters.ContractViolations++;
            return result;
        }
    }
}
