// Where an assembly of net10.0 ends: what the emulator runs.

using System;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class ImageVerifier
    {
        private const int SignatureMZ = 0x5A4D;
        private const int SignaturePE = 0x00004550;
        private const int SectionHeaderBytes = 40;
        private const int SectionsMax = 16;

        // The length of a .NET image: the end of its last section.
        static partial void MeasureForeign(byte[] head, int count, ref int length)
        {
            if (count < 64 || BitConverter.ToUInt16(head, 0) != SignatureMZ)
            {
                return;
            }

            long header = BitConverter.ToUInt32(head, 60);
            if (header < 64 || header > count - 24 || BitConverter.ToUInt32(head, (int)header) != SignaturePE)
            {
                return;
            }

            int sections = BitConverter.ToUInt16(head, (int)header + 6);
            long table = header + 24 + BitConverter.ToUInt16(head, (int)header + 20);
            if (sections < 1 || sections > SectionsMax || table + (sections * SectionHeaderBytes) > count)
            {
                return;
            }

            long end = 0;
            for (int i = 0; i < sections; i++)
            {
                int section = (int)table + (i * SectionHeaderBytes);
                long sectionEnd = (long)BitConverter.ToUInt32(head, section + 16) + BitConverter.ToUInt32(head, section + 20);
                end = sectionEnd > end ? sectionEnd : end;
            }

            length = end < count && end < 512 || end > AssemblyBytesMax ? 0 : (int)end;
        }
    }
}
