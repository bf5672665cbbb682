// A quick measurement of throughput, for budgets that leave room: best of some rounds, each a fraction of a second.

using System;
using System.Diagnostics;
using System.Globalization;

namespace NanoBoot.Benchmarks
{
    /// <summary>Measures and prints; the exit code says whether every budget was kept.</summary>
    internal sealed class QuickTable
    {
        private const int Rounds = 5;
        private const double RoundSeconds = 0.2;

        private readonly string _filter;
        private bool _isMissed;
        private bool _isHeaderPrinted;

        /// <summary>Makes a table of the measurements whose names contain a text.</summary>
        /// <param name="filter">The text; empty for all.</param>
        public QuickTable(string filter)
        {
            _filter = filter;
        }

        /// <summary>Measures how much work is done in a second.</summary>
        /// <param name="name">What.</param>
        /// <param name="unit">In what unit, such as MB/s.</param>
        /// <param name="work">Done again and again; gives the amount of work done, in units without the "/s".</param>
        /// <param name="atLeast">The budget, or 0 for none.</param>
        /// <returns>The rate.</returns>
        public double Rate(string name, string unit, Func<double> work, double atLeast)
        {
            if (!name.Contains(_filter, StringComparison.OrdinalIgnoreCase))
            {
                return 0;
            }

            work();
            double best = 0;
            for (int round = 0; round < Rounds; round++)
            {
                double done = 0;
                long start = Stopwatch.GetTimestamp();
                double seconds;
                do
                {
                    done += work();
                    seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                }
                while (seconds < RoundSeconds);

                best = Math.Max(best, done / seconds);
            }

            Row(name, best, unit, atLeast, best >= atLeast);
            return best;
        }

        /// <summary>Ends the table.</summary>
        /// <returns>0 when every budget was kept, else 1.</returns>
        public int Print()
        {
            Console.WriteLine(_isMissed ? "A budget was missed." : "Every budget was kept.");
            return _isMissed ? 1 : 0;
        }

        private void Row(string name, double value, string unit, double budget, bool isKept)
        {
            if (!_isHeaderPrinted)
            {
                Console.WriteLine("| what | measured | budget | |");
                Console.WriteLine("| --- | --- | --- | --- |");
                _isHeaderPrinted = true;
            }

            _isMissed |= !isKept;
            string limit = budget > 0 ? string.Format(CultureInfo.InvariantCulture, "{0:N0} {1}", budget, unit) : string.Empty;
            Console.WriteLine(string.Format(
                CultureInfo.InvariantCulture, "| {0} | {1:N0} {2} | {3} | {4} |", name, value, unit, limit, isKept ? "ok" : "MISSED"));
        }
    }
}
