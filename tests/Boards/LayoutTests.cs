// Every board's layout: it fits its chip, stage 1 accepts it, and what it may load fits its heap.

using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Board;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Boards.Tests
{
    [TestClass]
    public sealed class LayoutTests
    {
        // What stage 2 may be at most (the design's budget): every board must take it.
        private const int Stage2BytesMax = 32768;

        // The largest single array of the platform: 65,535 blocks of 12 bytes.
        private const int ArrayBytesMax = 65535 * 12;

        public static IEnumerable<object[]> Names() => BoardSource.Names();

        [TestMethod]
        public void Boards_AllFound()
        {
            Assert.IsGreaterThanOrEqualTo(6, BoardSource.Names().Count());
        }

        [TestMethod]
        [DynamicData(nameof(Names))]
        public void Map_OfTheBoard_FitsTheChipAndIsAccepted(string name)
        {
            BoardSource board = BoardSource.Read(name);
            var flash = new SizedFlash(board.ChipBytes);
            FlashMap map = board.Layout.Divide(flash);

            Assert.IsLessThanOrEqualTo(board.ChipBytes, board.Layout.FlashBytes);
            Assert.AreEqual(ResultCode.Ok, map.Check());
        }

        [TestMethod]
        [DynamicData(nameof(Names))]
        public void Map_OfAChipOneSectorShort_Refused(string name)
        {
            BoardSource board = BoardSource.Read(name);
            FlashMap map = board.Layout.Divide(new SizedFlash(board.Layout.FlashBytes - BoardLayout.SectorBytes));

            Assert.AreNotEqual(ResultCode.Ok, map.Check());
        }

        [TestMethod]
        [DynamicData(nameof(Names))]
        public void Policy_OfTheBoard_FitsItsRegions(string name)
        {
            BoardSource board = BoardSource.Read(name);
            FlashMap map = board.Layout.Divide(new SizedFlash(board.ChipBytes));
            BootPolicy policy = board.Layout.CreatePolicy([]);

            Assert.HasCount(ComponentIndex.Count, policy.Components);
            foreach (ComponentDescription component in policy.Components)
            {
                foreach (RegionId id in component.Slots)
                {
                    var slot = new Slot(map.Find(id), component.EnvelopeAreaBytes);
                    Assert.AreEqual(ResultCode.Ok, slot.Check(), id.ToString());
                }
            }

            int largest = new[] { RegionId.Stage2A, RegionId.Stage2B, RegionId.ApplicationA, RegionId.ApplicationB }
                .Select(map.Find)
                .Where(r => r is not null)
                .Max(r => r.SizeBytes - BoardLayout.EnvelopeBytes);
            Assert.AreEqual(largest, policy.ImageBytesMax);
        }

        [TestMethod]
        [DynamicData(nameof(Names))]
        public void Trust_OfTheBoard_HasTwoSlotsForTheLargestDocument(string name)
        {
            BoardSource board = BoardSource.Read(name);
            FlashMap map = board.Layout.Divide(new SizedFlash(board.ChipBytes));
            ComponentDescription trust = board.Layout.CreatePolicy([]).Components[ComponentIndex.Trust];

            // Two copies; and room for the blocks of two roots with HSS/LMS (H10/W4: 2,512 bytes), of one where room is short.
            int blocksBytes = board.Layout.ApplicationSlots * (2512 + 40);
            const int ManifestBytes = 512;
            Assert.HasCount(2, trust.Slots.Distinct());
            Assert.AreEqual(Permissions.Trust, trust.PermissionsNeeded);
            foreach (RegionId id in trust.Slots)
            {
                var slot = new Slot(map.Find(id), trust.EnvelopeAreaBytes);
                Assert.IsGreaterThanOrEqualTo(TrustDocument.BytesMax, slot.PayloadCapacity);
                Assert.IsGreaterThanOrEqualTo(blocksBytes + ManifestBytes, slot.CapacityBytes);
            }
        }

        [TestMethod]
        [DynamicData(nameof(Names))]
        public void Heap_OfTheBoard_TakesTheLargestImage(string name)
        {
            BoardSource board = BoardSource.Read(name);
            int image = board.Layout.CreatePolicy([]).ImageBytesMax;

            Assert.IsLessThanOrEqualTo(board.HeapBytes, image + BoardLayout.Stage1HeapBytes);
            Assert.IsLessThanOrEqualTo(ArrayBytesMax, image);
            Assert.IsGreaterThanOrEqualTo(Stage2BytesMax, board.Layout.Stage2Bytes);
        }

        /// <summary>A chip of a size, and nothing else.</summary>
        private sealed class SizedFlash(int sizeBytes) : IFlash
        {
            public int SizeBytes => sizeBytes;

            public int ProgramUnitBytes => 1;

            public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
            {
                sectorStartBytes = addressBytes / BoardLayout.SectorBytes * BoardLayout.SectorBytes;
                sectorSizeBytes = BoardLayout.SectorBytes;
                return addressBytes >= 0 && addressBytes < sizeBytes ? ResultCode.Ok : ResultCode.FlashOutOfRange;
            }

            public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count) => ResultCode.Ok;

            public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count) => ResultCode.Ok;

            public ResultCode Erase(int addressBytes, int count) => ResultCode.Ok;

            public ResultCode Sync() => ResultCode.Ok;
        }
    }
}
