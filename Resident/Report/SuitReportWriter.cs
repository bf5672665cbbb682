// Writes a SUIT_Report (draft-ietf-suit-report) in a COSE_Mac0 (RFC 9052 section 6.2) under the device key.
//
// The whole message is built in the caller's buffer, without a second one: MAC_structure, over which the MAC is
// taken, and COSE_Mac0, which is sent, differ only in what stands before the protected header and in one byte after
// it. So the former is laid out, its MAC is taken, and then those bytes are changed:
//
//   MAC_structure  84 64 4D 41 43 30 | protected | 40 | payload
//   COSE_Mac0                  D1 84 | protected | A0 | payload | 58 20 mac
//
// Invariants: nothing is written outside [offset, offset + count) of the buffer; what does not fit is noticed, is
// remembered, and makes Finish fail; the bytes are deterministic CBOR.
// Fault model: arguments come from an authenticated or refused manifest, and their lengths are checked; a report
// tells a server something and decides nothing on the device.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Resident
{
    /// <summary>Writes one authenticated report. One writer a report; one thread.</summary>
    /// <remarks>Order of calls: <see cref="AddRecord"/> and <see cref="AddComponent"/> as often as need be, then
    /// <see cref="Finish"/> once.</remarks>
    public sealed class SuitReportWriter
    {
        /// <summary>Most records and components together in one report.</summary>
        public const int RecordsMax = 23;

        /// <summary>Length of a device id in bytes: a UUID.</summary>
        public const int DeviceIdBytes = 16;

        /// <summary>Bytes that a report takes at most beside its nonce, its URI and its records.</summary>
        public const int OverheadBytesMax = 144;

        /// <summary>Bytes that one record takes at most.</summary>
        public const int RecordBytesMax = 18;

        // 6 bytes "MAC0" head, the protected header { 1: 5, 4: kid } as bstr, one byte of unprotected header or empty aad.
        private const int PreambleBytes = 6 + 22 + 1;
        private const int PayloadHeadBytesMax = 3;
        private const int MacItemBytes = 2 + HmacSha256.MacBytes;

        // "MAC0", as it lies in memory.
        private const int Mac0Text = 0x3043414D;

        private const int MajorUnsigned = 0;
        private const int MajorNegative = 1;
        private const int MajorBytes = 2;
        private const int MajorText = 3;
        private const int MajorArray = 4;
        private const int MajorMap = 5;

        /// <summary>Index in the buffer of the report's first byte, after <see cref="Finish"/>.</summary>
        public int Offset;

        /// <summary>Length of the report in bytes, after <see cref="Finish"/>; 0 before.</summary>
        public int Count;

        private readonly byte[] _buffer;
        private readonly int _payloadStart;
        private readonly int _limit;
        private readonly int _recordsAt;
        private int _position;
        private int _records;
        private bool _isFull;

        /// <summary>Begins a report.</summary>
        /// <param name="buffer">Where the report is built. Its content outside the range is untouched.</param>
        /// <param name="offset">First byte of the range.</param>
        /// <param name="count">Bytes of the range.</param>
        /// <param name="nonce">Freshness that the receiver asked for, or a number that this device uses once,
        /// 1 to 64 bytes; null leaves the element out.</param>
        public SuitReportWriter(byte[] buffer, int offset, int count, byte[] nonce)
        {
            _buffer = buffer;
            _isFull = buffer == null || offset < 0 || count < 0 || offset > buffer.Length - count
                || count < PreambleBytes + PayloadHeadBytesMax + MacItemBytes
                || (nonce != null && (nonce.Length == 0 || nonce.Length > 64));
            if (_isFull)
            {
                return;
            }

            _payloadStart = offset + PreambleBytes + PayloadHeadBytesMax;
            _position = _payloadStart;
            _limit = offset + count - MacItemBytes;
            PutHead(MajorMap, nonce == null ? 3 : 4);
            if (nonce != null)
            {
                PutHead(MajorUnsigned, 2);
                PutString(MajorBytes, nonce);
            }

            PutHead(MajorUnsigned, 3);
            _recordsAt = _position;
            PutHead(MajorArray, 0);
        }

        /// <summary>Adds the record of a command: where it stands, and for which component it ran.</summary>
        /// <param name="section">Manifest element: 7 validate, 16 payload-fetch, 20 install, and so on.</param>
        /// <param name="sectionOffsetBytes">Offset of the command in its sequence.</param>
        /// <param name="componentIndex">Component index in the manifest.</param>
        public void AddRecord(int section, int sectionOffsetBytes, int componentIndex)
        {
            _records++;
            PutRecord(section, sectionOffsetBytes, componentIndex);
        }

        /// <summary>Adds what a component holds now (system-property-claims).</summary>
        /// <param name="componentId">The component id, one segment, up to 64 bytes.</param>
        /// <param name="imageDigest">SHA-256 of the image, 32 bytes.</param>
        /// <param name="imageSizeBytes">Size of the image.</param>
        /// <param name="sequence">Sequence number of its manifest; travels as private parameter -258.</param>
        public void AddComponent(byte[] componentId, byte[] imageDigest, int imageSizeBytes, long sequence)
        {
            _records++;
            if (componentId == null || componentId.Length > 64 || !IsDigest(imageDigest) || imageSizeBytes < 0)
            {
                _isFull = true;
                return;
            }

            PutHead(MajorMap, 4);
            PutHead(MajorUnsigned, 0);
            PutHead(MajorArray, 1);
            PutString(MajorBytes, componentId);
            PutHead(MajorUnsigned, 3);
            PutHead(MajorBytes, 4 + HmacSha256.MacBytes);
            PutDigest(imageDigest);
            PutHead(MajorUnsigned, 14);
            PutHead(MajorUnsigned, imageSizeBytes);
            PutHead(MajorNegative, 257);
            PutHead(MajorUnsigned, sequence);
        }

        /// <summary>Ends the report: result, reference to the manifest, and MAC.</summary>
        /// <param name="outcome">Holds the outcome, written by <see cref="ReportOutcome.Write"/>; with reason Ok the
        /// report says plain success.</param>
        /// <param name="outcomeOffset">Index of its first byte.</param>
        /// <param name="componentIndex">Component index in the manifest, not in the device.</param>
        /// <param name="uri">UTF-8 of the manifest's reference URI, or of where it came from; null for none.</param>
        /// <param name="manifestDigest">SHA-256 of the manifest, 32 bytes, as in its authentication block.</param>
        /// <param name="deviceId">The device's id, 16 bytes; the receiver finds the key by it.</param>
        /// <param name="deviceKey">The device key, 32 bytes.</param>
        /// <returns>Ok, <see cref="ResultCode.InvalidArgument"/>, or <see cref="ResultCode.ReportTooLarge"/>.</returns>
        public ResultCode Finish(
            byte[] outcome,
            int outcomeOffset,
            int componentIndex,
            byte[] uri,
            byte[] manifestDigest,
            byte[] deviceId,
            byte[] deviceKey)
        {
            if (!IsDigest(manifestDigest) || deviceId == null || deviceId.Length != DeviceIdBytes
                || !IsDigest(deviceKey) || outcome[outcomeOffset] != ReportOutcome.Format || Count != 0)
            {
                return ResultCode.InvalidArgument;
            }

            PutHead(MajorUnsigned, 4);
            if (outcome[outcomeOffset + 4] == (int)SuitReportReason.Ok)
            {
                PutByte(0xF5);
            }
            else
            {
                PutHead(MajorMap, 3);
                PutHead(MajorUnsigned, 5);
                PutHead(MajorUnsigned, outcome[outcomeOffset + 2] | (outcome[outcomeOffset + 3] << 8));
                PutHead(MajorUnsigned, 6);
                PutRecord(outcome[outcomeOffset + 5], outcome[outcomeOffset + 6] | (outcome[outcomeOffset + 7] << 8), componentIndex);
                PutHead(MajorUnsigned, 7);
                PutHead(MajorUnsigned, outcome[outcomeOffset + 4]);
            }

            PutHead(MajorUnsigned, 99);
            PutHead(MajorArray, 2);
            PutString(MajorText, uri);
            PutDigest(manifestDigest);
            if (_isFull || _records > RecordsMax)
            {
                return ResultCode.ReportTooLarge;
            }

            _buffer[_recordsAt] = (byte)((MajorArray << 5) | _records);
            Seal(deviceId, deviceKey);
            return ResultCode.Ok;
        }

        private static bool IsDigest(byte[] digest)
        {
            return digest != null && digest.Length == HmacSha256.MacBytes;
        }

        /// <summary>Puts the COSE structure around the payload, which stands in its place already.</summary>
        private void Seal(byte[] deviceId, byte[] deviceKey)
        {
            int payloadEnd = _position;
            int payloadBytes = payloadEnd - _payloadStart;

            // The head of the payload ends where the payload begins; what comes before it is laid out to meet it.
            int headBytes = payloadBytes < 24 ? 1 : payloadBytes < 256 ? 2 : 3;
            int start = _payloadStart - headBytes - PreambleBytes;
            _position = start;
            PutHead(MajorArray, 4);
            PutHead(MajorText, 4);
            Array.Copy(BitConverter.GetBytes(Mac0Text), 0, _buffer, _position, 4);
            _position += 4;
            PutHead(MajorBytes, 21);
            PutHead(MajorMap, 2);
            PutHead(MajorUnsigned, 1);
            PutHead(MajorUnsigned, 5);
            PutHead(MajorUnsigned, 4);
            PutString(MajorBytes, deviceId);
            int gap = _position;
            PutHead(MajorBytes, 0);
            PutHead(MajorBytes, payloadBytes);

            _buffer[payloadEnd] = (MajorBytes << 5) | 24;
            _buffer[payloadEnd + 1] = HmacSha256.MacBytes;
            byte[] mac = HmacSha256.Compute(deviceKey, _buffer, start, payloadEnd - start);
            Array.Copy(mac, 0, _buffer, payloadEnd + 2, HmacSha256.MacBytes);

            _buffer[gap] = MajorMap << 5;
            _buffer[start + 4] = 0xD1;
            _buffer[start + 5] = 0x84;
            Offset = start + 4;
            Count = payloadEnd + MacItemBytes - Offset;
        }

        private void PutRecord(int section, int sectionOffsetBytes, int componentIndex)
        {
            PutHead(MajorArray, 5);
            PutHead(MajorArray, 0);
            PutHead(MajorUnsigned, section);
            PutHead(MajorUnsigned, sectionOffsetBytes);
            PutHead(MajorUnsigned, componentIndex);
            PutHead(MajorMap, 0);
        }

        private void PutDigest(byte[] digest)
        {
            PutHead(MajorArray, 2);
            PutHead(MajorNegative, 15);
            PutString(MajorBytes, digest);
        }

        private void PutString(int majorType, byte[] data)
        {
            int count = data == null ? 0 : data.Length;
            PutHead(majorType, count);
            if (_isFull || count > _limit - _position)
            {
                _isFull = true;
                return;
            }

            if (count != 0)
            {
                Array.Copy(data, 0, _buffer, _position, count);
                _position += count;
            }
        }

        /// <summary>Writes the head of an item in its shortest form. A negative value cannot be meant, and spoils the report.</summary>
        private void PutHead(int majorType, long value)
        {
            int type = majorType << 5;
            if (value < 0)
            {
                _isFull = true;
                return;
            }

            if (value < 24)
            {
                PutByte(type | (int)value);
                return;
            }

            int size = value < 0x100 ? 0 : value < 0x10000 ? 1 : value < 0x100000000 ? 2 : 3;
            PutByte(type | (24 + size));
            for (int shift = (8 << size) - 8; shift >= 0; shift -= 8)
            {
                PutByte((int)(value >> shift));
            }
        }

        private void PutByte(int value)
        {
            if (_isFull || _position >= _limit)
            {
                _isFull = true;
                return;
            }

            _buffer[_position++] = (byte)value;
        }
    }
}
