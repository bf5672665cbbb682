// The simulator. It runs a scenario once without a failure, and at each flash operation on the way branches off: for
// every torn form it lets the power fail during this very operation, and keeps what is then on flash. Each such state
// is a case of its own: the device boots from it until nothing happens any more, and the oracle looks. A second
// failure during that recovery is the same thing one level down.
//
// Branches share sectors by copy on write, so the cost of a case is the cost of its boots.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>Runs one scenario.</summary>
    public sealed class Simulator
    {
        /// <summary>With more failures than this, images get more attempts than there can be failures.</summary>
        private const int CutsWithAttemptsOfBoard = 2;

        private const byte AttemptsWithoutEnd = 100;

        private readonly Scenario _scenario;
        private readonly Course _course;
        private readonly WearRecord _wear;
        private List<Branch>? _branches;
        private CutLink? _path;
        private Cut? _armed;
        private bool _isFired;
        private bool _isUncutKnown;

        /// <summary>Prepares a scenario.</summary>
        /// <param name="scenario">The scenario, which nobody else uses.</param>
        public Simulator(Scenario scenario)
        {
            _scenario = scenario;
            UnstablePeriod = UnstablePeriod.EachPowerOn;
            _course = new Course(scenario) { OnOperation = BeforeOperation };
            _wear = new WearRecord(scenario.Memory, _course.Start);
        }

        /// <summary>Cases so far: ends of a course of boots that were looked at.</summary>
        public long Cases { get; private set; }

        /// <summary>Boots so far.</summary>
        public long Boots => _course.BootsEver;

        /// <summary>Cuts that were made, each of which is known to have happened.</summary>
        public long Cuts { get; private set; }

        /// <summary>Flash operations of the course without a failure.</summary>
        public int Operations { get; private set; }

        /// <summary>Flash operations of the longest recovery.</summary>
        public int RecoveryOperationsMax { get; private set; }

        /// <summary>Most boots until nothing happened any more.</summary>
        public int BootsMax { get; private set; }

        /// <summary>Most flash operations of one boot.</summary>
        public int OperationsPerBootMax => _course.OperationsPerBootMax;

        /// <summary>Wear of the sectors that were erased.</summary>
        public IReadOnlyList<SectorWear> Wear => _wear.ToList();

        /// <summary>What went wrong.</summary>
        public List<Failure> Failures { get; } = new List<Failure>();

        /// <summary>Stop after so many failures.</summary>
        public int FailuresMax { get; set; } = 10;

        /// <summary>When unstable cells read something else: at each power-on, or at each reading.</summary>
        public UnstablePeriod UnstablePeriod
        {
            get { return _scenario.Memory.Power.UnstablePeriod; }
            set { _scenario.Memory.Power.UnstablePeriod = value; }
        }

        /// <summary>Whether what was not synced may be lost, in any order (A76).</summary>
        public bool IsWriteBehind
        {
            get { return _scenario.Memory.Internal.Array.LosesUnsynced; }

            set
            {
                _scenario.Memory.Internal.Array.LosesUnsynced = value;
                _scenario.Memory.External.Array.LosesUnsynced = value;
            }
        }

        /// <summary>Is told of each case when it was looked at, when set: its cuts, and what is wrong or null. May throw to
        /// end the run.</summary>
        public Action<IReadOnlyList<Cut>, string?>? OnCase { get; set; }

        /// <summary>Lines of the course, when set.</summary>
        public Action<string>? Trace
        {
            get { return _course.Trace; }
            set { _course.Trace = value; }
        }

        private bool IsOver => Failures.Count >= FailuresMax;

        /// <summary>Attempts that images get. Three failures during three trials use up the three attempts of a good image:
        /// that is how it should be, and not what chains of failures look for.</summary>
        /// <param name="scenario">The scenario.</param>
        /// <param name="cuts">How many failures at most.</param>
        /// <returns>The number of attempts.</returns>
        public static byte AttemptsFor(Scenario scenario, int cuts)
        {
            return !scenario.IsAboutAttempts && cuts > CutsWithAttemptsOfBoard ? AttemptsWithoutEnd : (byte)BootPolicy.AttemptsDefault;
        }

        /// <summary>Sets how many attempts images get.</summary>
        /// <param name="attempts">The number, or null for <see cref="AttemptsFor"/>.</param>
        /// <param name="cuts">How many failures at most.</param>
        public void SetAttempts(byte? attempts, int cuts)
        {
            _scenario.Policy.AttemptsMax = attempts ?? AttemptsFor(_scenario, cuts);
        }

        /// <summary>Runs the scenario without a failure.</summary>
        public void RunUncut()
        {
            _isUncutKnown = false;
            _course.FinalContent = Array.Empty<byte>();
            _path = null;
            _course.Begin(_course.Start, 0, new History());
            _course.RunToEnd(true);
            _course.FinalContent = _course.ReadJournal();
            _isUncutKnown = true;
            Operations = _course.Operations;
            _wear.NoteUncut();
            if (_scenario.CheckUncut?.Invoke() is string wrong)
            {
                _course.Fail(wrong);
            }

            if (_course.Reason != null)
            {
                Fail(_course.Reason);
            }
        }

        /// <summary>Runs all cuts, and all pairs or longer chains of them.</summary>
        /// <param name="cutsMax">1 for every single cut, 2 for every pair as well.</param>
        public void RunAll(int cutsMax)
        {
            RunUncut();
            if (Failures.Count == 0)
            {
                Explore(new Branch(_course.Start, 0, new History(), null), cutsMax);
            }
        }

        /// <summary>Runs chains of cuts at random.</summary>
        /// <param name="seed">Chooses the chains.</param>
        /// <param name="chains">How many.</param>
        /// <param name="lengthMin">Fewest cuts of a chain.</param>
        /// <param name="lengthMax">Most cuts of a chain.</param>
        public void RunRandom(int seed, int chains, int lengthMin, int lengthMax)
        {
            _scenario.Policy.AttemptsMax = AttemptsFor(_scenario, lengthMax);
            RunUncut();
            Random random = new Random(seed);
            for (int i = 0; i < chains && !IsOver; i++)
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

        /// <summary>Runs one chain of cuts.</summary>
        /// <param name="chain">The cuts. One that lies behind the end of its course does not happen.</param>
        public void RunChain(IReadOnlyList<Cut> chain)
        {
            if (!_isUncutKnown)
            {
                RunUncut();
            }

            _path = null;
            _branches = null;
            _course.Begin(_course.Start, 0, new History());
            foreach (Cut cut in chain)
            {
                _armed = cut;
                _isFired = false;
                CutLink? before = _path;
                _path = new CutLink(cut, before);
                if (!_course.RunToEnd(false))
                {
                    break;
                }

                if (!_isFired)
                {
                    _path = before;
                    break;
                }

                Cuts++;
                _course.BeginCounting();
                Trace?.Invoke("-- power failed: " + cut);
            }

            _armed = null;
            _course.BeginCounting();
            Judge();
        }

        private void BeforeOperation(in FlashOperation operation, int index)
        {
            PowerSupply power = _scenario.Memory.Power;
            if (_armed is Cut armed)
            {
                if (armed.Operation == index)
                {
                    _isFired = true;
                    power.Arm(0, armed.Form, armed.SeedAt(power.PowerOnCount));
                }
            }
            else if (_branches != null)
            {
                BranchOff(operation, index, _branches);
            }
        }

        private void BranchOff(in FlashOperation operation, int index, List<Branch> branches)
        {
            PowerSupply power = _scenario.Memory.Power;
            MemorySnapshot before = _scenario.Memory.Snapshot();
            int powerOnCount = power.PowerOnCount;
            foreach ((TornForm form, int variant) in Cut.Forms)
            {
                Cut cut = new Cut(index, form, variant);
                power.Arm(0, form, cut.SeedAt(powerOnCount));
                power.FailsQuietly = true;
                ResultCode result = operation.Do();
                power.FailsQuietly = false;
                if (power.IsOn)
                {
                    _course.Fail("The flash refused " + operation + ": " + result);
                    power.Disarm();
                    return;
                }

                Cuts++;
                branches.Add(new Branch(_scenario.Memory.Snapshot(), powerOnCount, _course.History.Clone(), new CutLink(cut, _path)));
                power.PowerOn();
                power.PowerOnCount = powerOnCount;
                _scenario.Memory.Restore(before);
            }

            power.Faults.Clear();
        }

        private void Explore(Branch from, int cutsLeft)
        {
            List<Branch> branches = new List<Branch>();
            _path = from.Path;
            _branches = cutsLeft > 0 ? branches : null;
            _course.Begin(from.Snapshot, from.PowerOnCount, from.History);
            Judge();
            for (int i = 0; i < branches.Count && !IsOver; i++)
            {
                Explore(branches[i], cutsLeft - 1);
            }
        }

        private void Judge()
        {
            _course.Judge(() =>
            {
                _branches = null;
                RecoveryOperationsMax = Math.Max(RecoveryOperationsMax, _course.Operations);
                BootsMax = Math.Max(BootsMax, _course.BootsToEnd);
            });
            Cases++;
            _wear.Note();
            if (_course.Reason != null)
            {
                Fail(_course.Reason);
            }

            OnCase?.Invoke(CutLink.ToList(_path), _course.Reason);
        }

        private void Fail(string reason)
        {
            string options = (_scenario.HasSignatures ? " --signatures" : string.Empty)
                + (UnstablePeriod == UnstablePeriod.EachRead ? " --each-read" : string.Empty)
                + (IsWriteBehind ? " --write-behind" : string.Empty)
                + (_scenario.Policy.AttemptsMax == BootPolicy.AttemptsDefault ? string.Empty : " --attempts " + _scenario.Policy.AttemptsMax);
            Failures.Add(new Failure(_scenario.Name, CutLink.ToList(_path), reason) { Options = options });
            Trace?.Invoke("FAILED: " + reason);
        }
    }
}
