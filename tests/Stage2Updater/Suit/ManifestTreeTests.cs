// The commands beyond stage 1, rehearsal, and dependencies in lockstep.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Suit;
using NanoBoot.Tests.Shared;
using static NanoBoot.Tests.Shared.CborValue;
using static NanoBoot.Tests.Shared.ManifestMaker;

namespace NanoBoot.Stage2Updater.Tests.Suit
{
    [TestClass]
    public class ManifestTreeTests
    {
        private const int Install = 20;

        private static readonly Authority[] Trust =
            [new Authority(null, CoseAlgorithm.Hmac256, MacKey, Permissions.Author | Permissions.Store, null, null)];

        private static string Calls(RecordingDevice device) => string.Join(", ", device.Calls);

        private static ManifestTree Tree(RecordingDevice device, bool isForStage1 = true)
        {
            return new ManifestTree(Trust, true, device) { IsForStage1 = isForStage1 };
        }

        private static RecordingDevice Run(ResultCode expected, ManifestMaker maker, Action<RecordingDevice>? configure = null, int section = Install)
        {
            var device = new RecordingDevice();
            configure?.Invoke(device);
            ManifestTree tree = Tree(device);
            byte[] envelope = maker.Seal();
            Assert.AreEqual(ResultCode.Ok, tree.Open(envelope, 0, envelope.Length), "at " + tree.Refused?.Envelope.ErrorOffset);
            Assert.AreEqual(0, device.Calls.Count, "the rehearsal does nothing");
            Assert.AreEqual(expected, tree.RunSection(section), "at " + tree.Refused?.Envelope.ErrorOffset);
            return device;
        }

        private static void RefuseRehearsal(ResultCode expected, ManifestMaker maker, Action<RecordingDevice>? configure = null)
        {
            var device = new RecordingDevice();
            configure?.Invoke(device);
            ManifestTree tree = Tree(device);
            byte[] envelope = maker.Seal();
            Assert.AreEqual(expected, tree.Open(envelope, 0, envelope.Length));
            Assert.AreEqual(0, device.Calls.Count, "nothing happened before the refusal");
            Assert.IsNotNull(tree.Refused);
        }

        private static ManifestMaker One(params object?[] items) => new ManifestMaker("a").Section(Install, items);

        private static ManifestMaker Two(params object?[] items) => new ManifestMaker("a", "b").Section(Install, items);

        [TestMethod]
        public void Fetch_UriSet_Fetches()
        {
            Assert.AreEqual("fetch a http://x", Calls(Run(ResultCode.Ok, One(20, Map((21, "http://x")), 21, 0))));
        }

        [TestMethod]
        public void Fetch_WithoutUri_IsFoundInTheRehearsal() => RefuseRehearsal(ResultCode.SuitParameterMissing, One(21, 0));

        [TestMethod]
        public void Fetch_Fails_EndsTheRun()
        {
            RecordingDevice device = Run(
                ResultCode.NetworkUnreachable,
                One(15, new object?[] { Sequence(20, Map((21, "u")), 21, 0), null }),
                target => target.Answers["fetch a u"] = ResultCode.NetworkUnreachable);
            Assert.AreEqual("fetch a u", Calls(device));
        }

        [TestMethod]
        public void A10_TryEach_WeightedUris_TakesTheFirstThatMatches()
        {
            byte[][] alternatives = [.. new[] { "u1", "u2", "u3" }.Select(uri => Sequence(20, Map((21, uri)), 21, 0, 3, 15))];
            RecordingDevice device = Run(
                ResultCode.Ok,
                new ManifestMaker("a").Shared(20, Map((3, SomeDigest(1)))).Section(Install, 15, new object?[] { alternatives[0], alternatives[1], alternatives[2] }),
                target => target.Answers["fetch a u1"] = ResultCode.Ok);
            Assert.AreEqual("fetch a u1, match a 01", Calls(device));
        }

        [TestMethod]
        public void Write_Content_IsWritten()
        {
            Assert.AreEqual("write a 0102", Calls(Run(ResultCode.Ok, One(20, Map((18, new byte[] { 1, 2 })), 18, 15))));
            RefuseRehearsal(ResultCode.SuitParameterMissing, One(18, 15));
        }

        [TestMethod]
        public void CopyAndSwap_SourceComponent()
        {
            Assert.AreEqual("copy b a, swap b a", Calls(Run(ResultCode.Ok, Two(12, 1, 20, Map((22, 0)), 22, 0, 31, 0))));
            RefuseRehearsal(ResultCode.SuitParameterMissing, Two(12, 1, 22, 0));
            RefuseRehearsal(ResultCode.SuitParameterMissing, Two(12, 1, 31, 0));
            foreach (long source in new[] { 1, 2, 15, 64, long.MaxValue })
            {
                RefuseRehearsal(ResultCode.SuitComponentIndex, Two(12, 1, 20, Map((22, source)), 22, 0));
            }
        }

        [TestMethod]
        public void StrictOrder_False_NoComponentIsBothSourceAndTarget()
        {
            object?[] begin = [12, new object?[] { 0, 1, 2 }, 20, Map((12, false)), 12, 1, 20, Map((22, 0)), 22, 0];
            var three = () => new ManifestMaker("a", "b", "c");
            Assert.AreEqual("copy b a, copy c a", Calls(Run(ResultCode.Ok, three().Section(Install, [.. begin, 12, 2, 20, Map((22, 0)), 22, 0]))));
            RefuseRehearsal(ResultCode.SuitCommandForbidden, three().Section(Install, [.. begin, 12, 2, 20, Map((22, 1)), 22, 0]));
            RefuseRehearsal(ResultCode.SuitCommandForbidden, three().Section(Install, [.. begin, 12, 0, 20, Map((22, 2)), 22, 0]));
            RefuseRehearsal(ResultCode.SuitCommandForbidden, three().Section(Install, [.. begin, 31, 0]));
            Run(ResultCode.Ok, three().Section(Install, 12, 1, 20, Map((22, 0)), 22, 0, 12, 2, 20, Map((22, 1)), 22, 0));
        }

        [TestMethod]
        public void Unlink_Component() => Assert.AreEqual("unlink a", Calls(Run(ResultCode.Ok, One(33, 0))));

        [TestMethod]
        public void Uninstall_Section_RunsUnlink()
        {
            Assert.AreEqual("unlink a", Calls(Run(ResultCode.Ok, new ManifestMaker("a").Section(24, 33, 0), null, 24)));
        }

        [TestMethod]
        [DataRow(-1L, ResultCode.Ok, DisplayName = "no clock: ignored")]
        [DataRow(0L, ResultCode.Ok)]
        [DataRow(999L, ResultCode.Ok)]
        [DataRow(1000L, ResultCode.SuitExpired)]
        [DataRow(1001L, ResultCode.SuitExpired)]
        [DataRow(long.MaxValue, ResultCode.SuitExpired)]
        public void A16_UseBefore_ComparesWithTheClock(long now, ResultCode expected)
        {
            Run(expected, One(20, Map((4, 1000)), 4, 15), device => device.Time = now);
        }

        [TestMethod]
        public void A16_UseBefore_Beyond32Bits_IsComparedWhole()
        {
            Run(ResultCode.Ok, One(20, Map((4, 4294967296L + 1)), 4, 15), device => device.Time = 4294967296L);
            Run(ResultCode.SuitExpired, One(20, Map((4, 4294967296L + 1)), 4, 15), device => device.Time = 4294967296L + 2);
        }

        [TestMethod]
        public void A16_UseBefore_OfTheAuthorsBuilder_StandsWhereStage1DoesNotRunIt()
        {
            using Author.EcdsaSigningKey key = Author.EcdsaSigningKey.FromSeed(new byte[32], "a");
            Authority[] trust = [new Authority(key.KeyId, CoseAlgorithm.Es256, key.PublicKey, Permissions.Author, null, null)];
            var builder = new Author.ManifestBuilder
            {
                SequenceNumber = 1, VendorId = Guid.NewGuid(), UseBefore = DateTimeOffset.FromUnixTimeSeconds(1000),
            };
            builder.ClassIds.Add(Guid.NewGuid());
            builder.AddComponent("a", new byte[10], "http://x", "A.B");
            byte[] envelope = builder.Build().Sign(key).Encode();
            foreach ((long time, ResultCode expected) in new[] { (999L, ResultCode.Ok), (1000L, ResultCode.SuitExpired) })
            {
                var tree = new ManifestTree(trust, false, new RecordingDevice { Time = time });
                Assert.AreEqual(ResultCode.Ok, tree.Open(envelope, 0, envelope.Length));
                Assert.AreEqual(expected, tree.RunSection(Install));
                Assert.AreEqual(ResultCode.Ok, tree.RunSection(7), "what is installed stays valid");
            }
        }

        [TestMethod]
        [DataRow(4)]
        [DataRow(25)]
        [DataRow(26)]
        [DataRow(27)]
        [DataRow(28)]
        public void Condition_ParameterMissing_Fails(int command) => Run(ResultCode.SuitParameterMissing, One(command, 15));

        [TestMethod]
        public void ImageNotMatch_Inverts()
        {
            ManifestMaker maker = One(20, Map((3, SomeDigest(5))), 25, 15);
            Run(ResultCode.SuitConditionFailed, maker);
            Run(ResultCode.Ok, maker, device => device.Answers["match a 05"] = ResultCode.SuitImageMismatch);
            Run(ResultCode.Ok, maker, device => device.Answers["match a 05"] = ResultCode.SlotEmpty);
            Run(ResultCode.FlashReadUnstable, maker, device => device.Answers["match a 05"] = ResultCode.FlashReadUnstable);
        }

        [TestMethod]
        public void MinimumBattery_Compares()
        {
            ManifestMaker maker = One(20, Map((26, 500)), 26, 15);
            Run(ResultCode.Ok, maker, device => device.Battery = 500);
            Run(ResultCode.Ok, maker);
            Run(ResultCode.SuitConditionFailed, maker, device => device.Battery = 499);
            Run(ResultCode.SuitConditionFailed, maker, device => device.Battery = -1);
        }

        [TestMethod]
        public void UpdateAuthorized_AsksWithThePriority()
        {
            ManifestMaker maker = One(20, Map((27, -5)), 27, 15);
            Assert.AreEqual("event 1 -5", Calls(Run(ResultCode.Ok, maker)));
            Run(ResultCode.SuitConditionFailed, maker, device => device.Answers["event 1 -5"] = ResultCode.TryLater);
        }

        [TestMethod]
        [DataRow(1, "1.2.3", "1.2.2", true)]
        [DataRow(1, "1.2.3", "1.2.3", false)]
        [DataRow(1, "1.3", "1.2.9", true)]
        [DataRow(2, "1.2.3", "1.2.3", true)]
        [DataRow(2, "1.2.2", "1.2.3", false)]
        [DataRow(3, "1.2.3", "1.2", true, DisplayName = "the manifest's list is used up")]
        [DataRow(3, "1.2.3", "1.3", false)]
        [DataRow(3, "1.2", "1.2.0", true)]
        [DataRow(4, "1.2.3", "1.2.3", true)]
        [DataRow(4, "1.2.4", "1.2.3", false)]
        [DataRow(5, "1.2.2", "1.2.3", true)]
        [DataRow(5, "1.2.3", "1.2.3", false)]
        [DataRow(5, "2.0.-1.1", "2.0.0", true, DisplayName = "release candidate before release")]
        [DataRow(5, "2.0.-2", "2.0.-1", true, DisplayName = "beta before release candidate")]
        [DataRow(5, "2.0.-3", "2.0.-2", true, DisplayName = "alpha before beta")]
        [DataRow(1, "2.0", "2.0.-1", true)]
        public void Version_Compares(int comparison, string installed, string wanted, bool isMet)
        {
            object?[] numbers = [.. wanted.Split('.').Select(number => (object?)int.Parse(number))];
            ManifestMaker maker = One(20, Map((28, Encode(new object?[] { comparison, numbers }))), 28, 15);
            int[] version = [.. installed.Split('.').Select(int.Parse)];
            Run(isMet ? ResultCode.Ok : ResultCode.SuitConditionFailed, maker, device => device.Version = version);
            Run(ResultCode.SuitConditionFailed, maker);
        }

        [TestMethod]
        public void Wait_EveryEvent_MustHaveHappened()
        {
            CborPairs events = Map(
                (1, -3), (2, 0), (3, 1), (4, new object?[] { new byte[] { 1 }, new object?[] { new object?[] { 2, new object?[] { 1, 0 } } } }),
                (5, 1893456000), (6, 3600), (7, 6), (8, 86399), (9, 0));
            ManifestMaker maker = One(20, Map((29, Encode(events))), 29, 0, 33, 0);
            Assert.AreEqual(
                "event 1 -3, event 2 0, event 3 1, event 4, event 5 1893456000, event 6 3600, event 7 6, event 8 86399, event 9 0, unlink a", Calls(Run(ResultCode.Ok, maker)));
            RecordingDevice device = Run(ResultCode.TryLater, maker, target => target.Answers["event 5 1893456000"] = ResultCode.TryLater);
            Assert.IsFalse(device.Calls.Contains("unlink a"));
            RefuseRehearsal(ResultCode.SuitParameterMissing, One(29, 0));
        }

        public static IEnumerable<object?[]> MalformedParameters()
        {
            yield return [4, "x", ResultCode.CborUnexpectedType];
            yield return [4, -1, ResultCode.CborUnexpectedType];
            yield return [19, "x", ResultCode.CborUnexpectedType];
            yield return [25, 1, ResultCode.CborUnexpectedType];
            yield return [26, -1, ResultCode.CborUnexpectedType];
            yield return [27, "x", ResultCode.CborUnexpectedType];
            yield return [28, new object?[] { 1, new object?[] { 1 } }, ResultCode.CborUnexpectedType];
            yield return [28, Encode(new object?[] { 0, new object?[] { 1 } }), ResultCode.SuitParameterInvalid];
            yield return [28, Encode(new object?[] { 6, new object?[] { 1 } }), ResultCode.SuitParameterInvalid];
            yield return [28, Encode(new object?[] { 1, new object?[] { } }), ResultCode.SuitParameterInvalid];
            yield return [28, Encode(new object?[] { 1, new object?[] { -1 } }), ResultCode.SuitParameterInvalid];
            yield return [28, Encode(new object?[] { 1, new object?[] { 1, -4 } }), ResultCode.SuitParameterInvalid];
            yield return [28, Encode(new object?[] { 1, Enumerable.Repeat((object?)1, 9).ToArray() }), ResultCode.SuitParameterInvalid];
            yield return [28, Encode(new object?[] { 1 }), ResultCode.SuitParameterInvalid];
            yield return [28, (byte[])[.. Encode(new object?[] { 1, new object?[] { 1 } }), 0], ResultCode.CborTrailingBytes];
            yield return [29, Encode(Map()), ResultCode.SuitParameterInvalid];
            yield return [29, Encode(Map((10, 1))), ResultCode.SuitParameterUnsupported];
            yield return [29, Encode(Map((0, 1))), ResultCode.SuitParameterUnsupported];
            yield return [29, Encode(Map((5, "x"))), ResultCode.CborUnexpectedType];
            yield return [29, Encode(Map((6, 86400))), ResultCode.SuitParameterInvalid];
            yield return [29, Encode(Map((7, 7))), ResultCode.SuitParameterInvalid];
            yield return [29, Encode(Map((9, 7))), ResultCode.SuitParameterInvalid];
            yield return [29, Encode(Map((4, new object?[] { new byte[1], new object?[] { } }))), ResultCode.SuitParameterInvalid];
            yield return [29, Encode(Map((4, new object?[] { new byte[1] }))), ResultCode.SuitParameterInvalid];
            yield return [29, Encode(Map((5, 1), (5, 1))), ResultCode.CborKeyOrder];
            yield return [30, Encode(Map()), ResultCode.SuitParameterInvalid];
            yield return [30, Encode(Map((9, 1))), ResultCode.SuitParameterUnsupported];
            yield return [30, Encode(Map((5, 4))), ResultCode.SuitParameterInvalid];
            yield return [30, Encode(Map((6, 1))), ResultCode.CborUnexpectedType];
            yield return [30, Encode(Map((6, Tag(2, 1)))), ResultCode.SuitParameterInvalid];
            yield return [30, Encode(Map((2, new object?[] { }))), ResultCode.SuitParameterInvalid];
            yield return [30, Encode(Map((4, "x"))), ResultCode.SuitParameterInvalid];
            yield return [31, 1, ResultCode.SuitParameterUnsupported];
            yield return [-300, 1, ResultCode.SuitParameterUnsupported];
        }

        [TestMethod]
        [DynamicData(nameof(MalformedParameters))]
        public void Parameter_Malformed_IsFoundInTheRehearsal(int parameter, object? value, ResultCode expected)
        {
            RefuseRehearsal(expected, One(20, Map((parameter, value))));
        }

        [TestMethod]
        public void Parameters_WellFormed_AreTaken()
        {
            Run(ResultCode.Ok, One(20, Map(
                (4, 1), (19, new byte[3]), (25, new byte[1]), (26, 1), (27, -1), (28, Encode(new object?[] { 5, new object?[] { 1, 0, -3, 7 } })),
                (29, Encode(Map((5, 1)))),
                (30, Encode(Map((1, 420), (2, "root"), (3, 100), (4, Map(("x", 7))), (5, 3), (6, Tag(1, 5)), (7, Tag(1, 6)), (8, "me")))))));
        }

        [TestMethod]
        public void OverrideMultiple_SetsForEach()
        {
            RecordingDevice device = Run(
                ResultCode.Ok, Two(12, 0, 34, Map((0, Map((21, "ua"))), (1, Map((21, "ub")))), 12, true, 21, 0));
            Assert.AreEqual("fetch a ua, fetch b ub", Calls(device));
            RefuseRehearsal(ResultCode.SuitComponentIndex, Two(12, 0, 34, Map((2, Map((21, "u"))))));
            RefuseRehearsal(ResultCode.SuitComponentIndex, Two(12, 0, 34, Map((-1, Map((21, "u"))))));
            RefuseRehearsal(ResultCode.SuitComponentIndex, Two(12, 0, 34, Map(("0", Map((21, "u"))))));
            RefuseRehearsal(ResultCode.CborKeyOrder, Two(12, 0, 34, Map((1, Map((21, "u"))), (0, Map((21, "u"))))));
            RefuseRehearsal(ResultCode.SuitManifestMalformed, Two(12, 0, 34, Map()));
            RefuseRehearsal(ResultCode.SuitParameterMissing, Two(12, 0, 34, Map((0, Map()))));
            RefuseRehearsal(ResultCode.SuitParameterUnsupported, Two(12, 0, 34, Map((0, Map((31, 1))))));
        }

        [TestMethod]
        public void CopyParameters_TakesThemOver()
        {
            RecordingDevice device = Run(
                ResultCode.Ok, Two(12, 0, 20, Map((3, SomeDigest(6)), (21, "ua"), (-257, new byte[1])), 12, 1, 35, Map((0, new object?[] { 3, 21, -257 })), 21, 0, 3, 15));
            Assert.AreEqual("fetch b ua, match b 06", Calls(device));
            RefuseRehearsal(ResultCode.SuitParameterMissing, Two(12, 1, 35, Map((0, new object?[] { 3 }))));
            RefuseRehearsal(ResultCode.SuitComponentIndex, Two(12, 1, 35, Map((2, new object?[] { 3 }))));
            RefuseRehearsal(ResultCode.SuitComponentIndex, Two(12, 0, 20, Map((3, SomeDigest(6))), 12, 1, 35, Map(("0", new object?[] { 3 }))));
            RefuseRehearsal(ResultCode.SuitManifestMalformed, Two(12, 1, 35, Map((0, new object?[] { }))));
            RefuseRehearsal(ResultCode.SuitManifestMalformed, Two(12, 1, 35, Map()));
            RefuseRehearsal(ResultCode.SuitParameterUnsupported, Two(12, 1, 35, Map((0, new object?[] { 32 }))));
            RefuseRehearsal(ResultCode.SuitParameterUnsupported, Two(12, 1, 35, Map((0, new object?[] { 4294967299L }))));
            RefuseRehearsal(ResultCode.CborUnexpectedType, Two(12, 1, 35, Map((0, 3))));
        }

        [TestMethod]
        public void Rehearsal_SequencesOfStage1_HaveItsCommandsOnly()
        {
            // What stage 1 refuses at each boot must not be installed.
            foreach (int section in new[] { 7, 8, 9 })
            {
                RefuseRehearsal(ResultCode.SuitCommandUnsupported, new ManifestMaker("a").Section(section, 33, 0));
                RefuseRehearsal(ResultCode.SuitParameterUnsupported, new ManifestMaker("a").Section(section, 20, Map((4, 1))));
                RefuseRehearsal(ResultCode.SuitCommandUnsupported, new ManifestMaker("a").Shared(20, Map((5, 1)), 25, 15).Section(section, 14, 0));
            }

            Run(ResultCode.Ok, new ManifestMaker("a").Section(Install, 20, Map((4, 1)), 4, 15), device => device.Time = 0);
        }

        [TestMethod]
        public void Rehearsal_EveryAlternativeOfEverySection_IsChecked()
        {
            foreach (int section in new[] { 15, 16, 18, 20, 24 })
            {
                RefuseRehearsal(
                    ResultCode.SuitCommandUnsupported,
                    new ManifestMaker("a").Section(section, 15, new object?[] { Sequence(33, 0), Sequence(99, 0), null }));
            }
        }

        [TestMethod]
        public void A59_Rehearsal_ElementWithAnotherDigest_Refused()
        {
            ManifestMaker maker = One(33, 0).Sever(Install);
            maker.Elements[0] = (Install, Sequence(33, 1));
            RefuseRehearsal(ResultCode.SuitElementDigestMismatch, maker);
            ManifestMaker text = One(33, 0);
            text.Members[23] = Encode(Map(("en", Map((1, "x")))));
            text.Sever(23);
            text.Elements[0] = (23, Encode(Map(("en", Map((1, "y"))))));
            RefuseRehearsal(ResultCode.SuitElementDigestMismatch, text);
        }

        [TestMethod]
        public void Rehearsal_ElementSeveredAndAway_IsNotNeededUntilItRuns()
        {
            ManifestMaker maker = One(33, 0).Sever(Install);
            maker.Elements.Clear();
            Run(ResultCode.SuitElementSevered, maker);
        }

        [TestMethod]
        public void Invoke_IsNotForTheUpdater()
        {
            Run(ResultCode.SuitCommandForbidden, One(20, Map((3, SomeDigest(1))), 3, 15, 23, 0));
        }

        [TestMethod]
        public void A26_Open_PermissionsMissing_Refused()
        {
            RefuseRehearsal(ResultCode.SuitPermissionDenied, One(33, 0), device => device.Needed = Permissions.Apply);
            Run(ResultCode.Ok, One(33, 0), device => device.Needed = Permissions.Author | Permissions.Store);
        }

        private static ManifestMaker Dependency(params object?[] install)
        {
            return new ManifestMaker("a").Shared(20, Map((5, 1)), 5, 15).Section(16, 20, Map((5, 3)), 5, 15).Section(Install, install);
        }

        private static byte[] DigestOf(ManifestMaker maker) => Digest(SHA256.HashData(Encode(maker.Encode())));

        // A manifest with one dependency at index 1, fetched in section 15 and processed in 16 and 20.
        private static ManifestMaker Dependent(ManifestMaker dependency, string uri = "http://dep", params object?[] before)
        {
            var maker = new ManifestMaker("a");
            maker.Common[1] = Map((1, Map((1, new object?[] { new byte[] { 1 } }))));
            maker.Section(15, 12, 1, 20, Map((3, DigestOf(dependency)), (21, uri)), 21, 0, 3, 15, 7, 15);
            maker.Section(16, 12, 1, 7, 15, 11, 0);
            maker.Section(Install, [.. before, 12, 1, 7, 15, 8, 15, 11, 0, 12, 0, 33, 0]);
            return maker;
        }

        private static (ManifestTree Tree, RecordingDevice Device) Open(ManifestMaker root, params (string Uri, byte[] Envelope)[] others)
        {
            var device = new RecordingDevice();
            foreach ((string uri, byte[] envelope) in others)
            {
                device.Envelopes[uri] = envelope;
            }

            ManifestTree tree = Tree(device);
            byte[] bytes = root.Seal();
            Assert.AreEqual(ResultCode.Ok, tree.Open(bytes, 0, bytes.Length), "at " + tree.Refused?.Envelope.ErrorOffset);
            return (tree, device);
        }

        [TestMethod]
        public void Dependency_IsFetchedVerifiedAndRunInLockstep()
        {
            ManifestMaker dependency = Dependency(20, Map((21, "http://image")), 21, 0);
            (ManifestTree tree, RecordingDevice device) = Open(Dependent(dependency), ("http://dep", dependency.Seal()));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(16));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install));
            Assert.AreEqual(
                "fetch dependency http://dep, slot a 1, slot a 3, slot a 1, fetch a http://image, unlink a", Calls(device));
        }

        [TestMethod]
        public void Dependency_Integrated_IsFoundInTheEnvelope()
        {
            ManifestMaker dependency = Dependency(33, 0);
            ManifestMaker root = Dependent(dependency, "#dep");
            root.Elements.Add(("#dep", dependency.Seal()));
            (ManifestTree tree, RecordingDevice device) = Open(root);
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install));
            Assert.AreEqual("slot a 1, unlink a, unlink a", Calls(device));
        }

        [TestMethod]
        public void A8_Dependency_OtherThanTheOneNamed_Refused()
        {
            ManifestMaker dependency = Dependency(33, 0);
            (ManifestTree tree, RecordingDevice device) = Open(Dependent(dependency), ("http://dep", Dependency(33, 1).Seal()));
            Assert.AreEqual(ResultCode.SuitImageMismatch, tree.RunSection(15));
            Assert.AreEqual("fetch dependency http://dep", Calls(device));
        }

        [TestMethod]
        public void A8_Dependency_SignedByAStranger_Refused()
        {
            ManifestMaker dependency = Dependency(33, 0);
            byte[] manifest = dependency.Encode();
            byte[] envelope = Assemble(manifest, [Mac(DigestOf(dependency), new byte[32])]);
            (ManifestTree tree, _) = Open(Dependent(dependency), ("http://dep", envelope));
            Assert.AreEqual(ResultCode.SignatureInvalid, tree.RunSection(15));
        }

        [TestMethod]
        public void A41_Dependency_NotThere_EndsWithAReason()
        {
            ManifestMaker dependency = Dependency(33, 0);
            (ManifestTree tree, RecordingDevice device) = Open(Dependent(dependency));
            device.Answers["fetch dependency http://dep"] = ResultCode.NetworkUnreachable;
            Assert.AreEqual(ResultCode.NetworkUnreachable, tree.RunSection(15));
            Assert.AreEqual(ResultCode.SuitDependencyMissing, tree.RunSection(Install));
        }

        [TestMethod]
        public void A8_Dependency_ProcessWithoutIntegrityCheck_Refused()
        {
            ManifestMaker dependency = Dependency(33, 0);
            ManifestMaker root = Dependent(dependency);
            root.Section(15, 12, 1, 20, Map((3, DigestOf(dependency)), (21, "http://dep")), 21, 0);
            root.Section(Install, 12, 1, 11, 0);
            (ManifestTree tree, _) = Open(root, ("http://dep", dependency.Seal()));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
            Assert.AreEqual(ResultCode.SuitDependencyMissing, tree.RunSection(Install));
        }

        [TestMethod]
        public void Dependency_FetchedAgain_MustBeVerifiedAgain()
        {
            ManifestMaker dependency = Dependency(33, 0);
            ManifestMaker root = Dependent(dependency).Section(Install, 12, 1, 20, Map((21, "http://other")), 21, 0, 11, 0);
            (ManifestTree tree, _) = Open(root, ("http://dep", dependency.Seal()), ("http://other", Dependency(33, 1).Seal()));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
            Assert.AreEqual(ResultCode.SuitDependencyMissing, tree.RunSection(Install));
        }

        [TestMethod]
        public void Dependency_Fails_FailsTheDependent()
        {
            ManifestMaker dependency = Dependency(14, 0);
            (ManifestTree tree, RecordingDevice device) = Open(Dependent(dependency), ("http://dep", dependency.Seal()));
            tree.RunSection(15);
            device.Calls.Clear();
            Assert.AreEqual(ResultCode.SuitAborted, tree.RunSection(Install));
            Assert.AreEqual("slot a 1", Calls(device));
            Assert.AreEqual(0x0314, tree.Refused.Envelope.ErrorElement);
            Assert.AreNotSame(tree.Root, tree.Refused);
        }

        [TestMethod]
        public void Dependency_Malformed_IsFoundBeforeItsFirstEffect()
        {
            ManifestMaker dependency = Dependency(33, 0, 99, 0);
            (ManifestTree tree, RecordingDevice device) = Open(Dependent(dependency), ("http://dep", dependency.Seal()));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
            device.Calls.Clear();
            Assert.AreEqual(ResultCode.SuitCommandUnsupported, tree.RunSection(Install));
            Assert.AreEqual(string.Empty, Calls(device));
        }

        [TestMethod]
        public void A28_Dependent_OverridesTheUriThatTheDependencyLeavesOpen()
        {
            // set-parameters in the dependency: the dependent's URI stands; override-parameters: the dependency's does.
            foreach ((int command, string expected) in new[] { (19, "http://mirror"), (20, "http://image") })
            {
                ManifestMaker dependency = Dependency(command, Map((21, "http://image")), 21, 0);
                (ManifestTree tree, RecordingDevice device) = Open(
                    Dependent(dependency, "http://dep", 12, 0, 20, Map((21, "http://mirror"))), ("http://dep", dependency.Seal()));
                tree.RunSection(15);
                device.Calls.Clear();
                Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install));
                Assert.AreEqual("slot a 1, fetch a " + expected + ", unlink a", Calls(device));
            }
        }

        [TestMethod]
        public void A28_Dependent_WithoutPermission_MayNameTheUriAndNothingElse()
        {
            ManifestMaker dependency = Dependency(19, Map((3, SomeDigest(1)), (21, "http://image")), 21, 0, 3, 15);
            byte[] operatorKey = new byte[32];
            Authority[] trust =
            [
                new Authority(null, CoseAlgorithm.Hmac256, MacKey, Permissions.Author, null, null),
                new Authority(null, CoseAlgorithm.Hmac256, operatorKey, Permissions.Store, null, null),
            ];
            var device = new RecordingDevice { Needed = Permissions.Author };
            device.Envelopes["http://dep"] = dependency.Seal();
            ManifestMaker root = Dependent(dependency).Section(
                Install, 12, 0, 20, Map((3, SomeDigest(9)), (21, "http://mirror")), 12, 1, 7, 15, 11, 0);
            byte[] envelope = Assemble(root.Encode(), [Mac(DigestOf(root), operatorKey)]);
            var tree = new ManifestTree(trust, true, device);
            Assert.AreEqual(ResultCode.Ok, tree.Open(envelope, 0, envelope.Length));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
            device.Calls.Clear();
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install));
            Assert.AreEqual("slot a 1, fetch a http://mirror, match a 01", Calls(device));

            // The same hand may not change the component itself.
            root.Section(Install, 12, 0, 33, 0);
            envelope = Assemble(root.Encode(), [Mac(DigestOf(root), operatorKey)]);
            Assert.AreEqual(ResultCode.SuitPermissionDenied, new ManifestTree(trust, true, device).Open(envelope, 0, envelope.Length));
        }

        [TestMethod]
        public void Dependency_Depth_IsLimited()
        {
            // Each depends on the next: the fourth manifest is the last that is processed.
            ManifestMaker last = Dependency(33, 0);
            var envelopes = new List<(string, byte[])> { ("http://d0", last.Seal()) };
            ManifestMaker next = last;
            for (int i = 1; i < ManifestTree.MaxDepth; i++)
            {
                next = Chain(next, "http://d" + (i - 1));
                envelopes.Add(("http://d" + i, next.Seal()));
            }

            (ManifestTree tree, _) = Open(next, [.. envelopes]);
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install));
            (tree, _) = Open(Chain(next, "http://d" + (ManifestTree.MaxDepth - 1)), [.. envelopes]);
            Assert.AreEqual(ResultCode.SuitLimit, tree.RunSection(Install));
        }

        private static ManifestMaker Chain(ManifestMaker dependency, string uri)
        {
            var maker = new ManifestMaker("a");
            maker.Common[1] = Map((1, Map()));
            return maker.Section(Install, 12, 1, 20, Map((3, DigestOf(dependency)), (21, uri)), 21, 0, 7, 15, 11, 0);
        }

        [TestMethod]
        public void Dependency_Count_IsLimited()
        {
            ManifestMaker dependency = Dependency(33, 0);
            var maker = new ManifestMaker("a");
            maker.Common[1] = Map([.. Enumerable.Range(1, 7).Select(index => ((object)index, (object?)Map()))]);
            maker.Section(Install, 12, Enumerable.Range(1, 7).Select(index => (object?)index).ToArray(), 20, Map((3, DigestOf(dependency)), (21, "http://dep")), 21, 0);
            (ManifestTree tree, RecordingDevice device) = Open(maker, ("http://dep", dependency.Seal()));
            Assert.AreEqual(ResultCode.SuitLimit, tree.RunSection(Install));
            Assert.AreEqual(ManifestTree.MaxManifests, device.Calls.Count);
        }

        [TestMethod]
        public void Dependencies_Several_InTheOrderOfTheirIndices()
        {
            ManifestMaker first = Dependency(20, Map((18, new byte[] { 1 })), 18, 0);
            ManifestMaker second = Dependency(20, Map((18, new byte[] { 2 })), 18, 0);
            var maker = new ManifestMaker("a");
            maker.Common[1] = Map((1, Map()), (2, Map()));
            maker.Section(
                Install, 12, 1, 20, Map((3, DigestOf(first)), (21, "http://1")), 21, 0, 7, 15,
                12, 2, 20, Map((3, DigestOf(second)), (21, "http://2")), 21, 0, 7, 15, 12, new object?[] { 1, 2 }, 11, 0, 12, 0, 33, 0);
            (ManifestTree tree, RecordingDevice device) = Open(maker, ("http://1", first.Seal()), ("http://2", second.Seal()));
            Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install));
            Assert.AreEqual("fetch dependency http://1, fetch dependency http://2, slot a 1, write a 01, slot a 1, write a 02, unlink a", Calls(device));
        }

        [TestMethod]
        public void Dependency_CommandsForComponents_Refused()
        {
            ManifestMaker dependency = Dependency(33, 0);
            ManifestMaker root = Dependent(dependency);
            foreach (object?[] items in new object?[][] { [20, Map((18, new byte[1])), 18, 0], [20, Map((22, 0)), 22, 0], [20, Map((22, 0)), 31, 0] })
            {
                root.Section(Install, [12, 1, .. items]);
                RefuseRehearsal(ResultCode.SuitCommandForbidden, root);
            }

            root.Section(Install, 12, 0, 11, 0);
            RefuseRehearsal(ResultCode.SuitDependencyMissing, root);
            root.Section(Install, 12, 0, 7, 0);
            RefuseRehearsal(ResultCode.SuitDependencyMissing, root);
        }

        [TestMethod]
        public void IsDependency_SaysSo()
        {
            ManifestMaker root = Dependent(Dependency(33, 0)).Section(Install, 12, 1, 8, 15, 33, 0, 12, 0, 8, 15);
            (ManifestTree tree, _) = Open(root);
            Assert.AreEqual(ResultCode.SuitConditionFailed, tree.RunSection(Install));
        }

        [TestMethod]
        public void Dependencies_Malformed_Refused()
        {
            foreach ((object? map, ResultCode expected) in new (object?, ResultCode)[]
            {
                (Map(), ResultCode.SuitManifestMalformed),
                (Map((15, Map())), ResultCode.SuitManifestMalformed),
                (Map((-1, Map())), ResultCode.SuitManifestMalformed),
                (Map((1, 1)), ResultCode.SuitManifestMalformed),
                (Map(("1", Map())), ResultCode.SuitManifestMalformed),
                (Map((1, Map((2, 1)))), ResultCode.SuitManifestMalformed),
                (Map((1, Map((1, new byte[1])))), ResultCode.CborUnexpectedType),
                (Map((1, Map((1, new object?[] { "x" })))), ResultCode.CborUnexpectedType),
                (Map((1, Map((1, new object?[] { }), (2, 1)))), ResultCode.SuitManifestMalformed),
            })
            {
                var maker = new ManifestMaker("a");
                maker.Common[1] = map;
                RefuseRehearsal(expected, maker.Section(Install, 33, 0));
            }
        }

        [TestMethod]
        public void TrustDomainsExample_StepsThrough()
        {
            byte[] dependent = Vectors.Hex("suit/trustdomains11-example0-dependent.hex");
            byte[] dependency = Vectors.Hex("suit/trustdomains11-example0-dependency.hex");
            byte[] key = Vectors.Hex("keys/suit-example-p256.public.hex");
            Authority[] trust = [new Authority(null, CoseAlgorithm.Esp256, key.Length == 65 ? key[1..] : key, (Permissions)127, null, null)];
            foreach ((byte[] root, byte[] other) in new[] { (dependent, dependency), (dependency, dependent) })
            {
                // Which of the two is the one that depends is told by its list.
                var device = new RecordingDevice();
                device.Envelopes["http://example.com/dependent.suit"] = other;
                var tree = new ManifestTree(trust, false, device) { IsForStage1 = false };
                Assert.AreEqual(ResultCode.Ok, tree.Open(root, 0, root.Length), "at " + tree.Refused?.Envelope.ErrorOffset);
                if (!tree.Root.Manifest.HasSection(SuitElement.Dependencies))
                {
                    continue;
                }

                Assert.AreEqual(ResultCode.Ok, tree.RunSection(15));
                Assert.AreEqual(ResultCode.Ok, tree.RunSection(Install), "at " + tree.Refused?.Envelope.ErrorOffset);
                Assert.AreEqual("fetch dependency http://example.com/dependent.suit", device.Calls[0]);
                Assert.IsTrue(device.Calls[^1].EndsWith("20696e206d756c7469706c6520747275737420646f6d61696e73", StringComparison.Ordinal), Calls(device));
                return;
            }

            Assert.Fail("neither has a dependency");
        }
    }
}
