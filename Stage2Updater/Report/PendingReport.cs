// What must survive a restart so that a report can be written later: 16 bytes, small enough for the boot journal.
//
// offset  size  field
//      0     1  format, 1; anything else: there is no pending report
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

namespace NanoBoot.Stage2Updater.Report
{
    /// <summary>A report that could not be sent, as it is kept. One thread.</summary>
    public sealed class PendingReport
    {
        /// <summary>Length of the serialised form in bytes.</summary>
        public const int SerialisedBytes = 16;

        /// <summary>How many bytes of the manifest's digest are kept.</summary>
        public const int DigestPrefixBytes = 8;

        private const byte Format = 1;
        private const int OffsetMax = 0xFFFF;

        /// <summary>Component index of the device.</summary>
        public byte ComponentIndex;

        /// <summary>How the update ended.</summary>
        public ResultCode Result;

        /// <summary>The standard's reason.</summary>
        public SuitReportReason Reason;

        /// <summary>Manifest element in which it ended, 0 when in none.</summary>
        public byte Section;

        /// <summary>Offset in the element; at most 65535 is kept.</summary>
        public int SectionOffsetBytes;

        /// <summary>First bytes of the manifest's SHA-256.</summary>
        public readonly byte[] DigestPrefix = new byte[DigestPrefixBytes];

        /// <summary>Serialises into 16 bytes.</summary>
        /// <param name="buffer">Where they go. The caller vouches that they fit.</param>
        /// <param name="offset">Index of the first.</param>
        public void Write(byte[] buffer, int offset)
        {
            int sectionOffset = SectionOffsetBytes > OffsetMax || SectionOffsetBytes < 0 ? OffsetMax : SectionOffsetBytes;
            buffer[offset] = Format;
            buffer[offset + 1] = ComponentIndex;
            buffer[offset + 2] = (byte)Result;
            buffer[offset + 3] = (byte)((int)Result >> 8);
            buffer[offset + 4] = (byte)Reason;
            buffer[offset + 5] = Section;
            buffer[offset + 6] = (byte)sectionOffset;
            buffer[offset + 7] = (byte)(sectionOffset >> 8);
            Array.Copy(DigestPrefix, 0, buffer, offset + 8, DigestPrefixBytes);
        }

        /// <summary>Reads the 16 bytes back.</summary>
        /// <param name="buffer">Where they are. The caller vouches that they are there.</param>
        /// <param name="offset">Index of the first.</param>
        /// <returns>False when they hold no pending report; nothing is changed then.</returns>
        public bool Read(byte[] buffer, int offset)
        {
            if (buffer[offset] != Format)
            {
                return false;
            }

            ComponentIndex = buffer[offset + 1];
            Result = (ResultCode)(buffer[offset + 2] | (buffer[offset + 3] << 8));
            Reason = (SuitReportReason)buffer[offset + 4];
            Section = buffer[offset + 5];
            SectionOffsetBytes = buffer[offset + 6] | (buffer[offset + 7] << 8);
            Array.Copy(buffer, offset + 8, DigestPrefix, 0, DigestPrefixBytes);
            return true;
        }

        /// <summary>Erases a serialised report.</summary>
        /// <param name="buffer">Where it is.</param>
        /// <param name="offset">Index of its first byte.</param>
        public static void Clear(byte[] buffer, int offset)
        {
            Array.Clear(buffer, offset, SerialisedBytes);
        }
    }
}
