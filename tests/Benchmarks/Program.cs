// Two ways to the same measurements: a quick table (the default), and BenchmarkDotNet. Also writes the samples that the
// benchmark on the interpreter works with.

using System;
using System.Globalization;
using System.Linq;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

namespace NanoBoot.Benchmarks
{
    internal static class Program
    {
        private const int BuildTimeoutMinutes = 15;

        private static int Main(string[] arguments)
        {
            if (arguments.Length > 0 && arguments[0] == "bdn")
            {
                // The build of its own projects takes long on a busy machine.
                IConfig config = ManualConfig.Create(DefaultConfig.Instance).WithBuildTimeout(
                    TimeSpan.FromMinutes(BuildTimeoutMinutes));
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments.Skip(1).ToArray(), config);
                return 0;
            }

            if (arguments.Length == 2 && arguments[0] == "samples")
            {
                NanoSamples.Write(arguments[1]);
                return 0;
            }

            if (arguments.Length == 4 && arguments[0] == "boot-samples")
            {
                NanoBootSamples.Write(arguments[1], arguments[2], arguments[3]);
                return 0;
            }

            if (arguments.Length is 1 or 2 && arguments[0] == "stage1")
            {
                // What tests/nano/benchmarks.sh boot says, where it is known.
                return Stage1Table.Print(arguments.Length == 2 ? double.Parse(arguments[1], CultureInfo.InvariantCulture) : 0);
            }

            if (arguments.Length == 1 && arguments[0] == "updates")
            {
                return UpdateTable.Print();
            }

            QuickTable table = new QuickTable(arguments.Length > 0 ? arguments[0] : string.Empty);
            FlashBenchmarks.AddTo(table);
            CryptoBenchmarks.AddTo(table);
            return table.Print();
        }
    }
}
