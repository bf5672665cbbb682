// A53, for trust documents: an updater that names a document before it stands in its slot, or begins with the copy that
// is in force, is found by the simulator. The same updater in the right order is not.

using System;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class TrustMutationTests
    {
        [TestMethod]
        [DataRow("slot, name, second copy", true)]
        [DataRow("name, slot, second copy", false)]
        [DataRow("second copy first", false)]
        public void A53_Simulate_OrderOfATrustUpdate_OnlyTheRightOneStandsEveryCut(string order, bool isRight)
        {
            SignedImage former = TrustBench.Sign(1, TrustBench.Document(BootBench.Author), TrustBench.RootA);
            SignedImage next = TrustBench.Sign(2, TrustBench.Document(BootBench.Author, TrustBench.Successor), TrustBench.RootA);
            SignedImage updater = BootBench.MakeImage(BootBench.Stage2, 1, 2000);
            EmulatedMemory memory = BootBench.MakeMemory(16384);
            BootPolicy policy = TrustBench.MakePolicy(null, envelopeAreaBytes: 4096);
            BootBench.Install(memory, RegionId.Stage2A, updater, 4096);
            TrustBench.PutInForce(memory, former, isSecondCopy: order != "second copy first");
            BootJournal journal = BootBench.OpenJournal(memory);
            journal.Components[ComponentIndex.Stage2].ConfirmedId = updater.Id;
            journal.Components[ComponentIndex.Stage2].ConfirmedSlot = RegionId.Stage2A;
            BootBench.Demand(journal.Commit());
            string? wrong = null;
            var scenario = new Scenario("trust-order", memory, policy) { FinalDigest = updater.Digest, CheckEnd = () => wrong, OperationsPerBootMax = 48 };
            scenario.Plan.Add(RegionId.Trust);
            scenario.Plan.Add(RegionId.TrustB);
            scenario.Play("updater", updater, boot =>
            {
                wrong = boot.Trust == null ? "No copy of the document in force was good." : wrong;
                ComponentState state = boot.Journal.Components[ComponentIndex.Trust];
                RegionId first = order == "second copy first" ? RegionId.Trust : RegionId.TrustB;
                RegionId second = first == RegionId.Trust ? RegionId.TrustB : RegionId.Trust;
                if (state.ConfirmedId != next.Id)
                {
                    BootBench.Demand(boot.Journal.Fence());
                    if (order == "name, slot, second copy")
                    {
                        Name(boot, next, first);
                    }

                    Write(boot, first, next);
                    Name(boot, next, first);
                }

                Write(boot, second, next);
                ((EmulatedBoard)boot.Board).EndBoot(BoardEnd.Sleeping);
            });
            var simulator = new Simulator(scenario) { FailuresMax = 1 };

            simulator.RunAll(1);

            Console.WriteLine(order + ": " + simulator.Cuts + " cuts; " + simulator.Failures.FirstOrDefault()?.Reason);
            Assert.AreEqual(isRight, simulator.Failures.Count == 0, simulator.Failures.FirstOrDefault()?.Reason);
            Assert.IsTrue(isRight || simulator.Failures[0].Reason.Contains("No copy", StringComparison.Ordinal), "for the reason that was broken");
        }

        private static void Name(BootContext boot, SignedImage document, RegionId slot)
        {
            ComponentState state = boot.Journal.Components[ComponentIndex.Trust];
            state.ConfirmedId = document.Id;
            state.ConfirmedSlot = slot;
            state.Floor = document.Sequence;
            BootBench.Demand(boot.Journal.Commit());
        }

        private static void Write(BootContext boot, RegionId id, SignedImage document)
        {
            Slot slot = new Slot(boot.Board.Flash.Find(id), BootBench.TrustEnvelopeBytes);
            if (slot.Open() != Hal.ResultCode.Ok || !slot.IsSealed || slot.Id != document.Id)
            {
                BootBench.Install(slot, document);
            }
        }
    }
}
