// The simulator. It runs a scenario once without a failure, and at each flash operation on the way branches off: for
// every torn form it lets the power fail during this very operation, and keeps what is then on flash. Each such state
// is a case of its own: the device boots from it until nothing happens any more, and the oracle looks. A second
// failure during that recovery is the same thing one level down.
//
// Branches share sectors by copy on write, so the cost of a case is the cost of its boots.

using System;
using System.Collections.Generic;
using System.Linq;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>What went wrong in a case.</summary>
    /// <param name="Scenario">Name of the scenario.</param>
    /// <param name="Chain">The cuts.</param>
    /// <param name="Reason">What the oracle says.</param>
    public sealed record Failure(string Scenario, IReadOnlyList<Cut> Chain, string Reason)
    {
        /// <summary>How it ran, where that is not the default: options of the command.</summary>
        public string Options { get; init; } = string.Empty;

        /// <summary>The text that names the case.</summary>
        public string Replay => Scenario + "/" + Cut.Format(Chain);

        /// <summary>The command that runs the case again, and tells its course.</summary>
        public string Command => "nanoboot sim powerfail --replay " + Replay + Options;
    }

    /// <summary>Runs one scenario.</summary>
    public sealed class Simulator : IOperationObserver
    {
        private readonly Scenario _scenario;
        private readonly SimulatedDevice _device;
        private readonly BenchLoader _loader;
        private readonly MemorySnapshot _start;
        private readonly SeenState _seen = new SeenState();
        private readonly Dictionary<RegionId, byte[]> _untouched = new Dictionary<RegionId, byte[]>();
        private readonly byte[] _scratch = new byte[65536];

        private History _history = new History();
        private List<Branch>? _branches;
        private List<Cut> _path = new List<Cut>();
        private Cut? _armed;
        private bool _isFired;
        private int _operation;
        private int _operationsAtBoot;
        private string? _reason;
        private string _running = string.Empty;
        private string _finalContent = string.Empty;

        /// <summary>Prepares a scenario.</summary>
        /// <param name="scenario">The scenario, which nobody else uses.</param>
        public Simulator(Scenario scenario)
        {
            _scenario = scenario;
            _loader = new BenchLoader { Behaviour = Enter };
            scenario.Policy.Loader = _loader;
            scenario.Memory.Power.UnstablePeriod = UnstablePeriod.EachPowerOn;
            _device = new SimulatedDevice(scenario.Memory, scenario.Policy) { Observer = this };
            _start = scenario.Memory.Snapshot();
            foreach (LayoutRegion region in scenario.Memory.Layout.Regions)
            {
                if (!scenario.Plan.Contains(region.Id))
                {
                    byte[] content = new byte[region.SizeBytes];
                    ChipOf(region).Peek(region.StartBytes, content);
                    _untouched.Add(region.Id, content);
                }
            }
        }

        /// <summary>Cases so far: ends of a course of boots that were looked at.</summary>
        public long Cases { get; private set; }

        /// <summary>Boots so far.</summary>
        public long Boots { get; private set; }

        /// <summary>Cuts that were made, each of which is known to have happened.</summary>
        public long Cuts { get; private set; }

        /// <summary>Flash operations of the course without a failure.</summary>
        public int Operations { get; private set; }

        /// <summary>Flash operations of the longest recovery.</summary>
        public int RecoveryOperationsMax { get; private set; }

        /// <summary>What went wrong.</summary>
        public List<Failure> Failures { get; } = new List<Failure>();

        /// <summary>When unstable cells read something else: at each power-on, or at each reading.</summary>
        public UnstablePeriod UnstablePeriod
        {
            get { return _scenario.Memory.Power.UnstablePeriod; }
            set { _scenario.Memory.Power.UnstablePeriod = value; }
        }

        /// <summary>Stop after so many failures.</summary>
        public int FailuresMax { get; set; } = 10;

        /// <summary>Lines of the course, when set.</summary>
        public Action<string>? Trace { get; set; }

        /// <summary>Is told of each case when it was looked at, when set: its cuts, and what is wrong or null. May throw to
        /// end the run.</summary>
        public Action<IReadOnlyList<Cut>, string?>? OnCase { get; set; }

        /// <summary>Attempts that images get. Three failures during three trials use up the three attempts of a good image:
        /// that is how it should be, and not what chains of failures look for.</summary>
        /// <param name="scenario">The scenario.</param>
        /// <param name="cuts">How many failures at most.</param>
        /// <returns>The number of attempts.</returns>
        public static byte AttemptsFor(Scenario scenario, int cuts)
        {
            return scenario.StartsMax.Count == 0 && cuts > 2 ? (byte)100 : (byte)BootPolicy.AttemptsDefault;
        }

        /// <summary>Runs the scenario without a failure.</summary>
        public void RunUncut()
        {
            Begin(_start, 0, new History(), new List<Cut>());
            _finalContent = string.Empty;
            Recover();
            Operations = _operation;
            _seen.Read(_scenario.Memory);
            _finalContent = _seen.Content;
            if (_reason != null)
            {
                Fail(_reason);
            }
        }

        /// <summary>Runs all cuts, and all pairs or longer chains of them.</summary>
        /// <param name="cutsMax">1 for every single cut, 2 for every pair as well.</param>
        public void RunAll(int cutsMax)
        {
            RunUncut();
            if (Failures.Count == 0)
            {
                Explore(_start, 0, new History(), new List<Cut>(), cutsMax);
            }
        }

        /// <summary>Runs chains of cuts at random.</summary>
        /// <param name="seed">Chooses them.</param>
        /// <param name="chains">How many.</param>
        /// <param name="lengthMin">Fewest cuts of a chain.</param>
        /// <param name="lengthMax">Most cuts of a chain.</param>
        public void RunRandom(int seed, int chains, int lengthMin, int lengthMax)
        {
            _scenario.Policy.AttemptsMax = AttemptsFor(_scenario, lengthMax);
            RunUncut();
            Random random = new Random(seed);
            for (int i = 0; i < chains && Failures.Count < FailuresMax; i++)
            {
                int length = random.Next(lengthMin, lengthMax + 1);
                List<Cut> chain = new List<Cut>();
                for (int cut = 0; cut < length; cut++)
                {
                    (TornForm form, int variant) = Cut.Forms[random.Next(Cut.Forms.Length)];
                    chain.Add(new Cut(random.Next(Math.Max(4, cut == 0 ? Operations : Operations / 2)), form, variant));
                }

                RunChain(chain);
            }
        }

        /// <summary>Replays one chain of cuts.</summary>
        /// <param name="chain">The cuts. One that lies behind the end of its course does not happen.</param>
        public void RunChain(IReadOnlyList<Cut> chain)
        {
            if (_finalContent.Length == 0)
            {
                RunUncut();
            }

            Begin(_start, 0, new History(), new List<Cut>());
            foreach (Cut cut in chain)
            {
                _armed = cut;
                _isFired = false;
                _path.Add(cut);
                if (!RunToEnd(false))
                {
                    break;
                }

                if (!_isFired)
                {
                    _path.RemoveAt(_path.Count - 1);
                    break;
                }

                Cuts++;
                _operation = 0;
                Trace?.Invoke("-- power failed: " + cut);
            }

            _armed = null;
            _operation = 0;
            Judge();
        }

        /// <inheritdoc/>
        public void BeforeOperation(in FlashOperation operation)
        {
            int index = _operation++;
            if (_operation - _operationsAtBoot > _scenario.OperationsPerBootMax)
            {
                _reason ??= "More than " + _scenario.OperationsPerBootMax + " flash operations in one boot.";
            }

            Trace?.Invoke($"   {index}: {operation.Chip.Array.Name} {(operation.Buffer == null ? "erase" : "program")} 0x{operation.AddressBytes:x} +{operation.Count}");
            PowerSupply power = _scenario.Memory.Power;
            if (_armed is Cut armed && armed.Operation == index)
            {
                _isFired = true;
                power.Arm(0, armed.Form, armed.SeedAt(power.PowerOnCount));
                return;
            }

            if (_branches != null)
            {
                MemorySnapshot before = _scenario.Memory.Snapshot();
                int powerOnCount = power.PowerOnCount;
                foreach ((TornForm form, int variant) in Cut.Forms)
                {
                    Cut cut = new Cut(index, form, variant);
                    power.Arm(0, form, cut.SeedAt(powerOnCount));
                    try
                    {
                        _reason ??= "The flash refused " + operation + ": " + operation.Do();
                        power.Disarm();
                        return;
                    }
                    catch (PowerCutException)
                    {
                        Cuts++;
                    }

                    _branches.Add(new Branch(_scenario.Memory.Snapshot(), powerOnCount, _history.Clone(), new List<Cut>(_path) { cut }));
                    power.PowerOn();
                    power.PowerOnCount = powerOnCount;
                    _scenario.Memory.Restore(before);
                }

                power.Faults.Clear();
            }
        }

        private void Explore(MemorySnapshot snapshot, int powerOnCount, History history, List<Cut> path, int cutsLeft)
        {
            Begin(snapshot, powerOnCount, history, path);
            List<Branch> branches = new List<Branch>();
            _branches = cutsLeft > 0 ? branches : null;
            Judge();
            foreach (Branch branch in branches)
            {
                if (Failures.Count >= FailuresMax)
                {
                    return;
                }

                Explore(branch.Snapshot, branch.PowerOnCount, branch.History, branch.Path, cutsLeft - 1);
            }
        }

        private void Begin(MemorySnapshot snapshot, int powerOnCount, History history, List<Cut> path)
        {
            PowerSupply power = _scenario.Memory.Power;
            power.Disarm();
            power.PowerOff();
            power.PowerOnCount = powerOnCount;
            _scenario.Memory.Restore(snapshot);
            _scenario.Memory.Internal.Array.Counters.Reset();
            _scenario.Memory.External.Array.Counters.Reset();
            _history = history;
            _path = path;
            _armed = null;
            _branches = null;
            _reason = null;
            _operation = 0;
        }

        // Boots to the end of the course, then looks whether it stays there over further power-ons.
        private void Judge()
        {
            Recover();
            _branches = null;
            RecoveryOperationsMax = Math.Max(RecoveryOperationsMax, _operation);
            Cases++;
            if (_reason == null)
            {
                CheckEnd();
            }

            // Once more, and nothing is to change; where cells are unstable, once for each of their readings.
            int powerOns = IsUnstable(_scenario.Memory.Internal.Array) || IsUnstable(_scenario.Memory.External.Array) ? 3 : 1;
            for (int i = 0; i < powerOns && _reason == null; i++)
            {
                int operations = _operation;
                _scenario.Memory.Power.PowerOff();
                Recover();
                if (_reason == null)
                {
                    CheckEnd();
                }

                if (powerOns == 1 && _operation != operations)
                {
                    _reason ??= "A boot that changes nothing wrote to flash.";
                }
            }

            if (_reason != null)
            {
                Fail(_reason);
            }

            OnCase?.Invoke(_path, _reason);
        }

        private static bool IsUnstable(NorArray array)
        {
            for (int sector = 0; sector < array.Geometry.Sectors.Count; sector++)
            {
                if (array.IsUnstable(sector))
                {
                    return true;
                }
            }

            return false;
        }

        private void Recover()
        {
            RunToEnd(true);
        }

        // False when the course went wrong. With mayEnd the course must reach its end.
        private bool RunToEnd(bool mustEnd)
        {
            for (int boot = 0; boot < _scenario.BootsMax && _reason == null; boot++)
            {
                _operationsAtBoot = _operation;
                BoardEnd end = _device.BootOnce();
                Boots++;
                Trace?.Invoke("boot " + end + " " + NameOf(_running));
                foreach (TranscriptEntry entry in _device.Transcript)
                {
                    Trace?.Invoke("     " + entry.Event + " " + entry.Region + " " + entry.Result + " " + entry.Value);
                }

                _device.Transcript.Clear();
                switch (end)
                {
                    case BoardEnd.Restart:
                        break;

                    case BoardEnd.Sleeping:
                        return true;

                    case BoardEnd.PowerCut when !mustEnd:
                        return true;

                    default:
                        _reason ??= "The device ended as " + end + (_device.Escaped == null ? "." : ": " + _device.Escaped);
                        return false;
                }
            }

            _reason ??= "Not at rest after " + _scenario.BootsMax + " boots.";
            return false;
        }

        private void Enter(BootContext boot, string digest)
        {
            _running = digest;
            if (!_scenario.Images.TryGetValue(digest, out Action<BootContext>? behaviour))
            {
                _reason ??= "An image ran that nobody signed.";
                boot.Board.Restart();
                return;
            }

            for (int i = 0; i < _history.Floors.Length; i++)
            {
                long floor = boot.Journal.State.Components[i].Floor;
                if (floor < _history.Floors[i])
                {
                    _reason ??= "The floor of component " + i + " fell from " + _history.Floors[i] + " to " + floor + ".";
                }

                _history.Floors[i] = floor;
            }

            if (boot.RunningSequence < _history.Floors[boot.Component])
            {
                _reason ??= "An image below the floor ran.";
            }

            if (_scenario.StartsMax.TryGetValue(digest, out int startsMax))
            {
                int starts = _history.Starts.GetValueOrDefault(digest) + 1;
                _history.Starts[digest] = starts;
                if (starts > startsMax)
                {
                    _reason ??= "The image on trial started " + starts + " times.";
                }
            }

            behaviour(boot);
        }

        private void CheckEnd()
        {
            NorCounters inside = _scenario.Memory.Internal.Array.Counters;
            NorCounters outside = _scenario.Memory.External.Array.Counters;
            if (inside.ContractViolations + outside.ContractViolations != 0)
            {
                _reason = "The contract of the flash was broken.";
            }
            else if (_running != _scenario.FinalDigest)
            {
                _reason = "At the end runs " + NameOf(_running) + ", not " + NameOf(_scenario.FinalDigest) + ".";
            }

            _seen.Read(_scenario.Memory);
            if (_reason == null && _finalContent.Length != 0 && _seen.Content != _finalContent)
            {
                _reason = "The journal ends as " + _seen.Content + ", not as " + _finalContent + ".";
            }

            foreach (KeyValuePair<RegionId, byte[]> region in _untouched)
            {
                LayoutRegion layout = SeenState.RegionOf(_scenario.Memory, region.Key);
                for (int at = 0; at < layout.SizeBytes && _reason == null; at += _scratch.Length)
                {
                    Span<byte> part = _scratch.AsSpan(0, Math.Min(_scratch.Length, layout.SizeBytes - at));
                    ChipOf(layout).Peek(layout.StartBytes + at, part);
                    if (!part.SequenceEqual(region.Value.AsSpan(at, part.Length)))
                    {
                        _reason = "The region " + region.Key + " was changed, against the plan.";
                    }
                }
            }
        }

        private NorArray ChipOf(LayoutRegion region)
        {
            return region.IsExternal ? _scenario.Memory.External.Array : _scenario.Memory.Internal.Array;
        }

        private string NameOf(string digest)
        {
            return _scenario.Names.GetValueOrDefault(digest, digest.Length == 0 ? "nothing" : digest);
        }

        private void Fail(string reason)
        {
            string options = (_scenario.HasSignatures ? " --signatures" : string.Empty)
                + (UnstablePeriod == UnstablePeriod.EachRead ? " --each-read" : string.Empty)
                + (_scenario.Policy.AttemptsMax == BootPolicy.AttemptsDefault ? string.Empty : " --attempts " + _scenario.Policy.AttemptsMax);
            Failures.Add(new Failure(_scenario.Name, _path.ToArray(), reason) { Options = options });
            Trace?.Invoke("FAILED: " + reason);
        }

        private sealed record Branch(MemorySnapshot Snapshot, int PowerOnCount, History History, List<Cut> Path);
    }
}
