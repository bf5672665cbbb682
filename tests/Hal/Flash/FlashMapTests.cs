// Regions and maps: nothing leaves a region, and no map with a flaw passes.

using System.Collections.Generic;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Hal.Tests.Flash
{
    [TestClass]
    public sealed class FlashMapTests
    {
        private static readonly int[] _extremes =
        {
            int.MinValue, int.MinValue + 1, -65, -64, -1, 0, 1, 63, 64, 65, 127, 128, 129, 191, 192, 193,
            int.MaxValue - 128, int.MaxValue - 64, int.MaxValue - 1, int.MaxValue,
        };

        [TestMethod]
        public void A45_Region_AnyOffsetAndCount_NeverTouchesANeighbour()
        {
            foreach (int offset in _extremes)
            {
                foreach (int count in _extremes)
                {
                    EmulatedFlash flash = Make();
                    FlashRegion region = new FlashRegion(RegionId.Staging, flash, 64, 128);
                    bool inside = offset >= 0 && count >= 0 && (long)offset + count <= 128;
                    Assert.AreEqual(inside, region.Contains(offset, count), $"{offset} {count}");
                    byte[] buffer = new byte[256];
                    ResultCode read = region.Read(offset, buffer, 0, count);
                    ResultCode programmed = region.Program(offset, buffer, 0, count);
                    ResultCode erased = region.Erase(offset, count);
                    Assert.AreEqual(inside, read == ResultCode.Ok, $"{offset} {count}: {read}");
                    Assert.IsTrue(inside || programmed == ResultCode.FlashOutOfRange, $"{offset} {count}: {programmed}");
                    Assert.IsTrue(inside || erased == ResultCode.FlashOutOfRange, $"{offset} {count}: {erased}");
                    Assert.IsFalse(flash.Array.AnyWritten(0, 64) || flash.Array.AnyWritten(192, 64), $"{offset} {count}");
                    Assert.AreEqual(0, flash.Array.EraseCountOf(0) + flash.Array.EraseCountOf(3), $"{offset} {count}");
                }
            }
        }

        [TestMethod]
        public void Region_Sector_IsGivenInItsOwnOffsets()
        {
            FlashRegion region = new FlashRegion(RegionId.Staging, Make(), 64, 128);
            Assert.AreEqual(ResultCode.Ok, region.GetSector(100, out int start, out int size));
            Assert.AreEqual(64, start);
            Assert.AreEqual(64, size);
            Assert.AreEqual(ResultCode.FlashOutOfRange, region.GetSector(128, out _, out _));
            Assert.AreEqual(ResultCode.FlashOutOfRange, region.GetSector(-1, out _, out _));
            Assert.AreEqual(8, region.ProgramUnitBytes);
            Assert.AreEqual(ResultCode.Ok, region.Sync());
        }

        [TestMethod]
        public void A39_Map_DisjointRegions_Pass()
        {
            EmulatedFlash flash = Make();
            FlashMap map = new FlashMap(new[]
            {
                new FlashRegion(RegionId.Stage2A, flash, 64, 64),
                new FlashRegion(RegionId.Journal, flash, 0, 64),
                new FlashRegion(RegionId.Stage2B, flash, 128, 128),
            });
            Assert.AreEqual(ResultCode.Ok, map.Check());
            Assert.HasCount(3, map.Regions);
            Assert.AreEqual(RegionId.Journal, map.Regions[1].Id);
            Assert.AreEqual(128, map.Find(RegionId.Stage2B).SizeBytes);
            Assert.IsNull(map.Find(RegionId.Golden));
        }

        public static IEnumerable<object[]> BadRegions
        {
            get
            {
                yield return new object[] { -64, 64, ResultCode.MapOutOfRange };
                yield return new object[] { 0, 0, ResultCode.MapOutOfRange };
                yield return new object[] { 0, -64, ResultCode.MapOutOfRange };
                yield return new object[] { 0, 320, ResultCode.MapOutOfRange };
                yield return new object[] { 256, 64, ResultCode.MapOutOfRange };
                yield return new object[] { 320, 64, ResultCode.MapOutOfRange };
                yield return new object[] { 64, int.MaxValue, ResultCode.MapOutOfRange };
                yield return new object[] { int.MaxValue, int.MaxValue, ResultCode.MapOutOfRange };
                yield return new object[] { int.MinValue, int.MinValue, ResultCode.MapOutOfRange };
                yield return new object[] { 8, 64, ResultCode.MapUnaligned };
                yield return new object[] { 8, 56, ResultCode.MapUnaligned };
                yield return new object[] { 64, 8, ResultCode.MapUnaligned };
                yield return new object[] { 64, 65, ResultCode.MapUnaligned };
            }
        }

        [TestMethod]
        [DynamicData(nameof(BadRegions))]
        public void A39_Map_RegionWithAFlaw_IsNamed(int startBytes, int sizeBytes, ResultCode expected)
        {
            EmulatedFlash flash = Make();
            FlashRegion good = new FlashRegion(RegionId.Journal, flash, 128, 128);
            FlashRegion bad = new FlashRegion(RegionId.Staging, flash, startBytes, sizeBytes);
            Assert.AreEqual(expected, new FlashMap(new[] { bad }).Check());
            Assert.AreEqual(expected, new FlashMap(new[] { good, bad }).Check());
            Assert.AreEqual(expected, new FlashMap(new[] { bad, good }).Check());
        }

        [TestMethod]
        [DataRow(0, 128, 64, 128)]
        [DataRow(64, 128, 0, 128)]
        [DataRow(0, 256, 64, 64)]
        [DataRow(64, 64, 0, 256)]
        [DataRow(64, 64, 64, 64)]
        public void A39_Map_OverlappingRegions_AreNamedUnlessOnTwoDevices(int start1, int size1, int start2, int size2)
        {
            EmulatedFlash flash = Make();
            FlashRegion first = new FlashRegion(RegionId.Journal, flash, start1, size1);
            Assert.AreEqual(
                ResultCode.MapOverlap,
                new FlashMap(new[] { first, new FlashRegion(RegionId.Staging, flash, start2, size2) }).Check());
            Assert.AreEqual(
                ResultCode.Ok,
                new FlashMap(new[] { first, new FlashRegion(RegionId.Staging, Make(), start2, size2) }).Check());
        }

        [TestMethod]
        public void A39_Map_AnyPairThatOverlaps_IsNamed()
        {
            EmulatedFlash flash = Make();
            RegionId[] ids = { RegionId.Journal, RegionId.Identity, RegionId.Staging, RegionId.Golden };
            for (int left = 0; left < 4; left++)
            {
                for (int right = 0; right < left; right++)
                {
                    FlashRegion[] regions = new FlashRegion[4];
                    for (int i = 0; i < 4; i++)
                    {
                        regions[i] = new FlashRegion(ids[i], flash, (i == left ? right : i) * 64, 64);
                    }

                    Assert.AreEqual(ResultCode.MapOverlap, new FlashMap(regions).Check(), $"{left} {right}");
                }
            }
        }

        [TestMethod]
        public void Map_OneRegionTooMany_IsNamed()
        {
            FlashRegion[] regions = new FlashRegion[FlashMap.RegionsMax + 1];
            UnitFlash flash = new UnitFlash(1);
            for (int i = 0; i < regions.Length; i++)
            {
                regions[i] = new FlashRegion((RegionId)(i + 1), flash, i * UnitFlash.SectorBytes, UnitFlash.SectorBytes);
            }

            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(regions).Check());
            Assert.AreEqual(ResultCode.Ok, new FlashMap(regions[..^1]).Check());
        }

        [TestMethod]
        [DataRow(1, ResultCode.Ok)]
        [DataRow(8, ResultCode.Ok)]
        [DataRow(32, ResultCode.Ok)]
        [DataRow(0, ResultCode.MapGeometry)]
        [DataRow(-1, ResultCode.MapGeometry)]
        [DataRow(3, ResultCode.MapGeometry)]
        [DataRow(24, ResultCode.MapGeometry)]
        [DataRow(64, ResultCode.MapGeometry)]
        public void Map_ProgramUnit_IsAPowerOfTwoUpTo32(int unitBytes, ResultCode expected)
        {
            FlashRegion region = new FlashRegion(RegionId.Journal, new UnitFlash(unitBytes), 0, UnitFlash.SectorBytes);
            Assert.AreEqual(expected, new FlashMap(new[] { region }).Check());
        }

        [TestMethod]
        public void Map_MissingDoubledOrTooMany_AreNamed()
        {
            EmulatedFlash flash = Make();
            FlashRegion journal = new FlashRegion(RegionId.Journal, flash, 0, 64);
            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(null).Check());
            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(new FlashRegion[0]).Check());
            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(new FlashRegion[] { null! }).Check());
            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(new FlashRegion[FlashMap.RegionsMax + 1]).Check());
            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(new[] { new FlashRegion(RegionId.None, flash, 0, 64) }).Check());
            Assert.AreEqual(ResultCode.MapRegionMissing, new FlashMap(new[] { new FlashRegion(RegionId.Golden, null, 0, 64) }).Check());
            Assert.AreEqual(
                ResultCode.MapRegionMissing,
                new FlashMap(new[] { journal, new FlashRegion(RegionId.Journal, flash, 64, 64) }).Check());
        }

        [TestMethod]
        public void Map_RegionsOnUnequalSectors_MustMeetTheirBorders()
        {
            EmulatedFlash flash = new EmulatedFlash(
                new NorGeometry(SectorMap.Stm32F4(512 * 1024), 4, WritePolicy.Once, NorTiming.None));
            Assert.AreEqual(ResultCode.Ok, new FlashMap(new[] { new FlashRegion(RegionId.Stage2A, flash, 0xC000, 0x14000) }).Check());
            Assert.AreEqual(
                ResultCode.MapUnaligned, new FlashMap(new[] { new FlashRegion(RegionId.Stage2A, flash, 0xC000, 0x8000) }).Check());
            Assert.AreEqual(
                ResultCode.MapUnaligned, new FlashMap(new[] { new FlashRegion(RegionId.Stage2A, flash, 0x14000, 0xC000) }).Check());
        }

        /// <summary>A device with nothing but a geometry.</summary>
        private sealed class UnitFlash : IFlash
        {
            public const int SectorBytes = 64;

            public UnitFlash(int unitBytes)
            {
                ProgramUnitBytes = unitBytes;
            }

            public int SizeBytes => SectorBytes * 64;

            public int ProgramUnitBytes { get; }

            public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
            {
                sectorStartBytes = addressBytes & -SectorBytes;
                sectorSizeBytes = SectorBytes;
                return ResultCode.Ok;
            }

            public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count) => ResultCode.NotSupported;

            public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count) => ResultCode.NotSupported;

            public ResultCode Erase(int addressBytes, int count) => ResultCode.NotSupported;

            public ResultCode Sync() => ResultCode.Ok;
        }

        private static EmulatedFlash Make()
        {
            return new EmulatedFlash(NorArrayTests.Make(WritePolicy.Once, 8));
        }
    }
}
