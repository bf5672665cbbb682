// A packed payload as a source of the image: compressed (magic "NBZ1") or differential ("NBD1"). docs/SPEC-payload.md.
//
// Its blocks are cut where the chunks of the image are, and each is decoded by itself: only blocks of missing chunks
// are fetched, in any order, after any interruption, and no window outlives a block.
//
// Invariants: a header is checked in full before a block is asked for: number and sizes of the blocks, and in a
// differential payload the image that it makes and the image that it starts from (A25). No allocation is larger than
// IndexBytesMax or one chunk. Block borders are hints; what is delivered is verified by who asked.
// Fault model: every byte of the payload is chosen by an attacker.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>Unpacks a payload on the way. Not thread safe; never throws.</summary>
    public sealed class PackedPayload : IPayloadSource
    {
        /// <summary>Most blocks of a payload.</summary>
        public const int BlocksMax = 1024;

        /// <summary>Longest index in bytes.</summary>
        public const int IndexBytesMax = BlocksMax * EntryBytes;

        private const int EntryBytes = 4;
        private const int HeaderBytes = 8;
        private const int DifferentialHeaderBytes = Sha256.DigestBytes + 4 + Sha256.DigestBytes;
        private const int MagicCompressed = 0x315A424E;
        private const int MagicDifferential = 0x3144424E;

        private readonly IWirePayload _source;
        private readonly byte[] _imageDigest;
        private readonly int _imageDigestOffset;
        private readonly Precursor[] _precursors;
        private BlockDecoder _decoder;
        private byte[] _index;

        // The block at which the last read ended, with its place in the image and in the packed payload.
        private int _block;
        private int _imageAt;
        private int _storedAt;

        // Where in the packed payload the blocks end that the caller said it would ask for in order.
        private int _runEnd;

        // A block of which only a part was asked for.
        private byte[] _held;
        private int _heldBlock = -1;

        /// <summary>Makes a source of the image out of a source of the packed payload.</summary>
        /// <param name="source">The packed payload; closed with this one.</param>
        /// <param name="imageDigest">Holds the SHA-256 of the image, from the authenticated manifest.</param>
        /// <param name="imageDigestOffset">Index of its first byte.</param>
        /// <param name="precursors">The images of this device that a differential payload may start from; not the slot
        /// that is written. May be empty.</param>
        public PackedPayload(IWirePayload source, byte[] imageDigest, int imageDigestOffset, Precursor[] precursors)
        {
            _source = source;
            _imageDigest = imageDigest;
            _imageDigestOffset = imageDigestOffset;
            _precursors = precursors;
        }

        /// <summary>Whether a path or URI names a packed payload: it ends in .nbz or .nbd.</summary>
        /// <param name="path">The path.</param>
        /// <returns>True when it does.</returns>
        public static bool IsNamedBy(string path)
        {
            int start = path.Length - 4;
            return start >= 0 && path[start] == '.' && path[start + 1] == 'n' && path[start + 2] == 'b'
                && (path[start + 3] == 'z' || path[start + 3] == 'd');
        }

        /// <inheritdoc/>
        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            ResultCode result = _decoder == null ? Open() : ResultCode.Ok;
            if (result == ResultCode.Ok && position < _imageAt)
            {
                Rewind();
            }

            int run = runBytes;
            while (result == ResultCode.Ok && count > 0)
            {
                if (_block * EntryBytes == _index.Length)
                {
                    return ResultCode.PayloadMalformed;
                }

                int length = Entry(_block, 0);
                int skip = position - _imageAt;
                if (skip >= length)
                {
                    _imageAt += length;
                    _storedAt += Entry(_block, 2);
                    _block++;
                    continue;
                }

                int taken = length - skip < count ? length - skip : count;
                if (taken == length)
                {
                    result = Decode(run, buffer, offset, length);
                }
                else
                {
                    result = Hold(run + skip, length);
                    Array.Copy(_held, skip, buffer, offset, taken);
                }

                position += taken;
                run -= taken;
                offset += taken;
                count -= taken;
            }

            return result;
        }

        /// <inheritdoc/>
        public void Close()
        {
            _source.Close();
            _decoder = null;
        }

        private int Entry(int block, int field)
        {
            int at = (block * EntryBytes) + field;
            return _index[at] | (_index[at + 1] << 8);
        }

        private void Rewind()
        {
            _storedAt -= StoredBytes(0, _block);
            _block = 0;
            _imageAt = 0;
            _runEnd = 0;
        }

        private int StoredBytes(int block, int end)
        {
            int bytes = 0;
            while (block < end)
            {
                bytes += Entry(block++, 2);
            }

            return bytes;
        }

        private ResultCode Hold(int run, int length)
        {
            if (_held == null)
            {
                _held = new byte[ChunkTable.ChunkBytesMax];
            }

            if (_heldBlock == _block)
            {
                return ResultCode.Ok;
            }

            _heldBlock = -1;
            ResultCode result = Decode(run, _held, 0, length);
            if (result == ResultCode.Ok)
            {
                _heldBlock = _block;
            }

            return result;
        }

        /// <summary>Decodes the current block; a block that could not be made smaller is stored as it is.</summary>
        private ResultCode Decode(int run, byte[] buffer, int offset, int length)
        {
            if (_storedAt >= _runEnd)
            {
                int end = _block;
                do
                {
                    run -= Entry(end++, 0);
                }
                while (run > 0 && end * EntryBytes < _index.Length);
                _runEnd = _storedAt + StoredBytes(_block, end);
            }

            int stored = Entry(_block, 2);
            int storedRun = _runEnd - _storedAt;
            return stored == length
                ? _source.Read(_storedAt, storedRun, buffer, offset, length)
                : _decoder.Decode(_storedAt, stored, storedRun, _imageAt, buffer, offset, length);
        }

        /// <summary>Reads and checks header and index.</summary>
        private ResultCode Open()
        {
            byte[] header = new byte[DifferentialHeaderBytes];
            ResultCode result = _source.Read(0, HeaderBytes, header, 0, HeaderBytes);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            int magic = BitConverter.ToInt32(header, 0);
            int windowBits = header[4];
            int lengthBits = header[5];
            int blocks = header[6] | (header[7] << 8);
            if ((magic != MagicCompressed && magic != MagicDifferential) || blocks < 1 || blocks > BlocksMax
                || windowBits < BlockDecoder.WindowBitsMin || windowBits > BlockDecoder.WindowBitsMax
                || lengthBits < BlockDecoder.LengthBitsMin || lengthBits > BlockDecoder.LengthBitsMax)
            {
                return ResultCode.PayloadMalformed;
            }

            int position = HeaderBytes;
            Precursor precursor = null;
            if (magic == MagicDifferential)
            {
                result = _source.Read(position, DifferentialHeaderBytes, header, 0, DifferentialHeaderBytes);
                position += DifferentialHeaderBytes;
                if (result == ResultCode.Ok)
                {
                    result = FindPrecursor(header, out precursor);
                }
            }

            if (result == ResultCode.Ok)
            {
                result = ReadIndex(position, blocks);
            }

            if (result == ResultCode.Ok)
            {
                _decoder = new BlockDecoder(_source, windowBits, lengthBits, precursor);
                _storedAt = position + _index.Length;
            }

            return result;
        }

        private ResultCode FindPrecursor(byte[] header, out Precursor precursor)
        {
            precursor = null;
            if (!ConstantTime.AreEqual(header, 0, _imageDigest, _imageDigestOffset, Sha256.DigestBytes))
            {
                // It makes another image than the manifest's.
                return ResultCode.PayloadMalformed;
            }

            for (int i = 0; i < _precursors.Length && precursor == null; i++)
            {
                if (_precursors[i].Is(header, Sha256.DigestBytes))
                {
                    precursor = _precursors[i];
                }
            }

            return precursor == null ? ResultCode.PrecursorMismatch : ResultCode.Ok;
        }

        private ResultCode ReadIndex(int position, int blocks)
        {
            _block = 0;
            _imageAt = 0;
            _runEnd = 0;
            _heldBlock = -1;
            _index = new byte[blocks * EntryBytes];
            ResultCode result = _source.Read(position, _index.Length, _index, 0, _index.Length);
            for (int i = 0; i < blocks && result == ResultCode.Ok; i++)
            {
                int length = Entry(i, 0);
                int stored = Entry(i, 2);
                if (length < 1 || length > ChunkTable.ChunkBytesMax || stored < 1 || stored > length)
                {
                    result = ResultCode.PayloadMalformed;
                }
            }

            return result;
        }
    }
}
