// The SPI NOR driver on both platforms: found by its description, by its id, or not at all.

using NanoBoot.Hal;
using NanoBoot.SpiNor;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class SpiNorTests
    {
        [TestMethod]
        public void W25Q128_ByDescription_WritesAndReads()
        {
            // SFDP of a real part, as in the emulator's catalogue of chips.
            RamChip chip = new RamChip(
                0xEF4018,
                Bytes.Hex("53464450050100ff00050110800000ff"),
                Bytes.Hex("e520f9ffffffff0744eb086b083b42bbfeffffffffff0000ffff40eb0c200f52"
                    + "10d800003602a60082ea14c9e96376337a757a75f7a2d55c19f74dffe930f880"));
            WriteAndRead(chip, 16 << 20);
        }

        [TestMethod]
        public void W25Q512_ByDescription_UsesCommandsWithFourAddressBytes()
        {
            RamChip chip = new RamChip(
                0xEF4020,
                Bytes.Hex("53464450060101ff00060110800000ff"),
                Bytes.Hex("e520fbffffffff1f44eb086b083b42bbfeffffffffff0000ffff40eb0c200f52"
                    + "10d800003602a60082ea14e2e96376337a757a75f7a2d55c19f74dffe970f9a5"));
            WriteAndRead(chip, 64 << 20);
            Assert.IsTrue(!chip.IsFourByteMode);
        }

        [TestMethod]
        public void Mx25L25635_ByOldDescription_EntersTheModeForFourAddressBytes()
        {
            RamChip chip = new RamChip(
                0xC22019,
                Bytes.Hex("53464450000101ff00000109300000ff"),
                Bytes.Hex("e520f3ffffffff0f44eb086b083b04bbfeffffffffff00ffffff44eb0c200f5210d800ff"));
            WriteAndRead(chip, 32 << 20);
            Assert.IsTrue(chip.IsFourByteMode);
        }

        [TestMethod]
        public void Gd25Q64_WithoutDescription_IsFoundByItsId()
        {
            WriteAndRead(new RamChip(0xC84017, new byte[0], new byte[0]), 8 << 20);
        }

        [TestMethod]
        public void NoChip_Open_IsNamed()
        {
            SpiNorFlash flash = new SpiNorFlash(new RamChip(0xFFFFFF, new byte[0], new byte[0]), true);
            Assert.AreEqual((int)ResultCode.FlashNoDevice, (int)flash.Open());
        }

        private static void WriteAndRead(RamChip chip, int sizeBytes)
        {
            const int At = 65536 - 77;
            SpiNorFlash flash = new SpiNorFlash(chip, true);
            Assert.AreEqual((int)ResultCode.Ok, (int)flash.Open());
            Assert.AreEqual(sizeBytes, flash.SizeBytes);
            Assert.AreEqual((int)ResultCode.Ok, (int)flash.GetSector(sizeBytes - 1, out int start, out int size));
            Assert.AreEqual(sizeBytes - 4096, start);
            Assert.AreEqual(4096, size);

            byte[] data = new byte[1003];
            for (int i = 0; i < data.Length; i++)
            {
                data[i] = (byte)(i * 7);
            }

            byte[] read = new byte[1003];
            Assert.AreEqual((int)ResultCode.Ok, (int)flash.Erase(0, 65536 + 4096));
            Assert.AreEqual((int)ResultCode.Ok, (int)flash.Program(At, data, 0, data.Length));
            Assert.AreEqual((int)ResultCode.Ok, (int)flash.Read(At, read, 0, read.Length));
            Bytes.AreEqual(data, read);

            // Bits only fall: what was read back is not what was asked for.
            Assert.AreEqual((int)ResultCode.FlashProgramFailed, (int)flash.Program(At, new byte[] { 0xFF }, 0, 1));

            // Sums that wrap, on a platform whose `checked` does not throw.
            Assert.AreEqual((int)ResultCode.FlashOutOfRange, (int)flash.Read(int.MaxValue, read, 0, read.Length));
            Assert.AreEqual((int)ResultCode.FlashOutOfRange, (int)flash.Erase(4096, int.MaxValue));
            Assert.AreEqual((int)ResultCode.InvalidArgument, (int)flash.Read(0, read, int.MaxValue, 1));
            Assert.AreEqual(0, chip.Violations);
        }
    }
}
