// A bundle: assemblies one after the other, each dependency before what needs it. No format of its own.

using System;
using System.Collections.Generic;
using System.IO;

namespace NanoBoot.Author
{
    /// <summary>Makes and divides bundles.</summary>
    public static class Bundle
    {
        /// <summary>Bytes that every assembly's length is a multiple of, as the runtime's own loader wants it.</summary>
        public const int AlignmentBytes = 4;

        /// <summary>Puts assemblies one after the other.</summary>
        /// <param name="assemblies">The assemblies, dependencies first.</param>
        /// <returns>The payload of a slot.</returns>
        /// <exception cref="InvalidDataException">One of them is no complete assembly.</exception>
        public static byte[] Concatenate(IEnumerable<byte[]> assemblies)
        {
            ArgumentNullException.ThrowIfNull(assemblies);
            using var payload = new MemoryStream();
            int index = 0;
            foreach (byte[] assembly in assemblies)
            {
                int length = AssemblyImage.LengthOf(assembly);
                if (length != assembly.Length || length % AlignmentBytes != 0)
                {
                    throw new InvalidDataException(length == 0
                        ? $"Assembly {index} is neither a complete .pe nor a complete .NET assembly."
                        : $"Assembly {index} has {assembly.Length} bytes, its header says {length}.");
                }

                payload.Write(assembly);
                index++;
            }

            return payload.ToArray();
        }

        /// <summary>Divides a payload into assemblies.</summary>
        /// <param name="payload">The payload.</param>
        /// <returns>Offset and length of each, in bytes; empty when the payload is no bundle.</returns>
        public static IReadOnlyList<(int OffsetBytes, int LengthBytes)> Split(ReadOnlySpan<byte> payload)
        {
            var parts = new List<(int OffsetBytes, int LengthBytes)>();
            int offset = 0;
            while (offset < payload.Length)
            {
                int length = AssemblyImage.LengthOf(payload[offset..]);
                if (length == 0)
                {
                    return [];
                }

                parts.Add((offset, length));
                offset += length;
            }

            return parts;
        }
    }
}
