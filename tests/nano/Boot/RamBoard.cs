// A board whose flash is RAM, for a whole boot on the interpreter. A restart is an exception: the test goes on.

using System;
using System.Collections;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Nano.Tests
{
    /// <summary>Thrown where a board would restart.</summary>
    internal sealed class RestartException : Exception
    {
    }

    /// <summary>The board, and what it was told.</summary>
    internal sealed class RamBoard : IBoard
    {
        private readonly ArrayList _events = new ArrayList();

        public RamBoard(FlashMap flash)
        {
            Flash = flash;
        }

        public FlashMap Flash { get; }

        public long UptimeMs
        {
            get { return DateTime.UtcNow.Ticks / TimeSpan.TicksPerMillisecond; }
        }

        public long SecureTimeSeconds
        {
            get { return -1; }
        }

        public void Restart()
        {
            throw new RestartException();
        }

        public void Sleep(int durationMs)
        {
        }

        public ResultCode ConnectNetwork(int timeoutMs)
        {
            return ResultCode.NetworkUnreachable;
        }

        public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
        {
            string line = "NB;" + ((int)bootEvent).ToString() + ";" + ((int)region).ToString() + ";" + ((int)result).ToString()
                + ";" + value.ToString();
            _events.Add(line);
            Console.WriteLine(line);
        }

        /// <summary>Number of events that begin as said.</summary>
        public int Count(string start)
        {
            int count = 0;
            foreach (string line in _events)
            {
                if (line.IndexOf(start) == 0)
                {
                    count++;
                }
            }

            return count;
        }
    }
}
