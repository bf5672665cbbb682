// One line of a device's console: NB;event;region;result;value (docs/SPEC.md).

using System;
using System.Globalization;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Hil
{
    /// <summary>A line that a stage wrote.</summary>
    public readonly record struct ConsoleLine(BootEvent Event, RegionId Region, ResultCode Result, long Value)
    {
        private const int Fields = 5;

        /// <summary>Reads a line; what applications write between is no such line.</summary>
        public static bool TryParse(string text, out ConsoleLine line)
        {
            line = default;
            string[] fields = text.Trim().Split(';');
            if (fields.Length != Fields || fields[0] != "NB")
            {
                return false;
            }

            Span<long> numbers = stackalloc long[Fields - 1];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (!long.TryParse(fields[i + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i]))
                {
                    return false;
                }
            }

            line = new ConsoleLine((BootEvent)numbers[0], (RegionId)numbers[1], (ResultCode)numbers[2], numbers[3]);
            return true;
        }
    }
}
