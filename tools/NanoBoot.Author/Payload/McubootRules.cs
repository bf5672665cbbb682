// What makes an MCUboot image ambiguous, in words for its author. The device refuses the same images
// (docs/SPEC-payload.md); it says only that.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>Checks MCUboot images for consistency.</summary>
    public static class McubootRules
    {
        private const uint Magic = 0x96F3B83D;
        private const int HeaderBytesMin = 32;
        private const int InfoBytes = 4;
        private const ushort InfoMagic = 0x6907;
        private const ushort ProtectedInfoMagic = 0x6908;
        private const int TypeSha256 = 0x10;

        /// <summary>Checks an image that is to be carried as a component.</summary>
        /// <param name="image">All bytes of the component.</param>
        /// <returns>What is wrong, each in a sentence; empty when nothing is.</returns>
        public static IReadOnlyList<string> Check(ReadOnlySpan<byte> image)
        {
            var problems = new List<string>();
            if (image.Length < HeaderBytesMin + InfoBytes || BinaryPrimitives.ReadUInt32LittleEndian(image) != Magic)
            {
                return ["It has no header of an MCUboot image."];
            }

            int header = BinaryPrimitives.ReadUInt16LittleEndian(image[8..]);
            int protectedBytes = BinaryPrimitives.ReadUInt16LittleEndian(image[10..]);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(image[12..]);
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(image[16..]);
            if (header < HeaderBytesMin || size == 0 || header + size + protectedBytes > image.Length)
            {
                return [$"Header ({header}), image ({size}) and protected entries ({protectedBytes}) do not fit into {image.Length} bytes."];
            }

            int start = header + (int)size;
            int end = start + protectedBytes;
            if (protectedBytes != 0)
            {
                ReadArea(image[start..end], ProtectedInfoMagic, problems);
            }

            byte[]? digest = ReadArea(image[end..], InfoMagic, problems);
            if (problems.Count == 0 && digest == null)
            {
                problems.Add("It has no SHA-256.");
            }

            bool isEncrypted = (flags & 0x0C) != 0;
            if (problems.Count == 0 && !isEncrypted && !digest.AsSpan().SequenceEqual(SHA256.HashData(image[..end])))
            {
                problems.Add("Its SHA-256 is not that of header, image and protected entries.");
            }

            return problems;
        }

        private static byte[]? ReadArea(ReadOnlySpan<byte> area, ushort magic, List<string> problems)
        {
            string name = magic == InfoMagic ? "unprotected" : "protected";
            if (area.Length < InfoBytes || BinaryPrimitives.ReadUInt16LittleEndian(area) != magic)
            {
                problems.Add($"The {name} entries are missing where they should begin.");
                return null;
            }

            int total = BinaryPrimitives.ReadUInt16LittleEndian(area[2..]);
            if (total != area.Length)
            {
                problems.Add($"The {name} entries say that they have {total} bytes; {area.Length} are there.");
                return null;
            }

            byte[]? digest = null;
            int position = InfoBytes;
            while (position < area.Length)
            {
                if (area.Length - position < InfoBytes)
                {
                    problems.Add($"The last of the {name} entries is cut off.");
                    return digest;
                }

                int type = BinaryPrimitives.ReadUInt16LittleEndian(area[position..]);
                int length = BinaryPrimitives.ReadUInt16LittleEndian(area[(position + 2)..]);
                position += InfoBytes;
                if (length > area.Length - position)
                {
                    problems.Add($"Entry 0x{type:x2} of the {name} entries reaches beyond them.");
                    return digest;
                }

                if (magic == InfoMagic ? type >= 0x40 : type is >= TypeSha256 and <= 0x12)
                {
                    problems.Add($"Entry 0x{type:x2} must not stand among the {name} entries.");
                }

                if (type == TypeSha256)
                {
                    if (digest != null || length != SHA256.HashSizeInBytes)
                    {
                        problems.Add("It has more than one SHA-256, or one of another length.");
                    }

                    digest = area.Slice(position, length).ToArray();
                }

                position += length;
            }

            return digest;
        }
    }
}
