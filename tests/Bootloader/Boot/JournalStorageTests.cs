// The journal on every kind of storage that there is, with every cut and pairs of cuts in every torn form: internal
// flash of several program units, storage that loses what was not synced in any order, a SPI chip at bus level, files.
// A replay is named in the message: kind, cuts (operations before it, form, seed).

using System;
using System.Collections.Generic;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Flash;
using NanoBoot.Emulator.Spi;
using NanoBoot.Files;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.SpiNor;

namespace NanoBoot.Bootloader.Tests.Boot
{
    [TestClass]
    public sealed class JournalStorageTests
    {
        private const int SectorBytes = 4096;
        private const int Sectors = 3;
        private const int BootsMax = 8;

        // States of a run. With eight states a sector the run goes over two borders of sectors.
        private const int States = 18;

        private static readonly TornForm[] _forms = Enum.GetValues<TornForm>();

        public static IEnumerable<object[]> Kinds
        {
            get
            {
                yield return new object[] { "unit 1" };
                yield return new object[] { "unit 8" };
                yield return new object[] { "unit 32" };
                yield return new object[] { "unsynced lost" };
                yield return new object[] { "files" };
                yield return new object[] { "files, not atomic" };
            }
        }

        [TestMethod]
        [DynamicData(nameof(Kinds))]
        public void A49_A70_A76_Journal_EveryPairOfCuts_KeepsWhatWasCommitted(string kind)
        {
            RunAll(kind, 2, 3);
        }

        [TestMethod]
        public void A49_A70_Journal_OnAnSpiChip_EveryCutAndSomePairs_KeepsWhatWasCommitted()
        {
            RunAll("spi", 1, 1);
        }

        [TestMethod]
        public void A49_Open_OneRecordCannotBeRead_FindsTheOthersOfItsSector()
        {
            EmulatedFlash flash = new EmulatedFlash(NorGeometry.Uniform(SectorBytes, Sectors, 1), new PowerSupply());
            BootJournal journal = new BootJournal(new FlashRegion(RegionId.Journal, flash, 0, Sectors * SectorBytes));
            journal.Open();
            for (int state = 1; state <= 3; state++)
            {
                journal.Components[ComponentIndex.Application].Floor = state;
                Assert.AreEqual(ResultCode.Ok, journal.Commit());
            }

            // A copy of the first state; a copy of the last one, of which the other copy is left.
            foreach (int unreadable in new int[] { 0, 5 })
            {
                UnreadableFlash torn = new UnreadableFlash(flash, unreadable * BootJournal.RecordBytes);
                BootJournal again = new BootJournal(new FlashRegion(RegionId.Journal, torn, 0, Sectors * SectorBytes));
                Assert.AreEqual(ResultCode.Ok, again.Open());
                Assert.AreEqual(3L, again.Components[ComponentIndex.Application].Floor);
                Assert.IsTrue(torn.Failures > 0, "The fault has fired.");
            }
        }

        private static void RunAll(string kind, uint seeds, int secondCuts)
        {
            Storage clean = new Storage(kind);
            Assert.AreEqual(0, Run(clean, out int acknowledged), kind);
            Assert.AreEqual(States, acknowledged, kind);
            long operations = clean.Power.OperationCount;
            int fired = 0;
            for (long first = 0; first < operations; first++)
            {
                foreach (TornForm form in _forms)
                {
                    for (uint seed = 0; seed < seeds; seed++)
                    {
                        PowerCut cut = new PowerCut(first, form, (uint)first + seed);
                        fired += RunWithCuts(kind, cut);
                        for (int second = 0; second < secondCuts; second++)
                        {
                            TornForm secondForm = _forms[(int)(first + second + (int)form) % _forms.Length];
                            fired += RunWithCuts(kind, cut, new PowerCut(second, secondForm, seed + 7));
                        }
                    }
                }
            }

            Assert.IsTrue(fired >= operations * _forms.Length * seeds * (1 + secondCuts), $"{kind}: {fired} cuts");
        }

        private static int RunWithCuts(string kind, params PowerCut[] cuts)
        {
            string replay = kind + ", " + string.Join(", ", cuts);
            Storage storage = new Storage(kind);
            storage.Power.UnstablePeriod = (cuts[0].Seed & 1) == 0 ? UnstablePeriod.EachPowerOn : UnstablePeriod.EachRead;
            storage.Power.Arm(cuts);
            int boots = Run(storage, out int acknowledged);
            Assert.IsTrue(boots >= 1, replay + ": not cut");
            Assert.AreEqual(States, acknowledged, replay);
            Assert.AreEqual(0L, storage.Violations, replay);
            return boots;
        }

        // Boots until a boot gets through all states; at each boot the state is one that may be.
        private static int Run(Storage storage, out int acknowledged)
        {
            acknowledged = 0;
            for (int boot = 0; boot < BootsMax; boot++)
            {
                int attempted = acknowledged;
                try
                {
                    BootJournal journal = new BootJournal(new FlashRegion(RegionId.Journal, storage.Boot(), 0, Sectors * SectorBytes));
                    ResultCode opened = journal.Open();
                    int found = (int)journal.Components[ComponentIndex.Application].Floor;
                    Assert.IsTrue(opened == ResultCode.Ok || (opened == ResultCode.JournalEmpty && acknowledged == 0), $"{storage}: {opened}");
                    Assert.IsTrue(found >= acknowledged && found <= storage.Attempted, $"{storage}: found {found} of {acknowledged} to {storage.Attempted}");

                    // What a boot has seen and acted on counts as promised.
                    acknowledged = found;
                    for (int state = found + 1; state <= States; state++)
                    {
                        attempted = state;
                        storage.Attempted = state;
                        journal.Components[ComponentIndex.Application].Floor = state;
                        Assert.AreEqual(ResultCode.Ok, journal.Commit(), storage.ToString());
                        acknowledged = state;
                    }

                    return boot;
                }
                catch (PowerCutException)
                {
                    storage.Power.PowerOn();
                }
            }

            Assert.Fail($"{storage}: no boot got through, the last at {acknowledged}");
            return 0;
        }

        /// <summary>A flash of which one byte cannot be read, as where it corrects errors and cannot correct these.</summary>
        private sealed class UnreadableFlash : IFlash
        {
            private readonly IFlash _flash;
            private readonly int _unreadable;

            internal UnreadableFlash(IFlash flash, int unreadable)
            {
                _flash = flash;
                _unreadable = unreadable;
            }

            public int SizeBytes => _flash.SizeBytes;

            public int ProgramUnitBytes => _flash.ProgramUnitBytes;

            internal int Failures { get; private set; }

            public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
            {
                return _flash.GetSector(addressBytes, out sectorStartBytes, out sectorSizeBytes);
            }

            public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
            {
                if (_unreadable >= addressBytes && _unreadable < addressBytes + count)
                {
                    Array.Clear(buffer, offset, count);
                    Failures++;
                    return ResultCode.FlashTimeout;
                }

                return _flash.Read(addressBytes, buffer, offset, count);
            }

            public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
            {
                return _flash.Program(addressBytes, buffer, offset, count);
            }

            public ResultCode Erase(int addressBytes, int count)
            {
                return _flash.Erase(addressBytes, count);
            }

            public ResultCode Sync()
            {
                return _flash.Sync();
            }
        }

        /// <summary>A storage of some kind, and its driver as each boot makes it anew.</summary>
        private sealed class Storage
        {
            private readonly string _kind;
            private readonly EmulatedFlash? _flash;
            private readonly EmulatedVolume? _volume;
            private readonly SpiNorChip? _chip;

            internal Storage(string kind)
            {
                _kind = kind;
                Power = new PowerSupply();
                if (kind == "spi")
                {
                    // A slow bus: fewer polls.
                    _chip = new SpiNorChip(SpiNorCatalog.Find("W25Q16JV"), Power) { ClockHz = 5_000 };
                }
                else if (kind.StartsWith("files", StringComparison.Ordinal))
                {
                    _volume = new EmulatedVolume(Power, SectorBytes, 64) { IsAtomic = kind == "files" };
                }
                else
                {
                    int unit = kind == "unsynced lost" ? 8 : int.Parse(kind.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture);
                    _flash = new EmulatedFlash(NorGeometry.Uniform(SectorBytes, Sectors, unit), Power);
                    _flash.Array.LosesUnsynced = kind == "unsynced lost";
                    Power.SyncIsOperation = kind == "unsynced lost";
                }
            }

            internal PowerSupply Power { get; }

            internal int Attempted { get; set; }

            internal long Violations
            {
                get { return (_flash?.Array.Counters.ContractViolations ?? 0) + (_chip?.ProtocolViolations ?? 0); }
            }

            public override string ToString()
            {
                return _kind + ", " + string.Join(", ", Power.Faults.Records);
            }

            internal IFlash Boot()
            {
                if (_flash != null)
                {
                    return _flash;
                }

                if (_volume != null)
                {
                    return new FileFlash(_volume, SectorBytes, Sectors);
                }

                SpiNorFlash spi = new SpiNorFlash(_chip!, true);
                Assert.AreEqual(ResultCode.Ok, spi.Open());
                return spi;
            }
        }
    }
}
