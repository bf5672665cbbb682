// The simulator finds who does the right things in the wrong order: an updater that writes the envelope before the payload, and
// a floor that rises before the image is confirmed (A40). The same courses in the right order stand every cut.

using System;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class OrderMutationTests
    {
        private const int EnvelopeAreaBytes = 4096;
        private const ushort Asked = 1;

        private readonly SignedImage _updater = BootBench.MakeImage(BootBench.Stage2, 1, 2000);
        private readonly SignedImage _former = BootBench.MakeImage(BootBench.Application, 1, 2000);
        private readonly SignedImage _next = BootBench.MakeImage(BootBench.Application, 2, 3000);

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public void Simulate_EnvelopeWrittenFirst_SomeCutFails(bool isEnvelopeLast)
        {
            Scenario scenario = MakeScenario(_next);
            scenario.Plan.Add(RegionId.ApplicationB);
            scenario.Play("updater", _updater, boot =>
            {
                // What is sealed is installed: that is what the envelope is written last for.
                Slot slot = new Slot(boot.Board.Flash.Find(RegionId.ApplicationB), EnvelopeAreaBytes);
                if (slot.Open() != ResultCode.Ok || !slot.IsSealed || slot.Id != _next.Id)
                {
                    BootBench.Demand(boot.Journal.Fence());
                    Install(slot, isEnvelopeLast);
                }

                boot.Journal.UpdateRequest = 0;
                boot.Journal.Commit();
                End(boot, BoardEnd.Restart);
            });
            scenario.Play("former", _former, boot =>
            {
                boot.Journal.UpdateRequest = Asked;
                boot.Journal.Commit();
                End(boot, BoardEnd.Restart);
            });
            scenario.Play("next", _next, Confirm);

            Judge(scenario, isEnvelopeLast);
        }

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public void A40_Simulate_FloorRaisedBeforeTheConfirm_NothingIsLeftToGoBackTo(bool isRaisedByTheConfirm)
        {
            Scenario scenario = MakeScenario(_former);
            BootBench.Install(scenario.Memory, RegionId.ApplicationB, _next, EnvelopeAreaBytes);
            scenario.Play("updater", _updater, Confirm);
            scenario.Play("former", _former, Confirm);
            scenario.Play("next", _next, boot =>
            {
                if (!isRaisedByTheConfirm)
                {
                    boot.Journal.Components[ComponentIndex.Application].Floor = boot.RunningSequence;
                    boot.Journal.Commit();
                }

                throw new InvalidOperationException();
            });

            Judge(scenario, isRaisedByTheConfirm);
        }

        private static void Judge(Scenario scenario, bool isRight)
        {
            var simulator = new Simulator(scenario) { FailuresMax = 1 };
            simulator.RunAll(1);

            Console.WriteLine(simulator.Cuts + " cuts; " + simulator.Failures.FirstOrDefault()?.Reason);
            Assert.AreEqual(isRight, simulator.Failures.Count == 0, simulator.Failures.FirstOrDefault()?.Reason);
        }

        private static void Confirm(BootContext boot)
        {
            boot.Confirm();
            End(boot, BoardEnd.Sleeping);
        }

        private static void End(BootContext boot, BoardEnd end)
        {
            ((EmulatedBoard)boot.Board).EndBoot(end);
        }

        private void Install(Slot slot, bool isEnvelopeLast)
        {
            RecordWriter writer = new RecordWriter(slot);
            BootBench.Demand(writer.Erase());
            if (isEnvelopeLast)
            {
                BootBench.WritePayload(slot, _next.Payload);
            }

            BootBench.Demand(writer.Write(_next.Envelope, 0, _next.Envelope.Length, _next.Sequence, _next.Id));
            if (!isEnvelopeLast)
            {
                BootBench.WritePayload(slot, _next.Payload);
            }
        }

        // An updater and an application, both confirmed, and a board with two slots for the latter.
        private Scenario MakeScenario(SignedImage final)
        {
            BootPolicy policy = BootBench.MakePolicy(null, 2, EnvelopeAreaBytes);
            EmulatedMemory memory = BootBench.MakeMemory(16384);
            BootBench.Install(memory, RegionId.Stage2A, _updater, EnvelopeAreaBytes);
            BootBench.Install(memory, RegionId.ApplicationA, _former, EnvelopeAreaBytes);
            BootJournal journal = BootBench.OpenJournal(memory);
            journal.Components[ComponentIndex.Stage2].ConfirmedId = _updater.Id;
            journal.Components[ComponentIndex.Stage2].ConfirmedSlot = RegionId.Stage2A;
            journal.Components[ComponentIndex.Application].ConfirmedId = _former.Id;
            journal.Components[ComponentIndex.Application].ConfirmedSlot = RegionId.ApplicationA;
            journal.Components[ComponentIndex.Application].Floor = _former.Sequence;
            BootBench.Demand(journal.Commit());
            return new Scenario("order", memory, new BootPolicy(policy.Trust, policy.Components) { ConfirmTimeoutMs = 0 }) { FinalDigest = final.Digest };
        }
    }
}
