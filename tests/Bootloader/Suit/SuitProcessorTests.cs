// The abstract machine, command by command: what each asks of the device, how failures spread, and where it stops.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;
using static NanoBoot.Tests.Shared.CborValue;
using static NanoBoot.Tests.Shared.ManifestMaker;

namespace NanoBoot.Bootloader.Tests.Suit
{
    [TestClass]
    public class SuitProcessorTests
    {
        private const int Vendor = 1;
        private const int Class = 2;
        private const int Match = 3;
        private const int Slot = 5;
        private const int Check = 6;
        private const int SetIndex = 12;
        private const int Abort = 14;
        private const int TryEach = 15;
        private const int SetIfUnset = 19;
        private const int Override = 20;
        private const int Invoke = 23;
        private const int Device = 24;
        private const int RunSequence = 32;

        private static readonly Authority[] Trust =
            [new Authority(null, CoseAlgorithm.Hmac256, MacKey, (Permissions)127, null, null)];

        private static Opened Open(ManifestMaker maker, Action<RecordingTarget>? configure = null)
        {
            Opened opened = Opened.From(maker.Seal(), Trust, true, configure);
            Assert.AreEqual(ResultCode.Ok, opened.Result, "step " + opened.RefusedBy + " at " + opened.Envelope.ErrorOffset);
            return opened;
        }

        private static Opened Validate(ResultCode expected, ManifestMaker maker, Action<RecordingTarget>? configure = null)
        {
            Opened opened = Open(maker, configure);
            Assert.AreEqual(expected, opened.Processor.RunSection(SuitElement.Validate), "at " + opened.Envelope.ErrorOffset);
            return opened;
        }

        private static Opened ValidateOne(ResultCode expected, params object?[] items)
        {
            return Validate(expected, new ManifestMaker("a").Section(7, items));
        }

        private static string Calls(Opened opened) => string.Join(", ", opened.Target.Calls);

        private static CborPairs Slot0(int slot) => Map((5, slot));

        // A sequence that leaves a trace: the slot number.
        private static object?[] Trace(int slot) => [Override, Slot0(slot), Slot, 15];

        [TestMethod]
        public void Conditions_ParametersSet_AskTheDevice()
        {
            byte[] device = Enumerable.Repeat((byte)0xDD, 16).ToArray();
            Opened opened = ValidateOne(
                ResultCode.Ok,
                Override, Map((1, VendorId), (2, ClassId), (3, SomeDigest(7)), (5, 1), (14, 100), (18, new byte[] { 1, 2 }), (24, device)),
                Vendor, 15, Class, 15, Device, 15, Slot, 5, Check, 0, Match, 15);
            Assert.AreEqual(
                "vendor fa6b4a53d5ad5fdfbe9de663e4d41ffe, class 1492af1425695e48bf429b2d51f2ab45, "
                + "device dddddddddddddddddddddddddddddddd, slot 0 1, content 0 0102, match 0 0707",
                Calls(opened));
            Assert.AreEqual(1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 24, opened.Processor.Parameters[0].Passed);
        }

        [TestMethod]
        [DataRow(Vendor)]
        [DataRow(Class)]
        [DataRow(Match)]
        [DataRow(Slot)]
        [DataRow(Check)]
        [DataRow(Device)]
        public void Condition_ParameterMissing_Fails(int command)
        {
            Opened opened = ValidateOne(ResultCode.SuitParameterMissing, command, 15);
            Assert.AreEqual(string.Empty, Calls(opened));
            Assert.AreEqual(0, opened.Processor.Parameters[0].Passed);
        }

        [TestMethod]
        public void A18_Condition_NotMet_FailsWithTheReasonOfTheDevice()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, Override, Map((1, VendorId), (2, ClassId)), Vendor, 15, Class, 15);
            Opened opened = Validate(ResultCode.SuitVendorMismatch, maker, target => target.Answers["vendor"] = ResultCode.SuitVendorMismatch);
            Assert.AreEqual(0, opened.Processor.Parameters[0].Passed);
            opened = Validate(ResultCode.SuitClassMismatch, maker, target => target.Answers["class"] = ResultCode.SuitClassMismatch);
            Assert.AreEqual(1 << 1, opened.Processor.Parameters[0].Passed);
        }

        [TestMethod]
        public void A15_DeviceIdentifier_OfAnotherDevice_Fails()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, Override, Map((24, new byte[16])), Device, 15);
            Validate(ResultCode.SuitDeviceMismatch, maker, target => target.Answers["device"] = ResultCode.SuitDeviceMismatch);
        }

        [TestMethod]
        public void Abort_Fails() => ValidateOne(ResultCode.SuitAborted, Abort, 0);

        [TestMethod]
        public void SharedSequence_RunsBeforeEachSection()
        {
            ManifestMaker maker = new ManifestMaker("a").Shared(Trace(9)).Section(7, Trace(7)).Section(8, Trace(8)).Section(9, Trace(6));
            Opened opened = Open(maker);
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(7));
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(8));
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(9));
            Assert.AreEqual("slot 0 9, slot 0 7, slot 0 9, slot 0 8, slot 0 9, slot 0 6", Calls(opened));
        }

        [TestMethod]
        public void RunSection_Absent_IsSkippedWithTheSharedSequence()
        {
            Opened opened = Open(new ManifestMaker("a").Shared(Trace(9)));
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(7));
            Assert.AreEqual(string.Empty, Calls(opened));
        }

        [TestMethod]
        [DataRow(Invoke, 0)]
        [DataRow(18, 0)]
        [DataRow(21, 0)]
        [DataRow(22, 0)]
        [DataRow(31, 0)]
        [DataRow(11, 0)]
        [DataRow(-300, 0)]
        [DataRow(99, 0)]
        public void SharedSequence_CommandWithEffect_Refused(int command, int argument)
        {
            ManifestMaker maker = new ManifestMaker("a").Shared(command, argument).Section(7, Trace(7));
            Opened opened = Validate(ResultCode.SuitCommandForbidden, maker, target => target.KnownCommands.UnionWith([18, 21, 22, 31, 11, -300, 99]));
            Assert.AreEqual(0x030304, opened.Envelope.ErrorElement);
        }

        [TestMethod]
        public void SharedSequence_CommandWithEffectNested_Refused()
        {
            ManifestMaker maker = new ManifestMaker("a").Shared(RunSequence, Sequence(Invoke, 0)).Section(7, Trace(7));
            Validate(ResultCode.SuitCommandForbidden, maker);
        }

        [TestMethod]
        [DataRow(99)]
        [DataRow(0)]
        [DataRow(10)]
        [DataRow(13)]
        [DataRow(16)]
        [DataRow(64)]
        [DataRow(65)]
        [DataRow(-1)]
        [DataRow(-300)]
        [DataRow(int.MaxValue)]
        [DataRow(int.MinValue)]
        public void UnknownCommand_Refused(int command) => ValidateOne(ResultCode.SuitCommandUnsupported, command, 0);

        [TestMethod]
        public void UnknownCommand_Beyond32Bits_IsNotTakenForAnother()
        {
            // 2^32 + 14 and 2^32 + 20: cut to 32 bits they would be abort and override-parameters.
            ValidateOne(ResultCode.SuitCommandUnsupported, 4294967296L + 14, 0);
            ValidateOne(ResultCode.SuitCommandUnsupported, 4294967296L + 20, Slot0(1));
        }

        [TestMethod]
        public void UnknownCommand_InTryEach_IsNotJustAFailedAlternative()
        {
            ValidateOne(ResultCode.SuitCommandUnsupported, TryEach, new object?[] { Sequence(99, 0), null });
            ValidateOne(ResultCode.SuitCommandUnsupported, TryEach, new object?[] { Sequence(25, 0), null });
        }

        [TestMethod]
        [DataRow(4)]
        [DataRow(7)]
        [DataRow(11)]
        [DataRow(18)]
        [DataRow(19 + 2)]
        [DataRow(22)]
        [DataRow(25)]
        [DataRow(29)]
        [DataRow(31)]
        [DataRow(33)]
        public void CommandOfTheUpdater_WithoutIt_Refused(int command) => ValidateOne(ResultCode.SuitCommandUnsupported, command, 0);

        [TestMethod]
        public void CommandOfTheUpdater_IsOfferedOncePerComponent()
        {
            ManifestMaker maker = new ManifestMaker("a", "b", "c").Section(7, SetIndex, new object?[] { 2, 0 }, 34, Map((0, 1)), -300, "x");
            Opened opened = Validate(ResultCode.Ok, maker, target => target.KnownCommands.UnionWith([34, -300]));
            Assert.AreEqual("command 34 2, command 34 0, command -300 2, command -300 0", Calls(opened));
        }

        [TestMethod]
        public void ReportingPolicy_OtherThanFourBits_Refused()
        {
            ValidateOne(ResultCode.SuitManifestMalformed, Abort, 16);
            ValidateOne(ResultCode.SuitManifestMalformed, Abort, -1);
            ValidateOne(ResultCode.SuitManifestMalformed, Abort, "x");
            ValidateOne(ResultCode.SuitManifestMalformed, Abort, null);

            // A malformed argument is no failed condition: no alternative makes it good.
            ValidateOne(ResultCode.SuitManifestMalformed, TryEach, new object?[] { Sequence(Abort, 16), null });
        }

        [TestMethod]
        [DataRow(1, DisplayName = "vendor of 15 bytes")]
        [DataRow(2)]
        [DataRow(24)]
        public void Parameter_IdentifierOfWrongLength_Refused(int parameter)
        {
            ValidateOne(ResultCode.SuitParameterInvalid, Override, Map((parameter, new byte[15])));
            ValidateOne(ResultCode.SuitParameterInvalid, Override, Map((parameter, new byte[17])));
            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((parameter, "0123456789abcdef")));
        }

        [TestMethod]
        public void Parameter_VendorAsEnterpriseNumber_Forms()
        {
            ValidateOne(ResultCode.Ok, Override, Map((1, Tag(112, new byte[] { 0x2B }))));
            ValidateOne(ResultCode.Ok, Override, Map((1, Tag(112, new byte[5]))));
            ValidateOne(ResultCode.SuitParameterInvalid, Override, Map((1, Tag(112, new byte[6]))));
            ValidateOne(ResultCode.SuitParameterInvalid, Override, Map((1, Tag(112, new byte[16]))));
            ValidateOne(ResultCode.SuitParameterInvalid, Override, Map((1, Tag(111, new byte[] { 0x2B }))));
            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((1, Tag(112, "x"))));
            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((1, Tag(112, Tag(112, new byte[1])))));
            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((2, Tag(112, new byte[] { 0x2B }))));
            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((24, Tag(112, new byte[] { 0x2B }))));
        }

        [TestMethod]
        public void A64_Parameter_DigestOfAnotherAlgorithmOrLength_Refused()
        {
            byte[][] digests =
            [
                Encode(new object?[] { -43, new byte[32] }),
                Encode(new object?[] { -16, new byte[31] }),
                Encode(new object?[] { -16, new byte[33] }),
                Encode(new object?[] { -16, new byte[32], 0 }),
                Encode(new object?[] { -16 }),
                new byte[32],
                [],
            ];
            foreach (byte[] digest in digests)
            {
                ValidateOne(ResultCode.SuitDigestUnsupported, Override, Map((3, digest)));
            }

            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((3, Raw(SomeDigest(1)))));
        }

        [TestMethod]
        [DataRow(4)]
        [DataRow(19)]
        [DataRow(25)]
        [DataRow(28)]
        [DataRow(31)]
        [DataRow(32)]
        [DataRow(0)]
        [DataRow(-1)]
        [DataRow(-256)]
        [DataRow(-258)]
        [DataRow(int.MaxValue)]
        [DataRow(int.MinValue)]
        public void Parameter_Unknown_Refused(int parameter)
        {
            ValidateOne(ResultCode.SuitParameterUnsupported, Override, Map((parameter, 1)));
        }

        [TestMethod]
        public void Parameter_NumberBeyond32Bits_IsNotTakenForAnother()
        {
            ValidateOne(ResultCode.SuitParameterUnsupported, Override, Map((4294967296L + 5, 1)));
            ValidateOne(ResultCode.SuitParameterUnsupported, Override, Map((4294967296L - 257, new byte[1])));
        }

        [TestMethod]
        public void Parameters_TwiceOrOutOfOrderOrNone_Refused()
        {
            ValidateOne(ResultCode.CborKeyOrder, Override, Map((5, 1), (5, 1)));
            ValidateOne(ResultCode.CborKeyOrder, Override, Map((14, 1), (5, 1)));
            ValidateOne(ResultCode.CborKeyOrder, Override, Map((-257, new byte[1]), (5, 1)));
            ValidateOne(ResultCode.SuitParameterMissing, Override, Map());
            ValidateOne(ResultCode.CborUnexpectedType, Override, new object?[] { 5, 1 });
        }

        [TestMethod]
        public void Parameter_KeyAsText_Refused()
        {
            ValidateOne(ResultCode.SuitParameterUnsupported, Override, Map(("uri", "x")));
        }

        [TestMethod]
        public void Parameters_AllOfStage1_AreKept()
        {
            Opened opened = ValidateOne(
                ResultCode.Ok, Override, Map((12, true), (14, 5), (18, new byte[] { 8 }), (21, "u"), (22, 3), (23, new byte[] { 9 }), (-257, new byte[] { 1 })));
            SuitParameters parameters = opened.Processor.Parameters[0];
            foreach (int parameter in new[] { 14, 18, 21, 22, 23, -257 })
            {
                Assert.IsTrue(parameters.IsSet(parameter), parameter.ToString());
            }

            Assert.IsFalse(parameters.IsSet(12));
            Assert.AreEqual(ResultCode.Ok, parameters.GetString(SuitParameter.ChunkTable, out byte[] buffer, out int offset, out int count));
            Assert.AreEqual(1, buffer[offset]);
            Assert.AreEqual(1, count);
            Assert.AreEqual(ResultCode.Ok, parameters.GetInt(SuitParameter.ImageSize, out long size));
            Assert.AreEqual(5L, size);
            Assert.AreEqual(ResultCode.SuitParameterMissing, parameters.GetInt(SuitParameter.ComponentSlot, out _));
        }

        [TestMethod]
        public void SetParameters_SetOnlyWhatIsUnset()
        {
            Opened opened = ValidateOne(
                ResultCode.Ok, Override, Slot0(1), SetIfUnset, Map((5, 2), (14, 77)), Slot, 15, Override, Slot0(3), Slot, 15);
            Assert.AreEqual("slot 0 1, slot 0 3", Calls(opened));
            opened.Processor.Parameters[0].GetInt(SuitParameter.ImageSize, out long size);
            Assert.AreEqual(77L, size);
        }

        [TestMethod]
        public void SetComponentIndex_IntegerArrayAndTrue_Select()
        {
            ManifestMaker maker = new ManifestMaker("a", "b", "c").Section(
                7, SetIndex, 2, Override, Slot0(1), Slot, 15, SetIndex, new object?[] { 1, 0 }, Override, Slot0(2), Slot, 15, SetIndex, true, Slot, 15);
            Assert.AreEqual("slot 2 1, slot 1 2, slot 0 2, slot 0 2, slot 1 2, slot 2 1", Calls(Validate(ResultCode.Ok, maker)));
        }

        [TestMethod]
        public void SetComponentIndex_AllEight_Select()
        {
            ManifestMaker maker = new ManifestMaker("a", "b", "c", "d", "e", "f", "g", "h").Section(
                7, SetIndex, true, Override, Slot0(1), SetIndex, new object?[] { 7, 6, 5, 4, 3, 2, 1, 0 }, Slot, 15);
            Assert.AreEqual(
                string.Join(", ", Enumerable.Range(0, 8).Reverse().Select(index => "slot " + index + " 1")), Calls(Validate(ResultCode.Ok, maker)));
        }

        public static IEnumerable<object?[]> BadIndices()
        {
            yield return [2];
            yield return [14];
            yield return [15];
            yield return [16];
            yield return [long.MaxValue];
            yield return [4294967296L];
            yield return [false];
            yield return [new object?[] { }];
            yield return [new object?[] { 0, 2 }];
        }

        [TestMethod]
        [DynamicData(nameof(BadIndices))]
        public void SetComponentIndex_OutOfRange_Refused(object? index)
        {
            Validate(ResultCode.SuitComponentIndex, new ManifestMaker("a", "b").Section(7, SetIndex, index, Abort, 0));
        }

        [TestMethod]
        public void SetComponentIndex_OtherTypes_Refused()
        {
            foreach (object? index in new object?[] { null, "0", new byte[1], -1, new object?[] { -1 }, new object?[] { true } })
            {
                Validate(ResultCode.CborUnexpectedType, new ManifestMaker("a", "b").Section(7, SetIndex, index, Abort, 0));
            }
        }

        [TestMethod]
        public void SetComponentIndex_Dependency_IsAskedOfTheTarget()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, SetIndex, 4, Override, Slot0(1), Slot, 15);
            Assert.AreEqual("slot 4 1", Calls(Validate(ResultCode.Ok, maker, target => target.Dependencies.Add(4))));
            Validate(ResultCode.SuitComponentIndex, maker);
        }

        [TestMethod]
        public void SeveralComponents_SequenceWithoutIndex_Refused()
        {
            Validate(ResultCode.SuitComponentIndex, new ManifestMaker("a", "b").Section(7, Override, Slot0(1)));
            Validate(ResultCode.SuitComponentIndex, new ManifestMaker("a", "b").Shared(SetIndex, 0, Override, Slot0(1)).Section(7, Slot, 15));
        }

        [TestMethod]
        public void TryEach_FirstThatSucceeds_EndsIt()
        {
            Opened opened = ValidateOne(
                ResultCode.Ok,
                TryEach, new object?[] { Sequence([.. Trace(1), Abort, 0]), Sequence(Trace(2)), Sequence(Trace(3)) }, Slot, 15);

            // What the failed alternative set stays set until it is set anew.
            Assert.AreEqual("slot 0 1, slot 0 2, slot 0 2", Calls(opened));
        }

        [TestMethod]
        public void TryEach_ParametersOfAFailedAlternative_StaySet()
        {
            Opened opened = ValidateOne(ResultCode.Ok, TryEach, new object?[] { Sequence(Override, Slot0(4), Abort, 0), null }, Slot, 15);
            Assert.AreEqual("slot 0 4", Calls(opened));
        }

        [TestMethod]
        public void TryEach_AllFail_Fails()
        {
            ValidateOne(ResultCode.SuitTryEachFailed, TryEach, new object?[] { Sequence(Abort, 0), Sequence(Abort, 0) });
        }

        [TestMethod]
        public void TryEach_NilAtTheEnd_Succeeds()
        {
            ValidateOne(ResultCode.Ok, TryEach, new object?[] { Sequence(Abort, 0), null });
            ValidateOne(ResultCode.Ok, TryEach, new object?[] { Sequence(Abort, 0), Sequence(Abort, 0), null });
        }

        [TestMethod]
        public void TryEach_NilElsewhereOrTooFew_Refused()
        {
            ValidateOne(ResultCode.CborUnexpectedType, TryEach, new object?[] { null, Sequence(Abort, 0) });
            ValidateOne(ResultCode.SuitManifestMalformed, TryEach, new object?[] { Sequence(Trace(1)) });
            ValidateOne(ResultCode.SuitManifestMalformed, TryEach, new object?[] { });
            ValidateOne(ResultCode.CborUnexpectedType, TryEach, 0);
            ValidateOne(ResultCode.CborUnexpectedType, TryEach, new object?[] { new object?[] { Abort, 0 }, null });
        }

        [TestMethod]
        public void TryEach_SoftFailureFalse_FailsWithTheCondition()
        {
            ValidateOne(ResultCode.SuitAborted, TryEach, new object?[] { Sequence(Override, Map((13, false)), Abort, 0), null });
        }

        [TestMethod]
        public void TryEach_SoftFailure_IsTrueAgainInTheNextAlternative()
        {
            ValidateOne(
                ResultCode.Ok,
                TryEach, new object?[] { Sequence(Override, Map((13, false)), Override, Map((13, true)), Abort, 0), Sequence(Abort, 0), null });
        }

        [TestMethod]
        public void TryEach_DirectiveFails_IsNotSoft()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, TryEach, new object?[] { Sequence(21, 0), null });
            Validate(ResultCode.NetworkUnreachable, maker, target =>
            {
                target.KnownCommands.Add(21);
                target.Answers["command 21 0"] = ResultCode.NetworkUnreachable;
            });
        }

        [TestMethod]
        public void TryEach_InnerFails_EndsTheOuterToo()
        {
            byte[] inner = Sequence(TryEach, new object?[] { Sequence(Abort, 0), Sequence(Abort, 0) });
            ValidateOne(ResultCode.SuitTryEachFailed, TryEach, new object?[] { inner, null });
        }

        [TestMethod]
        public void TryEach_SeveralComponents_OnceForEach()
        {
            // Component 0 takes the first alternative, component 1 the second, component 2 the first.
            ManifestMaker maker = new ManifestMaker("a", "b", "c").Section(
                7, SetIndex, new object?[] { 2, 1, 0 }, TryEach, new object?[] { Sequence(Trace(1)), Sequence(Trace(2)) });
            Opened opened = Validate(ResultCode.Ok, maker, target => target.Answers["slot 1 1"] = ResultCode.SuitSlotMismatch);
            Assert.AreEqual("slot 2 1, slot 1 1, slot 1 2, slot 0 1", Calls(opened));
        }

        [TestMethod]
        public void RunSequence_Condition_FailsTheRun()
        {
            ValidateOne(ResultCode.SuitAborted, RunSequence, Sequence(Abort, 0));
        }

        [TestMethod]
        public void RunSequence_SoftFailure_StopsItAndTheCallerGoesOn()
        {
            Opened opened = ValidateOne(
                ResultCode.Ok, RunSequence, Sequence([Override, Map((13, true)), .. Trace(1), Abort, 0, .. Trace(2)]), Slot, 15);
            Assert.AreEqual("slot 0 1, slot 0 1", Calls(opened));
        }

        [TestMethod]
        public void RunSequence_SoftFailure_IsNotInheritedNorLeftBehind()
        {
            byte[] inner = Sequence(RunSequence, Sequence(Abort, 0));
            ValidateOne(ResultCode.SuitAborted, RunSequence, Sequence(Override, Map((13, true)), RunSequence, Sequence(Abort, 0)));
            ValidateOne(ResultCode.SuitAborted, TryEach, new object?[] { inner, null });
            ValidateOne(ResultCode.SuitAborted, RunSequence, Sequence(Override, Map((13, true))), RunSequence, Sequence(Abort, 0));
        }

        [TestMethod]
        public void RunSequence_SeveralComponents_OnceForEach()
        {
            ManifestMaker maker = new ManifestMaker("a", "b").Section(7, SetIndex, true, RunSequence, Sequence([.. Trace(1), .. Trace(2)]), Slot, 15);
            Assert.AreEqual("slot 0 1, slot 0 2, slot 1 1, slot 1 2, slot 0 2, slot 1 2", Calls(Validate(ResultCode.Ok, maker)));
        }

        [TestMethod]
        public void NestedSequence_SetComponentIndex_EndsWithIt()
        {
            ManifestMaker maker = new ManifestMaker("a", "b").Section(
                7, SetIndex, 0, RunSequence, Sequence([SetIndex, 1, .. Trace(3)]), Override, Slot0(4), Slot, 15);
            Assert.AreEqual("slot 1 3, slot 0 4", Calls(Validate(ResultCode.Ok, maker)));
        }

        [TestMethod]
        public void SoftFailure_OutsideOfNestedSequences_Refused()
        {
            ValidateOne(ResultCode.SuitCommandForbidden, Override, Map((13, true)));
            ValidateOne(ResultCode.SuitCommandForbidden, Override, Map((13, false)));
        }

        [TestMethod]
        public void StrictOrder_False_IsKeptAndEndsWithTheSection()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, Override, Map((12, false))).Section(8, Trace(1));
            Opened opened = Validate(ResultCode.Ok, maker);
            Assert.IsFalse(opened.Processor.IsStrictOrder);
            opened.Processor.RunSection(8);
            Assert.IsTrue(opened.Processor.IsStrictOrder);
            ValidateOne(ResultCode.CborUnexpectedType, Override, Map((12, 0)));
        }

        [TestMethod]
        public void StrictOrder_False_RunSequenceMustBeginWithOneIndex()
        {
            ValidateOne(ResultCode.Ok, Override, Map((12, false)), RunSequence, Sequence([SetIndex, 0, .. Trace(1)]));
            ValidateOne(ResultCode.SuitCommandForbidden, Override, Map((12, false)), RunSequence, Sequence(Trace(1)));
            ValidateOne(ResultCode.SuitCommandForbidden, Override, Map((12, false)), RunSequence, Sequence([SetIndex, 0, SetIndex, 0]));
            ValidateOne(ResultCode.Ok, RunSequence, Sequence(Trace(1)));
            Validate(ResultCode.Ok, new ManifestMaker("a", "b").Section(7, SetIndex, true, Override, Map((12, false)), RunSequence, Sequence(Trace(1))));
        }

        [TestMethod]
        public void Invoke_WithoutImageMatch_Refused()
        {
            ValidateOne(ResultCode.SuitManifestIncomplete, Invoke, 0);
            ValidateOne(ResultCode.SuitManifestIncomplete, Override, Map((3, SomeDigest(1))), Invoke, 0);
        }

        [TestMethod]
        public void A58_Invoke_AfterTheDigestChanged_Refused()
        {
            // Verified is one image, started another: the digest, the size or the chunk table is set anew in between.
            foreach ((object, object?) change in new (object, object?)[] { (3, SomeDigest(2)), (14, 9), (-257, new byte[] { 1 }) })
            {
                ManifestMaker maker = new ManifestMaker("a").Section(7, Override, Map((3, SomeDigest(1))), Match, 15).Section(9, Override, Map(change), Invoke, 0);
                Opened opened = Validate(ResultCode.Ok, maker);
                Assert.AreEqual(ResultCode.SuitManifestIncomplete, opened.Processor.RunSection(9));
                Assert.AreEqual("match 0 0101", Calls(opened));
            }
        }

        [TestMethod]
        public void A7_Invoke_OfAComponentThatWasNotMatched_Refused()
        {
            ManifestMaker maker = new ManifestMaker("a", "b").Section(
                7, SetIndex, 0, Override, Map((3, SomeDigest(1))), Match, 15, SetIndex, 1, Invoke, 0);
            Validate(ResultCode.SuitManifestIncomplete, maker);
        }

        [TestMethod]
        public void Invoke_SharedSequenceSetsTheSameDigestAgain_Runs()
        {
            ManifestMaker maker = new ManifestMaker("a").Shared(Override, Map((3, SomeDigest(1)), (14, 3)))
                .Section(7, Match, 15).Section(9, Override, Map((23, new byte[] { 0xAB })), Invoke, 2);
            Opened opened = Validate(ResultCode.Ok, maker);
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(9));
            Assert.AreEqual("match 0 0101, invoke 0 ab", Calls(opened));
        }

        [TestMethod]
        public void Nesting_AtTheLimit_Runs_BeyondIsRefused()
        {
            byte[] sequence = Sequence(Trace(1));
            for (int depth = 1; depth < SuitProcessor.MaxNesting; depth++)
            {
                sequence = Sequence(RunSequence, sequence);
            }

            ManifestMaker maker = new ManifestMaker("a");
            maker.Members[7] = sequence;
            Validate(ResultCode.Ok, maker);
            maker.Members[7] = Sequence(RunSequence, sequence);
            Validate(ResultCode.SuitLimit, maker);
        }

        [TestMethod]
        public void A42_CommandBudget_EndsManifestsThatMultiply()
        {
            // 8 components, 4 levels of run-sequence that each select all of them: 4096 times the innermost command.
            byte[] sequence = Sequence(Slot, 15);
            for (int depth = 0; depth < 4; depth++)
            {
                sequence = Sequence(SetIndex, true, RunSequence, sequence);
            }

            ManifestMaker maker = new ManifestMaker("a", "b", "c", "d", "e", "f", "g", "h");
            maker.Members[7] = Sequence(SetIndex, true, Override, Slot0(1), RunSequence, sequence);
            Opened opened = Validate(ResultCode.SuitLimit, maker);
            Assert.IsTrue(opened.Target.Calls.Count <= SuitProcessor.MaxCommands);
        }

        public static IEnumerable<object[]> MalformedSequences()
        {
            yield return ["", ResultCode.CborTruncated];
            yield return ["80", ResultCode.SuitManifestMalformed];
            yield return ["810e", ResultCode.SuitManifestMalformed];
            yield return ["830e000e", ResultCode.SuitManifestMalformed];
            yield return ["a10e00", ResultCode.CborUnexpectedType];
            yield return ["820e0000", ResultCode.SuitAborted];
            yield return ["8202", ResultCode.CborTruncated];
            yield return ["9a7ffffffe", ResultCode.CborTruncated];
            yield return ["82616100", ResultCode.CborUnexpectedType];
            yield return ["8214a1050100", ResultCode.CborTrailingBytes];
            yield return ["8214a20501", ResultCode.CborTruncated];
            yield return ["9f0e00ff", ResultCode.CborNotDeterministic];
        }

        [TestMethod]
        [DynamicData(nameof(MalformedSequences))]
        public void Sequence_Malformed_Refused(string hex, ResultCode expected)
        {
            ManifestMaker maker = new ManifestMaker("a");
            maker.Members[7] = Convert.FromHexString(hex);
            Opened opened = Validate(expected, maker);
            Assert.AreEqual(0x0307, opened.Envelope.ErrorElement);
        }

        [TestMethod]
        public void Refusal_NamesElementAndByte()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, [.. Trace(1), 99, 0]).Section(20, 98, 0).Sever(20);
            byte[] envelope = maker.Seal();
            Opened opened = Open(maker);
            Assert.AreEqual(ResultCode.SuitCommandUnsupported, opened.Processor.RunSection(7));
            Assert.AreEqual(0x0307, opened.Envelope.ErrorElement);
            Assert.AreEqual(0x1863, envelope[opened.Envelope.ErrorOffset] << 8 | envelope[opened.Envelope.ErrorOffset + 1]);
            Assert.AreEqual(ResultCode.SuitCommandUnsupported, opened.Processor.RunSection(20));
            Assert.AreEqual(20, opened.Envelope.ErrorElement);
            Assert.AreEqual(0x1862, envelope[opened.Envelope.ErrorOffset] << 8 | envelope[opened.Envelope.ErrorOffset + 1]);
        }

        [TestMethod]
        public void Open_ComponentNotOnThisDevice_Refused()
        {
            Opened opened = Opened.From(
                new ManifestMaker("a", "b").Seal(), Trust, true, target => target.Answers["component 1"] = ResultCode.SuitComponentUnsupported);
            Assert.AreEqual(4, opened.RefusedBy);
            Assert.AreEqual(ResultCode.SuitComponentUnsupported, opened.Result);
        }

        [TestMethod]
        public void DryRun_GoesThroughEveryAlternative_AndAsksNothing()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(
                7, Vendor, 15, TryEach, new object?[] { Sequence(Trace(1)), Sequence(Abort, 0), Sequence(99, 0) }, Invoke, 0);
            Opened opened = Open(maker);
            opened.Processor.IsDryRun = true;
            Assert.AreEqual(ResultCode.SuitCommandUnsupported, opened.Processor.RunSection(7));
            Assert.AreEqual(string.Empty, Calls(opened));
            Assert.AreEqual(0, opened.Processor.Parameters[0].Passed);
        }

        [TestMethod]
        public void Suspend_HaltsAfterTheCommand_AndContinues()
        {
            ManifestMaker maker = new ManifestMaker("a").Section(7, [.. Trace(1), RunSequence, Sequence([21, 0, .. Trace(2)]), .. Trace(3)]);
            Opened opened = Opened.From(maker.Seal(), Trust, true, target => target.KnownCommands.Add(21));
            opened.Target.OnExecute = processor => processor.IsSuspended = true;
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(7));
            Assert.IsTrue(opened.Processor.IsSuspended);
            Assert.AreEqual("slot 0 1, command 21 0", Calls(opened));
            Assert.AreEqual(ResultCode.Ok, opened.Processor.Continue(ResultCode.Ok));
            Assert.IsFalse(opened.Processor.IsSuspended);
            Assert.AreEqual("slot 0 1, command 21 0, slot 0 2, slot 0 3", Calls(opened));
        }
    }
}
