// Flash on a file volume, for boards without a flash chip that managed code can reach. One file a sector: a file
// that is not there, and all behind the end of one, reads erased. So an erase is a delete, a program is mostly an
// append, an erased sector takes no room, and littlefs copies one small file on a change and not all that follows
// in a large one.
// Relies on neither rename nor truncation: File.Move does not replace, FileMode.Create truncates in place.
// Fault model: until Sync closed the file, its writes may be lost in any order; a volume that is full or fails says so.

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Files
{
    /// <summary>A flash device whose sectors are files.</summary>
    /// <remarks>
    /// Not thread safe. On littlefs a file changes as a whole when it is closed; on FAT a power failure can leave any
    /// mixture, which the contract of <see cref="IFlash"/> allows for, but also a damaged directory, which it does not.
    /// </remarks>
    public sealed class FileFlash : IFlash
    {
        private const int NoFile = -1;
        private const int FillBytes = 64;

        private readonly IFileVolume _volume;
        private readonly int _sectorBytes;
        private readonly int _sizeBytes;
        private readonly byte[] _fill = new byte[FillBytes];
        private int _openFile = NoFile;
        private int _openLengthBytes;

        /// <summary>Makes the device; the volume is not touched yet.</summary>
        /// <param name="volume">Where the files are.</param>
        /// <param name="sectorBytes">Size of a sector, a power of two; the volume's block size is best (4096 on littlefs).</param>
        /// <param name="sectorCount">How many, such that the size stays below 2 GiB.</param>
        public FileFlash(IFileVolume volume, int sectorBytes, int sectorCount)
        {
            _volume = volume;
            _sectorBytes = sectorBytes;
            _sizeBytes = sectorBytes * sectorCount;
        }

        /// <inheritdoc/>
        public int SizeBytes
        {
            get { return _sizeBytes; }
        }

        /// <inheritdoc/>
        public int ProgramUnitBytes
        {
            get { return 1; }
        }

        /// <inheritdoc/>
        public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
        {
            sectorStartBytes = addressBytes & -_sectorBytes;
            sectorSizeBytes = _sectorBytes;
            return addressBytes >= 0 && addressBytes < _sizeBytes ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        /// <inheritdoc/>
        public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
        {
            ResultCode result = CheckRange(addressBytes, buffer, offset, count);
            while (result == ResultCode.Ok && count > 0)
            {
                int position = addressBytes & (_sectorBytes - 1);
                int here = _sectorBytes - position < count ? _sectorBytes - position : count;
                result = Select(addressBytes / _sectorBytes, false);
                int stored = _openLengthBytes - position;
                stored = stored < 0 ? 0 : stored < here ? stored : here;
                if (result == ResultCode.Ok && stored > 0)
                {
                    result = _volume.Read(position, buffer, offset, stored);
                }

                for (int i = stored; i < here; i++)
                {
                    buffer[offset + i] = 0xFF;
                }

                addressBytes += here;
                offset += here;
                count -= here;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
        {
            ResultCode result = CheckRange(addressBytes, buffer, offset, count);
            while (result == ResultCode.Ok && count > 0)
            {
                int position = addressBytes & (_sectorBytes - 1);
                int here = _sectorBytes - position < count ? _sectorBytes - position : count;
                result = Select(addressBytes / _sectorBytes, true);
                if (result == ResultCode.Ok)
                {
                    result = position < _openLengthBytes ? CheckErased(position, here) : FillTo(position);
                }

                if (result == ResultCode.Ok)
                {
                    result = Write(position, buffer, offset, here);
                }

                addressBytes += here;
                offset += here;
                count -= here;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode Erase(int addressBytes, int count)
        {
            if (!Contains(addressBytes, count))
            {
                return ResultCode.FlashOutOfRange;
            }

            if (((addressBytes | count) & (_sectorBytes - 1)) != 0)
            {
                return ResultCode.FlashUnaligned;
            }

            ResultCode result = Sync();
            while (result == ResultCode.Ok && count > 0)
            {
                result = _volume.Delete(addressBytes / _sectorBytes);
                addressBytes += _sectorBytes;
                count -= _sectorBytes;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode Sync()
        {
            if (_openFile == NoFile || _openLengthBytes < 0)
            {
                _openFile = NoFile;
                return ResultCode.Ok;
            }

            _openFile = NoFile;
            return _volume.Close();
        }

        // Opens the file of a sector, unless it is the open one. That there is none is remembered too.
        private ResultCode Select(int file, bool isCreate)
        {
            if (file == _openFile && (_openLengthBytes >= 0 || !isCreate))
            {
                return ResultCode.Ok;
            }

            ResultCode result = Sync();
            if (result == ResultCode.Ok)
            {
                result = _volume.Open(file, isCreate, out _openLengthBytes);
                _openFile = result == ResultCode.Ok ? file : NoFile;
            }

            return result;
        }

        private ResultCode CheckErased(int position, int count)
        {
            int end = position + count < _openLengthBytes ? position + count : _openLengthBytes;
            ResultCode result = ResultCode.Ok;
            while (result == ResultCode.Ok && position < end)
            {
                int here = end - position < FillBytes ? end - position : FillBytes;
                result = _volume.Read(position, _fill, 0, here);
                for (int i = 0; i < here && result == ResultCode.Ok; i++)
                {
                    result = _fill[i] == 0xFF ? ResultCode.Ok : ResultCode.FlashNotErased;
                }

                position += here;
            }

            return result;
        }

        private ResultCode FillTo(int position)
        {
            for (int i = 0; i < FillBytes; i++)
            {
                _fill[i] = 0xFF;
            }

            ResultCode result = ResultCode.Ok;
            int at = _openLengthBytes;
            while (result == ResultCode.Ok && at < position)
            {
                int here = position - at < FillBytes ? position - at : FillBytes;
                result = Write(at, _fill, 0, here);
                at += here;
            }

            return result;
        }

        private ResultCode Write(int position, byte[] buffer, int offset, int count)
        {
            ResultCode result = _volume.Write(position, buffer, offset, count);
            if (result == ResultCode.Ok && position + count > _openLengthBytes)
            {
                _openLengthBytes = position + count;
            }

            return result;
        }

        private ResultCode CheckRange(int addressBytes, byte[] buffer, int offset, int count)
        {
            if (buffer == null || offset < 0 || count < 0 || offset > buffer.Length || count > buffer.Length - offset)
            {
                return ResultCode.InvalidArgument;
            }

            return Contains(addressBytes, count) ? ResultCode.Ok : ResultCode.FlashOutOfRange;
        }

        private bool Contains(int addressBytes, int count)
        {
            return addressBytes >= 0 && count >= 0 && addressBytes <= _sizeBytes && count <= _sizeBytes - addressBytes;
        }
    }
}
