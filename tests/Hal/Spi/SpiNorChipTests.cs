// The chip model itself: what the data sheets say that a chip ignores, wraps and leaves behind.

using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Spi;
using NanoBoot.SpiNor;
using NanoBoot.Hal.Tests.Flash;

namespace NanoBoot.Hal.Tests.Spi
{
    [TestClass]
    public sealed class SpiNorChipTests
    {
        [TestMethod]
        public void ProgramWithoutWriteEnable_IsIgnored()
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find("W25Q128JV"));
            chip.Transfer(new byte[] { 0x02, 0, 0, 0 }, 4, new byte[4], 0, 4, true);
            chip.Wait(10);
            Assert.AreEqual(0xFF, NorArrayTests.ReadByte(chip.Array, 0));
            Assert.AreEqual(1L, chip.ProtocolViolations);
        }

        [TestMethod]
        public void ProgramOverTheEndOfAPage_WrapsToItsBeginning()
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find("W25Q128JV"));
            chip.Transfer(new byte[] { 0x06 }, 1, null!, 0, 0, true);
            chip.Transfer(new byte[] { 0x02, 0, 0, 0xFE }, 4, new byte[] { 1, 2, 3, 4 }, 0, 4, true);
            Assert.AreEqual(0xFF, NorArrayTests.ReadByte(chip.Array, 0xFE));
            chip.Wait(10);
            byte[] status = new byte[1];
            chip.Transfer(new byte[] { 0x05 }, 1, status, 0, 1, false);
            Assert.AreEqual(0, status[0]);
            CollectionAssert.AreEqual(new byte[] { 1, 2, 255 }, NorArrayTests.ReadBytes(chip.Array, 0xFE, 3));
            CollectionAssert.AreEqual(new byte[] { 3, 4, 255 }, NorArrayTests.ReadBytes(chip.Array, 0, 3));
        }

        [TestMethod]
        public void ReadWhileBusy_FloatsAndIsCounted()
        {
            SpiNorChip chip = new SpiNorChip(SpiNorCatalog.Find("W25Q128JV"));
            chip.Transfer(new byte[] { 0x06 }, 1, null!, 0, 0, true);
            chip.Transfer(new byte[] { 0x02, 0, 0, 0 }, 4, new byte[] { 0 }, 0, 1, true);
            byte[] read = new byte[1];
            chip.Transfer(new byte[] { 0x03, 0, 0, 0 }, 4, read, 0, 1, false);
            Assert.AreEqual(0xFF, read[0]);
            Assert.AreEqual(1L, chip.ProtocolViolations);
        }

        [TestMethod]
        public void A70_ResetInTheMiddleOfAnErase_LeavesAMixture()
        {
            SpiNorFlash flash = SpiNorFlashTests.Open("W25Q128JV", out SpiNorChip chip);
            flash.Program(0, new byte[4096], 0, 4096);
            chip.Transfer(new byte[] { 0x06 }, 1, null!, 0, 0, true);
            chip.Transfer(new byte[] { 0x20, 0, 0, 0 }, 4, null!, 0, 0, true);
            chip.Transfer(new byte[] { 0x66 }, 1, null!, 0, 0, true);
            chip.Transfer(new byte[] { 0x99 }, 1, null!, 0, 0, true);
            Assert.AreEqual(1, chip.ResetsWhileBusy);
            byte[] cells = new byte[4096];
            chip.Array.Peek(0, cells);
            int bits = 0;
            foreach (byte cell in cells)
            {
                bits += int.PopCount(cell);
            }

            Assert.IsTrue(bits > 0 && bits < 4096 * 8);
            chip.Wait(1);
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 4096));
        }
    }
}
