// nanoboot sim powerfail: every power failure, chains of them, random contents of flash, and the replay of one case.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using NanoBoot.Cli.Pictures;
using NanoBoot.Cli.Sim;
using NanoBoot.PowerFail;
using Spectre.Console;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot sim powerfail</c>.</summary>
    internal static class SimPowerFailCommand
    {
        public static Command Create(CliContext context)
        {
            var scenarios = new Option<string[]>("--scenario", "-s") { Description = "Run this scenario; all of them when absent. Several are possible.", HelpName = "NAME" };
            scenarios.AcceptOnlyFromAmong([.. Scenarios.Names]);
            var cuts = new Option<int>("--cuts") { Description = "1: every single cut. 2: every pair as well, which takes minutes.", DefaultValueFactory = _ => 1 };
            cuts.AcceptOnlyFromAmong("1", "2");
            Option<int> random = Number("--random", "So many chains of 3 to 10 cuts at random in each scenario, in place of every cut.", 0);
            Option<int> contents = Number("--random-flash", "So many devices with random or spoilt contents of flash, in place of scenarios.", 0);
            Option<int> seed = Number("--seed", "Chooses what is random.", 1);
            var signatures = new Option<bool>("--signatures") { Description = "Envelopes carry signatures in every scenario: what stage 1 does in earnest, and ten times slower than a MAC." };
            var eachRead = new Option<bool>("--each-read") { Description = "Unstable cells read something else at each reading, not at each power-on." };
            var writeBehind = new Option<bool>("--write-behind") { Description = "What was not synced when the power fails may be lost, in any order." };
            Option<int> jobs = Number("--jobs", "Scenarios that run at a time.", Environment.ProcessorCount, "-j");
            var replay = new Option<string?>("--replay") { Description = "Run this one case again, as a failure names it, and tell its course.", HelpName = "SCENARIO/CUT,..." };
            var attempts = new Option<byte?>("--attempts") { Description = "For --replay: attempts of an image on trial.", HelpName = "N" };
            var list = new Option<bool>("--list") { Description = "Print the names of the scenarios, and stop." };
            var page = new Option<string?>("--report") { Description = "Write cases by scenario and cut position to this file: one self-contained HTML page.", HelpName = "FILE.html" };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "powerfail",
                "Cuts the power of emulated devices during every flash operation, in every torn form, and checks that each ends as without a failure. Exit code 1 when one does not.",
                "nanoboot sim powerfail",
                "nanoboot sim powerfail --scenario trial-confirm --cuts 2 --report powerfail.html",
                "nanoboot sim powerfail --random 1000 --seed 7",
                "nanoboot sim powerfail --replay trial-confirm/3:AppliedUnstable:1,0:Applied:0")
            {
                scenarios, cuts, random, contents, seed, signatures, eachRead, writeBehind, jobs, replay, attempts, list, page, json,
            };
            return command.Runs((result, cancellation) =>
            {
                if (result.GetValue(list))
                {
                    PrintNames(context, result.GetValue(json));
                    return Task.FromResult(ExitCode.Ok);
                }

                string[] named = result.GetValue(scenarios) ?? [];
                var plan = new PowerFailPlan
                {
                    Scenarios = named.Length == 0 ? Scenarios.Names : [.. named.Distinct()],
                    CutsMax = result.GetValue(cuts),
                    Chains = result.GetValue(random),
                    Seed = result.GetValue(seed),
                    HasSignatures = result.GetValue(signatures),
                    IsEachRead = result.GetValue(eachRead),
                    IsWriteBehind = result.GetValue(writeBehind),
                    Jobs = Math.Max(1, result.GetValue(jobs)),
                };
                string? report = result.GetValue(page);
                string? replayed = result.GetValue(replay);
                int flashes = result.GetValue(contents);
                if (report is not null && (replayed is not null || flashes > 0))
                {
                    throw new CliException(ExitCode.Usage, "--report: a page shows scenarios; leave --replay and --random-flash out.");
                }

                return Task.FromResult(
                    replayed is not null ? Replay(context, plan, replayed, result.GetValue(attempts), result.GetValue(json))
                    : flashes > 0 ? RunRandomFlash(context, flashes, plan.Seed, result.GetValue(json), cancellation)
                    : RunScenarios(context, plan, report, result.GetValue(json), cancellation));
            });
        }

        private static Option<int> Number(string name, string description, int standard, params string[] aliases)
        {
            var option = new Option<int>(name, aliases) { Description = description, DefaultValueFactory = _ => standard, HelpName = "N" };
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && !int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int _))
                {
                    result.AddError($"{name}: '{result.Tokens[0].Value}' is no number from 0 to {int.MaxValue}.");
                }
            });
            return option;
        }

        private static void PrintNames(CliContext context, bool isJson)
        {
            if (isJson)
            {
                context.WriteJson(new JsonArray([.. Scenarios.Names.Select(name => new JsonObject { ["scenario"] = name, ["what"] = Scenarios.Describe(name) })]));
                return;
            }

            foreach (string name in Scenarios.Names)
            {
                context.Out.WriteLine($"{name,-24} {Scenarios.Describe(name)}");
            }
        }

        private static int Replay(CliContext context, PowerFailPlan plan, string text, byte? attempts, bool isJson)
        {
            var lines = new List<string>();
            string? reason = new PowerFailRun(plan).Replay(text, attempts, line =>
            {
                lines.Add(line);
                if (!isJson)
                {
                    context.Out.WriteLine(line);
                }
            });
            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["case"] = text, ["good"] = reason is null, ["reason"] = reason, ["trace"] = new JsonArray([.. lines.Select(line => JsonValue.Create(line))]),
                });
            }
            else
            {
                context.Out.WriteLine(reason is null ? "Good: it ends as without a failure." : $"FAILED: {reason}");
            }

            return reason is null ? ExitCode.Ok : ExitCode.Refused;
        }

        private static int RunRandomFlash(CliContext context, int count, int seed, bool isJson, CancellationToken cancellation)
        {
            var clock = Stopwatch.StartNew();
            var flash = new RandomFlash();
            string? reason = null;
            int done = 0;
            ProgressLine.Run(context, "contents of flash", count, progress =>
            {
                for (; done < count && reason is null; done++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    reason = flash.Run(unchecked(seed + done));
                    progress.Report(done + 1);
                }

                return 0;
            });
            string? replay = reason is null ? null : $"nanoboot sim powerfail --random-flash 1 --seed {seed + done - 1}";
            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["contents"] = done, ["seed"] = seed, ["starts"] = flash.Starts, ["good"] = reason is null, ["reason"] = reason, ["command"] = replay,
                    ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1),
                });
            }
            else
            {
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:N0} contents of flash, seed {seed}: {flash.Starts:N0} starts, all of signed images; {clock.Elapsed.TotalSeconds:F1} s."));
                context.Out.WriteLine(reason is null ? "Nothing thrown, hung, written outside the journal, or started unsigned." : $"FAILED: {reason}\n  {replay}");
            }

            return reason is null ? ExitCode.Ok : ExitCode.Refused;
        }

        private static int RunScenarios(CliContext context, PowerFailPlan plan, string? page, bool isJson, CancellationToken cancellation)
        {
            if (page is not null)
            {
                // Looked at before minutes of work, not after them.
                context.RequireAbsent(page, isForced: true);
            }

            var clock = Stopwatch.StartNew();
            IReadOnlyList<ScenarioTally> tallies = RunWithProgress(context, plan, isJson, cancellation);
            double seconds = clock.Elapsed.TotalSeconds;
            if (page is not null)
            {
                context.WriteFile(page, Encoding.UTF8.GetBytes(PowerFailPage.Write(plan, tallies, seconds)), isForced: true);
            }

            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["cuts"] = plan.Chains > 0 ? null : plan.CutsMax,
                    ["chains"] = plan.Chains,
                    ["seed"] = plan.Seed,
                    ["signatures"] = plan.HasSignatures,
                    ["eachRead"] = plan.IsEachRead,
                    ["writeBehind"] = plan.IsWriteBehind,
                    ["cases"] = tallies.Sum(tally => tally.Cases),
                    ["failures"] = tallies.Sum(tally => tally.Failures.Count),
                    ["seconds"] = Math.Round(seconds, 1),
                    ["scenarios"] = new JsonArray([.. tallies.Select(tally => tally.ToJson())]),
                });
            }
            else
            {
                Print(context, plan, tallies, seconds);
                if (page is not null)
                {
                    context.Out.WriteLine($"Written: {page}");
                }
            }

            return tallies.All(tally => tally.Failures.Count == 0) ? ExitCode.Ok : ExitCode.Refused;
        }

        private static IReadOnlyList<ScenarioTally> RunWithProgress(CliContext context, PowerFailPlan plan, bool isJson, CancellationToken cancellation)
        {
            if (!context.Console.Profile.Capabilities.Interactive)
            {
                Action<ScenarioTally>? tell = isJson ? null : tally => context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tally.Name}: {tally.Cases:N0} cases in {tally.Seconds:F1} s"));
                return new PowerFailRun(plan) { OnDone = tell }.Run(cancellation);
            }

            return context.Console.Progress().AutoClear(true).HideCompleted(true).Start(progress =>
            {
                ProgressTask whole = progress.AddTask("scenarios", maxValue: plan.Scenarios.Count);
                Dictionary<string, ProgressTask> tasks = plan.Scenarios.ToDictionary(name => name, name => progress.AddTask(Markup.Escape(name), autoStart: false, maxValue: 1));
                return new PowerFailRun(plan)
                {
                    OnProgress = (name, part) =>
                    {
                        tasks[name].StartTask();
                        tasks[name].Value = part;
                    },
                    OnDone = _ => whole.Increment(1),
                }.Run(cancellation);
            });
        }

        private static void Print(CliContext context, PowerFailPlan plan, IReadOnlyList<ScenarioTally> tallies, double seconds)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumn("scenario");
            foreach (string title in new[] { "operations", "recovery", "cuts", "cases", "boots", "failures", "seconds" })
            {
                table.AddColumn(new TableColumn(title).RightAligned());
            }

            foreach (ScenarioTally tally in tallies)
            {
                table.AddRow([
                    Markup.Escape(tally.Name),
                    .. new long[] { tally.Positions.Count, tally.RecoveryOperations, tally.Cuts, tally.Cases, tally.Boots, tally.Failures.Count }.Select(number => number.ToString("N0", CultureInfo.InvariantCulture)),
                    tally.Seconds.ToString("F1", CultureInfo.InvariantCulture),
                ]);
            }

            context.Console.Write(table);
            foreach (Failure failure in tallies.SelectMany(tally => tally.Failures))
            {
                context.Out.WriteLine($"FAILED {failure.Scenario}: {failure.Reason}");
                context.Out.WriteLine($"  {failure.Command}");
            }

            long cases = tallies.Sum(tally => tally.Cases);
            int failures = tallies.Sum(tally => tally.Failures.Count);
            context.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{plan.Text}: {cases:N0} cases in {seconds:F1} s ({cases / Math.Max(seconds, 0.001):N0} a second), {(failures == 0 ? "every one ends as without a failure" : $"{failures} FAILED")}."));
        }
    }
}
