using System;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater.Tests.Install
{
    [TestClass]
    public sealed class SectorWriterTests
    {
        private const int SectorBytes = 4096;

        [TestMethod]
        public void A46_Write_FlashTakesOtherBytesOnce_IsNoticedAndWrittenAgain()
        {
            LyingFlash flash = new(lies: 1);
            byte[] data = Data();
            Assert.AreEqual(ResultCode.Ok, Open(flash, out SectorWriter writer));
            Assert.AreEqual(ResultCode.Ok, writer.Write(0, SectorBytes, data, SectorBytes));
            Assert.AreEqual(0, flash.LiesLeft, "the fault fired");
            byte[] read = new byte[SectorBytes];
            Assert.AreEqual(ResultCode.Ok, writer.Read(0, read, 0, SectorBytes));
            CollectionAssert.AreEqual(data, read);
        }

        [TestMethod]
        public void A46_Write_FlashKeepsTakingOtherBytes_IsRefused()
        {
            LyingFlash flash = new(lies: int.MaxValue);
            Assert.AreEqual(ResultCode.Ok, Open(flash, out SectorWriter writer));
            Assert.AreEqual(ResultCode.FlashProgramFailed, writer.Write(0, SectorBytes, Data(), SectorBytes));
        }

        [TestMethod]
        public void Write_MoreSectorsThanMarksFit_StillMarksEach()
        {
            // An envelope area of one sector with units of 32 bytes holds 126 marks.
            EmulatedFlash flash = new(NorGeometry.Uniform(SectorBytes, 130, 32));
            Slot slot = new(new FlashRegion(RegionId.ApplicationA, flash, 0, 130 * SectorBytes), SectorBytes);
            SectorWriter writer = new(slot);
            Assert.AreEqual(ResultCode.Ok, writer.Open());
            for (int sector = 0; sector < 129; sector++)
            {
                Assert.AreEqual(ResultCode.Ok, writer.Write(sector * SectorBytes, SectorBytes, Data(), SectorBytes));
            }

            SectorWriter next = new(slot);
            Assert.AreEqual(ResultCode.Ok, next.Open());
            Assert.AreEqual(128 * SectorBytes, next.SuspectOffset);
            Assert.AreEqual(0, flash.Array.Counters.ContractViolations);
        }

        [TestMethod]
        public void GetSector_LargerThanMemoryHolds_IsRefused()
        {
            EmulatedFlash flash = new(NorGeometry.Uniform(8192, 4, 8));
            SectorWriter writer = new(new Slot(new FlashRegion(RegionId.ApplicationA, flash, 0, 4 * 8192), 8192));
            Assert.AreEqual(ResultCode.MapGeometry, writer.GetSector(0, out _));
        }

        private static ResultCode Open(IFlash flash, out SectorWriter writer)
        {
            writer = new SectorWriter(new Slot(new FlashRegion(RegionId.ApplicationA, flash, 0, flash.SizeBytes), 2 * SectorBytes));
            return writer.Open();
        }

        private static byte[] Data()
        {
            byte[] data = new byte[SectorBytes];
            new Random(1).NextBytes(data);
            return data;
        }

        /// <summary>Clears a bit that it was not told to clear, in programs of whole sectors.</summary>
        private sealed class LyingFlash(int lies) : IFlash
        {
            private readonly EmulatedFlash _flash = new(NorGeometry.Uniform(SectorBytes, 8, 8));

            public int LiesLeft { get; private set; } = lies;

            public int SizeBytes => _flash.SizeBytes;

            public int ProgramUnitBytes => _flash.ProgramUnitBytes;

            public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
            {
                return _flash.GetSector(addressBytes, out sectorStartBytes, out sectorSizeBytes);
            }

            public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
            {
                return _flash.Read(addressBytes, buffer, offset, count);
            }

            public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
            {
                if (count < SectorBytes || LiesLeft == 0)
                {
                    return _flash.Program(addressBytes, buffer, offset, count);
                }

                LiesLeft--;
                byte[] wrong = buffer[offset..(offset + count)];
                int victim = Array.FindIndex(wrong, value => value != 0);
                wrong[victim] &= (byte)(wrong[victim] - 1);
                return _flash.Program(addressBytes, wrong, 0, count);
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
    }
}
