// How an update ended, in 16 bytes: what a report says, and what is kept of one that could not be sent.
//
// offset  size  field
//      0     1  format, 1; anything else: there is none
//      1     1  component index of the device (0 stage2, 1 application, 2 trust, 3 configuration)
//      2     2  result code, little-endian
//      4     1  reason (SuitReportReason)
//      5     1  manifest element, 0 when in none
//      6     2  offset in the element, little-endian; 65535 stands for that and everything above
//      8     8  first bytes of the manifest's SHA-256
//
// The full digest is not kept: the manifest stands in a slot, or is offered again by the server that the report goes
// to. When neither has it any more, the report is about something that nobody offers, and is dropped.

using System;
using NanoBoot.Hal;

namespace NanoBoot.Resident
{
    /// <summary>Writes outcomes into bytes of the caller, such as the journal's. Stateless.</summary>
    public static class ReportOutcome
    {
        /// <summary>Length of an outcome in bytes.</summary>
        public const int OutcomeBytes = 16;

        /// <summary>Offset in an outcome of the manifest's digest.</summary>
        public const int DigestOffset = 8;

        /// <summary>How many bytes of the manifest's digest are kept.</summary>
        public const int DigestPrefixBytes = 8;

        /// <summary>First byte of an outcome; set it to 0 to forget one.</summary>
        public const byte Format = 1;

        private const int PositionMax = 0xFFFF;

        /// <summary>Writes an outcome.</summary>
        /// <param name="buffer">Receives 16 bytes. The caller vouches that they fit.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="result">How the update ended.</param>
        /// <param name="reason">The standard's reason, mostly <see cref="SuitReportReasons.Of"/> the result.</param>
        /// <param name="componentIndex">Component index of the device, 0 to 255.</param>
        /// <param name="section">Manifest element in which it ended, 0 to 255; 0 when in none.</param>
        /// <param name="sectionOffsetBytes">Offset of the command in its sequence, or of the fault in the element.</param>
        /// <param name="manifestDigest">Holds the SHA-256 of the manifest.</param>
        /// <param name="digestOffset">Index of its first byte.</param>
        public static void Write(
            byte[] buffer,
            int offset,
            ResultCode result,
            SuitReportReason reason,
            int componentIndex,
            int section,
            int sectionOffsetBytes,
            byte[] manifestDigest,
            int digestOffset)
        {
            int position = sectionOffsetBytes > PositionMax || sectionOffsetBytes < 0 ? PositionMax : sectionOffsetBytes;
            buffer[offset] = Format;
            buffer[offset + 1] = (byte)componentIndex;
            buffer[offset + 2] = (byte)result;
            buffer[offset + 3] = (byte)((int)result >> 8);
            buffer[offset + 4] = (byte)reason;
            buffer[offset + 5] = (byte)section;
            buffer[offset + 6] = (byte)position;
            buffer[offset + 7] = (byte)(position >> 8);
            Array.Copy(manifestDigest, digestOffset, buffer, offset + DigestOffset, DigestPrefixBytes);
        }
    }
}
