// The simulator as a program. See docs/TESTING.md.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>The command line.</summary>
    public static class Program
    {
        private const string EachSignature = "--each-signature";
        private const int CasesPerLine = 100_000;

        private const string Usage =
            "usage: NanoBoot.PowerFail [--scenario NAME]... [--cuts 1|2] [--random CHAINS] [--seed N] [--signatures] [--each-read] [--write-behind]\n"
            + "           [--each-signature]: verify each signature each time; else one in 1024, and what was verified before is remembered\n"
            + "       NanoBoot.PowerFail [--signatures] [--each-read] [--write-behind] [--attempts N] --replay SCENARIO/CUT,CUT...\n"
            + "       NanoBoot.PowerFail [--seed N] --random-flash CASES\n"
            + "       NanoBoot.PowerFail --list";

        /// <summary>Runs the simulator.</summary>
        /// <param name="arguments">See the usage.</param>
        /// <returns>0 when no case failed, 1 when one did, 2 for a command line that is not understood.</returns>
        public static int Main(string[] arguments)
        {
            if (!RememberingContext.IsInside && !arguments.Any(argument => argument is EachSignature or "--replay" or "--random-flash"))
            {
                return RememberingContext.Run(arguments);
            }

            List<string> named = new List<string>();
            int cutsMax = 2;
            int chains = 0;
            int seed = 1;
            byte? attempts = null;
            string? replayed = null;
            bool isMac = true;
            bool isWriteBehind = false;
            UnstablePeriod period = UnstablePeriod.EachPowerOn;
            for (int i = 0; i < arguments.Length; i++)
            {
                string value = i + 1 < arguments.Length ? arguments[i + 1] : string.Empty;
                int number = 0;
                switch (arguments[i])
                {
                    case "--list":
                        foreach (string name in Scenarios.Names)
                        {
                            Console.WriteLine($"{name,-24} {Scenarios.Describe(name)}");
                        }

                        return 0;

                    case "--replay" when value.Contains('/') && Scenarios.Contains(value.Substring(0, value.IndexOf('/'))):
                        replayed = value;
                        i++;
                        break;

                    case "--scenario" when Scenarios.Contains(value):
                        named.Add(value);
                        i++;
                        break;

                    case "--cuts" when TryParse(value, out cutsMax):
                    case "--random" when TryParse(value, out chains):
                    case "--seed" when TryParse(value, out seed):
                        i++;
                        break;

                    case "--attempts" when TryParse(value, out number) && number >= 1 && number <= 255:
                        attempts = (byte)number;
                        i++;
                        break;

                    case "--random-flash" when TryParse(value, out number):
                        return RunRandomFlash(number, seed);

                    case "--each-read":
                        period = UnstablePeriod.EachRead;
                        break;

                    case "--write-behind":
                        isWriteBehind = true;
                        break;

                    case EachSignature:
                        break;

                    case "--signatures":
                        isMac = false;
                        break;

                    default:
                        Console.Error.WriteLine(Usage);
                        return 2;
                }
            }

            Simulator Make(string name) => new Simulator(Scenarios.Make(name, isMac)) { UnstablePeriod = period, IsWriteBehind = isWriteBehind };
            return replayed == null
                ? RunAll(named.Count == 0 ? Scenarios.Names : named, Make, cutsMax, chains, seed)
                : Replay(replayed, Make, attempts);
        }

        private static bool TryParse(string text, out int number)
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }

        private static int Replay(string text, Func<string, Simulator> make, byte? attempts)
        {
            int slash = text.IndexOf('/');
            IReadOnlyList<Cut> chain;
            try
            {
                chain = Cut.ParseChain(text.Substring(slash + 1));
            }
            catch (FormatException exception)
            {
                Console.Error.WriteLine(exception.Message);
                return 2;
            }

            Simulator simulator = make(text.Substring(0, slash));
            simulator.SetAttempts(attempts, chain.Count);
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

                if ((i + 1) % CasesPerLine == 0)
                {
                    Console.Error.WriteLine($"{i + 1} of {cases} contents, {flash.Starts} starts");
                }
            }

            double seconds = Environment.CpuUsage.TotalTime.TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases} contents of flash, {flash.Starts} starts of signed images, {seconds:F1} s"));
            return 0;
        }

        private static int RunAll(IReadOnlyList<string> names, Func<string, Simulator> make, int cutsMax, int chains, int seed)
        {
            Console.WriteLine($"{"scenario",-24} {"operations",10} {"recovery",8} {"per boot",8} {"boots",5} {"erases",6} {"cuts",9} {"cases",9} {"boots",9} {"CPU s",7} {"cases/s",8}");
            bool isGood = true;
            long cases = 0;
            double total = 0;
            foreach (string name in names)
            {
                Simulator simulator = make(name);
                TimeSpan before = Environment.CpuUsage.TotalTime;
                if (chains > 0)
                {
                    simulator.RunRandom(seed, chains, 3, 10);
                }
                else
                {
                    simulator.RunAll(cutsMax);
                }

                double seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
                Print(name, simulator, seconds);
                cases += simulator.Cases;
                total += seconds;
                isGood &= simulator.Failures.Count == 0;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases} cases in {total:F1} s of CPU time: {cases / total:F0} a second"));
            if (chains > 0)
            {
                Console.WriteLine("seed " + seed);
            }

            return isGood ? 0 : 1;
        }

        private static void Print(string name, Simulator simulator, double seconds)
        {
            int erasesMax = simulator.Wear.Select(wear => wear.ErasesMax).DefaultIfEmpty().Max();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-24} {simulator.Operations,10} {simulator.RecoveryOperationsMax,8} {simulator.OperationsPerBootMax,8} {simulator.BootsMax,5} {erasesMax,6} {simulator.Cuts,9} {simulator.Cases,9} {simulator.Boots,9} {seconds,7:F1} {simulator.Cases / seconds,8:F0}"));
            foreach (Failure failure in simulator.Failures)
            {
                Console.WriteLine("  FAILED " + failure.Reason + "\n         " + failure.Command);
            }
        }
    }
}
