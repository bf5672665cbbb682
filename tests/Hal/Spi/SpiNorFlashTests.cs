// The driver's suite: the same tests over every chip description, on the bus-level model.

using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;
using NanoBoot.Emulator.Spi;
using NanoBoot.SpiNor;
using NanoBoot.Hal.Tests.Flash;

namespace NanoBoot.Hal.Tests.Spi
{
    [TestClass]
    public sealed class SpiNorFlashTests
    {
        public static IEnumerable<object[]> Chips
        {
            get
            {
                foreach (SpiNorDescription description in SpiNorCatalog.All)
                {
                    yield return new object[] { description.Name };
                }
            }
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void Open_EveryChip_FindsSizeAndSectorsAndWritesNothing(string name)
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find(name));
            SpiNorFlash flash = new SpiNorFlash(chip, true);
            Assert.AreEqual(0, flash.SizeBytes);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            Assert.AreEqual(chip.Description.SizeBytes, flash.SizeBytes);
            Assert.AreEqual(1, flash.ProgramUnitBytes);
            Assert.AreEqual(ResultCode.Ok, flash.GetSector(flash.SizeBytes - 1, out int start, out int size));
            Assert.AreEqual(4096, size);
            Assert.AreEqual(flash.SizeBytes - 4096, start);
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.GetSector(flash.SizeBytes, out _, out _));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.GetSector(-1, out _, out _));
            Assert.AreEqual(0L, chip.Array.Counters.Programs + chip.Array.Counters.Erases);
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void ProgramAndRead_AcrossPagesAndAtBothEnds_ReturnsTheBytes(string name)
        {
            SpiNorFlash flash = Open(name, out SpiNorChip chip);
            byte[] data = NorArrayTests.Pattern(1000, 1);
            int[] addresses = { 0, 0x1FF7, 0x1003, flash.SizeBytes / 2 - 500, flash.SizeBytes - 1000 };
            foreach (int address in addresses)
            {
                Assert.AreEqual(ResultCode.Ok, flash.Erase(address & ~4095, Sectors(address, 1000)));
                Assert.AreEqual(ResultCode.Ok, flash.Program(address, data, 0, 1000));
                byte[] read = new byte[1002];
                Assert.AreEqual(ResultCode.Ok, flash.Read(address, read, 1, 1000));
                CollectionAssert.AreEqual(data, read[1..1001]);
                Assert.AreEqual(0, read[0] | read[1001]);
            }

            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void Erase_RangeOfMixedBorders_TakesTheLargestTypesAndLeavesNeighbours(string name)
        {
            SpiNorFlash flash = Open(name, out SpiNorChip chip);
            byte[] zeros = new byte[0x30000];
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, zeros, 0, zeros.Length));
            long erasesBefore = chip.Power.OperationCount;
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0xF000, 0x12000));
            byte[] read = new byte[0x30000];
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, read.Length));
            for (int i = 0; i < read.Length; i++)
            {
                Assert.AreEqual(i >= 0xF000 && i < 0x21000 ? 0xFF : 0, read[i], $"byte {i:X}");
            }

            // 4 KiB, 64 KiB, 4 KiB.
            Assert.AreEqual(3L, chip.Power.OperationCount - erasesBefore);
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void Erase_CommandsOnTheBus_AreTheLargestThatFit(string name)
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find(name));
            RecordingSpiPort port = new RecordingSpiPort(chip);
            SpiNorFlash flash = new SpiNorFlash(port, true);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            byte[] table = chip.Description.SfdpTable;
            bool isAlwaysFour = chip.Description.SizeBytes > 1 << 24 && table.Length >= 64 && (table[63] & 0x20) != 0;

            // 32 KiB where the chip says that it has them (word 8 or 9), and the command is one with the usual address.
            bool has32 = table.Length != 0 && !isAlwaysFour && table[29..36].Contains((byte)0x52);
            string sector = isAlwaysFour ? "21" : "20";
            string block = isAlwaysFour ? "DC" : "D8";
            string half = has32 ? "52" : string.Join(' ', Enumerable.Repeat(sector, 8));
            Assert.AreEqual(name != "MX25L1606E" && table.Length != 0 && !isAlwaysFour, has32, "the catalog has chips of both kinds");
            (int Address, int Count, string Commands)[] ranges =
            {
                (0x7000, 0x1000, sector),
                (0x8000, 0x7000, string.Join(' ', Enumerable.Repeat(sector, 7))),
                (0x8000, 0x8000, half),
                (0x4000, 0x8000, string.Join(' ', Enumerable.Repeat(sector, 8))),
                (0x10000, 0x10000, block),
                (0x10000, 0x28000, block + " " + block + " " + half),
                (0x7000, 0x1A000, sector + " " + half + " " + block + " " + sector),
                (0x18000, 0x11000, half + " " + half + " " + sector),
            };
            foreach ((int address, int count, string commands) in ranges)
            {
                port.Erases.Clear();
                Assert.AreEqual(ResultCode.Ok, flash.Program(address - 1, new byte[1], 0, 1));
                Assert.AreEqual(ResultCode.Ok, flash.Program(address + count, new byte[1], 0, 1));
                Assert.AreEqual(ResultCode.Ok, flash.Erase(address, count));
                Assert.AreEqual(commands, string.Join(' ', port.Erases.Select(erase => erase.Command.ToString("X2"))), $"{address:X}, {count:X}");
                Assert.AreEqual(address, port.Erases[0].Address);
                Assert.AreEqual(0, NorArrayTests.ReadByte(chip.Array, address - 1));
                Assert.AreEqual(0, NorArrayTests.ReadByte(chip.Array, address + count));
                Assert.AreEqual(ResultCode.Ok, flash.Erase((address - 1) & ~4095, 4096));
                Assert.AreEqual(ResultCode.Ok, flash.Erase((address + count) & ~4095, 4096));
            }

            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        public void Open_SectorsOfUnequalSize_TakesBlocksOnly()
        {
            // Bits 0 and 1 of the table: no 4 KiB erase throughout the chip, whatever the erase types say.
            SpiNorDescription truth = SpiNorCatalog.Find("W25Q128JV");
            byte[] table = (byte[])truth.SfdpTable.Clone();
            table[0] |= 3;
            RecordingSpiPort port = new RecordingSpiPort(new SpiNorChip(truth with { SfdpTable = table }));
            SpiNorFlash flash = new SpiNorFlash(port, true);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            Assert.AreEqual(ResultCode.Ok, flash.GetSector(70000, out int start, out int size));
            Assert.AreEqual((65536, 65536), (start, size));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(0x8000, 0x8000));
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0x10000, 0x20000));
            Assert.AreEqual("D8 D8", string.Join(' ', port.Erases.Select(erase => erase.Command.ToString("X2"))));
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A57_Protection_IsLiftedWhereAllowedAndNamedWhereNot(string name)
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find(name)) { StatusRegister = 0x9C, WriteProtectPin = false };
            SpiNorFlash flash = new SpiNorFlash(chip, false);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            Assert.AreEqual(ResultCode.FlashWriteProtected, flash.Erase(0, 4096));
            Assert.AreEqual(ResultCode.FlashWriteProtected, flash.Program(0, new byte[1], 0, 1));
            Assert.AreEqual(0x9C, chip.StatusRegister);
            chip.WriteProtectPin = true;
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 4096));
            Assert.AreEqual(0x80, chip.StatusRegister);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[1], 0, 1));
            Assert.AreEqual(0, NorArrayTests.ReadByte(chip.Array, 0));
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void PowerDown_ThenOpen_WorksAgain(string name)
        {
            SpiNorFlash flash = Open(name, out SpiNorChip chip);
            Assert.AreEqual(ResultCode.Ok, flash.Program(5, new byte[] { 7 }, 0, 1));
            Assert.AreEqual(ResultCode.Ok, flash.PowerDown());
            Assert.IsTrue(chip.IsAsleep);
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Read(5, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            byte[] read = new byte[1];
            Assert.AreEqual(ResultCode.Ok, flash.Read(5, read, 0, 1));
            Assert.AreEqual(7, read[0]);
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void Open_InTheMiddleOfAnErase_WaitsForItAndResetsNothing(string name)
        {
            SpiNorFlash first = Open(name, out SpiNorChip chip);
            Assert.AreEqual(ResultCode.Ok, first.Program(0, new byte[16], 0, 16));
            chip.Transfer(new byte[] { 0x06 }, 1, null!, 0, 0, true);
            byte[] erase = EraseCommand(chip);
            chip.Transfer(erase, erase.Length, null!, 0, 0, true);
            SpiNorFlash second = new SpiNorFlash(chip, true);
            Assert.AreEqual(ResultCode.Ok, second.Open());
            Assert.AreEqual(0, chip.ResetsWhileBusy);
            byte[] read = new byte[16];
            Assert.AreEqual(ResultCode.Ok, second.Read(0, read, 0, 16));
            CollectionAssert.AreEqual(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 }, read);
            Assert.AreEqual(0L, chip.ProtocolViolations);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A45_Access_OutsideTheChip_IsRefusedWithoutAnyTransfer(string name)
        {
            SpiNorFlash flash = Open(name, out SpiNorChip chip);
            byte[] buffer = new byte[16];
            long before = chip.TransferCount;
            int size = flash.SizeBytes;
            int[] addresses = { -1, size, size - 15, int.MaxValue, int.MaxValue - 15, int.MinValue };
            foreach (int address in addresses)
            {
                Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Read(address, buffer, 0, 16));
                Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Program(address, buffer, 0, 16));
                Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(address, 4096));
            }

            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(4096, int.MaxValue));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(0, -4096));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(1, 4096));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(0, 4095));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, null, 0, 0));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, buffer, 9, 8));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Program(0, buffer, int.MaxValue, 1));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Program(0, buffer, 1, int.MaxValue));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Program(0, buffer, -1, 1));
            Assert.AreEqual(before, chip.TransferCount);
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void A70_PowerCut_InEveryFormAtEveryOperation_LeavesTheDriverUsable(string name)
        {
            SpiNorFlash flash = Open(name, out SpiNorChip chip);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[700], 0, 700));
            NorSnapshot start = chip.Array.Snapshot();
            byte[] data = NorArrayTests.Pattern(700, 2);
            foreach (TornForm form in System.Enum.GetValues<TornForm>())
            {
                for (int cut = 0; cut < 4; cut++)
                {
                    chip.Array.Restore(start);
                    chip.Power.Faults.Clear();
                    chip.Power.Arm(cut, form, (uint)cut);
                    Assert.ThrowsExactly<PowerCutException>(() =>
                    {
                        flash.Erase(0, 4096);
                        flash.Program(0, data, 0, 700);
                    });
                    Assert.AreEqual(1, chip.Power.Faults.Count);
                    chip.Power.PowerOn();
                    Assert.AreEqual(ResultCode.Ok, flash.Open());
                    Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 4096));
                    Assert.AreEqual(ResultCode.Ok, flash.Program(0, data, 0, 700));
                    byte[] read = new byte[700];
                    Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, 700));
                    CollectionAssert.AreEqual(data, read);
                }
            }
        }

        [TestMethod]
        [DynamicData(nameof(Chips))]
        public void Transfers_OfASmallPort_AreSplit(string name)
        {
            SpiNorFlash flash = Open(name, out SpiNorChip chip);
            chip.DataBytesMax = 64;
            byte[] data = NorArrayTests.Pattern(777, 3);
            Assert.AreEqual(ResultCode.Ok, flash.Program(100, data, 0, 777));
            byte[] read = new byte[777];
            Assert.AreEqual(ResultCode.Ok, flash.Read(100, read, 0, 777));
            CollectionAssert.AreEqual(data, read);
        }

        internal static SpiNorFlash Open(string name, out SpiNorChip chip)
        {
            chip = new SpiNorChip(SpiNorCatalog.Find(name));
            SpiNorFlash flash = new SpiNorFlash(chip, true);
            Assert.AreEqual(ResultCode.Ok, flash.Open());
            return flash;
        }

        private static int Sectors(int address, int count)
        {
            return (((address & 4095) + count + 4095) / 4096) * 4096;
        }

        private static byte[] EraseCommand(SpiNorChip chip)
        {
            bool isLarge = chip.Description.SizeBytes > 1 << 24;
            bool always = isLarge && chip.Description.HasFourByteCommands && chip.Description.SfdpTable.Length >= 64;
            return always ? new byte[] { 0x21, 0, 0, 0, 0 } : isLarge ? new byte[] { 0x20, 0, 0, 0, 0 } : new byte[] { 0x20, 0, 0, 0 };
        }
    }
}
