// A file volume that keeps what was promised and nothing more: what is not closed is lost at a power failure, room is
// limited and shared with others. Two kinds: one whose files change as a whole (littlefs), and one that does not (FAT).

using System;
using System.Collections.Generic;
using NanoBoot.Files;
using NanoBoot.Hal;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>A volume in memory, on a power supply.</summary>
    /// <remarks>Not thread safe. Writes, closes of changed files and deletes are operations that a power failure can
    /// cut; after one each call throws <see cref="PowerCutException"/> until the power is on again.</remarks>
    public sealed class EmulatedVolume : IFileVolume
    {
        private readonly Dictionary<int, byte[]> _files = new Dictionary<int, byte[]>();
        private readonly PowerSupply _power;
        private readonly int _blockBytes;
        private readonly int _blockCount;
        private int _openFile = -1;
        private byte[] _openContent = Array.Empty<byte>();
        private bool _isChanged;

        /// <summary>Makes an empty volume.</summary>
        /// <param name="power">The supply that it hangs on.</param>
        /// <param name="blockBytes">Size of a block; a file takes whole blocks.</param>
        /// <param name="blockCount">How many there are. A changed file needs its blocks a second time until it is closed.</param>
        public EmulatedVolume(PowerSupply power, int blockBytes, int blockCount)
        {
            _power = power;
            _blockBytes = blockBytes;
            _blockCount = blockCount;
        }

        /// <summary>The supply that the volume hangs on.</summary>
        public PowerSupply Power
        {
            get { return _power; }
        }

        /// <summary>Whether a file changes as a whole when it is closed.</summary>
        public bool IsAtomic { get; set; } = true;

        /// <summary>Blocks that other files take.</summary>
        public int BlocksOfOthers { get; set; }

        /// <summary>Whether every call fails.</summary>
        public bool IsBroken { get; set; }

        /// <summary>Files that are there.</summary>
        public int FileCount
        {
            get { return _files.Count; }
        }

        /// <summary>Files opened so far.</summary>
        public long Opens { get; private set; }

        /// <summary>Changed files closed so far: what wears a volume.</summary>
        public long Commits { get; private set; }

        /// <summary>Keeps the durable content.</summary>
        /// <returns>The content.</returns>
        public object Snapshot()
        {
            return new Dictionary<int, byte[]>(_files);
        }

        /// <summary>Returns to a content that was kept; no file is open then.</summary>
        /// <param name="snapshot">The content.</param>
        public void Restore(object snapshot)
        {
            _files.Clear();
            foreach (KeyValuePair<int, byte[]> file in (Dictionary<int, byte[]>)snapshot)
            {
                _files.Add(file.Key, file.Value);
            }

            _openFile = -1;
        }

        /// <inheritdoc/>
        public ResultCode Open(int file, bool isCreate, out int lengthBytes)
        {
            _power.Demand();
            lengthBytes = -1;
            if (IsBroken || _openFile >= 0)
            {
                return ResultCode.VolumeError;
            }

            if (!_files.TryGetValue(file, out byte[]? content))
            {
                if (!isCreate)
                {
                    return ResultCode.Ok;
                }

                content = Array.Empty<byte>();
            }

            Opens++;
            _openFile = file;
            _openContent = content;
            _isChanged = false;
            lengthBytes = content.Length;
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Read(int position, byte[] buffer, int offset, int count)
        {
            _power.Demand();
            if (IsBroken || _openFile < 0 || position > _openContent.Length - count)
            {
                return ResultCode.VolumeError;
            }

            Array.Copy(_openContent, position, buffer, offset, count);
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Write(int position, byte[] buffer, int offset, int count)
        {
            bool isCut = _power.BeginOperation(out PowerCut cut);
            if (isCut)
            {
                return Fail(FaultKind.PowerCutInProgram, cut);
            }

            if (IsBroken || _openFile < 0 || position > _openContent.Length)
            {
                return ResultCode.VolumeError;
            }

            int length = Math.Max(_openContent.Length, position + count);
            if (BlocksUsed() + BlocksOf(length) > _blockCount)
            {
                return ResultCode.VolumeFull;
            }

            byte[] content = new byte[length];
            Array.Copy(_openContent, content, _openContent.Length);
            Array.Copy(buffer, offset, content, position, count);
            _openContent = content;
            _isChanged = true;
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Close()
        {
            _power.Demand();
            if (IsBroken || _openFile < 0)
            {
                _openFile = -1;
                return ResultCode.VolumeError;
            }

            if (_isChanged)
            {
                if (_power.BeginOperation(out PowerCut cut))
                {
                    return Fail(FaultKind.PowerCutInSync, cut);
                }

                Commits++;
                _files[_openFile] = _openContent;
            }

            _openFile = -1;
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Delete(int file)
        {
            bool isCut = _power.BeginOperation(out PowerCut cut);
            if (isCut)
            {
                if (cut.Form == TornForm.Applied || (cut.Form != TornForm.NotApplied && (cut.Seed & 1) != 0))
                {
                    _files.Remove(file);
                }

                return _power.Fail("volume", FaultKind.PowerCutInErase, file, 0, cut);
            }

            if (IsBroken || file == _openFile)
            {
                return ResultCode.VolumeError;
            }

            _files.Remove(file);
            return ResultCode.Ok;
        }

        // The power fails while a file is open, or is being closed.
        private ResultCode Fail(FaultKind kind, in PowerCut cut)
        {
            int file = _openFile;
            if (_isChanged && file >= 0)
            {
                byte[] before = _files.TryGetValue(file, out byte[]? content) ? content : Array.Empty<byte>();
                bool isClosing = kind == FaultKind.PowerCutInSync;
                if (isClosing && cut.Form == TornForm.Applied)
                {
                    _files[file] = _openContent;
                }
                else if (!IsAtomic && cut.Form != TornForm.NotApplied)
                {
                    _files[file] = Mixture(before, _openContent, cut.Seed);
                }
                else if (isClosing && cut.Form != TornForm.NotApplied && (cut.Seed & 1) != 0)
                {
                    _files[file] = _openContent;
                }

                if (!_files.TryGetValue(file, out byte[]? after) || !after.AsSpan().SequenceEqual(_openContent))
                {
                    _power.Faults.Add(new FaultRecord(
                        FaultKind.UnsyncedLost, "volume", _power.OperationCount - 1, file, _openContent.Length, string.Empty));
                }
            }

            _openFile = -1;
            return _power.Fail("volume", kind, file, 0, cut);
        }

        private static byte[] Mixture(byte[] before, byte[] after, uint seed)
        {
            FaultRandom random = new FaultRandom(seed);
            byte[] mixture = new byte[before.Length + random.Below(after.Length - before.Length + 1)];
            for (int i = 0; i < mixture.Length; i++)
            {
                bool isNew = i >= before.Length || random.Below(2) != 0;
                mixture[i] = isNew && random.Below(4) != 0 ? after[i] : i < before.Length ? before[i] : NorArray.ErasedValue;
            }

            return mixture;
        }

        private int BlocksUsed()
        {
            int blocks = BlocksOfOthers;
            foreach (byte[] content in _files.Values)
            {
                blocks += BlocksOf(content.Length);
            }

            return blocks;
        }

        private int BlocksOf(int lengthBytes)
        {
            return Math.Max(1, (lengthBytes + _blockBytes - 1) / _blockBytes);
        }
    }
}
