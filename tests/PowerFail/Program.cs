// The simulator as a program. See docs/TESTING.md.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>The command line.</summary>
    public static class Program
    {
        private const string Usage =
            "usage: NanoBoot.PowerFail [--scenario NAME]... [--cuts 1|2] [--random CHAINS] [--seed N] [--signatures] [--each-read]\n"
            + "       NanoBoot.PowerFail [--each-read] --replay SCENARIO/CUT,CUT...\n"
            + "       NanoBoot.PowerFail [--seed N] --random-flash CASES\n"
            + "       NanoBoot.PowerFail --list";

        /// <summary>Runs the simulator.</summary>
        /// <param name="arguments">See the usage.</param>
        /// <returns>0 when no case failed, 1 when one did, 2 for a command line that is not understood.</returns>
        public static int Main(string[] arguments)
        {
            string[] scenarios = Scenarios.Names.ToArray();
            string[] named = Array.Empty<string>();
            int cutsMax = 2;
            int chains = 0;
            int seed = 1;
            bool isMac = true;
            UnstablePeriod period = UnstablePeriod.EachPowerOn;
            for (int i = 0; i < arguments.Length; i++)
            {
                string value = i + 1 < arguments.Length ? arguments[i + 1] : string.Empty;
                switch (arguments[i])
                {
                    case "--list":
                        Console.WriteLine(string.Join('\n', scenarios));
                        return 0;

                    case "--replay" when value.Contains('/'):
                        return Replay(value, period);

                    case "--scenario" when scenarios.Contains(value):
                        named = named.Append(value).ToArray();
                        i++;
                        break;

                    case "--cuts" when int.TryParse(value, CultureInfo.InvariantCulture, out cutsMax):
                    case "--random" when int.TryParse(value, CultureInfo.InvariantCulture, out chains):
                    case "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out seed):
                        i++;
                        break;

                    case "--each-read":
                        period = UnstablePeriod.EachRead;
                        break;

                    case "--random-flash" when int.TryParse(value, CultureInfo.InvariantCulture, out int contents):
                        return RunRandomFlash(contents, seed);

                    case "--signatures":
                        isMac = false;
                        break;

                    default:
                        Console.Error.WriteLine(Usage);
                        return 2;
                }
            }

            return RunAll(named.Length == 0 ? scenarios : named, cutsMax, chains, seed, isMac, period);
        }

        /// <summary>Replays one case, and tells its course.</summary>
        /// <param name="text">Scenario and cuts, as a failure prints them.</param>
        /// <param name="period">When unstable cells read something else.</param>
        /// <returns>0 when the case is good, 1 when it is not.</returns>
        public static int Replay(string text, UnstablePeriod period = UnstablePeriod.EachPowerOn)
        {
            int slash = text.IndexOf('/');
            Scenario scenario = Scenarios.Make(text.Substring(0, slash));
            IReadOnlyList<Cut> chain = Cut.ParseChain(text.Substring(slash + 1));
            scenario.Policy.AttemptsMax = Simulator.AttemptsFor(scenario, chain.Count);
            Simulator simulator = new Simulator(scenario) { UnstablePeriod = period };
            simulator.RunUncut();
            simulator.Trace = Console.WriteLine;
            simulator.RunChain(chain);
            Console.WriteLine(simulator.Failures.Count == 0 ? "good" : "FAILED: " + simulator.Failures[0].Reason);
            return simulator.Failures.Count == 0 ? 0 : 1;
        }

        private static int RunRandomFlash(int cases, int seed)
        {
            RandomFlash flash = new RandomFlash();
            for (int i = 0; i < cases; i++)
            {
                string? reason = flash.Run(seed + i);
                if (reason != null)
                {
                    Console.WriteLine("FAILED " + reason + "\n       nanoboot sim powerfail --random-flash 1 --seed " + (seed + i));
                    return 1;
                }
            }

            double seconds = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases} contents of flash, {flash.Starts} starts of signed images, {seconds:F1} s"));
            return 0;
        }

        private static int RunAll(string[] names, int cutsMax, int chains, int seed, bool isMac, UnstablePeriod period)
        {
            bool isGood = true;
            long cases = 0;
            TimeSpan cpuAtStart = Process.GetCurrentProcess().TotalProcessorTime;
            Console.WriteLine($"{"scenario",-18} {"operations",10} {"recovery",8} {"cuts",9} {"cases",9} {"boots",9} {"CPU s",7} {"cases/s",8}");
            foreach (string name in names)
            {
                TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
                Simulator simulator = new Simulator(Scenarios.Make(name, isMac)) { UnstablePeriod = period };
                if (chains > 0)
                {
                    simulator.RunRandom(seed, chains, 3, 10);
                }
                else
                {
                    simulator.RunAll(cutsMax);
                }

                double seconds = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-18} {simulator.Operations,10} {simulator.RecoveryOperationsMax,8} {simulator.Cuts,9} {simulator.Cases,9} {simulator.Boots,9} {seconds,7:F1} {simulator.Cases / seconds,8:F0}"));
                foreach (Failure failure in simulator.Failures)
                {
                    Console.WriteLine("  FAILED " + failure.Reason + "\n         " + failure.Command);
                }

                cases += simulator.Cases;
                isGood &= simulator.Failures.Count == 0;
            }

            double total = (Process.GetCurrentProcess().TotalProcessorTime - cpuAtStart).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases} cases in {total:F1} s of CPU time: {cases / total:F0} a second"));
            if (chains > 0)
            {
                Console.WriteLine("seed " + seed);
            }

            return isGood ? 0 : 1;
        }
    }
}
