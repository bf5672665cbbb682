// Power failures: what each torn form leaves, that nothing works until the power is back, and that they are recorded.

using System;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.Hal.Tests.Flash
{
    [TestClass]
    public sealed class PowerCutTests
    {
        private static readonly TornForm[] _forms = Enum.GetValues<TornForm>();

        [TestMethod]
        public void Program_Cut_ThrowsUntilPowerOnAndIsRecorded()
        {
            EmulatedFlash flash = Make();
            flash.Power.Arm(1, TornForm.Applied, 0);
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[8], 0, 8));
            Assert.ThrowsExactly<PowerCutException>(() => flash.Program(8, new byte[8], 0, 8));
            Assert.ThrowsExactly<PowerCutException>(() => flash.Read(0, new byte[8], 0, 8));
            Assert.ThrowsExactly<PowerCutException>(() => flash.Erase(0, 64));
            Assert.ThrowsExactly<PowerCutException>(() => flash.Sync());
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.PowerCutInProgram));
            Assert.AreEqual(1L, flash.Power.Faults.Records[0].OperationIndex);
            Assert.AreEqual(8, flash.Power.Faults.Records[0].AddressBytes);
            flash.Power.PowerOn();
            Assert.AreEqual(ResultCode.Ok, flash.Program(16, new byte[8], 0, 8));
            Assert.AreEqual(3L, flash.Power.OperationCount);
            Assert.AreEqual(0L, flash.Array.Counters.ContractViolations);
        }

        [TestMethod]
        public void A49_TwoCuts_SecondCountsFromThePowerOnAfterTheFirst()
        {
            EmulatedFlash flash = Make();
            flash.Power.Arm(new PowerCut(0, TornForm.NotApplied, 0), new PowerCut(1, TornForm.NotApplied, 0));
            Assert.ThrowsExactly<PowerCutException>(() => flash.Erase(0, 64));
            flash.Power.PowerOn();
            Assert.AreEqual(ResultCode.Ok, flash.Erase(0, 64));
            Assert.ThrowsExactly<PowerCutException>(() => flash.Program(0, new byte[8], 0, 8));
            flash.Power.PowerOn();
            Assert.AreEqual(ResultCode.Ok, flash.Program(0, new byte[8], 0, 8));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.PowerCutInErase));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.PowerCutInProgram));
        }

        [TestMethod]
        public void Erase_OfSeveralSectors_IsOneOperationEach()
        {
            EmulatedFlash flash = Make();
            flash.Program(0, new byte[192], 0, 192);
            flash.Power.Arm(1, TornForm.NotApplied, 0);
            Assert.ThrowsExactly<PowerCutException>(() => flash.Erase(0, 192));
            flash.Power.PowerOn();
            Assert.AreEqual(0xFF, NorArrayTests.ReadByte(flash.Array, 0));
            Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 64));
            Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 128));
        }

        [TestMethod]
        public void ProgramCut_EveryFormAndManySeeds_LeavesOnlyWhatTheContractAllows()
        {
            byte[] before = new byte[256];
            byte[] data = NorArrayTests.Pattern(48, 5);
            foreach (TornForm form in _forms)
            {
                bool sawPart = false;
                for (uint seed = 0; seed < 200; seed++)
                {
                    EmulatedFlash flash = Make();
                    flash.Program(0, NorArrayTests.Pattern(32, 9), 0, 32);
                    flash.Array.Peek(0, before);
                    flash.Power.Arm(0, form, seed);
                    Assert.ThrowsExactly<PowerCutException>(() => flash.Program(40, data, 0, 48));
                    flash.Power.PowerOn();
                    byte[] after = NorArrayTests.ReadBytes(flash.Array, 0, 256);
                    int changed = 0;
                    for (int i = 0; i < 256; i++)
                    {
                        bool inside = i >= 40 && i < 88;
                        int mayClear = inside ? before[i] & ~data[i - 40] : 0;
                        Assert.AreEqual(0, before[i] & ~after[i] & ~mayClear, $"{form} seed {seed} byte {i}: cleared too much");
                        Assert.AreEqual(0, after[i] & ~before[i], $"{form} seed {seed} byte {i}: a bit was set");
                        changed += before[i] != after[i] ? 1 : 0;
                    }

                    Assert.IsTrue(form != TornForm.NotApplied || changed == 0, $"{form} seed {seed}");
                    Assert.IsTrue(form != TornForm.Applied || changed == 48, $"{form} seed {seed}");
                    sawPart |= changed > 0 && changed < 48;
                }

                bool isAllOrNothing = form == TornForm.NotApplied || form == TornForm.Applied;
                Assert.AreEqual(!isAllOrNothing, sawPart, form.ToString());
            }
        }

        [TestMethod]
        public void EraseCut_EveryForm_ForbidsProgramsUntilErasedInFull()
        {
            foreach (TornForm form in _forms)
            {
                for (uint seed = 0; seed < 20; seed++)
                {
                    EmulatedFlash flash = Make();
                    flash.Program(64, new byte[64], 0, 64);
                    flash.Power.Arm(0, form, seed);
                    Assert.ThrowsExactly<PowerCutException>(() => flash.Erase(64, 64));
                    flash.Power.PowerOn();
                    ResultCode expected = form == TornForm.Applied ? ResultCode.Ok : ResultCode.FlashNotErased;
                    Assert.AreEqual(expected, flash.Program(64, new byte[8], 0, 8), $"{form} seed {seed}");
                    Assert.AreEqual(ResultCode.Ok, flash.Erase(64, 64));
                    Assert.AreEqual(ResultCode.Ok, flash.Program(64, new byte[8], 0, 8));
                }
            }
        }

        [TestMethod]
        public void A70_EraseCutUnstable_ReadsErasedOnceAndOldAnotherTimeUntilErased()
        {
            EmulatedFlash flash = Make();
            flash.Program(64, new byte[64], 0, 64);
            flash.Power.Arm(0, TornForm.AppliedUnstable, 3);
            Assert.ThrowsExactly<PowerCutException>(() => flash.Erase(64, 64));
            flash.Power.PowerOn();
            bool sawErased = false;
            bool sawOld = false;
            bool sawMixture = false;
            for (int i = 0; i < 6; i++)
            {
                byte[] read = NorArrayTests.ReadBytes(flash.Array, 64, 64);
                int erased = Array.FindAll(read, b => b == 0xFF).Length;
                int old = Array.FindAll(read, b => b == 0).Length;
                sawErased |= erased == 64;
                sawOld |= old == 64;
                sawMixture |= erased + old < 64;
            }

            Assert.IsTrue(sawErased && sawOld && sawMixture);
            Assert.IsTrue(flash.Array.IsUnstable(1));
            flash.Erase(64, 64);
            Assert.IsFalse(flash.Array.IsUnstable(1));
            for (int i = 0; i < 6; i++)
            {
                Assert.AreEqual(0xFF, NorArrayTests.ReadByte(flash.Array, 70));
            }
        }

        [TestMethod]
        public void A70_UnstablePerPowerOn_IsSteadyWithinABootAndChangesBetweenBoots()
        {
            EmulatedFlash flash = Make();
            flash.Power.UnstablePeriod = UnstablePeriod.EachPowerOn;
            flash.Power.Arm(0, TornForm.AppliedUnstable, 8);
            Assert.ThrowsExactly<PowerCutException>(() => flash.Program(0, new byte[64], 0, 64));
            int distinct = 0;
            byte[]? last = null;
            for (int boot = 0; boot < 3; boot++)
            {
                flash.Power.PowerOff();
                flash.Power.PowerOn();
                byte[] read = NorArrayTests.ReadBytes(flash.Array, 0, 64);
                CollectionAssert.AreEqual(read, NorArrayTests.ReadBytes(flash.Array, 0, 64));
                distinct += last == null || !last.AsSpan().SequenceEqual(read) ? 1 : 0;
                last = read;
            }

            Assert.AreEqual(3, distinct);
        }

        [TestMethod]
        public void A76_LosesUnsynced_AnySubsetIsLostAndWhatWasSyncedStays()
        {
            bool sawLaterWithoutEarlier = false;
            bool sawAll = false;
            bool sawNone = false;
            for (uint seed = 0; seed < 200; seed++)
            {
                EmulatedFlash flash = Make();
                flash.Array.LosesUnsynced = true;
                flash.Program(0, new byte[8], 0, 8);
                flash.Sync();
                flash.Program(8, new byte[8], 0, 8);
                flash.Program(64, new byte[8], 0, 8);
                flash.Power.Arm(0, TornForm.NotApplied, seed);
                Assert.ThrowsExactly<PowerCutException>(() => flash.Program(128, new byte[8], 0, 8));
                flash.Power.PowerOn();
                Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 0), $"seed {seed}");
                bool first = NorArrayTests.ReadByte(flash.Array, 8) == 0;
                bool second = NorArrayTests.ReadByte(flash.Array, 64) == 0;
                sawLaterWithoutEarlier |= second && !first;
                sawAll |= first && second;
                sawNone |= !first && !second;
                Assert.AreEqual((first ? 0 : 1) + (second ? 0 : 1), flash.Power.Faults.CountOf(FaultKind.UnsyncedLost));
            }

            Assert.IsTrue(sawLaterWithoutEarlier && sawAll && sawNone);
        }

        [TestMethod]
        public void A76_SyncCut_IsAnOperationWhereAsked()
        {
            EmulatedFlash flash = Make();
            flash.Array.LosesUnsynced = true;
            flash.Power.SyncIsOperation = true;
            flash.Program(0, new byte[8], 0, 8);
            flash.Power.Arm(0, TornForm.Applied, 0);
            Assert.ThrowsExactly<PowerCutException>(() => flash.Sync());
            flash.Power.PowerOn();
            Assert.AreEqual(0, NorArrayTests.ReadByte(flash.Array, 0));
            Assert.AreEqual(1, flash.Power.Faults.CountOf(FaultKind.PowerCutInSync));
        }

        [TestMethod]
        public void Replay_SameCutAndSeed_LeavesTheSameBytes()
        {
            foreach (TornForm form in _forms)
            {
                CollectionAssert.AreEqual(ContentAfter(form, 77), ContentAfter(form, 77), form.ToString());
            }
        }

        private static byte[] ContentAfter(TornForm form, uint seed)
        {
            EmulatedFlash flash = Make();
            flash.Power.Arm(2, form, seed);
            flash.Program(0, NorArrayTests.Pattern(64, 1), 0, 64);
            flash.Program(64, NorArrayTests.Pattern(64, 2), 0, 64);
            Assert.ThrowsExactly<PowerCutException>(() => flash.Erase(0, 64));
            flash.Power.PowerOn();
            return NorArrayTests.ReadBytes(flash.Array, 0, 256);
        }

        private static EmulatedFlash Make()
        {
            return new EmulatedFlash(NorArrayTests.Make(WritePolicy.Once, 8));
        }
    }
}
