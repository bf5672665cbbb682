// Runs scenarios of the power-fail simulator, several at a time (each has a device of its own), and counts the cases by
// the operation that is cut first.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using NanoBoot.Cli.Demo;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.PowerFail;

namespace NanoBoot.Cli.Sim
{
    /// <summary>Runs scenarios.</summary>
    internal sealed partial class PowerFailRun(PowerFailPlan plan)
    {
        /// <summary>Is told, from any thread, how far a scenario is: from 0 to 1.</summary>
        public Action<string, double>? OnProgress { get; init; }

        /// <summary>Is told, one at a time, of each scenario that is done.</summary>
        public Action<ScenarioTally>? OnDone { get; init; }

        /// <summary>Runs them all.</summary>
        /// <param name="cancellation">Ends the run between two cases.</param>
        /// <returns>What became of each, in the order of the plan.</returns>
        public IReadOnlyList<ScenarioTally> Run(CancellationToken cancellation)
        {
            var tallies = new ScenarioTally[plan.Scenarios.Count];
            object gate = new();
            var options = new ParallelOptions { MaxDegreeOfParallelism = plan.Jobs, CancellationToken = cancellation };

            // The largest come last in the list, and are begun first: so all threads have work until the end.
            try
            {
                Parallel.ForEach(Enumerable.Range(0, tallies.Length).Reverse(), options, index =>
                {
                    ScenarioTally tally = RunScenario(plan.Scenarios[index], cancellation);
                    tallies[index] = tally;
                    lock (gate)
                    {
                        OnDone?.Invoke(tally);
                    }
                });
            }
            catch (AggregateException exception) when (exception.Flatten().InnerExceptions.All(inner => inner is OperationCanceledException))
            {
                throw new OperationCanceledException(cancellation);
            }

            return tallies;
        }

        /// <summary>Replays a case.</summary>
        /// <param name="text">Scenario and cuts, as a failure prints them.</param>
        /// <param name="attempts">Attempts of an image on trial, or null for those that the length of the chain makes right.</param>
        /// <param name="trace">Gets the lines of the course.</param>
        /// <returns>What is wrong, or null.</returns>
        public string? Replay(string text, byte? attempts, Action<string> trace)
        {
            int slash = text.IndexOf('/', StringComparison.Ordinal);
            string name = slash < 0 ? text : text[..slash];
            if (!Scenarios.Contains(name))
            {
                throw new CliException(ExitCode.Usage, $"--replay: '{name}' is no scenario; 'nanoboot sim powerfail --list' names them.");
            }

            IReadOnlyList<Cut> chain = ParseChain(slash < 0 ? string.Empty : text[(slash + 1)..]);
            Simulator simulator = MakeSimulator(Scenarios.Make(name, !plan.HasSignatures));
            simulator.SetAttempts(attempts, chain.Count);
            var uncut = new List<string> { "-- the course without a failure goes wrong already" };
            simulator.Trace = uncut.Add;
            simulator.RunUncut();
            simulator.Trace = trace;
            if (simulator.Failures.Count != 0)
            {
                uncut.ForEach(trace);
            }
            else
            {
                simulator.RunChain(chain);
                if (simulator.Failures.Count == 0 && simulator.Cuts < chain.Count)
                {
                    trace($"-- only {simulator.Cuts} of {chain.Count} cuts happened: the course ended before the next");
                }
            }

            return simulator.Failures.Count == 0 ? null : simulator.Failures[0].Reason;
        }

        private static IReadOnlyList<Cut> ParseChain(string text)
        {
            try
            {
                IReadOnlyList<Cut> chain = Cut.ParseChain(text);
                Cut? unknown = chain.Where(cut => cut.Operation < 0 || !Cut.Forms.Contains((cut.Form, cut.Variant))).Cast<Cut?>().FirstOrDefault();
                return unknown is null
                    ? chain
                    : throw new CliException(ExitCode.Usage, $"--replay: there is no cut {unknown}; forms and variants: {string.Join(", ", Cut.Forms.Select(form => $"{form.Form}:{form.Variant}"))}.");
            }
            catch (Exception exception) when (exception is FormatException or OverflowException)
            {
                throw new CliException(ExitCode.Usage, "--replay: SCENARIO/OPERATION:FORM:VARIANT,... as a failure prints it, for example trial-confirm/3:RandomBits:1,0:Applied:0.");
            }
        }

        private ScenarioTally RunScenario(string name, CancellationToken cancellation)
        {
            var clock = Stopwatch.StartNew();
            var tally = new ScenarioTally(name);
            tally.Positions.AddRange(ReadCourse(name));
            Simulator simulator = MakeSimulator(Scenarios.Make(name, !plan.HasSignatures));
            long chains = 0;
            double forms = Cut.Forms.Length * Math.Max(1, tally.Positions.Count);
            simulator.OnCase = (chain, reason) =>
            {
                cancellation.ThrowIfCancellationRequested();
                tally.Count(chain, reason);
                if (chain.Count != 0)
                {
                    int form = Array.IndexOf(Cut.Forms, (chain[0].Form, chain[0].Variant));
                    OnProgress?.Invoke(name, plan.Chains > 0 ? (double)++chains / plan.Chains : ((chain[0].Operation * Cut.Forms.Length) + form) / forms);
                }
            };
            if (plan.Chains > 0)
            {
                simulator.RunRandom(plan.Seed, plan.Chains, 3, 10);
            }
            else
            {
                simulator.RunAll(plan.CutsMax);
            }

            OnProgress?.Invoke(name, 1);
            tally.RecoveryOperations = simulator.RecoveryOperationsMax;
            tally.Cuts = simulator.Cuts;
            tally.Cases = simulator.Cases;
            tally.Boots = simulator.Boots;
            tally.Failures = simulator.Failures;
            tally.Seconds = clock.Elapsed.TotalSeconds;
            return tally;
        }

        private Simulator MakeSimulator(Scenario scenario)
        {
            return new Simulator(scenario)
            {
                UnstablePeriod = plan.IsEachRead ? UnstablePeriod.EachRead : UnstablePeriod.EachPowerOn,
                IsWriteBehind = plan.IsWriteBehind,
            };
        }

        /// <summary>The flash operations of the course without a failure, in words.</summary>
        private List<CutPosition> ReadCourse(string name)
        {
            var positions = new List<CutPosition>();
            Scenario scenario = Scenarios.Make(name, !plan.HasSignatures);
            Simulator simulator = MakeSimulator(scenario);
            simulator.Trace = line =>
            {
                Match match = Operation().Match(line);
                if (match.Success)
                {
                    bool isExternal = match.Groups["chip"].Value == scenario.Memory.External.Array.Name;
                    int address = int.Parse(match.Groups["address"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    LayoutRegion? region = scenario.Memory.Layout.Regions.FirstOrDefault(
                        candidate => candidate.IsExternal == isExternal && address >= candidate.StartBytes && address < candidate.StartBytes + candidate.SizeBytes);
                    string regionName = region is null ? match.Groups["chip"].Value : EventText.Of(region.Id);
                    positions.Add(new CutPosition($"{match.Groups["what"].Value} {match.Groups["count"].Value} bytes at {address - (region?.StartBytes ?? 0):x} of {regionName}", regionName));
                }
            };
            simulator.RunUncut();
            return positions;
        }

        [GeneratedRegex(@"^ +\d+: (?<chip>\S+) (?<what>erase|program) 0x(?<address>[0-9a-f]+) \+(?<count>\d+)$")]
        private static partial Regex Operation();
    }
}
