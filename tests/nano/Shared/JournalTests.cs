// The boot journal: what was committed is there after the next start, and a start that changes nothing writes nothing.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class JournalTests
    {
        [TestMethod]
        public void Commit_ThenOpen_SameState()
        {
            RamFlash flash = new RamFlash(4);
            BootJournal journal = Open(flash, ResultCode.JournalEmpty);
            ComponentState application = journal.Components[ComponentIndex.Application];
            application.Floor = 0x1122334455667788;
            application.ConfirmedSlot = RegionId.ApplicationB;
            application.AttemptsLeft = 2;
            journal.UpdateRequest = 0x1234;
            journal.Opaque[31] = 0xA5;
            Assert.AreEqual((int)ResultCode.Ok, (int)journal.Commit());

            BootJournal state = Open(flash, ResultCode.Ok);
            application = state.Components[ComponentIndex.Application];
            Assert.AreEqual(0x1122334455667788, application.Floor);
            Assert.AreEqual((int)RegionId.ApplicationB, (int)application.ConfirmedSlot);
            Assert.AreEqual(2, (int)application.AttemptsLeft);
            Assert.AreEqual(0x1234, (int)state.UpdateRequest);
            Assert.AreEqual(0xA5, (int)state.Opaque[31]);
        }

        [TestMethod]
        public void Commit_Nothing_WritesNothing()
        {
            RamFlash flash = new RamFlash(4);
            BootJournal journal = Open(flash, ResultCode.JournalEmpty);
            journal.UpdateRequest = 1;
            Assert.AreEqual((int)ResultCode.Ok, (int)journal.Commit());
            journal = Open(flash, ResultCode.Ok);
            flash.Programs = 0;
            flash.Erases = 0;

            Assert.AreEqual((int)ResultCode.Ok, (int)journal.Commit());

            Assert.AreEqual(0, flash.Programs + flash.Erases);
        }

        [TestMethod]
        public void Commit_ManyTimes_LastStateStands()
        {
            RamFlash flash = new RamFlash(4);
            BootJournal journal = Open(flash, ResultCode.JournalEmpty);
            for (int i = 1; i <= 60; i++)
            {
                journal.Components[ComponentIndex.Stage2].Floor = i;
                Assert.AreEqual((int)ResultCode.Ok, (int)journal.Commit(), i.ToString());
                if (i % 7 == 0)
                {
                    journal = Open(flash, ResultCode.Ok);
                }
            }

            Assert.AreEqual(60L, Open(flash, ResultCode.Ok).Components[ComponentIndex.Stage2].Floor);
        }

        private static BootJournal Open(RamFlash flash, ResultCode expected)
        {
            BootJournal journal = new BootJournal(new FlashRegion(RegionId.Journal, flash, 0, flash.SizeBytes));
            Assert.AreEqual((int)expected, (int)journal.Open());
            return journal;
        }
    }
}
