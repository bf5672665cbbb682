// Everything that can go wrong between the driver and the chip: each bus transaction lost, garbled or answered by
// nobody, a description that lies, a chip that stays busy. The outcome is success or a named code, in bounded time;
// and success means that the cells hold what was asked for.

using System;
using System.Collections.Generic;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;
using NanoBoot.Emulator.Spi;
using NanoBoot.SpiNor;
using NanoBoot.Hal.Tests.Flash;

namespace NanoBoot.Hal.Tests.Spi
{
    [TestClass]
    public sealed class SpiNorFaultTests
    {
        private const int ProgramAt = 0x10F0;
        private const int ProgramCount = 300;

        // The longest that the worst case may wait: three operations that time out and two attempts to open.
        private const long WaitedMsMax = 100_000;

        public static IEnumerable<object[]> Chips
        {
            get { return SpiNorFlashTests.Chips; }
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A57_A74_OneTransferDisturbed_EndsInSuccessOrANamedCode(string name)
        {
            SpiNorChip chip = MakeWritten(name, out NorSnapshot start);
            long transfers = RunScript(chip, start, new FaultySpiPort(chip, chip.Power.Faults), out ResultCode clean);
            Assert.AreEqual(ResultCode.Ok, clean);
            int successes = 0;
            Dictionary<ResultCode, int> outcomes = new Dictionary<ResultCode, int>();
            BusFault[] faults =
            {
                BusFault.Lost, BusFault.AllOnes, BusFault.AllZeros, BusFault.PortError, BusFault.DataGarbled, BusFault.CommandGarbled,
            };
            foreach (BusFault fault in faults)
            {
                uint seeds = fault == BusFault.CommandGarbled ? 3u : fault == BusFault.DataGarbled ? 8u : 1u;
                for (long at = 0; at < transfers; at++)
                {
                    for (uint seed = 0; seed < seeds; seed++)
                    {
                        FaultySpiPort port = new FaultySpiPort(chip, chip.Power.Faults);
                        port.Arm(fault, at, 1, seed);
                        RunScript(chip, start, port, out ResultCode result);
                        Assert.AreEqual(1, chip.Power.Faults.CountOf(FaultKind.Bus), $"{fault} at {at}");
                        Assert.IsTrue((int)result < 40, $"{fault} at {at} seed {seed}: {result}");
                        Assert.IsTrue(port.WaitedMs < WaitedMsMax, $"{fault} at {at} seed {seed}: waited {port.WaitedMs} ms");
                        outcomes[result] = outcomes.GetValueOrDefault(result) + 1;
                        successes += result == ResultCode.Ok ? 1 : 0;
                        AssertCells(chip, result, $"{fault} at {at} seed {seed}");
                        Assert.IsTrue(
                            fault == BusFault.CommandGarbled || chip.StatusWrites == 0,
                            $"{fault} at {at} seed {seed}: the status register was written");
                    }
                }
            }

            Assert.IsTrue(successes > 0 && outcomes.Count > 3);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A57_OneTransferLost_IsNoticedWithoutReadingBack(string name)
        {
            SpiNorChip chip = MakeWritten(name, out NorSnapshot start);
            long transfers = RunScript(chip, start, new FaultySpiPort(chip, chip.Power.Faults), out _, false);
            int failures = 0;
            for (long at = 0; at < transfers; at++)
            {
                FaultySpiPort port = new FaultySpiPort(chip, chip.Power.Faults);
                port.Arm(BusFault.Lost, at, 1, 0);
                RunScript(chip, start, port, out ResultCode result, false);
                Assert.AreEqual(1, chip.Power.Faults.CountOf(FaultKind.Bus), $"at {at}");
                failures += result == ResultCode.Ok ? 0 : 1;
                AssertCells(chip, result, $"lost at {at}");
            }

            // At the least the erase and the two programs; a write enable that was lost is sent again.
            Assert.IsTrue(failures >= 3 && failures < 12, $"{failures} of {transfers}");
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A57_ChipWithoutWriteEnable_IsNamed(string name)
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find(name)) { IsWriteEnableIgnored = true };
            SpiNorFlash flash = new SpiNorFlash(chip, false);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            Assert.AreEqual(ResultCode.FlashWriteEnableFailed, flash.Program(0, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.FlashWriteEnableFailed, flash.Erase(0, 4096));
            Assert.AreEqual(0L, chip.Array.Counters.Programs + chip.Array.Counters.Erases);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A57_BusGoneForGood_EndsInANamedCodeAtEveryPoint(string name)
        {
            SpiNorChip chip = MakeWritten(name, out NorSnapshot start);
            long transfers = RunScript(chip, start, new FaultySpiPort(chip, chip.Power.Faults), out _);
            BusFault[] faults = { BusFault.AllOnes, BusFault.AllZeros, BusFault.Lost, BusFault.PortError };
            foreach (BusFault fault in faults)
            {
                for (long at = 0; at < transfers; at++)
                {
                    FaultySpiPort port = new FaultySpiPort(chip, chip.Power.Faults);
                    port.Arm(fault, at, long.MaxValue, 0);
                    RunScript(chip, start, port, out ResultCode result);
                    Assert.IsTrue(chip.Power.Faults.CountOf(FaultKind.Bus) > 0);
                    Assert.IsTrue((int)result < 40, $"{fault} from {at}: {result}");
                    Assert.IsTrue(port.WaitedMs < WaitedMsMax, $"{fault} from {at}: waited {port.WaitedMs} ms");
                    AssertCells(chip, result, $"{fault} from {at}");
                }
            }
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void Open_NobodyAnswers_IsNoDevice(string name)
        {
            foreach (BusFault fault in new[] { BusFault.AllOnes, BusFault.AllZeros, BusFault.Lost, BusFault.PortError })
            {
                SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find(name));
                FaultySpiPort port = new FaultySpiPort(chip, chip.Power.Faults);
                port.Arm(fault, 0, long.MaxValue, 0);
                SpiNorFlash flash = new SpiNorFlash(port, true);
                Assert.AreEqual(ResultCode.FlashNoDevice, flash.Open());
                Assert.AreEqual(0, flash.SizeBytes);
                Assert.IsTrue(port.WaitedMs < 100);
            }
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A73_BusyForEver_TimesOutAndAResetHelpsWhereThereIsOne(string name)
        {
            SpiNorFlash flash = SpiNorFlashTests.Open(name, out SpiNorChip chip);
            chip.NeverReady = true;
            long before = chip.Clock.NowMs;
            Assert.AreEqual(ResultCode.FlashTimeout, flash.Erase(0, 4096));
            Assert.AreEqual(ResultCode.FlashTimeout, flash.Read(0, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.FlashTimeout, flash.Program(0, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.FlashTimeout, flash.Sync());
            Assert.IsTrue(chip.Clock.NowMs - before < WaitedMsMax);
            ResultCode opened = flash.Open();
            Assert.AreEqual(chip.Description.HasReset ? ResultCode.Ok : ResultCode.FlashTimeout, opened);
            Assert.AreEqual(chip.Description.HasReset ? 1 : 0, chip.ResetsWhileBusy);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A73_EraseSlowerThanTyp_IsWaitedForUpToTheMaximum(string name)
        {
            SpiNorFlash flash = SpiNorFlashTests.Open(name, out SpiNorChip chip);
            chip.SlowFactor = 6;
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 65536));
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[300], 0, 300));
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void LyingDescription_EveryBitOfIt_NeverWritesOutsideTheRange(string name)
        {
            SpiNorDescription truth = SpiNorCatalog.Find(name);
            int bytes = truth.SfdpHeader.Length + truth.SfdpTable.Length;
            for (int bit = 0; bit < bytes * 8; bit++)
            {
                byte[] header = (byte[])truth.SfdpHeader.Clone();
                byte[] table = (byte[])truth.SfdpTable.Clone();
                byte[] changed = bit < header.Length * 8 ? header : table;
                int at = bit < header.Length * 8 ? bit : bit - (header.Length * 8);
                changed[at / 8] ^= (byte)(1 << (at % 8));
                TryDescription(truth with { SfdpHeader = header, SfdpTable = table }, $"{name} bit {bit}");
            }
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void LyingDescription_RandomBytes_NeverWritesOutsideTheRange(string name)
        {
            SpiNorDescription truth = SpiNorCatalog.Find(name);
            if (truth.SfdpTable.Length == 0)
            {
                truth = truth with { SfdpHeader = SpiNorCatalog.Find("W25Q128JV").SfdpHeader, SfdpTable = new byte[64] };
            }

            FaultRandom random = new FaultRandom(20261121);
            for (int run = 0; run < 200; run++)
            {
                byte[] table = (byte[])truth.SfdpTable.Clone();
                int changes = 1 + random.Below(table.Length);
                for (int i = 0; i < changes; i++)
                {
                    table[random.Below(table.Length)] = (byte)random.Next();
                }

                TryDescription(truth with { SfdpTable = table }, $"{name} run {run}, generator 20261121");
            }
        }

        [TestMethod]
        [DataRow(2, 0xFD)]
        [DataRow(2, 0xFF)]
        [DataRow(7, 0x00)]
        [DataRow(28, 0x0D)]
        [DataRow(28, 0x10)]
        [DataRow(32, 0x0C)]
        [DataRow(32, 0x0D)]
        [DataRow(32, 0x0E)]
        [DataRow(32, 0x0F)]
        [DataRow(32, 0x11)]
        public void Open_OneByteOfTheDescriptionImpossible_IsDescriptionInvalid(int at, int value)
        {
            SpiNorDescription truth = SpiNorCatalog.Find("W25Q128JV");
            byte[] table = (byte[])truth.SfdpTable.Clone();
            table[at] = (byte)value;
            SpiNorChip chip = new SpiNorChip(truth with { SfdpTable = table });
            Assert.AreEqual(ResultCode.FlashDescriptionInvalid, new SpiNorFlash(chip, false).Open());
        }

        [TestMethod]
        public void Open_NoEraseThatTheDriverKnows_IsDescriptionInvalid()
        {
            SpiNorDescription truth = SpiNorCatalog.Find("W25Q128JV");
            byte[] table = (byte[])truth.SfdpTable.Clone();
            table[29] = 0x81;
            table[33] = 0x81;
            SpiNorChip chip = new SpiNorChip(truth with { SfdpTable = table });
            Assert.AreEqual(ResultCode.FlashDescriptionInvalid, new SpiNorFlash(chip, false).Open());
        }

        [TestMethod]
        public void A73_DescriptionWithTheLongestTimes_IsNotWaitedForThatLong()
        {
            SpiNorDescription truth = SpiNorCatalog.Find("W25Q128JV");
            byte[] table = (byte[])truth.SfdpTable.Clone();
            for (int i = 36; i < 40; i++)
            {
                table[i] = 0xFF;
            }

            SpiNorChip chip = new SpiNorChip(truth with { SfdpTable = table });
            SpiNorFlash flash = new SpiNorFlash(chip, false);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            chip.NeverReady = true;
            long before = chip.Clock.NowMs;
            Assert.AreEqual(ResultCode.FlashTimeout, flash.Erase(0, 4096));

            // The table says 1,024 s.
            Assert.IsTrue(chip.Clock.NowMs - before < 25_000);
        }

        [TestMethod]
        public void Open_SizeAgainstId_IsDescriptionInvalid()
        {
            SpiNorDescription truth = SpiNorCatalog.Find("W25Q128JV");
            SpiNorChip chip = new SpiNorChip(truth with { SfdpTable = SpiNorCatalog.Find("W25Q64JV").SfdpTable });
            Assert.AreEqual(ResultCode.FlashDescriptionInvalid, new SpiNorFlash(chip, false).Open());
        }

        [TestMethod]
        public void Open_UnknownIdWithoutDescription_IsUnknownUnlessTheBoardNamesIt()
        {
            SpiNorDescription unknown = SpiNorCatalog.Find("GD25Q64C") with { JedecId = 0x1F4800 };
            SpiNorChip chip = new SpiNorChip(unknown);
            Assert.AreEqual(ResultCode.FlashUnknownDevice, new SpiNorFlash(chip, false).Open());
            SpiNorFlash named = new SpiNorFlash(chip, true);
            Assert.AreEqual(ResultCode.Ok, named.Open(new SpiNorGeometry(SpiNorChips.GD25Q64), 0));
            Assert.AreEqual(8 << 20, named.SizeBytes);
            Assert.AreEqual(ResultCode.Ok, named.Program(named.SizeBytes - 1, new byte[1], 0, 1));
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DataRow(0xEF4018, ResultCode.Ok)]
        [DataRow(0, ResultCode.Ok)]
        [DataRow(0xEF4017, ResultCode.FlashUnknownDevice)]
        [DataRow(0x1840EF, ResultCode.FlashUnknownDevice)]
        public void Open_BoardNamesTheChip_TakesNoOtherOne(int id, ResultCode expected)
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find("W25Q128JV"));
            SpiNorFlash flash = new SpiNorFlash(chip, true);

            Assert.AreEqual(expected, flash.Open(new SpiNorGeometry(SpiNorChips.W25Q128), id));

            Assert.AreEqual(expected == ResultCode.Ok ? 16 << 20 : 0, flash.SizeBytes);
            Assert.AreEqual(expected == ResultCode.Ok ? ResultCode.Ok : ResultCode.FlashOutOfRange, flash.Program(0, new byte[1], 0, 1));
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DataRow(0)]
        [DataRow(-1)]
        [DataRow(12345)]
        [DataRow(int.MaxValue)]
        [DataRow(1 << 29)]
        public void Open_BoardNamesAnImpossibleSize_IsUnknownDevice(int sizeBytes)
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find("W25Q128JV"));
            Assert.AreEqual(ResultCode.FlashUnknownDevice, new SpiNorFlash(chip, true).Open(new SpiNorGeometry(sizeBytes), 0));
        }

        [TestMethod]
        public void A72_StuckBit_IsFoundByReadingBack()
        {
            SpiNorFlash flash = SpiNorFlashTests.Open("W25Q128JV", out SpiNorChip chip);
            chip.Array.StickBit(100, 2, true);
            Assert.AreEqual(ResultCode.FlashProgramFailed, flash.Program(100, new byte[1], 0, 1));
            chip.Array.StickBit(5000, 2, false);
            Assert.AreEqual(ResultCode.FlashEraseFailed, flash.Erase(4096, 4096));
            chip.Array.FailErases(3, 1);
            flash.Program(0x3000, new byte[1], 0, 1);
            Assert.AreEqual(ResultCode.FlashEraseFailed, flash.Erase(0x3000, 4096));
            Assert.AreEqual(1, chip.Power.Faults.CountOf(FaultKind.EraseFailed));
        }

        [TestMethod]
        public void A74_ReadNoise_IsReadAgainBeforeItCounts()
        {
            SpiNorFlash flash = SpiNorFlashTests.Open("W25Q128JV", out SpiNorChip chip);
            byte[] data = NorArrayTests.Pattern(64, 8);
            chip.Array.DisturbNextReads(SpiNorFlash.ReadAttemptsMax - 1, 1);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, data, 0, 64));
            Assert.AreEqual(SpiNorFlash.ReadAttemptsMax - 1, chip.Power.Faults.CountOf(FaultKind.ReadNoise));
            chip.Array.DisturbNextReads(SpiNorFlash.ReadAttemptsMax, 1);
            Assert.AreEqual(ResultCode.FlashProgramFailed, flash.Program(64, data, 0, 64));
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A75_PowerFailureOfTheChipAlone_MisdirectsNothing(string name)
        {
            SpiNorFlash flash = SpiNorFlashTests.Open(name, out SpiNorChip chip);
            int at = flash.SizeBytes - 4096;
            Assert.AreEqual(ResultCode.Ok, flash.Program(at, new byte[] { 1, 2, 3 }, 0, 3));
            chip.Power.PowerOff();
            chip.Power.PowerOn();
            byte[] read = new byte[3];
            Assert.AreEqual(ResultCode.Ok, flash.Read(at, read, 0, 3));
            CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, read);
            chip.Power.PowerOff();
            chip.Power.PowerOn();
            Assert.AreEqual(ResultCode.Ok, flash.Program(at + 3, new byte[] { 4, 5, 6 }, 0, 3));
            CollectionAssert.AreEqual(new byte[] { 1, 2, 3, 4, 5, 6 }, NorArrayTests.ReadBytes(chip.Array, at, 6));
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        public void A75_MisdirectedProgram_IsFoundByReadingBack()
        {
            SpiNorFlash flash = SpiNorFlashTests.Open("W25Q128JV", out SpiNorChip chip);
            chip.Array.MisdirectProgram(0, 0x2000);
            Assert.AreEqual(ResultCode.FlashProgramFailed, flash.Program(0, new byte[16], 0, 16));
            Assert.AreEqual(1, chip.Power.Faults.CountOf(FaultKind.Misdirected));
        }

        private static SpiNorChip MakeWritten(string name, out NorSnapshot start)
        {
            SpiNorFlash flash = SpiNorFlashTests.Open(name, out SpiNorChip chip);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[0x3000], 0, 0x3000));
            start = chip.Array.Snapshot();

            // A slow bus: few polls until the chip is ready, so few places where a fault does the same again.
            chip.ClockHz = 5_000;
            return chip;
        }

        // Opens, erases one sector, programs over the border of a page, reads: whatever a board does.
        private static long RunScript(
            SpiNorChip chip, NorSnapshot start, FaultySpiPort port, out ResultCode result, bool isReadBack = true)
        {
            chip.Power.Faults.Clear();
            chip.Power.PowerOff();
            chip.Power.PowerOn();

            // The first transfer after a power failure ends what the chip was doing; only then are the cells restored.
            chip.Transfer(new byte[] { 0x05 }, 1, new byte[1], 0, 1, false);
            chip.Array.Restore(start);
            SpiNorFlash flash = new SpiNorFlash(port, isReadBack);
            result = flash.Open();
            if (result == ResultCode.Ok)
            {
                result = flash.Erase(0x1000, 0x1000);
            }

            if (result == ResultCode.Ok)
            {
                result = flash.Program(ProgramAt, NorArrayTests.Pattern(ProgramCount, 6), 0, ProgramCount);
            }

            if (result == ResultCode.Ok)
            {
                result = flash.Read(ProgramAt, new byte[ProgramCount], 0, ProgramCount);
            }

            return port.TransferCount;
        }

        private static void AssertCells(SpiNorChip chip, ResultCode result, string what)
        {
            if (result == ResultCode.Ok)
            {
                byte[] cells = new byte[ProgramCount];
                chip.Array.Peek(ProgramAt, cells);
                CollectionAssert.AreEqual(NorArrayTests.Pattern(ProgramCount, 6), cells, what);
            }
        }

        private static void TryDescription(SpiNorDescription description, string what)
        {
            SpiNorChip chip = new SpiNorChip(description);
            byte[] mark = { 0x5A };
            int last = description.SizeBytes - 1;
            int[] marks = { 0, 0x1FFF, 0x7FFFF, 0x80000 + 0x40000, last };
            foreach (int at in marks)
            {
                chip.Array.Program(at, mark);
            }

            SpiNorFlash flash = new SpiNorFlash(chip, true);
            ResultCode result = flash.Open();
            Assert.IsTrue((int)result < 40, $"{what}: {result}");
            if (result == ResultCode.Ok && flash.GetSector(0x80000, out int start, out int size) == ResultCode.Ok)
            {
                Assert.IsTrue(size <= 0x40000 && start == 0x80000, what);
                result = flash.Erase(start, size);
                if (result == ResultCode.Ok)
                {
                    result = flash.Program(start + 100, NorArrayTests.Pattern(600, 4), 0, 600);
                }

                Assert.IsTrue((int)result < 40, $"{what}: {result}");
            }

            foreach (int at in marks)
            {
                byte[] cell = new byte[1];
                chip.Array.Peek(at, cell);
                Assert.AreEqual(0x5A, cell[0], $"{what}: byte {at:X} was touched");
            }

            Assert.IsTrue(chip.Clock.NowMs < WaitedMsMax, what);
        }
    }
}
