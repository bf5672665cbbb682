// A body of bytes on flash behind a header: the envelope of a slot, the identity, keys.
//
// Written in this order, each step made durable before the next: erase, body, header, header again. The header
// alone makes the body count. Two of them, because one that was cut short may read well now and not later:
// both well means that the first is durable; one alone counts only for who knows from elsewhere (the journal)
// that the record was complete once. Header: see docs/SPEC-flash.md.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>A record: header, header again, body. Lies at the start of a region.</summary>
    /// <remarks>Not thread safe. What the header says is authentic to nobody: a hint, checked once the body is.</remarks>
    public sealed class FlashRecord
    {
        /// <summary>Size of one header; also the largest program unit that is served.</summary>
        public const int HeaderBytes = 32;

        /// <summary>Offset of the body.</summary>
        public const int BodyOffset = 2 * HeaderBytes;

        /// <summary>Largest body, whatever the area: what a device must hold in memory.</summary>
        public const int BodyBytesMax = 32768 - BodyOffset;

        /// <summary>Magic number of an envelope, "NBE1".</summary>
        public const int EnvelopeMagic = 0x3145424E;

        /// <summary>Magic number of an identity, "NBI1".</summary>
        public const int IdentityMagic = 0x3149424E;

        /// <summary>Magic number of the keys that payloads are encrypted for, "NBK1".</summary>
        public const int PayloadKeysMagic = 0x314B424E;

        private const int CrcOffset = HeaderBytes - 4;

        private readonly FlashRegion _region;
        private readonly int _areaBytes;
        private readonly int _magic;
        private bool _isErased;

        /// <summary>Length of the body in bytes; 0 when there is none. Valid after <see cref="Open"/>.</summary>
        public int BodyBytes;

        /// <summary>What the header says of the sequence number of the body: a hint. Like the rest, valid after Ok of <see cref="Open"/>.</summary>
        public long Sequence;

        /// <summary>What the header says of the body's id: a hint. An image id for envelopes.</summary>
        public long Id;

        /// <summary>Whether both headers read well.</summary>
        public bool IsSealed;

        /// <summary>Describes a record.</summary>
        /// <param name="region">The region that begins with it.</param>
        /// <param name="areaBytes">Bytes that it may take: whole sectors.</param>
        /// <param name="magic">What is recorded.</param>
        public FlashRecord(FlashRegion region, int areaBytes, int magic)
        {
            _region = region;
            _areaBytes = areaBytes;
            _magic = magic;
        }

        /// <summary>Bytes that a body may have.</summary>
        public int CapacityBytes
        {
            get
            {
                int capacity = _areaBytes - BodyOffset;
                return capacity < BodyBytesMax ? capacity : BodyBytesMax;
            }
        }

        /// <summary>Reads the headers.</summary>
        /// <returns>Ok; <see cref="ResultCode.SlotEmpty"/> where no header was begun;
        /// <see cref="ResultCode.SlotHeaderInvalid"/> where none reads well; a flash code.</returns>
        public ResultCode Open()
        {
            BodyBytes = 0;
            byte[] headers = new byte[BodyOffset];
            ResultCode result = _region.Read(0, headers, 0, BodyOffset);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            bool isFirst = IsHeader(headers, 0);
            bool isSecond = IsHeader(headers, HeaderBytes);
            if (!isFirst && !isSecond)
            {
                return BitConverter.ToInt32(headers, 0) == -1 ? ResultCode.SlotEmpty : ResultCode.SlotHeaderInvalid;
            }

            int offset = isFirst ? 0 : HeaderBytes;
            BodyBytes = BitConverter.ToInt32(headers, offset + 4);
            Sequence = BitConverter.ToInt64(headers, offset + 8);
            Id = BitConverter.ToInt64(headers, offset + 16);
            IsSealed = isFirst && isSecond && ConstantTime.AreEqual(headers, 0, headers, HeaderBytes, HeaderBytes);
            return ResultCode.Ok;
        }

        /// <summary>Reads the body into an array of its own.</summary>
        /// <param name="body">The body, or null.</param>
        /// <returns>Ok, or a flash code, or <see cref="ResultCode.SlotEmpty"/> when it was not opened.</returns>
        public ResultCode ReadBody(out byte[] body)
        {
            body = null;
            if (BodyBytes == 0)
            {
                return ResultCode.SlotEmpty;
            }

            byte[] bytes = new byte[BodyBytes];
            ResultCode result = _region.Read(BodyOffset, bytes, 0, bytes.Length);
            if (result == ResultCode.Ok)
            {
                body = bytes;
            }

            return result;
        }

        /// <summary>Erases the record, durably: nothing counts any more.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Erase()
        {
            BodyBytes = 0;
            ResultCode result = _region.Erase(0, _areaBytes);
            if (result == ResultCode.Ok)
            {
                result = _region.Sync();
            }

            _isErased = result == ResultCode.Ok;
            return result;
        }

        /// <summary>
        /// Writes body and headers, durably, into the area that this object has erased before.
        /// </summary>
        /// <param name="body">Holds the body.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length, 1 to <see cref="CapacityBytes"/>.</param>
        /// <param name="sequence">Sequence number for the header.</param>
        /// <param name="id">Id for the header.</param>
        /// <returns>Ok; <see cref="ResultCode.InvalidArgument"/>; a flash code. On anything but Ok, erase first.</returns>
        public ResultCode Write(byte[] body, int offset, int count, long sequence, long id)
        {
            // Reading erased is no proof: only an erase of this session is.
            if (!_isErased || count > CapacityBytes || offset > body.Length - count)
            {
                return ResultCode.InvalidArgument;
            }

            _isErased = false;
            int paddedBytes = (count + HeaderBytes - 1) / HeaderBytes * HeaderBytes;
            byte[] padded = new byte[paddedBytes];
            for (int i = count; i < paddedBytes; i++)
            {
                padded[i] = 0xFF;
            }

            System.Array.Copy(body, offset, padded, 0, count);
            byte[] header = new byte[HeaderBytes];
            LittleEndian.Write(header, 0, _magic, 4);
            LittleEndian.Write(header, 4, count, 4);
            LittleEndian.Write(header, 8, sequence, 8);
            LittleEndian.Write(header, 16, id, 8);
            LittleEndian.Write(header, 24, ~count, 4);
            LittleEndian.Write(header, CrcOffset, Crc32.Compute(header, 0, CrcOffset), 4);
            ResultCode result = ProgramAndSync(BodyOffset, padded);
            if (result == ResultCode.Ok)
            {
                result = ProgramAndSync(0, header);
            }

            if (result == ResultCode.Ok)
            {
                result = ProgramAndSync(HeaderBytes, header);
            }

            return result;
        }

        private ResultCode ProgramAndSync(int offset, byte[] bytes)
        {
            ResultCode result = _region.Program(offset, bytes, 0, bytes.Length);
            if (result == ResultCode.Ok)
            {
                result = _region.Sync();
            }

            byte[] check = new byte[bytes.Length];
            if (result == ResultCode.Ok)
            {
                result = _region.Read(offset, check, 0, check.Length);
            }

            if (result == ResultCode.Ok && !ConstantTime.AreEqual(bytes, 0, check, 0, check.Length))
            {
                result = ResultCode.FlashProgramFailed;
            }

            return result;
        }

        private bool IsHeader(byte[] headers, int offset)
        {
            if (BitConverter.ToInt32(headers, offset) != _magic
                || BitConverter.ToInt32(headers, offset + CrcOffset) != (int)Crc32.Compute(headers, offset, CrcOffset))
            {
                return false;
            }

            int count = BitConverter.ToInt32(headers, offset + 4);
            return count >= 1 && count <= CapacityBytes && count == ~BitConverter.ToInt32(headers, offset + 24)
                && BitConverter.ToInt64(headers, offset + 8) >= 0;
        }
    }
}
