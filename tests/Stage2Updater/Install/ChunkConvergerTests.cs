using System;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater.Tests.Install
{
    [TestClass]
    public sealed class ChunkConvergerTests
    {
        private const int ImageBytes = 30_001;

        [TestMethod]
        [DataRow(1)]
        [DataRow(8)]
        [DataRow(32)]
        public void Run_EmptySlot_FetchesAllInOneRequestAndWritesEachSectorOnce(int unitBytes)
        {
            SlotFixture fixture = new(unitBytes);
            TestImage image = TestImage.Random(1, ImageBytes);
            TestSource source = new(image.Content);

            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, false, null, source));

            CollectionAssert.AreEqual(image.Content, fixture.Payload(ImageBytes));
            Assert.AreEqual(ImageBytes, fixture.Converger.FetchedBytes);
            Assert.AreEqual(0, source.Requests, "one run of missing chunks is one request from the start");
            Assert.AreEqual(SlotFixture.AreaBytes + (8 * SlotFixture.SectorBytes), fixture.Writer.ErasedBytes);
            Assert.AreEqual(0, fixture.Device.Array.Counters.ContractViolations);
        }

        [TestMethod]
        public void Run_ImageInPlace_NeitherFetchesNorWrites()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(2, ImageBytes);
            fixture.Fill(fixture.Slot, image);

            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, true, null));

            Assert.AreEqual(fixture.InstallOperations, fixture.Power.OperationCount);
            Assert.AreEqual(ImageBytes, fixture.Converger.InPlaceBytes);
        }

        [TestMethod]
        public void Run_SmallChange_FetchesChangedChunksAndErasesTheirSectorsOnly()
        {
            SlotFixture fixture = new();
            TestImage former = TestImage.Random(3, ImageBytes);
            TestImage image = former.Changed(10_000, 10);
            fixture.Fill(fixture.Slot, former);
            TestSource source = new(image.Content);

            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, true, null, source));

            CollectionAssert.AreEqual(image.Content, fixture.Payload(ImageBytes));
            int changed = ChunkBytesAt(image, 10_000, 10_009);
            Assert.AreEqual(changed, fixture.Converger.FetchedBytes);
            // 10,000 to 10,009 lies in one sector: what else the changed chunk touches reads back equal and is left.
            Assert.AreEqual(SlotFixture.AreaBytes + SlotFixture.SectorBytes, fixture.Writer.ErasedBytes);
            Assert.IsLessThan(1.05 * SlotFixture.SectorBytes, fixture.Writer.ProgrammedBytes, "the budget of an update");
        }

        [TestMethod]
        public void Run_ChunksInAnotherSlotAtOtherPlaces_AreCopiedNotFetched()
        {
            SlotFixture fixture = new();
            TestImage former = TestImage.Random(4, ImageBytes);
            fixture.Fill(fixture.Other, former);
            Assert.AreEqual(ResultCode.Ok, fixture.Other.Erase(0, SlotFixture.AreaBytes));
            byte[] table = new byte[(former.Table.Length + 31) / 32 * 32];
            former.Table.CopyTo(table, 0);
            Assert.AreEqual(ResultCode.Ok, fixture.Other.Program(64, table, 0, table.Length));

            // 100 new bytes in front shift everything.
            byte[] content = Enumerable.Repeat((byte)7, 100).Concat(former.Content).ToArray();
            TestImage image = new(content, new[] { 100 }.Concat(former.ChunkLengths()).ToArray());
            TestSource source = new(content);

            ResultCode result = fixture.Install(image, false, plan =>
                plan.Offer(fixture.Other, 64, former.Table.Length, SlotFixture.AreaBytes), source);

            Assert.AreEqual(ResultCode.Ok, result);
            CollectionAssert.AreEqual(content, fixture.Payload(content.Length));
            Assert.AreEqual(100, fixture.Converger.FetchedBytes);
            Assert.AreEqual(ImageBytes, fixture.Converger.ReusedBytes);
        }

        [TestMethod]
        public void Run_OtherSlotLiesAboutItsChunks_FetchesThem()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(5, ImageBytes);
            fixture.Fill(fixture.Other, TestImage.Random(6, ImageBytes));
            Assert.AreEqual(ResultCode.Ok, fixture.Other.Erase(0, SlotFixture.AreaBytes));
            byte[] table = new byte[(image.Table.Length + 31) / 32 * 32];
            image.Table.CopyTo(table, 0);
            Assert.AreEqual(ResultCode.Ok, fixture.Other.Program(0, table, 0, table.Length));
            TestSource source = new(image.Content);

            ResultCode result = fixture.Install(image, false, plan =>
                plan.Offer(fixture.Other, 0, image.Table.Length, SlotFixture.AreaBytes), source);

            Assert.AreEqual(ResultCode.Ok, result);
            CollectionAssert.AreEqual(image.Content, fixture.Payload(ImageBytes));
            Assert.AreEqual(0, fixture.Converger.ReusedBytes);
        }

        [TestMethod]
        public void A20_Run_SourceGivesAnotherPayload_WritesNothingOfIt()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(7, ImageBytes);
            TestSource source = new(image.Content) { WrongFrom = 0 };

            Assert.AreEqual(ResultCode.PayloadChunkMismatch, fixture.Install(image, true, null, source));

            Assert.AreEqual(fixture.InstallOperations, fixture.Power.OperationCount, "the slot's former image is still whole");
        }

        [TestMethod]
        public void A10_Run_FirstSourceFailsMidway_NextGoesOnWhereItEnded()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(8, ImageBytes);
            TestSource first = new(image.Content) { ReadsLeft = 5, FailsWith = ResultCode.HttpStatus };
            TestSource second = new(image.Content);

            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, false, null, first, second));

            CollectionAssert.AreEqual(image.Content, fixture.Payload(ImageBytes));
            Assert.AreEqual(ImageBytes, first.BytesRead + second.BytesRead);
            CollectionAssert.AreEqual(new[] { ResultCode.HttpStatus }, fixture.Board.ResultsOf(BootEvent.SourceFailed).ToArray());
        }

        [TestMethod]
        public void Run_ConnectionDrops_SameSourceIsAskedAgain()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(9, ImageBytes);
            TestSource source = new(image.Content) { ReadsLeft = 0 };

            Assert.AreEqual(ResultCode.TransferTruncated, fixture.Install(image, false, null, source));

            Assert.AreEqual(1 + PayloadSources.RetriesMax, fixture.Board.ResultsOf(BootEvent.SourceFailed).Count());
        }

        [TestMethod]
        public void Run_AllSourcesFail_SaysThatTheyAreExhausted()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(9, ImageBytes);
            TestSource first = new(image.Content) { WrongFrom = 0 };
            TestSource second = new(image.Content) { ReadsLeft = 0, FailsWith = ResultCode.HttpStatus };

            Assert.AreEqual(ResultCode.SourcesExhausted, fixture.Install(image, false, null, first, second));
        }

        [TestMethod]
        [DataRow(UnstablePeriod.EachRead)]
        [DataRow(UnstablePeriod.EachPowerOn)]
        public void Run_CutAtEachOperationInEachTornForm_NextSessionEndsInTheSameStableImage(UnstablePeriod period)
        {
            TestImage former = TestImage.Random(10, ImageBytes);
            TestImage image = former.Changed(5_000, 9_000);
            int cuts = 0;
            foreach (TornForm form in Enum.GetValues<TornForm>())
            {
                for (int operation = 0; ; operation++)
                {
                    SlotFixture fixture = new();
                    fixture.Fill(fixture.Slot, former);
                    fixture.Power.UnstablePeriod = period;
                    fixture.Power.Arm(operation, form, (uint)operation + 1);
                    bool isCut = false;
                    try
                    {
                        Assert.AreEqual(ResultCode.Ok, fixture.Install(image, true, null, new TestSource(image.Content)));
                    }
                    catch (PowerCutException)
                    {
                        isCut = true;
                    }

                    if (!isCut)
                    {
                        Assert.IsGreaterThan(5, operation, "the walk over the operations ended too early");
                        break;
                    }

                    cuts++;
                    fixture.Power.PowerOn();
                    ResultCode result = fixture.Install(image, false, null, new TestSource(image.Content));
                    string replay = $"cut {operation}:{form}:{operation + 1}, {period}";
                    Assert.AreEqual(ResultCode.Ok, result, replay);
                    for (int look = 0; look < 4; look++)
                    {
                        CollectionAssert.AreEqual(image.Content, fixture.Payload(ImageBytes), replay);
                        fixture.Power.PowerOff();
                        fixture.Power.PowerOn();
                    }

                    Assert.AreEqual(0, fixture.Device.Array.Counters.ContractViolations, replay);
                }
            }

            Assert.IsGreaterThan(40, cuts);
        }

        [TestMethod]
        public void Run_CutOften_StillEnds()
        {
            TestImage image = TestImage.Random(11, ImageBytes);
            SlotFixture fixture = new();
            fixture.Power.UnstablePeriod = UnstablePeriod.EachPowerOn;
            int sessions = 0;
            while (true)
            {
                // Enough for the sector that was cut, the envelope area and one sector more: progress, in small steps.
                fixture.Power.Arm(7, TornForm.AppliedUnstable, (uint)sessions);
                try
                {
                    Assert.AreEqual(ResultCode.Ok, fixture.Install(image, false, null, new TestSource(image.Content)));
                    break;
                }
                catch (PowerCutException)
                {
                    sessions++;
                    fixture.Power.PowerOn();
                    Assert.IsLessThan(20, sessions);
                }
            }

            Assert.IsGreaterThan(3, sessions);
            CollectionAssert.AreEqual(image.Content, fixture.Payload(ImageBytes));
        }

        private static int ChunkBytesAt(TestImage image, int first, int last)
        {
            int position = 0;
            int bytes = 0;
            foreach (int length in image.ChunkLengths())
            {
                bytes += position <= last && position + length > first ? length : 0;
                position += length;
            }

            return bytes;
        }

        /// <summary>One disturbed read of a chunk is no damage; two in a row are.</summary>
        [TestMethod]
        public void A74_Survey_ReadNoise_IsLookedAtAgainBeforeAChunkIsGivenUp()
        {
            SlotFixture fixture = new();
            TestImage image = TestImage.Random(5, 9000);
            fixture.Fill(fixture.Slot, image);
            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, true, null));
            int operations = (int)fixture.Power.OperationCount;
            for (uint seed = 1; seed < 20; seed++)
            {
                fixture.Device.Array.DisturbNextReads(1, seed);
                Assert.AreEqual(ResultCode.Ok, fixture.Converger.Survey(out int missing));
                Assert.AreEqual(0, missing);
                Assert.AreEqual((int)seed, fixture.Power.Faults.CountOf(FaultKind.ReadNoise));
            }

            fixture.Device.Array.DisturbNextReads(2, 1);
            Assert.AreEqual(ResultCode.Ok, fixture.Converger.Survey(out int given));
            Assert.AreEqual(1, given);
            Assert.AreEqual(operations, (int)fixture.Power.OperationCount, "nothing is written for it");
        }
    }
}
