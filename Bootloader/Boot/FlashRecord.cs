// A body of bytes on flash behind a header: the envelope of a slot, the identity, keys. Stage 1 reads them; whoever
// writes them does it with RecordWriter of the resident assembly.
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
    public class FlashRecord
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

        private readonly int _magic;

        /// <summary>The region that begins with the record.</summary>
        public readonly FlashRegion Region;

        /// <summary>Bytes that a body may have; 0 or less where the area is too small for any.</summary>
        public readonly int CapacityBytes;

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
            Region = region;
            _magic = magic;
            CapacityBytes = areaBytes < BodyOffset + BodyBytesMax ? areaBytes - BodyOffset : BodyBytesMax;
        }

        /// <summary>Reads the headers.</summary>
        /// <returns>Ok; <see cref="ResultCode.SlotEmpty"/> where no header was begun;
        /// <see cref="ResultCode.SlotHeaderInvalid"/> where none reads well; a flash code.</returns>
        public ResultCode Open()
        {
            BodyBytes = 0;
            byte[] headers = new byte[BodyOffset];
            ResultCode result = Region.Read(0, headers, 0, BodyOffset);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            bool isFirst = IsHeader(headers, 0);
            if (!isFirst && !IsHeader(headers, HeaderBytes))
            {
                return BitConverter.ToInt32(headers, 0) == -1 ? ResultCode.SlotEmpty : ResultCode.SlotHeaderInvalid;
            }

            int offset = isFirst ? 0 : HeaderBytes;
            BodyBytes = BitConverter.ToInt32(headers, offset + 4);
            Sequence = BitConverter.ToInt64(headers, offset + 8);
            Id = BitConverter.ToInt64(headers, offset + 16);

            // One of them reads well: so both do, where they are equal.
            IsSealed = ConstantTime.AreEqual(headers, 0, headers, HeaderBytes, HeaderBytes);
            return ResultCode.Ok;
        }

        /// <summary>Writes a number as all numbers on flash are: little-endian, as the platform's own, so that BitConverter reads
        /// them.</summary>
        /// <param name="data">Where to.</param>
        /// <param name="offset">First byte.</param>
        /// <param name="value">The number; what does not fit is cut off.</param>
        /// <param name="count">Number of bytes, 1 to 8.</param>
        public static void WriteNumber(byte[] data, int offset, long value, int count)
        {
            Array.Copy(BitConverter.GetBytes(value), 0, data, offset, count);
        }

        /// <summary>Reads the body into an array of its own.</summary>
        /// <param name="body">The body, when the result is Ok.</param>
        /// <returns>Ok, or a flash code, or <see cref="ResultCode.SlotEmpty"/> when it was not opened.</returns>
        public ResultCode ReadBody(out byte[] body)
        {
            int count = BodyBytes;
            body = new byte[count];
            return count == 0 ? ResultCode.SlotEmpty : Region.Read(BodyOffset, body, 0, count);
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
