// The one form of the Range header that firmware needs: a single range of bytes (RFC 9110 §14.1.2).

using System;
using System.Globalization;

namespace NanoBoot.Server
{
    /// <summary>What a Range header asks for.</summary>
    public enum RangeKind
    {
        /// <summary>No range, or one that RFC 9110 lets a server ignore (another unit, several ranges, malformed).</summary>
        Whole,

        /// <summary>A part of the file.</summary>
        Part,

        /// <summary>A range that lies outside the file: status 416.</summary>
        Unsatisfiable,
    }

    /// <summary>A range of bytes within a file.</summary>
    /// <param name="Kind">What was asked for.</param>
    /// <param name="Start">Offset of the first byte.</param>
    /// <param name="Count">Number of bytes.</param>
    public readonly record struct ByteRange(RangeKind Kind, long Start, long Count)
    {
        /// <summary>Reads a Range header against the length of the file.</summary>
        /// <param name="header">The header's value, or null.</param>
        /// <param name="length">Length of the file in bytes.</param>
        /// <returns>The range to answer with.</returns>
        public static ByteRange Parse(string? header, long length)
        {
            ByteRange whole = new(RangeKind.Whole, 0, length);
            const string Unit = "bytes=";
            if (header == null || !header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            {
                return whole;
            }

            string[] ends = header[Unit.Length..].Trim().Split('-');
            if (ends.Length != 2 || header.Contains(','))
            {
                return whole;
            }

            if (ends[0].Length == 0)
            {
                return TryNumber(ends[1], out long last)
                    ? (last == 0 || length == 0
                        ? new ByteRange(RangeKind.Unsatisfiable, 0, 0)
                        : new ByteRange(RangeKind.Part, Math.Max(0, length - last), Math.Min(last, length)))
                    : whole;
            }

            long end = length - 1;
            if (!TryNumber(ends[0], out long start) || (ends[1].Length != 0 && !TryNumber(ends[1], out end)) || end < start)
            {
                return ends[1].Length == 0 && TryNumber(ends[0], out start) && start >= length
                    ? new ByteRange(RangeKind.Unsatisfiable, 0, 0)
                    : whole;
            }

            return start >= length
                ? new ByteRange(RangeKind.Unsatisfiable, 0, 0)
                : new ByteRange(RangeKind.Part, start, Math.Min(end, length - 1) - start + 1);
        }

        private static bool TryNumber(string text, out long value)
        {
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }
    }
}
