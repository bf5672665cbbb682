// The course of boots without faults: first start, trial, confirm, revert, exhaustion, requests, reasons.

using System;
using System.Linq;
using DemoApplication.Bundles;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Tests.Boot
{
    [TestClass]
    public sealed class BootFlowTests
    {
        private readonly BenchLoader _loader = new BenchLoader { Behaviour = (boot, _) => BenchLoader.ConfirmAndSleep(boot) };
        private readonly SignedImage _first = BootBench.MakeImage(BootBench.Application, 1);
        private readonly SignedImage _second = BootBench.MakeImage(BootBench.Application, 2);
        private readonly SignedImage _stage2 = BootBench.MakeImage(BootBench.Stage2, 1);
        private readonly EmulatedMemory _memory = BootBench.MakeMemory();
        private readonly EmulatedDevice _device;

        public BootFlowTests()
        {
            _device = new EmulatedDevice(_memory, BootBench.MakePolicy(_loader));
        }

        [TestCleanup]
        public void PrintTranscript()
        {
            foreach (TranscriptEntry entry in _device.Transcript)
            {
                Console.WriteLine(entry.Boot + ": " + entry.Event + " " + entry.Region + " " + entry.Result + " " + entry.Value);
            }
        }

        private ComponentState State => BootBench.OpenJournal(_memory).Components[ComponentIndex.Application];

        [TestMethod]
        public void Run_FirstStart_TrialThenConfirmed()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _first.Digest }, _loader.Entered);
            Assert.AreEqual(1, State.Floor);
            Assert.AreEqual(_first.Id, State.ConfirmedId);
            Assert.AreEqual(RegionId.ApplicationA, State.ConfirmedSlot);
            Assert.AreEqual(0, State.TrialId);
            Assert.AreEqual(1, BootBench.Of(_device, BootEvent.TrialStarted).Count());
        }

        [TestMethod]
        public void Run_NothingChanged_WritesNothing()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            _device.Run();
            long operations = _memory.Power.OperationCount;

            for (int i = 0; i < 3; i++)
            {
                Assert.AreEqual(BoardEnd.Sleeping, _device.Run());
            }

            Assert.AreEqual(operations, _memory.Power.OperationCount);
            Assert.AreEqual(3, BootBench.Of(_device, BootEvent.ImageStarted).Count());
        }

        [TestMethod]
        public void Run_UpdateInSecondSlot_OldStaysUntilConfirm()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _device.Run();
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            _loader.Behaviour = (boot, _) => BenchLoader.Sleep(boot);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            Assert.AreEqual(_second.Digest, _loader.Entered.Last());
            Assert.AreEqual(1, State.Floor, "A40: the floor rises at the confirm only.");
            Assert.AreEqual(_first.Id, State.ConfirmedId);
            Assert.AreEqual(2, State.AttemptsLeft);

            _loader.Behaviour = (boot, _) => BenchLoader.ConfirmAndSleep(boot);
            _device.Run();

            Assert.AreEqual(2, State.Floor);
            Assert.AreEqual(_second.Id, State.ConfirmedId);
        }

        [TestMethod]
        public void Run_TrialNeverConfirms_RevertsAfterAttemptsAndStays()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _device.Run();
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            _loader.Behaviour = (boot, digest) =>
            {
                if (digest == _second.Digest)
                {
                    throw new InvalidOperationException();
                }

                BenchLoader.Sleep(boot);
            };

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            Assert.AreEqual(3, _loader.Entered.Count(digest => digest == _second.Digest));
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
            ComponentState state = State;
            Assert.AreEqual(_second.Id, state.FailedId);
            Assert.AreEqual(ResultCode.TrialExhausted, state.FailureCode);
            Assert.AreEqual((int)ResultCode.ImageThrew, state.FailureDetail);
            Assert.AreEqual(RegionId.ApplicationB, state.FailureSlot);
            Assert.AreEqual(BootStage.Stage1, state.FailureStage);
            Assert.AreEqual(1, state.Floor);

            long operations = _memory.Power.OperationCount;
            _device.Run();
            Assert.AreEqual(operations, _memory.Power.OperationCount, "A failure is recorded once.");
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
        }

        [TestMethod]
        public void Run_OnlyUpdaterFindsNoNetwork_ApplicationHasItsTurnAndUpdaterIsKept()
        {
            SignedImage updater = BootBench.MakeImage(BootBench.Stage2, 1);
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            BootBench.Install(_memory, RegionId.Stage2A, updater);
            int requests = 2;
            _loader.Behaviour = (boot, digest) =>
            {
                if (digest == updater.Digest)
                {
                    boot.Restart();
                }

                boot.Confirm();
                if (requests-- > 0)
                {
                    new UpdateClient(boot).Request(1);
                    boot.Restart();
                }

                BenchLoader.Sleep(boot);
            };

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
            Assert.AreEqual(6, _loader.Entered.Count(digest => digest == updater.Digest), "All attempts, for each of the two requests.");
            ComponentState state = BootBench.OpenJournal(_memory).Components[ComponentIndex.Stage2];
            Assert.AreEqual(0, state.FailedId);
            Assert.AreEqual(ResultCode.TrialExhausted, state.FailureCode);
        }

        [TestMethod]
        public void Run_OnlyUpdaterAndNoApplication_UpdaterIsTriedAgainAndAgain()
        {
            SignedImage updater = BootBench.MakeImage(BootBench.Stage2, 1);
            BootBench.Install(_memory, RegionId.Stage2A, updater);
            _loader.Behaviour = (boot, _) => boot.Restart();

            Assert.AreEqual(BoardEnd.Restart, _device.Run(10), "It never stops.");

            Assert.AreEqual(10, _loader.Entered.Count);
        }

        [TestMethod]
        [DataRow(ResultCode.LoadFailed)]
        [DataRow(ResultCode.EntryNotFound)]
        public void Run_OnlyUpdaterThatThePlatformDoesNotTake_StopsAndSaysWhy(ResultCode reason)
        {
            SignedImage updater = BootBench.MakeImage(BootBench.Stage2, 1);
            BootBench.Install(_memory, RegionId.Stage2A, updater);
            _loader.Loading = _ => reason;

            Assert.AreEqual(BoardEnd.Stopped, _device.Run(10));

            Assert.IsEmpty(_loader.Entered);
            ComponentState state = BootBench.OpenJournal(_memory).Components[ComponentIndex.Stage2];
            Assert.AreEqual(updater.Id, state.FailedId);
            Assert.AreEqual(ResultCode.TrialExhausted, state.FailureCode);
            Assert.AreEqual((int)reason, state.FailureDetail);

            long operations = _memory.Power.OperationCount;
            Assert.AreEqual(BoardEnd.Stopped, _device.Run());
            Assert.AreEqual(operations, _memory.Power.OperationCount, "Nothing more is written.");

            // A repair is another image, over the cable.
            _loader.Loading = _ => ResultCode.Ok;
            _loader.Behaviour = (boot, _) => BenchLoader.Sleep(boot);
            BootBench.Install(_memory, RegionId.Stage2A, BootBench.MakeImage(BootBench.Stage2, 2));
            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());
        }

        [TestMethod]
        public void Run_TrialReturns_CountsAsAttemptWithReason()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _loader.Behaviour = (_, _) => { };

            Assert.AreEqual(BoardEnd.Restart, _device.Run(1));

            Assert.AreEqual(ResultCode.ImageReturned, State.FailureCode);
            Assert.AreEqual(BootStage.Application, State.FailureStage);
            Assert.AreEqual(2, State.AttemptsLeft);
        }

        [TestMethod]
        public void Run_ImageThrows_TypeIsRecorded()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _loader.Behaviour = (_, _) => throw new NotSupportedException();
            _device.Run(1);
            int hash = State.FailureDetail;
            _loader.Behaviour = (_, _) => throw new InvalidOperationException();
            _device.Run(1);

            Assert.AreEqual(ResultCode.ImageThrew, State.FailureCode);
            Assert.AreNotEqual(0, hash);
            Assert.AreNotEqual(hash, State.FailureDetail);
        }

        [TestMethod]
        public void A51_Run_BothSlotsBad_StopsWithReasonAndWritesOnce()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            _memory.External.Array.RotBit(_memory.Map().Find(RegionId.ApplicationA).StartBytes + 8192 + 1000, 3);
            _memory.External.Array.RotBit(_memory.Map().Find(RegionId.ApplicationB).StartBytes + 8192 + 1000, 3);

            Assert.AreEqual(BoardEnd.Stopped, _device.Run());
            long operations = _memory.Power.OperationCount;
            Assert.AreEqual(BoardEnd.Stopped, _device.Run());

            Assert.AreEqual(operations, _memory.Power.OperationCount);
            Assert.AreEqual(0, _loader.Entered.Count);
            TranscriptEntry stopped = BootBench.Of(_device, BootEvent.Stopped).Last();
            Assert.AreEqual(ResultCode.ChunkDigestMismatch, stopped.Result);
            Assert.AreEqual(ResultCode.ChunkDigestMismatch, State.FailureCode);

            // The way to a repair is open: an install of the very same image is accepted.
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
        }

        [TestMethod]
        public void Run_ApplicationUnbootable_StartsStage2()
        {
            BootBench.Install(_memory, RegionId.Stage2A, _stage2);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _stage2.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void Run_UpdateRequested_StartsStage2UntilItClears()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            BootBench.Install(_memory, RegionId.Stage2A, _stage2);
            _loader.Behaviour = (boot, digest) =>
            {
                boot.Confirm();
                if (boot.Component == ComponentIndex.Stage2)
                {
                    Assert.AreEqual(7, boot.Journal.UpdateRequest);
                    boot.Journal.UpdateRequest = 0;
                    boot.Journal.Commit();
                    boot.Restart();
                }

                if (_loader.Entered.Count == 1)
                {
                    new UpdateClient(boot).Request(7);
                    boot.Restart();
                }

                BenchLoader.Sleep(boot);
            };

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _first.Digest, _stage2.Digest, _first.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void Run_Stage2ThrowsOnRequest_ApplicationRunsAgain()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            BootBench.Install(_memory, RegionId.Stage2A, _stage2);
            BootJournal journal = BootBench.OpenJournal(_memory);
            journal.UpdateRequest = 1;
            journal.Components[ComponentIndex.Stage2].ConfirmedId = _stage2.Id;
            journal.Commit();
            _loader.Behaviour = (boot, digest) =>
            {
                if (digest == _stage2.Digest)
                {
                    boot.Journal.Components[1].Floor = 99;
                    throw new TimeoutException();
                }

                BenchLoader.ConfirmAndSleep(boot);
            };

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _stage2.Digest, _first.Digest }, _loader.Entered);
            journal = BootBench.OpenJournal(_memory);
            Assert.AreEqual(0, journal.UpdateRequest);
            Assert.AreEqual(ResultCode.ImageThrew, journal.Components[ComponentIndex.Stage2].FailureCode);
            Assert.AreEqual(1, journal.Components[1].Floor, "What stage 2 changed and did not commit is not committed for it.");
        }

        [TestMethod]
        public void Run_ConfirmedImageNeverLoads_GivesUpAfterTwoStarts()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _device.Run();
            _loader.Loading = _ => ResultCode.LoadFailed;

            Assert.AreEqual(BoardEnd.Stopped, _device.Run());

            Assert.AreEqual(_first.Id, State.FailedId);
            Assert.AreEqual(ResultCode.LoadFailed, State.FailureCode);
        }

        [TestMethod]
        public void Run_ImageOnTrialHangs_SupervisorRestartsAndFormerImageRuns()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _first);
            _device.Run();
            BootBench.Install(_memory, RegionId.ApplicationB, _second);
            using System.Threading.ManualResetEventSlim over = new System.Threading.ManualResetEventSlim();
            _device.Policy.ConfirmTimeoutMs = 100;
            _device.IsOwnThread = true;
            _device.IsRealTime = true;
            int hung = 0;
            _loader.Behaviour = (boot, digest) =>
            {
                if (digest == _second.Digest)
                {
                    // Neither calls the board nor returns.
                    hung++;
                    over.Wait();
                    return;
                }

                BenchLoader.Sleep(boot);
            };

            BoardEnd end = _device.Run();
            over.Set();

            Assert.AreEqual(BoardEnd.Sleeping, end);
            Assert.AreEqual(3, hung);
            Assert.AreEqual(_first.Digest, _loader.Entered.Last());
            Assert.AreEqual(3, BootBench.Of(_device, BootEvent.SupervisorRestart).Count());
            Assert.AreEqual((int)ResultCode.TrialTimeout, State.FailureDetail);
        }

        [TestMethod]
        public void Run_Golden_StartsOnlyWhenNothingElseDoes()
        {
            EmulatedMemory memory = BootBench.MakeMemory(isGolden: true);
            EmulatedDevice device = new EmulatedDevice(memory, BootBench.MakePolicy(_loader));
            BootBench.Install(memory, RegionId.Golden, _stage2);
            BootBench.Install(memory, RegionId.ApplicationA, _first);
            device.Run();
            _memory.External.Array.RotBit(0, 0);
            memory.External.Array.RotBit(memory.Map().Find(RegionId.ApplicationA).StartBytes + 8192 + 1000, 3);

            Assert.AreEqual(BoardEnd.Sleeping, device.Run());

            CollectionAssert.AreEqual(new[] { _first.Digest, _stage2.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void Run_StandardProfile_WholeImageDigestIsVerified()
        {
            byte[] payload = BootBench.FakeAssembly(3000, 5);
            ManifestBuilder builder = BootBench.MakeBuilder(BootBench.Application, 1, payload);
            builder.Profile = ManifestProfile.Standard;
            BootBench.Install(_memory, RegionId.ApplicationA, BootBench.Sign(builder, payload));
            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            _memory.External.Array.RotBit(_memory.Map().Find(RegionId.ApplicationA).StartBytes + 8192 + 2999, 0);
            Assert.AreEqual(BoardEnd.Stopped, _device.Run());
            Assert.AreEqual(ResultCode.SuitImageMismatch, State.FailureCode);
        }

        [TestMethod]
        public void Run_DemoApplication_BothVersionsRun()
        {
            EmulatedMemory memory = BootBench.MakeMemory();
            EmulatedDevice device = new EmulatedDevice(memory, BootBench.MakePolicy());
            int slot = 0;
            foreach (DemoBundle bundle in new[] { DemoBundle.Version10, DemoBundle.Version11 })
            {
                byte[] payload = Bundle.Concatenate(bundle.Assemblies);
                RegionId region = slot++ == 0 ? RegionId.ApplicationA : RegionId.ApplicationB;
                ManifestBuilder builder = BootBench.MakeBuilder(BootBench.Application, slot, payload, DemoBundle.EntryType);
                BootBench.Install(memory, region, BootBench.Sign(builder, payload));

                Assert.AreEqual(BoardEnd.Sleeping, device.Run());
                Assert.AreEqual(slot, BootBench.Of(device, BootEvent.ImageConfirmed).Last().Value);
            }

            device.SleepLimitMs = 100_000;
            Assert.AreEqual(BoardEnd.Restart, device.Run(1));
            Assert.AreEqual(1, BootBench.OpenJournal(memory).UpdateRequest);
        }
    }
}
