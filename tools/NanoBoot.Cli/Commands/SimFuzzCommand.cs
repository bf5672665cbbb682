// nanoboot sim fuzz: manifests bent at random through stage 1's path and the updater's, and the replay of one case.

using System;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using NanoBoot.Author;
using NanoBoot.Fuzz;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot sim fuzz</c>.</summary>
    internal static class SimFuzzCommand
    {
        private const int HangSeconds = 20;
        private const int ReportEvery = 256;

        public static Command Create(CliContext context)
        {
            var count = new Option<ulong>("--count", "-n") { Description = "How many cases.", DefaultValueFactory = _ => 100_000, HelpName = "N" };
            var seed = new Option<ulong?>("--seed") { Description = "Seed and number make a case; another seed each time when absent.", HelpName = "N" };
            var replay = new Option<ulong?>("--replay") { Description = "Run the case of this number again, with --seed, and show its input.", HelpName = "NUMBER" };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "fuzz",
                "Bends signed manifests at random and lets the code of the device read them: no exception, no hang, little memory, nothing accepted that was not signed. Exit code 1 when that is broken.",
                "nanoboot sim fuzz",
                "nanoboot sim fuzz --count 1000000 --seed 1",
                "nanoboot sim fuzz --seed 1 --replay 4711")
            {
                count, seed, replay, json,
            };
            return command.Runs((result, cancellation) =>
            {
                ulong? given = result.GetValue(seed);
                var fuzzer = new ManifestFuzzer();
                if (fuzzer.CheckCorpus() is string failure)
                {
                    throw new InvalidOperationException(failure);
                }

                if (result.GetValue(replay) is ulong number)
                {
                    ulong known = given ?? throw new CliException(ExitCode.Usage, "--replay: a case is a number of a seed; give --seed too.");
                    return Task.FromResult(Replay(context, fuzzer, known, number, result.GetValue(json)));
                }

                ulong chosen = given ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
                return Task.FromResult(Run(context, fuzzer, chosen, result.GetValue(count), result.GetValue(json), cancellation));
            });
        }

        private static int Replay(CliContext context, ManifestFuzzer fuzzer, ulong seed, ulong number, bool isJson)
        {
            byte[] input = fuzzer.Input(seed, number, out bool isSigned);
            string? notation = Diagnose(input);
            string? failure = fuzzer.Run(seed, number);
            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["seed"] = seed, ["number"] = number, ["signedAnew"] = isSigned, ["input"] = Convert.ToHexStringLower(input), ["diagnostic"] = notation,
                    ["good"] = failure is null, ["failure"] = failure,
                });
            }
            else
            {
                context.Out.WriteLine($"Case {number} of seed {seed}: {input.Length} bytes, {(isSigned ? "signed again after it was bent" : "not signed again")}.");
                context.Out.WriteLine(Convert.ToHexStringLower(input));
                context.Out.WriteLine(notation ?? "No well-formed CBOR.");
                context.Out.WriteLine(failure is null ? "Good: nothing is broken." : $"BROKEN: {failure}");
            }

            return failure is null ? ExitCode.Ok : ExitCode.Refused;
        }

        private static string? Diagnose(byte[] input)
        {
            try
            {
                return CborDiagnostic.Format(CborNode.Parse(input));
            }
            catch (CborException)
            {
                return null;
            }
        }

        private static int Run(CliContext context, ManifestFuzzer fuzzer, ulong seed, ulong count, bool isJson, CancellationToken cancellation)
        {
            var clock = Stopwatch.StartNew();
            (ulong done, string? failure) = ProgressLine.Run(context, $"manifests, seed {seed}", (long)Math.Min(count, long.MaxValue), progress => RunWatched(fuzzer, seed, count, progress, cancellation));
            double seconds = clock.Elapsed.TotalSeconds;
            string? replay = failure is null ? null : $"nanoboot sim fuzz --seed {seed} --replay {done}";
            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["seed"] = seed, ["cases"] = done, ["authenticated"] = fuzzer.Authenticated, ["parsed"] = fuzzer.Parsed, ["rehearsed"] = fuzzer.Rehearsed,
                    ["started"] = fuzzer.Started, ["mostBytesStage1"] = fuzzer.MostStage1Bytes, ["mostBytesUpdater"] = fuzzer.MostUpdaterBytes,
                    ["good"] = failure is null, ["failure"] = failure, ["command"] = replay, ["seconds"] = Math.Round(seconds, 1),
                });
            }
            else
            {
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:N0} manifests, seed {seed}, in {seconds:F1} s ({done / Math.Max(seconds, 0.001):N0} a second)."));
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Authenticated {fuzzer.Authenticated:N0}, parsed {fuzzer.Parsed:N0}, rehearsed {fuzzer.Rehearsed:N0}, started {fuzzer.Started:N0}; at most {fuzzer.MostStage1Bytes:N0} bytes allocated by stage 1, {fuzzer.MostUpdaterBytes:N0} by the updater."));
                context.Out.WriteLine(failure is null ? "Nothing is broken." : $"BROKEN: {failure}\n  {replay}");
            }

            return failure is null ? ExitCode.Ok : ExitCode.Refused;
        }

        /// <summary>Runs the cases in a thread of their own, so that one that never ends is seen.</summary>
        private static (ulong Done, string? Failure) RunWatched(ManifestFuzzer fuzzer, ulong seed, ulong count, IProgress<long> progress, CancellationToken cancellation)
        {
            ulong current = 0;
            string? failure = null;
            bool isStopped = false;
            var worker = new Thread(() =>
            {
                for (ulong number = 0; number < count && failure is null && !Volatile.Read(ref isStopped); number++)
                {
                    Volatile.Write(ref current, number);
                    failure = fuzzer.Run(seed, number);
                    if (failure is null)
                    {
                        Volatile.Write(ref current, number + 1);
                    }
                }
            })
            { IsBackground = true };
            worker.Start();
            var sinceProgress = Stopwatch.StartNew();
            ulong seen = 0;
            while (!worker.Join(ReportEvery))
            {
                ulong now = Volatile.Read(ref current);
                progress.Report((long)now);
                if (cancellation.IsCancellationRequested)
                {
                    Volatile.Write(ref isStopped, true);
                    throw new OperationCanceledException(cancellation);
                }

                if (now != seen)
                {
                    seen = now;
                    sinceProgress.Restart();
                }
                else if (sinceProgress.Elapsed.TotalSeconds > HangSeconds)
                {
                    return (now, $"a case runs for {HangSeconds} s");
                }
            }

            return (current, failure);
        }
    }
}
