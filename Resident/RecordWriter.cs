// Writes records: envelopes, the identity, keys. Stage 1 only reads them (FlashRecord), and so does not carry this.
//
// In this order, each step made durable before the next: erase, body, header, header again. FlashRecord says why.
// Fault model: a power cut at any moment; an area that reads erased and is not.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Resident
{
    /// <summary>Writes the record at the start of a region, as <see cref="FlashRecord"/> reads it.</summary>
    /// <remarks>Not thread safe.</remarks>
    public sealed class RecordWriter
    {
        private const int CrcOffset = FlashRecord.HeaderBytes - 4;

        private readonly FlashRegion _region;
        private readonly int _areaBytes;
        private readonly int _magic;
        private bool _isErased;

        /// <summary>Makes the writer of a record; nothing is written yet.</summary>
        /// <param name="region">The region that begins with it.</param>
        /// <param name="areaBytes">Bytes that it may take: whole sectors.</param>
        /// <param name="magic">What is recorded: a magic number of <see cref="FlashRecord"/>.</param>
        public RecordWriter(FlashRegion region, int areaBytes, int magic)
        {
            _region = region;
            _areaBytes = areaBytes;
            _magic = magic;
        }

        /// <summary>Makes the writer of a slot's envelope.</summary>
        /// <param name="slot">The slot. Its own record knows nothing of what is written: open it again.</param>
        public RecordWriter(Slot slot)
            : this(slot.Region, slot.PayloadOffset, FlashRecord.EnvelopeMagic)
        {
        }

        /// <summary>Erases the record, durably: nothing counts any more.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Erase()
        {
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
        /// <param name="count">Its length, 1 to <see cref="FlashRecord.CapacityBytes"/>.</param>
        /// <param name="sequence">Sequence number for the header.</param>
        /// <param name="id">Id for the header.</param>
        /// <returns>Ok; <see cref="ResultCode.InvalidArgument"/>; a flash code. On anything but Ok, erase first.</returns>
        public ResultCode Write(byte[] body, int offset, int count, long sequence, long id)
        {
            // Reading erased is no proof: only an erase of this session is.
            int capacity = new FlashRecord(_region, _areaBytes, _magic).CapacityBytes;
            if (!_isErased || count > capacity || offset > body.Length - count)
            {
                return ResultCode.InvalidArgument;
            }

            _isErased = false;
            int paddedBytes = (count + FlashRecord.HeaderBytes - 1) / FlashRecord.HeaderBytes * FlashRecord.HeaderBytes;
            byte[] padded = new byte[paddedBytes];
            for (int i = count; i < paddedBytes; i++)
            {
                padded[i] = 0xFF;
            }

            Array.Copy(body, offset, padded, 0, count);
            byte[] header = new byte[FlashRecord.HeaderBytes];
            FlashRecord.WriteNumber(header, 0, _magic, 4);
            FlashRecord.WriteNumber(header, 4, count, 4);
            FlashRecord.WriteNumber(header, 8, sequence, 8);
            FlashRecord.WriteNumber(header, 16, id, 8);
            FlashRecord.WriteNumber(header, 24, ~count, 4);
            FlashRecord.WriteNumber(header, CrcOffset, Crc32.Compute(header, 0, CrcOffset), 4);
            ResultCode result = ProgramAndSync(FlashRecord.BodyOffset, padded);
            if (result == ResultCode.Ok)
            {
                result = ProgramAndSync(0, header);
            }

            if (result == ResultCode.Ok)
            {
                result = ProgramAndSync(FlashRecord.HeaderBytes, header);
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
    }
}
