// A payload that lies in memory: an integrated payload of the envelope.

using System;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>A payload within an array.</summary>
    public sealed class MemoryPayload : IPayloadSource, IWirePayload
    {
        private readonly byte[] _data;
        private readonly int _offset;
        private readonly int _count;

        /// <summary>Makes a source of a part of an array.</summary>
        /// <param name="data">The array; not copied.</param>
        /// <param name="offset">Index of the payload's first byte.</param>
        /// <param name="count">Its length; the part must lie within the array.</param>
        public MemoryPayload(byte[] data, int offset, int count)
        {
            _data = data;
            _offset = offset;
            _count = count;
        }

        /// <inheritdoc/>
        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            if (position < 0 || position > _count || count > _count - position)
            {
                return ResultCode.TransferTruncated;
            }

            Array.Copy(_data, _offset + position, buffer, offset, count);
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public void Close()
        {
        }
    }
}
