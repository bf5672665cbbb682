// The array under every emulated flash: rules of writing, snapshots, counters, files.

using System;
using System.IO;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.Hal.Tests.Flash
{
    [TestClass]
    public sealed class NorArrayTests
    {
        [TestMethod]
        public void Program_TwiceUnderAnd_ClearsBitsOnly()
        {
            NorArray array = Make(WritePolicy.And, 1);
            Assert.AreEqual(ResultCode.Ok, array.Program(3, new byte[] { 0xF0 }));
            Assert.AreEqual(ResultCode.Ok, array.Program(3, new byte[] { 0x3F }));
            Assert.AreEqual(0x30, ReadByte(array, 3));
        }

        [TestMethod]
        public void A69_Program_TwiceUnderOnce_IsRefusedAndChangesNothing()
        {
            NorArray array = Make(WritePolicy.Once, 8);
            Assert.AreEqual(ResultCode.Ok, array.Program(8, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }));
            Assert.AreEqual(ResultCode.FlashNotErased, array.Program(8, new byte[8]));
            Assert.AreEqual(1, ReadByte(array, 8));
            Assert.AreEqual(1L, array.Counters.Programs);
        }

        [TestMethod]
        public void A69_Program_OnceThenZero_TakesZerosAlone()
        {
            NorArray array = Make(WritePolicy.OnceThenZero, 8);
            Assert.AreEqual(ResultCode.Ok, array.Program(8, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }));
            Assert.AreEqual(ResultCode.FlashNotErased, array.Program(8, new byte[] { 0, 2, 3, 4, 5, 6, 7, 8 }));
            Assert.AreEqual(ResultCode.Ok, array.Program(8, new byte[8]));
            Assert.AreEqual(0, ReadByte(array, 15));
        }

        [TestMethod]
        public void A69_Program_AllOnesThenData_IsRefused()
        {
            // An all-ones word carries an ECC too: it is written, though it reads erased.
            NorArray array = Make(WritePolicy.Once, 4);
            Assert.AreEqual(ResultCode.Ok, array.Program(0, new byte[] { 255, 255, 255, 255 }));
            Assert.AreEqual(ResultCode.FlashNotErased, array.Program(0, new byte[] { 1, 1, 1, 1 }));
        }

        [TestMethod]
        public void Erase_WrittenSector_ReadsErasedAndLeavesNeighbours()
        {
            NorArray array = Make(WritePolicy.Once, 1);
            byte[] content = Pattern(192, 1);
            array.Program(0, content);
            Assert.AreEqual(ResultCode.Ok, array.Erase(64, 64));
            byte[] read = new byte[192];
            array.Read(0, read);
            for (int i = 0; i < 192; i++)
            {
                Assert.AreEqual(i / 64 == 1 ? 0xFF : content[i], read[i], $"byte {i}");
            }

            Assert.AreEqual(1, array.EraseCountOf(1));
            Assert.AreEqual(0, array.EraseCountOf(0));
        }

        [TestMethod]
        public void Restore_AfterChanges_GivesTheContentOfTheSnapshotEachTime()
        {
            NorArray array = Make(WritePolicy.Once, 1);
            array.Program(0, Pattern(32, 1));
            NorSnapshot early = array.Snapshot();
            array.Program(32, Pattern(32, 2));
            array.Erase(64, 64);
            NorSnapshot late = array.Snapshot();
            array.Erase(0, 64);
            array.Restore(early);
            CollectionAssert.AreEqual(Pattern(32, 1), ReadBytes(array, 0, 32));
            Assert.AreEqual(0xFF, ReadByte(array, 32));
            Assert.IsFalse(array.AnyWritten(32, 32));
            array.Program(32, Pattern(32, 3));
            array.Restore(late);
            CollectionAssert.AreEqual(Pattern(32, 2), ReadBytes(array, 32, 32));
            Assert.AreEqual(1, array.EraseCountOf(1));
            array.Restore(early);
            Assert.AreEqual(0xFF, ReadByte(array, 32));
            Assert.AreEqual(0, array.EraseCountOf(1));
        }

        [TestMethod]
        public void Restore_IntoAnotherArray_KeepsTheTwoApart()
        {
            NorArray first = Make(WritePolicy.And, 1);
            first.Program(0, Pattern(64, 1));
            NorSnapshot snapshot = first.Snapshot();
            NorArray second = Make(WritePolicy.And, 1);
            second.Restore(snapshot);
            second.Program(0, new byte[64]);
            CollectionAssert.AreEqual(Pattern(64, 1), ReadBytes(first, 0, 64));
            first.Program(1, new byte[] { 0 });
            second.Restore(snapshot);
            CollectionAssert.AreEqual(Pattern(64, 1), ReadBytes(second, 0, 64));
        }

        [TestMethod]
        public void Stm32F4_Map_HasUnequalSectorsAtTheirPlaces()
        {
            SectorMap map = SectorMap.Stm32F4(1024 * 1024);
            Assert.AreEqual(12, map.Count);
            Assert.AreEqual(1024 * 1024, map.SizeBytes);
            Assert.AreEqual(3, map.IndexOf(0xFFFF));
            Assert.AreEqual(4, map.IndexOf(0x10000));
            Assert.AreEqual(4, map.IndexOf(0x1FFFF));
            Assert.AreEqual(5, map.IndexOf(0x20000));
            Assert.AreEqual(11, map.IndexOf(0xFFFFF));
            Assert.IsTrue(map.IsSectorRange(0xC000, 0x14000));
            Assert.IsFalse(map.IsSectorRange(0xC000, 0x8000));
            Assert.IsFalse(map.IsSectorRange(0x8000, int.MaxValue));
        }

        [TestMethod]
        public void SaveAndLoad_Content_ReturnsAndKeepsWrittenUnits()
        {
            string path = Path.Combine(Path.GetTempPath(), "nanoboot-" + Guid.NewGuid().ToString("N") + ".bin");
            try
            {
                NorArray array = Make(WritePolicy.Once, 8);
                array.Program(64, Pattern(24, 7));
                array.Save(path);
                Assert.AreEqual(256L, new FileInfo(path).Length);
                NorArray other = Make(WritePolicy.Once, 8);
                other.Load(path);
                CollectionAssert.AreEqual(Pattern(24, 7), ReadBytes(other, 64, 24));
                Assert.AreEqual(ResultCode.FlashNotErased, other.Program(64, new byte[8]));
                Assert.AreEqual(ResultCode.Ok, other.Program(88, new byte[8]));
            }
            finally
            {
                File.Delete(path);
            }
        }

        [TestMethod]
        public void Operations_WithTiming_AdvanceTheClock()
        {
            NorGeometry geometry = new NorGeometry(SectorMap.Uniform(2048, 2), 4, WritePolicy.Once, new NorTiming(5, 2, 100, 1000));
            NorArray array = new NorArray(geometry);
            array.Read(0, new byte[10]);
            Assert.AreEqual(25L, array.Clock.NowNs);
            array.Program(0, new byte[8]);
            Assert.AreEqual(225L, array.Clock.NowNs);
            array.Erase(0, 2048);
            Assert.AreEqual(2225L, array.Clock.NowNs);
        }

        [TestMethod]
        public void Construct_UnitThatDoesNotDivideSectors_Throws()
        {
            Assert.ThrowsExactly<ArgumentException>(() => new NorArray(NorGeometry.Uniform(100, 2, 8)));
            Assert.ThrowsExactly<ArgumentException>(() => new NorArray(NorGeometry.Uniform(96, 2, 3)));
            Assert.ThrowsExactly<ArgumentException>(() => new NorArray(NorGeometry.Uniform(128, 2, 64)));
        }

        internal static NorArray Make(WritePolicy policy, int unitBytes)
        {
            return new NorArray(new NorGeometry(SectorMap.Uniform(64, 4), unitBytes, policy, NorTiming.None));
        }

        internal static byte[] Pattern(int count, int seed)
        {
            byte[] bytes = new byte[count];
            new Random(seed).NextBytes(bytes);
            return bytes;
        }

        internal static int ReadByte(NorArray array, int addressBytes)
        {
            return ReadBytes(array, addressBytes, 1)[0];
        }

        internal static byte[] ReadBytes(NorArray array, int addressBytes, int count)
        {
            byte[] bytes = new byte[count];
            array.Read(addressBytes, bytes);
            return bytes;
        }
    }
}
