// The contract of IFlash on the emulated device: bad input is named, counted, and does nothing.

using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.Hal.Tests.Flash
{
    [TestClass]
    public sealed class EmulatedFlashTests
    {
        [TestMethod]
        [DataRow(-1, 1)]
        [DataRow(256, 1)]
        [DataRow(0, 257)]
        [DataRow(255, 2)]
        [DataRow(1, int.MaxValue)]
        [DataRow(int.MaxValue, 1)]
        [DataRow(int.MinValue, 1)]
        public void A45_Access_OutsideTheDevice_IsRefused(int addressBytes, int count)
        {
            EmulatedFlash flash = Make();
            byte[] buffer = new byte[512];
            if (count <= buffer.Length)
            {
                Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Read(addressBytes, buffer, 0, count));
                Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Program(addressBytes, buffer, 0, count));
                Assert.AreEqual(2L, flash.Array.Counters.ContractViolations);
            }

            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(addressBytes, count));
            Assert.AreEqual(0L, flash.Power.OperationCount);
        }

        [TestMethod]
        [DataRow(-1, 1)]
        [DataRow(0, -1)]
        [DataRow(16, 1)]
        [DataRow(8, 9)]
        [DataRow(8, int.MaxValue)]
        [DataRow(int.MaxValue, 8)]
        public void Access_OutsideTheBuffer_IsRefused(int offset, int count)
        {
            EmulatedFlash flash = Make();
            byte[] buffer = new byte[16];
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, buffer, offset, count));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Program(0, buffer, offset, count));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, null!, 0, 0));
            Assert.AreEqual(3L, flash.Array.Counters.ContractViolations);
        }

        [TestMethod]
        public void Program_Unaligned_IsRefused()
        {
            EmulatedFlash flash = Make();
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Program(4, new byte[8], 0, 8));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Program(0, new byte[8], 0, 4));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(8, 64));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(0, 32));
            Assert.AreEqual(4L, flash.Array.Counters.ContractViolations);
            Assert.AreEqual(0L, flash.Power.OperationCount);
        }

        [TestMethod]
        public void A69_Program_WrittenUnit_IsRefusedUnderEveryPolicy()
        {
            foreach (WritePolicy policy in System.Enum.GetValues<WritePolicy>())
            {
                EmulatedFlash flash = new EmulatedFlash(NorArrayTests.Make(policy, 8));
                Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[16], 0, 16));
                Assert.AreEqual(ResultCode.FlashNotErased, flash.Program(8, new byte[16], 0, 16));
                Assert.AreEqual(1L, flash.Array.Counters.ContractViolations);
                Assert.AreEqual(0xFF, NorArrayTests.ReadByte(flash.Array, 16));
            }
        }

        [TestMethod]
        public void ZeroCount_Everywhere_IsAllowedAndDoesNothing()
        {
            EmulatedFlash flash = Make();
            Assert.AreEqual(ResultCode.Ok, flash.Read(256, new byte[0], 0, 0));
            Assert.AreEqual(ResultCode.Ok, flash.Program(256, new byte[0], 0, 0));
            Assert.AreEqual(ResultCode.Ok, flash.Erase(256, 0));
            Assert.AreEqual(0L, flash.Power.OperationCount);
            Assert.AreEqual(0L, flash.Array.Counters.ContractViolations);
        }

        [TestMethod]
        public void A72_StuckBit_IsReportedByProgramAndErase()
        {
            EmulatedFlash flash = Make();
            flash.Array.StickBit(70, 3, false);
            Assert.AreEqual(ResultCode.FlashEraseFailed, flash.Erase(64, 64));
            Assert.AreEqual(ResultCode.Ok, flash.Program(72, new byte[8], 0, 8));
            Assert.AreEqual(ResultCode.FlashProgramFailed, flash.Program(64, new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, 0, 8));
            flash.Array.StickBit(130, 0, true);
            Assert.AreEqual(ResultCode.Ok, flash.Erase(128, 64));
            Assert.AreEqual(ResultCode.FlashProgramFailed, flash.Program(128, new byte[8], 0, 8));
            Assert.AreEqual(2, flash.Power.Faults.CountOf(FaultKind.StuckBit));
        }

        [TestMethod]
        public void A72_WornSector_FailsToEraseAndIsRecorded()
        {
            EmulatedFlash flash = Make();
            flash.Array.WearLimit = 3;
            for (int i = 0; i < 3; i++)
            {
                Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 64));
            }

            Assert.AreEqual(ResultCode.FlashEraseFailed, flash.Erase(0, 64));
            Assert.AreEqual(ResultCode.Ok, flash.Erase(64, 64));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.WornOut));
        }

        [TestMethod]
        public void A72_FailingErase_KeepsTheOldContent()
        {
            EmulatedFlash flash = Make();
            flash.Program(0, new byte[8], 0, 8);
            flash.Array.FailErases(0, 1);
            Assert.AreEqual(ResultCode.FlashEraseFailed, flash.Erase(0, 64));
            Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 0));
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 64));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.EraseFailed));
        }

        [TestMethod]
        public void A74_ReadNoise_DisturbsOneBitOfOneReadOnly()
        {
            EmulatedFlash flash = Make();
            flash.Array.DisturbNextReads(1, 4);
            byte[] first = NorArrayTests.ReadBytes(flash.Array, 0, 64);
            byte[] second = NorArrayTests.ReadBytes(flash.Array, 0, 64);
            int flipped = 0;
            for (int i = 0; i < 64; i++)
            {
                flipped += int.PopCount(first[i] ^ second[i]);
            }

            Assert.AreEqual(1, flipped);
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.ReadNoise));
        }

        [TestMethod]
        public void A75_MisdirectedProgram_LandsElsewhereAndIsRecorded()
        {
            EmulatedFlash flash = Make();
            flash.Array.MisdirectProgram(1, 64);
            flash.Program(0, new byte[8], 0, 8);
            flash.Program(8, new byte[8], 0, 8);
            Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 0));
            Assert.AreEqual(0xFF, NorArrayTests.ReadByte(flash.Array, 8));
            Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 72));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.Misdirected));
        }

        [TestMethod]
        public void A71_RotBit_FlipsOneBitAtRest()
        {
            EmulatedFlash flash = Make();
            flash.Array.RotBit(5, 7);
            Assert.AreEqual(0x7F, NorArrayTests.ReadByte(flash.Array, 5));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.BitRot));
        }

        private static EmulatedFlash Make()
        {
            return new EmulatedFlash(NorArrayTests.Make(WritePolicy.Once, 8));
        }
    }
}
