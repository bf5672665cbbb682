// nanoBoot's fuzzer of manifests.
//
//   NanoBoot.Fuzz [--count N] [--seed S] [--replay NUMBER]
//
// A case is seed and number. A broken property ends the run with exit code 1 and says how to run that one case again.

using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;

namespace NanoBoot.Fuzz
{
    internal static class Program
    {
        private const int HangSeconds = 20;

        private static int Main(string[] args)
        {
            ulong count = 1000000;
            ulong seed = (ulong)Environment.TickCount64;
            ulong? replay = null;
            for (int i = 0; i < args.Length; i++)
            {
                string? value = i + 1 < args.Length ? args[i + 1] : null;
                if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
                {
                    return Usage();
                }

                switch (args[i++])
                {
                    case "--count":
                        count = number;
                        break;
                    case "--seed":
                        seed = number;
                        break;
                    case "--replay":
                        replay = number;
                        break;
                    default:
                        return Usage();
                }
            }

            var fuzzer = new ManifestFuzzer();
            string? failure = fuzzer.CheckCorpus();
            if (failure is not null)
            {
                Console.Error.WriteLine(failure);
                return 1;
            }

            return replay is ulong one ? Replay(fuzzer, seed, one) : Run(fuzzer, seed, count);
        }

        private static int Usage()
        {
            Console.Error.WriteLine("NanoBoot.Fuzz [--count N] [--seed S] [--replay NUMBER]");
            return 2;
        }

        private static int Replay(ManifestFuzzer fuzzer, ulong seed, ulong number)
        {
            byte[] input = fuzzer.Input(seed, number, out bool isSigned);
            Console.WriteLine("seed {0}, case {1}, {2}: {3}", seed, number, isSigned ? "signed anew" : "not signed", Convert.ToHexStringLower(input));
            string? failure = fuzzer.Run(seed, number);
            Console.WriteLine(failure ?? "nothing is broken");
            return failure is null ? 0 : 1;
        }

        private static int Run(ManifestFuzzer fuzzer, ulong seed, ulong count)
        {
            Console.WriteLine("seed {0}, {1} cases", seed, count);
            ulong current = 0;
            using var watch = new Timer(_ => Watch(seed, Volatile.Read(ref current)), null, HangSeconds * 1000, HangSeconds * 1000);
            var clock = Stopwatch.StartNew();
            for (ulong number = 0; number < count; number++)
            {
                Volatile.Write(ref current, number);
                string? failure = fuzzer.Run(seed, number);
                if (failure is not null)
                {
                    Console.Error.WriteLine("BROKEN: {0}\nreplay: nanoboot sim fuzz --seed {1} --replay {2}", failure, seed, number);
                    return 1;
                }
            }

            Console.WriteLine(
                "{0} cases in {1:F0} s ({2:F0}/s), nothing broken; authenticated {3}, parsed {4}, rehearsed {5}, started {6}; most allocated: stage 1 {7} B, updater {8} B",
                count, clock.Elapsed.TotalSeconds, count / clock.Elapsed.TotalSeconds, fuzzer.Authenticated, fuzzer.Parsed, fuzzer.Rehearsed,
                fuzzer.Started, fuzzer.MostStage1Bytes, fuzzer.MostUpdaterBytes);
            return 0;
        }

        private static ulong _lastSeen = ulong.MaxValue;

        private static void Watch(ulong seed, ulong number)
        {
            if (number == _lastSeen)
            {
                Console.Error.WriteLine("BROKEN: a case runs for {0} s\nreplay: nanoboot sim fuzz --seed {1} --replay {2}", HangSeconds, seed, number);
                Environment.Exit(1);
            }

            _lastSeen = number;
        }
    }
}
