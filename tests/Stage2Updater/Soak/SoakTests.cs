// One device, hundreds of releases, and everything that goes wrong with them: power cuts in every torn form, several in
// a row; a network that drops, lies and stalls; manifests that are damaged, old, foreign; images that do not run.
//
// NANOBOOT_SOAK_UPDATES sets the number of releases (default 1000 with two slots, 300 with one), NANOBOOT_SOAK_SEED repeats a run.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Tests.Boot;

namespace NanoBoot.Stage2Updater.Tests.Soak
{
    [TestClass]
    public sealed class SoakTests
    {
        private const int BootsMax = 200;

        private readonly Dictionary<string, bool> _released = new();
        private readonly Dictionary<string, int> _refusals = new();
        private Random _random = new(0);
        private EmulatedMemory _memory = null!;
        private EmulatedDevice _device = null!;
        private BenchLoader _loader = null!;
        private MemoryNetwork _network = null!;
        private byte[] _application = [];
        private byte[] _stage2 = [];
        private long _sequence = 1;
        private long _applicationFloor;
        private long _stage2Floor;
        private long _changedBytes;
        private long _expiredTrials;
        private int _cuts;
        private int _entered;

        public TestContext TestContext { get; set; } = null!;

        [TestMethod]
        [DataRow(2, 1000)]
        [DataRow(1, 300)]
        public void Soak_RandomCutsRefusalsAndNetworkFaults_NothingIsLost(int slots, int rounds)
        {
            int updates = Number("NANOBOOT_SOAK_UPDATES", rounds);
            int seed = Number("NANOBOOT_SOAK_SEED", Environment.TickCount & 0xFFFF);
            TestContext.WriteLine($"replay: NANOBOOT_SOAK_SEED={seed} NANOBOOT_SOAK_UPDATES={updates}, {slots} slots");
            Start(seed, slots);
            for (int update = 0; update < updates; update++)
            {
                string where = $"update {update} of seed {seed}";
                _network.FaultProbability = _random.Next(3) == 0 ? 0.15 : 0;
                switch (_random.Next(20))
                {
                    case 0:
                        Refuse("stranger", ReleaseManifest(_application, BootBench.Stranger).Encode(), ResultCode.KeyUnknown, where);
                        break;
                    case 1:
                        Refuse("old", Manifest(BootBench.Application, 0, _application).Build().Sign(BootBench.Author).Encode(), ResultCode.SuitSequenceTooOld, where);
                        break;
                    case 2:
                        Refuse("class", ForeignManifest().Encode(), ResultCode.SuitClassMismatch, where);
                        break;
                    case 3:
                        byte[] damaged = ReleaseManifest(_application, BootBench.Author).Encode();

                        // In the manifest, which comes last: a key id before it is only a hint, and may be anything.
                        damaged[^_random.Next(1, 600)] ^= (byte)(1 << _random.Next(8));
                        Refuse("damaged", damaged, null, where);
                        break;
                    case 4:
                        ReleaseBad(where);
                        break;
                    case 5 or 6:
                        _stage2 = Release(BootBench.Stage2, _stage2, where);
                        break;
                    default:
                        _application = Release(BootBench.Application, _application, where);
                        break;
                }
            }

            Print(updates);
            Assert.IsGreaterThan(updates / 5, _cuts, "power cuts fired");
            Assert.IsGreaterThan(0, _network.Faults.Where(fault => fault.Key != NetworkFault.None).Sum(fault => fault.Value), "network faults fired");
        }

        private void Start(int seed, int slots)
        {
            _random = new Random(seed);
            _loader = new BenchLoader { Behaviour = Behave };
            _memory = BootBench.MakeMemory(slotBytes: 65536, applicationSlots: slots);
            _network = new MemoryNetwork(_random, _memory.Clock);
            _device = new EmulatedDevice(_memory, BootBench.MakePolicy(_loader, slots)) { SleepLimitMs = long.MaxValue };
            _application = BootBench.FakeAssembly(30_000, seed);
            _stage2 = BootBench.FakeAssembly(20_000, seed + 1);
            Provision(BootBench.Application, RegionId.ApplicationA, _application);
            Provision(BootBench.Stage2, RegionId.Stage2A, _stage2);
        }

        private void Provision(string component, RegionId slot, byte[] payload)
        {
            _released[Digest(payload)] = true;
            BootBench.Install(_memory, slot, BootBench.Sign(BootBench.MakeBuilder(component, 1, payload), payload));
        }

        /// <summary>What the images do: stage 2 is the real one, the application confirms and asks for an update.</summary>
        private void Behave(BootContext boot, string digest)
        {
            Assert.IsTrue(_released.TryGetValue(digest, out bool isGood), "an image runs that nobody released");
            if (boot.Component == ComponentIndex.Stage2)
            {
                new Updater(boot, _network.Connect(), null).Run();
                return;
            }

            if (!isGood)
            {
                throw new InvalidOperationException("This release does not run.");
            }

            boot.Confirm();
            boot.Board.Sleep(1000 * new UpdateHistory(boot.Journal).WaitSeconds);
            Assert.AreEqual(ResultCode.Ok, new UpdateClient(boot).Request(1), "the wait after failures is over");
            boot.Restart();
        }

        private byte[] Release(string component, byte[] former, string where)
        {
            int index = component == BootBench.Stage2 ? ComponentIndex.Stage2 : ComponentIndex.Application;
            byte[] payload = Change(former);
            while (true)
            {
                long id = Publish(component, payload, isGood: true);
                if (Drive(state => state.Components[index].ConfirmedId == id || state.Components[index].FailedId == id, where).Components[index].ConfirmedId == id)
                {
                    return payload;
                }

                // Its attempts went in power cuts and an absent network: the device did right, and wants another release.
                _expiredTrials++;
            }
        }

        private void ReleaseBad(string where)
        {
            long id = Publish(BootBench.Application, Change(_application), isGood: false);
            Drive(state => state.Components[ComponentIndex.Application].FailedId == id, where);

            // With two slots the former image runs on; with one it comes back over the network.
            _application = Release(BootBench.Application, _application, where);
        }

        private void Refuse(string kind, byte[] envelope, ResultCode? expected, string where)
        {
            string path = "/" + Publisher.ManifestPath(BootBench.Application);
            byte[]? former = _network.Files.GetValueOrDefault(path);
            _network.Files[path] = envelope;
            _network.FaultProbability = 0;
            int start = _device.Transcript.Count;
            BootJournal state = State();
            long confirmed = state.Components[ComponentIndex.Application].ConfirmedId;
            Drive(_ => _device.Transcript.Skip(start).Any(entry => entry.Event == BootEvent.ManifestRefused), where);
            ResultCode reason = _device.Transcript.Skip(start).First(entry => entry.Event == BootEvent.ManifestRefused).Result;
            Assert.IsTrue(expected == null || reason == expected, $"{kind}: {reason}, {where}");
            Assert.IsTrue(confirmed == 0 || State().Components[ComponentIndex.Application].ConfirmedId == confirmed, where);
            _refusals[kind] = _refusals.GetValueOrDefault(kind) + 1;
            if (former == null)
            {
                _network.Files.Remove(path);
            }
            else
            {
                _network.Files[path] = former;
            }
        }

        private long Publish(string component, byte[] payload, bool isGood)
        {
            _released[Digest(payload)] = isGood;
            Envelope envelope = Manifest(component, ++_sequence, payload).Build().Sign(BootBench.Author);
            _network.Files["/" + Publisher.PayloadPath(payload)] = payload;
            _network.Files["/" + Publisher.ManifestPath(component)] = envelope.Encode();
            return BitConverter.ToInt64(envelope.ImageId, 0);
        }

        private static ManifestBuilder Manifest(string component, long sequence, byte[] payload)
        {
            ManifestBuilder builder = BootBench.MakeBuilder(component, sequence, payload);
            builder.Components[0].Uris.Add("../" + Publisher.PayloadPath(payload));
            return builder;
        }

        private Envelope ReleaseManifest(byte[] payload, SigningKey key)
        {
            return Manifest(BootBench.Application, _sequence + 1, payload).Build().Sign(key);
        }

        private Envelope ForeignManifest()
        {
            ManifestBuilder builder = Manifest(BootBench.Application, _sequence + 1, _application);
            builder.ClassIds[0] = Uuid.ForClass(BootBench.Vendor, "another");
            return builder.Build().Sign(BootBench.Author);
        }

        /// <summary>Boots until a goal is reached, with power cuts on the way.</summary>
        private BootJournal Drive(Func<BootJournal, bool> isReached, string where)
        {
            int cuts = _random.Next(3) != 0 ? _random.Next(1, 4) : 0;
            _memory.Power.UnstablePeriod = (UnstablePeriod)_random.Next(2);
            _memory.Power.Arm(Enumerable.Range(0, cuts).Select(_ =>
                new PowerCut(_random.Next(40), (TornForm)_random.Next(5), (uint)_random.Next())).ToArray());
            for (int boots = 0; boots < BootsMax; boots++)
            {
                BoardEnd end = _device.BootOnce();
                Assert.IsTrue(end is BoardEnd.Restart or BoardEnd.PowerCut, $"{end}, {_device.Escaped}, {where}");
                _cuts += end == BoardEnd.PowerCut ? 1 : 0;
                _memory.Power.PowerOn();
                BootJournal state = State();
                long application = state.Components[ComponentIndex.Application].Floor;
                long stage2 = state.Components[ComponentIndex.Stage2].Floor;
                Assert.IsTrue(application >= _applicationFloor && stage2 >= _stage2Floor, "a floor fell, " + where);
                _applicationFloor = application;
                _stage2Floor = stage2;
                _entered += _loader.Entered.Count;
                _loader.Entered.Clear();
                if (isReached(state))
                {
                    _memory.Power.Disarm();
                    Assert.AreEqual(0, _memory.External.Array.Counters.ContractViolations + _memory.Internal.Array.Counters.ContractViolations, where);
                    return state;
                }

                if (boots > BootsMax / 2)
                {
                    _network.FaultProbability = 0;
                }
            }

            string last = string.Join('\n', _device.Transcript.TakeLast(60).Select(entry => $"{entry.Boot} {entry.Event} {entry.Region} {entry.Result} {entry.Value}"));
            throw new AssertFailedException($"{BootsMax} boots did not reach the goal, {where}\n{last}");
        }

        private BootJournal State()
        {
            while (true)
            {
                try
                {
                    return BootBench.OpenJournal(_memory);
                }
                catch (PowerCutException)
                {
                    // Looking may complete a record that a cut left half written; and that may be cut too.
                    _cuts++;
                    _memory.Power.PowerOn();
                }
            }
        }

        /// <summary>The next release: some bytes changed, a piece put in or taken out, now and then all new.</summary>
        private byte[] Change(byte[] former)
        {
            if (_random.Next(12) == 0)
            {
                _changedBytes += former.Length;
                return BootBench.FakeAssembly(former.Length, _random.Next());
            }

            byte[] payload = (byte[])former.Clone();
            int count = 4 * _random.Next(1, 200);
            int at = 2048 + (4 * _random.Next((payload.Length - 2048 - count) / 4));
            _random.NextBytes(payload.AsSpan(at, count));
            _changedBytes += count;
            return payload;
        }

        private void Print(int updates)
        {
            NorCounters counters = _memory.External.Array.Counters;
            TestContext.WriteLine($"{updates} rounds, {_sequence} releases, {_entered} starts, {_device.BootCount} boots, {_cuts} power cuts, {_expiredTrials} trials expired");
            TestContext.WriteLine("refusals: " + string.Join(", ", _refusals.Select(refusal => $"{refusal.Key} {refusal.Value}")));
            TestContext.WriteLine("network: " + string.Join(", ", _network.Faults.Select(fault => $"{fault.Key} {fault.Value}")) + $"; payload {_network.PayloadBytes:N0} bytes fetched, {_changedBytes:N0} changed");
            TestContext.WriteLine($"wear: {counters.BytesProgrammed:N0} bytes programmed, {counters.Erases:N0} sector erases, {counters.Erases / (double)(_memory.External.SizeBytes / 4096):F1} for each sector on average");
        }

        private static string Digest(byte[] payload)
        {
            return Convert.ToHexString(SHA256.HashData(payload));
        }

        private static int Number(string variable, int otherwise)
        {
            return int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : otherwise;
        }
    }
}
