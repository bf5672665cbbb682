// Packs an image for the way to the device, and unpacks it again to be sure. Formats: docs/SPEC-payload.md.
// The blocks are the chunks of the image's chunk table, so that a device fetches the blocks of what it lacks only.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>Makes and reads packed payloads.</summary>
    public static class PackedPayloads
    {
        /// <summary>File name extension of a compressed payload.</summary>
        public const string CompressedExtension = ".nbz";

        /// <summary>File name extension of a differential payload.</summary>
        public const string DifferentialExtension = ".nbd";

        /// <summary>Most blocks.</summary>
        public const int MaximumBlocks = 1024;

        /// <summary>Longest image that a differential payload may start from, in bytes: its positions have 24 bits, one for the sign.</summary>
        public const int MaximumPrecursorBytes = 1 << 22;

        private const int EntryBytes = 4;
        private const int HeaderBytes = 8;
        private const int DifferentialHeaderBytes = 68;

        // Bits of a distance and of a length that are tried: for .pe and .dll files one of these packs best.
        private static readonly (int Window, int Length)[] s_widths = [(9, 4), (10, 3), (10, 4), (11, 3), (11, 4)];

        private static ReadOnlySpan<byte> CompressedMagic => "NBZ1"u8;

        private static ReadOnlySpan<byte> DifferentialMagic => "NBD1"u8;

        /// <summary>Compresses an image.</summary>
        /// <param name="image">The image.</param>
        /// <param name="chunkBytes">Lengths of its chunks, as in its chunk table; without one <see cref="Chunker.Cut"/>.</param>
        /// <exception cref="InvalidDataException">The image is empty or has too many chunks.</exception>
        public static byte[] Compress(byte[] image, IReadOnlyList<int> chunkBytes)
        {
            return PackBest(image, chunkBytes, null);
        }

        /// <summary>Makes a payload that only a device with the precursor can use.</summary>
        /// <param name="precursor">The image that the device has in another slot.</param>
        /// <param name="image">The new image.</param>
        /// <param name="chunkBytes">Lengths of the new image's chunks, as in its chunk table.</param>
        /// <exception cref="InvalidDataException">An image is empty or too large, or has too many chunks.</exception>
        public static byte[] Differentiate(byte[] precursor, byte[] image, IReadOnlyList<int> chunkBytes)
        {
            ArgumentNullException.ThrowIfNull(precursor);
            if (precursor.Length is 0 or > MaximumPrecursorBytes)
            {
                throw new InvalidDataException($"A precursor has 1 to {MaximumPrecursorBytes} bytes.");
            }

            return PackBest(image, chunkBytes, precursor);
        }

        /// <summary>Unpacks a payload.</summary>
        /// <param name="packed">The payload.</param>
        /// <param name="precursor">The image that a differential payload starts from, else null.</param>
        /// <returns>The image.</returns>
        /// <exception cref="InvalidDataException">It is malformed, or starts from another image.</exception>
        public static byte[] Unpack(byte[] packed, byte[]? precursor)
        {
            ArgumentNullException.ThrowIfNull(packed);
            bool isDifferential = packed.AsSpan().StartsWith(DifferentialMagic);
            int index = HeaderBytes + (isDifferential ? DifferentialHeaderBytes : 0);
            if ((!isDifferential && !packed.AsSpan().StartsWith(CompressedMagic)) || packed.Length < index)
            {
                throw new InvalidDataException("This is no packed payload.");
            }

            byte[] old = isDifferential ? RequirePrecursor(packed, precursor) : [];
            int blocks = BinaryPrimitives.ReadUInt16LittleEndian(packed.AsSpan(6));
            int stored = index + (blocks * EntryBytes);
            if (blocks is 0 or > MaximumBlocks || stored > packed.Length)
            {
                throw new InvalidDataException("The index of the packed payload is malformed.");
            }

            using var image = new MemoryStream();
            for (int block = 0; block < blocks; block++)
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(packed.AsSpan(index + (block * EntryBytes)));
                int storedBytes = BinaryPrimitives.ReadUInt16LittleEndian(packed.AsSpan(index + (block * EntryBytes) + 2));
                if (length is 0 or > Chunker.MaximumBytes || storedBytes == 0 || storedBytes > length || storedBytes > packed.Length - stored)
                {
                    throw new InvalidDataException($"Block {block} has impossible lengths.");
                }

                ReadOnlySpan<byte> source = packed.AsSpan(stored, storedBytes);
                image.Write(storedBytes == length
                    ? source
                    : UnpackBlock(source, (int)image.Length, length, packed[4], packed[5], isDifferential, old));
                stored += storedBytes;
            }

            byte[] result = image.ToArray();
            if (stored != packed.Length || (isDifferential && !packed.AsSpan(8, 32).SequenceEqual(SHA256.HashData(result))))
            {
                throw new InvalidDataException("The packed payload does not make the image that it names, or has more bytes than blocks.");
            }

            return result;
        }

        /// <summary>Packs with given widths: for measurements; devices take all of them.</summary>
        /// <param name="image">The image.</param>
        /// <param name="chunkBytes">Lengths of its chunks.</param>
        /// <param name="precursor">The image that the payload starts from, or null.</param>
        /// <param name="windowBits">Bits of a distance, 4 to 12.</param>
        /// <param name="lengthBits">Bits of a length, 2 to 8.</param>
        /// <exception cref="InvalidDataException">The chunks do not fit the image.</exception>
        public static byte[] Pack(byte[] image, IReadOnlyList<int> chunkBytes, byte[]? precursor, int windowBits, int lengthBits)
        {
            ArgumentNullException.ThrowIfNull(image);
            ArgumentNullException.ThrowIfNull(chunkBytes);
            if (chunkBytes.Count is 0 or > MaximumBlocks)
            {
                throw new InvalidDataException($"A packed payload has 1 to {MaximumBlocks} blocks.");
            }

            using var header = new MemoryStream();
            header.Write(precursor == null ? CompressedMagic : DifferentialMagic);
            header.Write([(byte)windowBits, (byte)lengthBits]);
            WriteNumber(header, chunkBytes.Count, 2);
            if (precursor != null)
            {
                header.Write(SHA256.HashData(image));
                WriteNumber(header, precursor.Length, 4);
                header.Write(SHA256.HashData(precursor));
            }

            using var body = new MemoryStream();
            var encoder = new BlockEncoder(windowBits, lengthBits, precursor == null ? null : new PrecursorIndex(precursor));
            int position = 0;
            foreach (int length in chunkBytes)
            {
                if (length is < 1 or > Chunker.MaximumBytes || length > image.Length - position)
                {
                    throw new InvalidDataException("The chunks do not add up to the image.");
                }

                byte[] block = encoder.Encode(image, position, length);
                ReadOnlySpan<byte> stored = block.Length < length ? block : image.AsSpan(position, length);
                WriteNumber(header, length, 2);
                WriteNumber(header, stored.Length, 2);
                body.Write(stored);
                position += length;
            }

            byte[] packed = [.. header.ToArray(), .. body.ToArray()];
            if (position != image.Length || !Unpack(packed, precursor).AsSpan().SequenceEqual(image))
            {
                throw new InvalidDataException("The chunks do not add up to the image.");
            }

            return packed;
        }

        private static byte[] PackBest(byte[] image, IReadOnlyList<int> chunkBytes, byte[]? precursor)
        {
            byte[]? best = null;
            foreach ((int window, int length) in s_widths)
            {
                byte[] packed = Pack(image, chunkBytes, precursor, window, length);
                if (best == null || packed.Length < best.Length)
                {
                    best = packed;
                }
            }

            return best!;
        }

        private static byte[] RequirePrecursor(byte[] packed, byte[]? precursor)
        {
            if (precursor == null || precursor.Length != BinaryPrimitives.ReadInt32LittleEndian(packed.AsSpan(40))
                || !packed.AsSpan(44, 32).SequenceEqual(SHA256.HashData(precursor)))
            {
                throw new InvalidDataException("The payload starts from another image.");
            }

            return precursor;
        }

        private static byte[] UnpackBlock(
            ReadOnlySpan<byte> stored, int imagePosition, int length, int windowBits, int lengthBits, bool isDifferential, byte[] old)
        {
            var reader = new BitReader(stored);
            byte[] block = new byte[length];
            int diagonal = 0;
            int at = 0;
            while (at < length)
            {
                if (reader.Read(1) == 1)
                {
                    block[at++] = (byte)reader.Read(8);
                    continue;
                }

                bool isFromPrecursor = isDifferential && reader.Read(1) == 1;
                if (isFromPrecursor && reader.Read(1) == 1)
                {
                    int change = reader.ReadNumber();
                    diagonal += (change >> 1) ^ -(change & 1);
                }

                int from = isFromPrecursor ? imagePosition + at + diagonal : at - 1 - reader.Read(windowBits);
                int count = 1 + (isFromPrecursor ? reader.ReadNumber() : reader.Read(lengthBits));
                if (from < 0 || count > length - at || (isFromPrecursor && (from > old.Length || count > old.Length - from)))
                {
                    throw new InvalidDataException("A copy reaches beyond its source or its block.");
                }

                for (; count > 0; count--)
                {
                    block[at++] = isFromPrecursor ? old[from++] : block[from++];
                }
            }

            return reader.IsAtEnd ? block : throw new InvalidDataException("A block has bytes after its end.");
        }

        private static void WriteNumber(MemoryStream stream, int value, int bytes)
        {
            for (int index = 0; index < bytes; index++)
            {
                stream.WriteByte((byte)(value >> (8 * index)));
            }
        }
    }
}
