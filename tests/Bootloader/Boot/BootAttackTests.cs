// Attacks and faults on the boot, by their number in the list of known ones (docs/THREAT-MODEL.md).

using System;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Tests.Boot
{
    [TestClass]
    public sealed class BootAttackTests
    {
        private readonly BenchLoader _loader = new BenchLoader { Behaviour = (boot, _) => BenchLoader.ConfirmAndSleep(boot) };
        private readonly EmulatedMemory _memory = BootBench.MakeMemory();
        private readonly SignedImage _first = BootBench.MakeImage(BootBench.Application, 1);
        private readonly SignedImage _second = BootBench.MakeImage(BootBench.Application, 2);

        private ComponentState State => BootBench.OpenJournal(_memory).Components[ComponentIndex.Application];

        [TestMethod]
        public void A2_Run_OlderSignedImage_Refused()
        {
            EmulatedDevice device = MakeDevice();
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            device.Run();
            BootBench.Install(_memory, RegionId.ApplicationB, _first);

            Assert.AreEqual(BoardEnd.Stopped, device.Run());
            Assert.AreEqual(ResultCode.SuitSequenceTooOld, State.FailureCode);
        }

        [TestMethod]
        public void A7_Run_ImageOfAnotherComponent_Refused()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, BootBench.MakeImage(BootBench.Stage2, 9));
            Assert.AreEqual(BoardEnd.Stopped, MakeDevice().Run());
            Assert.AreEqual(ResultCode.SuitComponentUnsupported, State.FailureCode);
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void A7_Run_EnvelopeOfOneReleasePayloadOfAnother_Refused(bool isOlderPayload)
        {
            // Both were signed, and never together.
            (SignedImage envelope, SignedImage payload) = isOlderPayload ? (_second, _first) : (_first, _second);
            BootBench.Install(_memory, RegionId.ApplicationA, envelope);
            BootBench.WritePayload(BootBench.SlotOf(_memory, RegionId.ApplicationA), payload.Payload);

            Assert.AreEqual(BoardEnd.Stopped, MakeDevice().Run());
            Assert.AreEqual(0, _loader.Entered.Count);
            Assert.AreEqual(ResultCode.ChunkDigestMismatch, State.FailureCode);
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void A23_A33_A66_Run_ChipAnswersDifferentlyLater_VerifiedBytesRun(bool isEnvelope)
        {
            // After a number of reads of a place the chip answers with other bytes, as an attacker's chip would.
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            FlashRegion region = _memory.Map().Find(RegionId.ApplicationA);
            int watched = region.StartBytes + (isEnvelope ? 64 + 150 : 8192 + 1500);
            for (int after = 0; after < 6; after++)
            {
                LyingDevice device = new LyingDevice(_memory, BootBench.MakePolicy(_loader), watched, after);
                MemorySnapshot start = _memory.Snapshot();
                _loader.Entered.Clear();
                BoardEnd end = device.Run();

                Assert.IsTrue(_loader.Entered.All(digest => digest == _first.Digest), "Only verified bytes run.");
                Assert.AreEqual(_loader.Entered.Count > 0 ? BoardEnd.Sleeping : BoardEnd.Stopped, end);
                Assert.AreEqual(after == 0, _loader.Entered.Count == 0, "Each byte is read once: " + after);
                _memory.Restore(start);
            }
        }

        [TestMethod]
        public void A36_A55_Run_HeaderLengthsWrong_Refused()
        {
            EmulatedDevice device = MakeDevice();
            foreach (int length in new[] { 0, -1, int.MaxValue, int.MinValue, 8192 - 63, 65536 })
            {
                Slot slot = BootBench.SlotOf(_memory, RegionId.ApplicationA);
                BootBench.Install(slot, _first);
                byte[] header = new byte[32];
                slot.Region.Read(0, header, 0, 32);
                FlashRecord.WriteNumber(header, 4, length, 4);
                FlashRecord.WriteNumber(header, 24, ~length, 4);
                FlashRecord.WriteNumber(header, 28, Hal.Crypto.Crc32.Compute(header, 0, 28), 4);
                slot.Region.Erase(0, 4096);
                slot.Region.Program(0, header, 0, 32);
                slot.Region.Program(32, header, 0, 32);

                Assert.AreEqual(BoardEnd.Stopped, device.Run());
                Assert.AreEqual(ResultCode.SlotHeaderInvalid, State.FailureCode);
            }
        }

        [TestMethod]
        public void A30_A38_Run_BytesBehindTheImage_NeitherReadNorLoaded()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            FlashRegion region = _memory.Map().Find(RegionId.ApplicationA);
            byte[] evil = BootBench.FakeAssembly(512, 99);
            BootBench.Demand(region.Program(8192 + 3008, evil, 0, evil.Length));

            Assert.AreEqual(BoardEnd.Sleeping, MakeDevice().Run());
            CollectionAssert.AreEqual(new[] { _first.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void A39_A45_Run_RegionsOverlapOrLeaveTheChip_StopsBeforeAnything()
        {
            foreach (int slotBytes in new[] { 32768, 1 << 30 })
            {
                FlashMap good = _memory.Map();
                EmulatedBoardMap board = new EmulatedBoardMap(new FlashMap(new[]
                {
                    good.Find(RegionId.Journal),
                    good.Find(RegionId.Identity),
                    good.Find(RegionId.ApplicationA),
                    new FlashRegion(RegionId.ApplicationB, _memory.External, good.Find(RegionId.ApplicationA).StartBytes + 4096, slotBytes),
                }));
                long operations = _memory.Power.OperationCount;

                ResultCode result = Stage1.Run(board, BootBench.MakePolicy(_loader));

                Assert.AreEqual(slotBytes == 32768 ? ResultCode.MapOverlap : ResultCode.MapOutOfRange, result);
                Assert.AreEqual(operations, _memory.Power.OperationCount);
            }
        }

        [TestMethod]
        public void A40_Confirm_OfTrial_RaisesFloorThenAndNotBefore()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _second);
            _loader.Behaviour = (boot, _) =>
            {
                Assert.AreEqual(0, State.Floor);
                boot.Confirm();
                Assert.AreEqual(2, State.Floor);
                BenchLoader.Sleep(boot);
            };
            Assert.AreEqual(BoardEnd.Sleeping, MakeDevice().Run());
        }

        [TestMethod]
        public void A41_Run_ManifestWithDependency_RefusedNotHung()
        {
            byte[] payload = BootBench.FakeAssembly(800, 1);
            ManifestWriter writer = BootBench.MakeBuilder(BootBench.Application, 3, payload).ToWriter();
            writer.Load = new CommandSequence().Command(SuitCommand.ProcessDependency);
            BootBench.Install(_memory, RegionId.ApplicationA, BootBench.Sign(writer.Build(), BootBench.Application, 3, payload));

            Assert.AreEqual(BoardEnd.Stopped, MakeDevice().Run());
            Assert.AreNotEqual(ResultCode.Ok, State.FailureCode);
            Assert.AreEqual(0, _loader.Entered.Count);
        }

        [TestMethod]
        public void A44_Run_FirstImageEverFails_StopsAndStaysRepairable()
        {
            EmulatedDevice device = MakeDevice();
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _loader.Behaviour = (_, _) => throw new InvalidOperationException();
            Assert.AreEqual(BoardEnd.Stopped, device.Run());
            Assert.AreEqual(_first.Id, State.FailedId);

            _loader.Behaviour = (boot, _) => BenchLoader.ConfirmAndSleep(boot);
            BootBench.Install(_memory, RegionId.ApplicationA, _second);
            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
        }

        [TestMethod]
        public void A47_Run_OldImageUnderAHeaderThatWasCut_NotACandidate()
        {
            EmulatedDevice device = MakeDevice();
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            device.Run();
            Slot slot = BootBench.SlotOf(_memory, RegionId.ApplicationB);
            BootBench.Install(slot, _second);
            byte[] area = new byte[4096];
            slot.Region.Read(0, area, 0, area.Length);
            Array.Fill(area, (byte)0xFF, 32, 32);
            slot.Region.Erase(0, 4096);
            slot.Region.Program(0, area, 0, area.Length);

            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());

            // The journal knows the confirmed image: there one header is enough (A71).
            slot = BootBench.SlotOf(_memory, RegionId.ApplicationA);
            _memory.External.Array.RotBit(slot.Region.StartBytes + 40, 1);
            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
        }

        [TestMethod]
        public void A50_Run_RestartsWithoutConfirm_EndInTheFormerImage()
        {
            EmulatedDevice device = MakeDevice();
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            device.Run();
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            _loader.Behaviour = (boot, digest) =>
            {
                if (digest == _second.Digest)
                {
                    boot.Board.Restart();
                }

                BenchLoader.Sleep(boot);
            };

            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
            Assert.AreEqual(3, _loader.Entered.Count(digest => digest == _second.Digest));
            Assert.AreEqual((int)ResultCode.TrialTimeout, State.FailureDetail);
        }

        [TestMethod]
        public void A60_A61_Verify_ImageLargerThanSlotOrMemory_RefusedBeforeAnyByteIsRead()
        {
            // A chip that would lie about the first byte of the payload, were it asked for it.
            int payloadStart = _memory.Map().Find(RegionId.ApplicationA).StartBytes + 8192;
            LyingDevice device = new LyingDevice(_memory, BootBench.MakePolicy(_loader), payloadStart, int.MaxValue);
            foreach (long size in new[] { 0, 24577, 1L << 31, (1L << 32) + 3000, long.MaxValue })
            {
                byte[] payload = BootBench.FakeAssembly(3000, 4);
                ManifestBuilder builder = BootBench.MakeBuilder(BootBench.Application, 1, payload);
                ManifestWriter writer = builder.ToWriter();
                writer.Validate = new CommandSequence().OverrideParameters(new ParameterSet().ImageSize(size)).ImageMatch();
                BootBench.Install(_memory, RegionId.ApplicationA, BootBench.Sign(writer.Build(), BootBench.Application, 1, payload));

                Assert.AreEqual(BoardEnd.Stopped, device.Run(), size.ToString());
                Assert.AreEqual(ResultCode.PayloadTooLarge, State.FailureCode);
                Assert.AreEqual(int.MaxValue, device.Honest, "No byte of the payload was read.");
            }

            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            device.Run();
            Assert.AreNotEqual(int.MaxValue, device.Honest, "Those of an image that fits are.");
        }

        [TestMethod]
        public void A68_Commit_SequenceNumbersUsedUp_JournalWornAndImageRuns()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            EmulatedDevice device = MakeDevice();
            device.Run();
            byte[] record = new byte[512];
            FlashRegion region = _memory.Map().Find(RegionId.Journal);
            BootJournal journal = BootBench.OpenJournal(_memory);
            int at = Enumerable.Range(0, region.SizeBytes / 256).Select(i => i * 256).Last(offset =>
            {
                region.Read(offset, record, 0, 256);
                return BitConverter.ToUInt32(record, 4) == journal.Sequence;
            });
            region.Read(at - 256, record, 0, 512);
            for (int copy = 0; copy < 512; copy += 256)
            {
                FlashRecord.WriteNumber(record, copy + 4, 0x7FFFFFEF, 4);
                FlashRecord.WriteNumber(record, copy + 252, Hal.Crypto.Crc32.Compute(record, copy, 252), 4);
            }

            region.Erase(at / 4096 * 4096, 4096);
            region.Program(at / 4096 * 4096, record, 0, 512);
            journal = BootBench.OpenJournal(_memory);
            journal.UpdateRequest = 1;

            Assert.AreEqual(ResultCode.JournalWorn, journal.Commit());
            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
        }

        [TestMethod]
        public void A71_Open_AnyBitOfTheJournalRots_StateStays()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _second);
            EmulatedDevice device = MakeDevice();
            device.Run();
            LayoutRegion region = _memory.Layout.Regions.First(layout => layout.Id == RegionId.Journal);
            MemorySnapshot start = _memory.Snapshot();
            Random random = new Random(71);
            for (int i = 0; i < 2000; i++)
            {
                _memory.Restore(start);
                _memory.Internal.Array.RotBit(region.StartBytes + random.Next(region.SizeBytes), random.Next(8));
                Assert.AreEqual(2, State.Floor);
                Assert.AreEqual(_second.Id, State.ConfirmedId);
            }
        }

        [TestMethod]
        public void A72_Commit_SectorsWornOrStuck_OthersTakeTheRecord()
        {
            BootJournal journal = BootBench.OpenJournal(_memory);
            _memory.Internal.Array.StickBit(4096 + 100, 2, false);
            _memory.Internal.Array.StickBit(4096 + 300, 2, true);
            _memory.Internal.Array.FailErases(2, 100);
            for (int session = 1; session < 20; session++)
            {
                journal = BootBench.OpenJournal(_memory);
                journal.UpdateRequest = (ushort)session;
                Assert.AreEqual(ResultCode.Ok, journal.Commit(), "session " + session);
                Assert.AreEqual(session, BootBench.OpenJournal(_memory).UpdateRequest);
            }

            Assert.IsTrue(_memory.Power.Faults.CountOf(FaultKind.EraseFailed) > 0, "The fault happened.");
        }

        [TestMethod]
        public void A72_Run_JournalTakesNothing_ConfirmedRunsAndTrialDoesNot()
        {
            EmulatedDevice device = MakeDevice();
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            device.Run();
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            for (int sector = 0; sector < 4; sector++)
            {
                _memory.Internal.Array.FailErases(sector, 100);
            }

            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
            Assert.AreEqual(_first.Digest, _loader.Entered.Last(), "An attempt that cannot be counted is not made.");
        }

        [TestMethod]
        public void A75_Commit_ProgramLandsElsewhere_NoticedAndWrittenAnew()
        {
            for (int after = 0; after < 2; after++)
            {
                BootJournal journal = BootBench.OpenJournal(_memory);
                journal.UpdateRequest = (ushort)(after + 1);
                _memory.Internal.Array.MisdirectProgram(after, 512);

                Assert.AreEqual(ResultCode.Ok, journal.Commit());
                Assert.AreEqual(after + 1, BootBench.OpenJournal(_memory).UpdateRequest);
                Assert.AreEqual(after + 1, _memory.Power.Faults.CountOf(FaultKind.Misdirected));
            }
        }

        [TestMethod]
        public void A74_Run_ReadNoise_NeverStartsAndNeverLoses()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _second);
            EmulatedDevice device = MakeDevice();
            device.Run();
            for (uint seed = 1; seed < 300; seed++)
            {
                _memory.External.Array.DisturbReads(3, seed);
                _memory.Internal.Array.DisturbReads(40, seed);
                device.Run();
            }

            Assert.IsTrue(_memory.Power.Faults.CountOf(FaultKind.ReadNoise) > 100, "The fault happened.");
            _memory.External.Array.DisturbReads(0, 0);
            _memory.Internal.Array.DisturbReads(0, 0);
            Assert.IsTrue(_loader.Entered.All(digest => digest == _second.Digest));
            Assert.AreEqual(2, State.Floor);
            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
        }

        private EmulatedDevice MakeDevice()
        {
            return new EmulatedDevice(_memory, BootBench.MakePolicy(_loader));
        }

        // A chip that answers honestly so many times, and then with one bit changed.
        private sealed class LyingDevice : EmulatedDevice
        {
            private readonly int _address;
            private int _honest;

            internal LyingDevice(EmulatedMemory memory, BootPolicy policy, int address, int honest)
                : base(memory, policy)
            {
                _address = address;
                _honest = honest;
            }

            internal int Honest => _honest;

            protected override IFlash Wrap(EmulatedFlash chip, EmulatedBoard board)
            {
                return new LyingFlash(chip, board, this, chip == Memory.External);
            }

            private sealed class LyingFlash : BoardFlash
            {
                private readonly LyingDevice _device;
                private readonly bool _lies;

                internal LyingFlash(IFlash chip, EmulatedBoard board, LyingDevice device, bool lies)
                    : base(chip, board)
                {
                    _device = device;
                    _lies = lies;
                }

                public override ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
                {
                    ResultCode result = base.Read(addressBytes, buffer, offset, count);
                    int index = _device._address - addressBytes;
                    if (_lies && index >= 0 && index < count && _device._honest-- <= 0)
                    {
                        buffer[offset + index] ^= 1;
                    }

                    return result;
                }
            }
        }

        // A board with a map of its own, and nothing else.
        private sealed class EmulatedBoardMap : IBoard
        {
            internal EmulatedBoardMap(FlashMap map)
            {
                Flash = map;
            }

            public FlashMap Flash { get; }

            public long UptimeMs => 0;

            public long SecureTimeSeconds => -1;

            public void Restart() => throw new InvalidOperationException();

            public void Sleep(int durationMs) => throw new InvalidOperationException();

            public ResultCode ConnectNetwork(int timeoutMs) => ResultCode.NetworkUnreachable;

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
            }
        }
    }
}
