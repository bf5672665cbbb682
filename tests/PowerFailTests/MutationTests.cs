// The simulator bites: with any one barrier taken out of the code, a scenario fails. And it bites nothing else.

using System;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class MutationTests
    {
        private static readonly Lazy<Victim> Code = new Lazy<Victim>(() => new Victim("NanoBoot.Bootloader"));
        private static readonly Lazy<Victim> Driver = new Lazy<Victim>(() => new Victim("NanoBoot.SpiNor"));
        private static readonly Lazy<Victim> Updater = new Lazy<Victim>(() => new Victim("NanoBoot.Stage2Updater"));

        [TestMethod]
        [DataRow("trial-confirm", 1)]
        [DataRow("trial-revert", 1)]
        [DataRow("update-two-slots", 1)]
        [DataRow("update-one-slot", 1)]
        [DataRow("update-stage2", 1)]
        [DataRow("trial-confirm", 2)]
        public void A76_Simulate_UnsyncedOperationsLostInAnyOrder_NoCaseFails(string scenario, int cuts)
        {
            Assert.IsNull(Code.Value.Simulate(0, scenario, cuts, true));
        }

        // Not among them are the Syncs of FlashRecord and the one behind the erase of a journal sector: without them an
        // installation may be lost and is made again, or a record is not valid, but no wrong image runs.
        [TestMethod]
        [DataRow("BootJournal.WriteCopy", "FlashRegion::Sync", "trial-revert", 1, "the copies of a record are not synced")]
        [DataRow("BootJournal.EraseStalest", "BootJournal::EraseSector", "trial-confirm", 1, "sectors are not erased in the session that writes them")]
        [DataRow("BootJournal.Open", "BootJournal::Append", "trial-confirm", 2, "a state with one copy is acted upon")]
        [DataRow("BootJournal.Fence", "BootJournal::Append", "update-two-slots", 2, "slots are changed before the journal is fenced")]
        [DataRow("Stage1.CountAttempt", "BootJournal::Commit", "trial-hang", 1, "an attempt is not committed before the start")]
        [DataRow("BootContext.Confirm", "BootJournal::Commit", "trial-confirm", 1, "a confirm is not committed")]
        public void Simulate_BarrierTakenOut_SomeCaseFails(string method, string call, string scenario, int cuts, string what)
        {
            FindFailure(Code.Value, method, call, scenario, cuts, what);
        }

        [TestMethod]
        [DataRow("RecordWriter.Erase", "FlashRegion::Erase", "update-two-slots", 1, "the old envelope stays while the payload changes")]
        public void Simulate_BarrierOfAnInstallerTakenOut_SomeCaseFails(string method, string call, string scenario, int cuts, string what)
        {
            FindFailure(new Victim("NanoBoot.Resident"), method, call, scenario, cuts, what);
        }

        // The barriers of the updater. Without a power failure the mutant is as good as the original.
        [TestMethod]
        [DataRow("SectorWriter.Write", "SectorWriter::Mark", "updater-store-apply", "a sector is changed that no mark names")]
        [DataRow("SectorWriter.Write", "SectorWriter::Mark", "updater-refusal-retry", "a sector is changed that no mark names")]
        [DataRow("SectorWriter.Write", "FlashRegion::Erase", "updater-stage2", "a sector that reads blank is not erased")]
        [DataRow("SectorWriter.Open", "FlashRegion::Read", "updater-two-slots", "marks are not looked for")]
        [DataRow("SectorWriter.Begin", "SectorWriter::EraseArea", "updater-two-slots", "the old envelope stays while the payload changes")]
        [DataRow("SlotChooser.ChooseTrust", "brfalse", "updater-trust", "a slot is written that holds a good copy of the document in force")]
        [DataRow("SlotChooser.ChooseStaging", "brtrue", "updater-store-apply", "an envelope that was cut before it was sealed stays so")]
        public void Simulate_BarrierOfTheUpdaterTakenOut_SomeCutFails(string method, string instruction, string scenario, string what)
        {
            SkipSite[] sites = Updater.Value.Sites.Where(site => site.Method == method && site.Instruction.Contains(instruction, StringComparison.Ordinal)).ToArray();
            Assert.IsTrue(sites.Length > 0, "The barrier is where it was.");
            string[] failures = sites.Select(site => Simulate(Updater.Value, site, scenario, 1, false))
                .Where(text => text != null && text.Contains(scenario + "/", StringComparison.Ordinal) && !text.Contains(scenario + "/:", StringComparison.Ordinal))
                .Cast<string>().ToArray();

            Console.WriteLine(what + ": " + failures.FirstOrDefault());
            Assert.IsTrue(failures.Length > 0, what + ", and no cut failed.");
        }

        // The driver of the SPI chip is in one scenario only. Its barriers are missed without a power failure already: the chip is
        // not ready, or not enabled, when the next command comes.
        [TestMethod]
        [DataRow("SpiNorFlash.Write", "SpiNorFlash::WaitReady", "the driver does not wait for the chip")]
        [DataRow("SpiNorFlash.Write", "SpiNorFlash::EnableWrite", "a program without a write enable")]
        public void Simulate_BarrierOfTheDriverTakenOut_TheScenarioOverTheBusAloneFails(string method, string call, string what)
        {
            SkipSite site = Driver.Value.Sites.Single(site => site.Method == method && site.Instruction.Contains(call, StringComparison.Ordinal));
            string? failure = Simulate(Driver.Value, site, "updater-spi", 1, false);

            Console.WriteLine(what + ": " + failure);
            Assert.IsNotNull(failure, what + ", and no case failed.");
            Assert.IsNull(Simulate(Driver.Value, site, "updater-two-slots", 1, false), "The same update, without the bus.");
        }

        private static void FindFailure(Victim victim, string method, string call, string scenario, int cuts, string what)
        {
            SkipSite[] sites = victim.Sites.Where(site => site.Method == method && site.Instruction.Contains(call, StringComparison.Ordinal)).ToArray();
            Assert.IsTrue(sites.Length > 0, "The barrier is where it was.");
            string? failure = null;
            foreach (SkipSite site in sites)
            {
                failure ??= Simulate(victim, site, scenario, cuts, false) ?? Simulate(victim, site, scenario, cuts, true);
            }

            Console.WriteLine(what + ": " + failure);
            Assert.IsNotNull(failure, what + ", and no case failed.");
        }

        private static string? Simulate(Victim victim, SkipSite site, string scenario, int cuts, bool isWriteBehind)
        {
            try
            {
                return victim.Simulate(site.Number, scenario, cuts, isWriteBehind);
            }
            catch (InvalidOperationException exception)
            {
                // The bench could not even install its images.
                return exception.Message;
            }
        }
    }
}
