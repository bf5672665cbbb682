// MCUboot's image format, as far as an inspection needs it: header, payload, trailer of type-length-value entries.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>An MCUboot image.</summary>
    public sealed class McubootImage
    {
        private const uint Magic = 0x96F3B83D;
        private const int HeaderMinimumBytes = 32;
        private const ushort UnprotectedMagic = 0x6907;
        private const ushort ProtectedMagic = 0x6908;
        private const int EntrySha256 = 0x10;

        private static readonly Dictionary<int, string> s_names = new()
        {
            [0x01] = "key hash", [0x02] = "public key", [0x10] = "SHA-256", [0x11] = "SHA-384", [0x12] = "SHA-512",
            [0x20] = "RSA-2048-PSS signature", [0x22] = "ECDSA signature", [0x23] = "RSA-3072-PSS signature", [0x24] = "Ed25519 signature",
            [0x30] = "encryption key, RSA-2048", [0x31] = "encryption key, AES-KW", [0x32] = "encryption key, ECIES-P256",
            [0x33] = "encryption key, X25519", [0x40] = "dependency", [0x50] = "security counter",
        };

        private McubootImage(string version, int headerBytes, byte[] payload, uint flags)
        {
            Version = version;
            HeaderBytes = headerBytes;
            Payload = payload;
            Flags = flags;
        }

        /// <summary>major.minor.revision+build.</summary>
        public string Version { get; }

        /// <summary>Size of the header, bytes.</summary>
        public int HeaderBytes { get; }

        /// <summary>The payload (encrypted, if bit 2 or 3 of the flags is set).</summary>
        public byte[] Payload { get; }

        /// <summary>The flags of the header.</summary>
        public uint Flags { get; }

        /// <summary>True when the payload is encrypted.</summary>
        public bool IsEncrypted => (Flags & 0x0C) != 0;

        /// <summary>The entries of the trailer: what, and how many bytes.</summary>
        public IReadOnlyList<(string Name, int LengthBytes)> Entries { get; private set; } = [];

        /// <summary>True or false as the trailer's SHA-256 says, null where there is none.</summary>
        public bool? IsHashRight { get; private set; }

        /// <summary>True when bytes start like an MCUboot image.</summary>
        /// <param name="bytes">The bytes.</param>
        public static bool Recognize(ReadOnlySpan<byte> bytes)
        {
            return bytes.Length >= HeaderMinimumBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic;
        }

        /// <summary>Reads an image.</summary>
        /// <param name="bytes">Its bytes; more may follow.</param>
        /// <exception cref="InvalidDataException">It is malformed or cut off.</exception>
        public static McubootImage Read(ReadOnlySpan<byte> bytes)
        {
            if (!Recognize(bytes))
            {
                throw new InvalidDataException("no MCUboot image.");
            }

            int header = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
            int protectedBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
            if (header < HeaderMinimumBytes || header + size > bytes.Length)
            {
                throw new InvalidDataException($"an MCUboot image of {header + size} bytes that is cut off after {bytes.Length}.");
            }

            string version = $"{bytes[20]}.{bytes[21]}.{BinaryPrimitives.ReadUInt16LittleEndian(bytes[22..])}+{BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..])}";
            int end = header + (int)size;
            var image = new McubootImage(version, header, bytes[header..end].ToArray(), BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
            image.ReadTrailer(bytes, end, protectedBytes);
            return image;
        }

        private void ReadTrailer(ReadOnlySpan<byte> bytes, int start, int protectedBytes)
        {
            var entries = new List<(string Name, int LengthBytes)>();
            int position = start;
            while (position + 4 <= bytes.Length
                && BinaryPrimitives.ReadUInt16LittleEndian(bytes[position..]) is UnprotectedMagic or ProtectedMagic)
            {
                int end = position + BinaryPrimitives.ReadUInt16LittleEndian(bytes[(position + 2)..]);
                if (end > bytes.Length)
                {
                    throw new InvalidDataException("an MCUboot image whose trailer is cut off.");
                }

                position += 4;
                while (position + 4 <= end)
                {
                    int type = BinaryPrimitives.ReadUInt16LittleEndian(bytes[position..]);
                    int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(position + 2)..]);
                    if (length > end - position - 4)
                    {
                        throw new InvalidDataException("an MCUboot image whose trailer is malformed.");
                    }

                    ReadOnlySpan<byte> value = bytes.Slice(position + 4, length);
                    entries.Add((s_names.GetValueOrDefault(type) ?? $"entry 0x{type:x4}", length));
                    if (type == EntrySha256)
                    {
                        IsHashRight = value.SequenceEqual(SHA256.HashData(bytes[..Math.Min(bytes.Length, start + protectedBytes)]));
                    }

                    position += 4 + length;
                }

                position = end;
            }

            Entries = entries;
        }
    }
}
