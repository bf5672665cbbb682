// Flash on a file volume: the contract, a volume that loses what was not closed, a full one, a broken one, a real one.

using System;
using System.IO;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;
using NanoBoot.Files;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Hal.Tests.Flash
{
    [TestClass]
    public sealed class FileFlashTests
    {
        private const int SectorBytes = 4096;

        [TestMethod]
        public void Read_NothingWritten_IsErasedAndMakesNoFile()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            byte[] read = new byte[10000];
            Assert.AreEqual(ResultCode.Ok, flash.Read(100, read, 0, 10000));
            Assert.AreEqual(-1, Array.FindIndex(read, b => b != 0xFF));
            Assert.AreEqual(0, volume.FileCount);
            Assert.AreEqual(0L, volume.Power.OperationCount);
        }

        [TestMethod]
        public void ProgramAndRead_AcrossSectorsWithGaps_ReturnsTheBytes()
        {
            FileFlash flash = Make(out _);
            byte[] data = NorArrayTests.Pattern(9000, 1);
            Assert.AreEqual(ResultCode.Ok, flash.Program(SectorBytes - 1000, data, 0, 9000));
            Assert.AreEqual(ResultCode.Ok, flash.Program(100, data, 0, 7));
            byte[] read = new byte[9000];
            Assert.AreEqual(ResultCode.Ok, flash.Read(SectorBytes - 1000, read, 0, 9000));
            CollectionAssert.AreEqual(data, read);
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, 200));
            for (int i = 0; i < 200; i++)
            {
                Assert.AreEqual(i >= 100 && i < 107 ? data[i - 100] : 0xFF, read[i], $"byte {i}");
            }
        }

        [TestMethod]
        public void A69_Program_WhatIsNotErased_IsRefused()
        {
            FileFlash flash = Make(out _);
            Assert.AreEqual(ResultCode.Ok, flash.Program(200, new byte[100], 0, 100));
            Assert.AreEqual(ResultCode.FlashNotErased, flash.Program(299, new byte[100], 0, 100));
            Assert.AreEqual(ResultCode.Ok, flash.Program(300, new byte[100], 0, 100));
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[200], 0, 200));
            Assert.AreEqual(ResultCode.FlashNotErased, flash.Program(0, new byte[1], 0, 1));

            // What is written begins far into the range.
            Assert.AreEqual(ResultCode.Ok, flash.Program(SectorBytes + 200, new byte[100], 0, 100));
            Assert.AreEqual(ResultCode.FlashNotErased, flash.Program(SectorBytes + 50, new byte[151], 0, 151));
            Assert.AreEqual(ResultCode.Ok, flash.Program(SectorBytes + 50, new byte[150], 0, 150));
        }

        [TestMethod]
        public void Erase_WrittenSectors_DeletesTheirFilesAlone()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            flash.Program(0, new byte[3 * SectorBytes], 0, 3 * SectorBytes);
            Assert.AreEqual(ResultCode.Ok, flash.Erase(SectorBytes, SectorBytes));
            Assert.AreEqual(2, volume.FileCount);
            byte[] read = new byte[3 * SectorBytes];
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, read.Length));
            for (int i = 0; i < read.Length; i++)
            {
                Assert.AreEqual(i / SectorBytes == 1 ? 0xFF : 0, read[i], $"byte {i}");
            }
        }

        [TestMethod]
        public void Erase_SectorThatIsOpen_IsErased()
        {
            FileFlash flash = Make(out _);
            flash.Program(0, new byte[10], 0, 10);
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, SectorBytes));
            byte[] read = new byte[10];
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, 10));
            Assert.AreEqual(0xFF, read[0]);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[10], 0, 10));
        }

        [TestMethod]
        [DataRow(-1, 16)]
        [DataRow(65536, 1)]
        [DataRow(65530, 7)]
        [DataRow(int.MaxValue, 16)]
        [DataRow(int.MinValue, 16)]
        public void A45_Access_OutsideTheDevice_IsRefused(int addressBytes, int count)
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            byte[] buffer = new byte[16];
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Read(addressBytes, buffer, 0, count));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Program(addressBytes, buffer, 0, count));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(addressBytes, count));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.GetSector(addressBytes + (count < 16 ? count : 0), out _, out _));
            Assert.AreEqual(0L, volume.Opens);
        }

        [TestMethod]
        public void Access_BadArguments_AreRefused()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, null, 0, 0));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, new byte[4], 2, 3));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, new byte[4], -1, 1));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, new byte[4], 5, 0));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Read(0, new byte[4], 0, -1));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(SectorBytes, int.MaxValue & -SectorBytes));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.Erase(0, -SectorBytes));
            Assert.AreEqual(ResultCode.FlashOutOfRange, flash.GetSector(16 * SectorBytes, out _, out _));
            Assert.AreEqual(ResultCode.Ok, flash.GetSector((16 * SectorBytes) - 1, out _, out _));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Program(0, new byte[4], int.MaxValue, 1));
            Assert.AreEqual(ResultCode.InvalidArgument, flash.Program(0, new byte[4], 1, int.MaxValue));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(1, SectorBytes));
            Assert.AreEqual(ResultCode.FlashUnaligned, flash.Erase(0, SectorBytes - 1));
            Assert.AreEqual(0L, volume.Opens);
        }

        [TestMethod]
        public void Program_VolumeFull_SaysSoAndWorksAgainWhenThereIsRoom()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[SectorBytes], 0, SectorBytes));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
            volume.BlocksOfOthers = 62;
            Assert.AreEqual(ResultCode.Ok, flash.Program(SectorBytes, new byte[10], 0, 10));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
            Assert.AreEqual(ResultCode.VolumeFull, flash.Program(2 * SectorBytes, new byte[10], 0, 10));
            byte[] read = new byte[SectorBytes];
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, SectorBytes));
            Assert.AreEqual(-1, Array.FindIndex(read, b => b != 0));
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, SectorBytes));
            Assert.AreEqual(ResultCode.Ok, flash.Program(2 * SectorBytes, new byte[10], 0, 10));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
        }

        [TestMethod]
        public void EveryCall_VolumeBroken_SaysSo()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            flash.Program(0, new byte[10], 0, 10);
            volume.IsBroken = true;
            Assert.AreEqual(ResultCode.VolumeError, flash.Sync());
            Assert.AreEqual(ResultCode.VolumeError, flash.Read(0, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.VolumeError, flash.Program(0, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.VolumeError, flash.Erase(0, SectorBytes));
        }

        [TestMethod]
        public void Read_VolumeWasBroken_GivesTheBytesWhenItWorksAgain()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[10], 0, 10));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
            volume.IsBroken = true;
            byte[] read = { 1 };
            Assert.AreEqual(ResultCode.VolumeError, flash.Read(0, read, 0, 1));
            volume.IsBroken = false;
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, 1));
            Assert.AreEqual(0, read[0]);
        }

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public void A76_PowerCut_EveryOperationAndForm_KeepsWhatWasSynced(bool isAtomic)
        {
            byte[] old = NorArrayTests.Pattern(3000, 1);
            byte[] data = NorArrayTests.Pattern(6000, 2);
            long operations = CountOperations(data, old);
            foreach (TornForm form in Enum.GetValues<TornForm>())
            {
                for (int cut = 0; cut < operations; cut++)
                {
                    for (uint seed = 0; seed < 8; seed++)
                    {
                        string what = $"atomic {isAtomic}, cut {cut}:{form}:{seed}";
                        FileFlash flash = Make(out EmulatedVolume volume);
                        volume.IsAtomic = isAtomic;
                        Prepare(flash, old);
                        volume.Power.Arm(cut, form, seed);
                        Assert.ThrowsExactly<PowerCutException>(() => Change(flash, data), what);
                        Assert.ThrowsExactly<PowerCutException>(() => flash.Read(0, new byte[1], 0, 1), what);
                        Assert.AreEqual(1, volume.Power.Faults.Count - volume.Power.Faults.CountOf(FaultKind.UnsyncedLost), what);
                        volume.Power.PowerOn();

                        // A fresh driver, as after a restart.
                        flash = new FileFlash(volume, SectorBytes, 16);
                        byte[] read = new byte[3000];
                        Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, 3000), what);
                        CollectionAssert.AreEqual(old, read, what);
                        AssertSubset(flash, 5 * SectorBytes, data, what);
                        Assert.AreEqual(ResultCode.Ok, flash.Erase(4 * SectorBytes, 4 * SectorBytes), what);
                        Assert.AreEqual(ResultCode.Ok, flash.Program(5 * SectorBytes, data, 0, 6000), what);
                        Assert.AreEqual(ResultCode.Ok, flash.Sync(), what);
                    }
                }
            }
        }

        [TestMethod]
        public void Sync_AfterPrograms_ClosesTheFileOnce()
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            for (int i = 0; i < 16; i++)
            {
                Assert.AreEqual(ResultCode.Ok, flash.Program(i * 256, new byte[256], 0, 256));
            }

            Assert.AreEqual(0L, volume.Commits);
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
            Assert.AreEqual(1L, volume.Commits);
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
            byte[] read = new byte[SectorBytes];
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, read, 0, SectorBytes));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
            Assert.AreEqual(1L, volume.Commits);
        }

        [TestMethod]
        public void FileVolume_OfThisComputer_KeepsAllOverAFreshDriver()
        {
            string folder = Path.Combine(Path.GetTempPath(), "nanoboot-" + Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(folder);
            try
            {
                byte[] data = NorArrayTests.Pattern(5000, 3);
                FileFlash flash = new FileFlash(new FileVolume(Path.Combine(folder, "nb")), SectorBytes, 16);
                Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 65536));
                Assert.AreEqual(ResultCode.Ok, flash.Program(1000, data, 0, 5000));
                Assert.AreEqual(ResultCode.Ok, flash.Sync());
                flash = new FileFlash(new FileVolume(Path.Combine(folder, "nb")), SectorBytes, 16);
                byte[] read = new byte[5001];
                Assert.AreEqual(ResultCode.Ok, flash.Read(1000, read, 0, 5001));
                CollectionAssert.AreEqual(data, read[..5000]);
                Assert.AreEqual(0xFF, read[5000]);
                Assert.AreEqual(ResultCode.Ok, flash.Erase(0, SectorBytes));
                Assert.AreEqual(1, Directory.GetFiles(folder).Length);
                Assert.AreEqual(ResultCode.Ok, flash.Sync());
            }
            finally
            {
                Directory.Delete(folder, true);
            }
        }

        [TestMethod]
        public void FileVolume_NoSuchDirectory_IsNamed()
        {
            FileFlash flash = new FileFlash(new FileVolume("/nonexistent/directory/nb"), SectorBytes, 16);
            Assert.AreEqual(ResultCode.Ok, flash.Read(0, new byte[1], 0, 1));
            Assert.AreEqual(ResultCode.VolumeFull, flash.Program(0, new byte[1], 0, 1));
        }

        private static FileFlash Make(out EmulatedVolume volume)
        {
            volume = new EmulatedVolume(new PowerSupply(), SectorBytes, 64);
            return new FileFlash(volume, SectorBytes, 16);
        }

        private static void Prepare(FileFlash flash, byte[] old)
        {
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, old, 0, old.Length));
            Assert.AreEqual(ResultCode.Ok, flash.Program(4 * SectorBytes, new byte[SectorBytes], 0, SectorBytes));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
        }

        private static void Change(FileFlash flash, byte[] data)
        {
            Assert.AreEqual(ResultCode.Ok, flash.Erase(4 * SectorBytes, SectorBytes));
            Assert.AreEqual(ResultCode.Ok, flash.Program(5 * SectorBytes, data, 0, 100));
            Assert.AreEqual(ResultCode.Ok, flash.Program((5 * SectorBytes) + 100, data, 100, data.Length - 100));
            Assert.AreEqual(ResultCode.Ok, flash.Sync());
        }

        private static long CountOperations(byte[] data, byte[] old)
        {
            FileFlash flash = Make(out EmulatedVolume volume);
            Prepare(flash, old);
            long before = volume.Power.OperationCount;
            Change(flash, data);
            return volume.Power.OperationCount - before;
        }

        // Each byte is as it was or as it was to be, or any bit in between: nothing else may stand there.
        private static void AssertSubset(FileFlash flash, int addressBytes, byte[] data, string what)
        {
            byte[] read = new byte[data.Length];
            Assert.AreEqual(ResultCode.Ok, flash.Read(addressBytes, read, 0, read.Length), what);
            for (int i = 0; i < read.Length; i++)
            {
                Assert.AreEqual(data[i], read[i] & data[i], $"{what}, byte {i}");
            }
        }
    }
}
