// Events on the console, one a line: NB;event;region;result;value (docs/SPEC.md).

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Board
{
    /// <summary>Writes events to the console.</summary>
    public sealed class ConsoleLog : IBootLog
    {
        /// <inheritdoc/>
        public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
        {
            Console.WriteLine(
                "NB;" + ((int)bootEvent).ToString() + ";" + ((int)region).ToString() + ";" + ((int)result).ToString() + ";"
                + value.ToString());
        }
    }
}
