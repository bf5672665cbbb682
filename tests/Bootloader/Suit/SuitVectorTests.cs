// The envelopes of the drafts and of another implementation: each is verified with its published key and stepped
// through; what it asks of the device is compared with what its author meant.

using System;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Bootloader.Tests.Suit
{
    [TestClass]
    public class SuitVectorTests
    {
        private const string Vendor = "vendor fa6b4a53d5ad5fdfbe9de663e4d41ffe";
        private const string Class = "class 1492af1425695e48bf429b2d51f2ab45";

        private static Opened Open(string name, Action<RecordingTarget>? configure = null)
        {
            Opened opened = Opened.From(Vectors.Hex(name), Opened.ExampleTrust(), true, configure);
            Assert.AreEqual(ResultCode.Ok, opened.Result, name + " at " + opened.Envelope.ErrorOffset);
            return opened;
        }

        private static void Run(Opened opened, int section, params string[] expected)
        {
            opened.Target.Calls.Clear();
            ResultCode result = opened.Processor.RunSection(section);
            Assert.AreEqual(ResultCode.Ok, result, "section " + section + " at " + opened.Envelope.ErrorOffset);
            Assert.AreEqual(string.Join('\n', expected), string.Join('\n', opened.Target.Calls));
        }

        private static void Updater(RecordingTarget target)
        {
            target.KnownCommands.UnionWith([18, 21, 22, 31]);
        }

        [TestMethod]
        public void Example0_SecureBoot_StepsThrough()
        {
            Opened opened = Open("suit/manifest37-example0-signed.hex");
            Assert.AreEqual(0L, opened.Manifest.SequenceNumber);
            Run(opened, SuitElement.Validate, Vendor, Class, "match 0 0011");
            Run(opened, SuitElement.Load);
            Run(opened, SuitElement.Invoke, Vendor, Class, "invoke 0");
            opened.Processor.Parameters[0].GetInt(SuitParameter.ImageSize, out long size);
            Assert.AreEqual(34768L, size);
        }

        [TestMethod]
        public void Example1_DownloadAndInstall_StepsThrough()
        {
            Opened opened = Open("suit/manifest37-example1-signed.hex", Updater);
            Run(opened, SuitElement.Validate, Vendor, Class, "match 0 0011");
            Run(opened, SuitElement.Install, Vendor, Class, "command 21 0", "match 0 0011");
            opened.Processor.Parameters[0].GetString(SuitParameter.Uri, out byte[] buffer, out int offset, out int count);
            Assert.AreEqual("http://example.com/file.bin", System.Text.Encoding.UTF8.GetString(buffer, offset, count));
        }

        [TestMethod]
        public void Example2_SeverableElements_StepsThrough()
        {
            Opened opened = Open("suit/manifest37-example2-signed.hex", Updater);
            Run(opened, SuitElement.Validate, Vendor, Class, "match 0 0011");
            Run(opened, SuitElement.Install, Vendor, Class, "command 21 0", "match 0 0011");
            Assert.AreEqual(ResultCode.Ok, opened.Manifest.FindSection(SuitElement.Text, out _, out int count));
            Assert.IsTrue(count > 500);
        }

        [TestMethod]
        public void Example2_Severed_ValidatesAndRefusesInstall()
        {
            Opened opened = Open("suit/manifest37-example2-signed-severed.hex", Updater);
            Run(opened, SuitElement.Validate, Vendor, Class, "match 0 0011");
            Run(opened, SuitElement.Invoke, Vendor, Class, "invoke 0");
            Assert.AreEqual(ResultCode.SuitElementSevered, opened.Processor.RunSection(SuitElement.Install));
            Assert.AreEqual(SuitElement.Install, opened.Envelope.ErrorElement);
        }

        [TestMethod]
        public void Example3_TryEachBySlot_TakesTheSlotThatFits()
        {
            foreach (int slot in new[] { 0, 1 })
            {
                Opened opened = Open("suit/manifest37-example3-signed.hex", target =>
                {
                    Updater(target);
                    target.Answers["slot 0 " + (1 - slot)] = ResultCode.SuitSlotMismatch;
                });
                string digest = slot == 0 ? "0011" : "0123";
                string[] tried = slot == 0 ? ["slot 0 0"] : ["slot 0 0", "slot 0 1"];
                Run(opened, SuitElement.Install, [.. tried, Vendor, Class, .. tried, "command 21 0", "match 0 " + digest]);
                Run(opened, SuitElement.Validate, [.. tried, Vendor, Class, "match 0 " + digest]);
            }
        }

        [TestMethod]
        public void Example3_NoSlotFits_Fails()
        {
            Opened opened = Open("suit/manifest37-example3-signed.hex", target =>
            {
                target.Answers["slot 0 0"] = ResultCode.SuitSlotMismatch;
                target.Answers["slot 0 1"] = ResultCode.SuitSlotMismatch;
            });
            Assert.AreEqual(ResultCode.SuitTryEachFailed, opened.Processor.RunSection(SuitElement.Validate));
        }

        [TestMethod]
        public void Example4_ExternalStorage_StepsThrough()
        {
            Opened opened = Open("suit/manifest37-example4-signed.hex", Updater);
            Assert.AreEqual(3, opened.Manifest.ComponentCount);
            Run(opened, SuitElement.PayloadFetch, Vendor, Class, "command 21 1", "match 1 0011");
            Run(opened, SuitElement.Install, Vendor, Class, "command 22 0", "match 0 0011");
            Run(opened, SuitElement.Validate, Vendor, Class, "match 0 0011");
            Run(opened, SuitElement.Load, Vendor, Class, "command 22 2", "match 2 0123");
            Run(opened, SuitElement.Invoke, Vendor, Class, "invoke 2");
        }

        [TestMethod]
        public void Example5_TwoImages_StepsThrough()
        {
            Opened opened = Open("suit/manifest37-example5-signed.hex", Updater);
            Assert.AreEqual(2, opened.Manifest.ComponentCount);
            opened.Target.Calls.Clear();
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(SuitElement.Install));
            CollectionAssert.Contains(opened.Target.Calls, "command 21 0");
            CollectionAssert.Contains(opened.Target.Calls, "command 21 1");
            opened.Target.Calls.Clear();
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(SuitElement.Validate));
            CollectionAssert.Contains(opened.Target.Calls, "match 0 0011");
            CollectionAssert.Contains(opened.Target.Calls, "match 1 0123");
            Assert.AreEqual(ResultCode.Ok, opened.Processor.RunSection(SuitElement.Invoke));
            CollectionAssert.Contains(opened.Target.Calls, "invoke 0");
        }

        [TestMethod]
        [DataRow(0)]
        [DataRow(1)]
        [DataRow(2)]
        [DataRow(3)]
        [DataRow(4)]
        [DataRow(5)]
        public void ExampleWithoutAuthentication_IsRefused(int number)
        {
            byte[] envelope = Vectors.Hex("suit/manifest37-example" + number + "-noauth.hex");
            Opened opened = Opened.From(envelope, Opened.ExampleTrust());
            Assert.AreEqual(2, opened.RefusedBy);
            Assert.AreEqual(ResultCode.SuitNotAuthenticated, opened.Result);
        }

        [TestMethod]
        [DataRow("suit/trustdomains11-example0-dependency.hex")]
        [DataRow("suit/trustdomains11-example0-dependent.hex")]
        [DataRow("suit/enc24-suit-manifest-aes-kw.hex")]
        [DataRow("suit/enc24-suit-manifest-aes-kw-content.hex")]
        [DataRow("suit/enc24-suit-manifest-es-ecdh-content.hex")]
        [DataRow("suit/libcsuit-expAF.hex")]
        [DataRow("suit/libcsuit-expAW.hex")]
        [DataRow("suit/libcsuit-expI.hex")]
        [DataRow("suit/libcsuit-expS0.hex")]
        [DataRow("suit/libcsuit-expS2.hex")]
        [DataRow("suit/libcsuit-expU.hex")]
        public void OtherEnvelopes_AuthenticateAndStepThrough(string name)
        {
            Opened opened = Open(name, target =>
            {
                target.KnownCommands.UnionWith([7, 8, 11, 18, 21, 22, 31, 33]);
                target.KnownParameters.UnionWith([19, 25]);
                target.Dependencies.UnionWith([0, 1, 2, 3]);
            });
            int[] sections = [15, 16, 18, 20, 7, 8, 9, 24];
            foreach (int section in sections)
            {
                opened.Processor.IsDryRun = true;
                ResultCode result = opened.Processor.RunSection(section);
                Assert.AreEqual(ResultCode.Ok, result, "section " + section + " at " + opened.Envelope.ErrorOffset);
            }

            Assert.AreEqual(0, opened.Target.Calls.Count, "a dry run asks nothing of the device");
        }

        [TestMethod]
        public void Negative_EachRefused_ForItsReason()
        {
            using JsonDocument index = Vectors.Json("negative/index.json");
            Authority[] trust = [Opened.ExampleTrust()[0]];
            int count = 0;
            foreach (JsonElement entry in index.RootElement.EnumerateArray())
            {
                string name = entry.GetProperty("name").GetString()!;
                Opened opened = Opened.From(Vectors.Hex("negative/" + name + ".hex"), trust);
                if (opened.Result == ResultCode.Ok)
                {
                    ResultCode result = opened.Processor.RunSection(SuitElement.Validate);
                    Assert.AreEqual(name == "unknown-command-99" ? ResultCode.SuitCommandUnsupported : ResultCode.Ok, result, name);
                    Assert.IsTrue(name is "unknown-command-99" or "positive-resigned", name);
                }
                else
                {
                    (int, ResultCode) expected = name switch
                    {
                        "manifest-bitflip" => (2, ResultCode.SuitManifestDigestMismatch),
                        "signature-bitflip" => (2, ResultCode.SignatureInvalid),
                        "wrong-key" => (2, ResultCode.SignatureInvalid),
                        "manifest-before-auth" => (1, ResultCode.CborKeyOrder),
                        "no-auth-block" => (2, ResultCode.SuitNotAuthenticated),
                        "trailing-byte" => (1, ResultCode.CborTrailingBytes),
                        "truncated" => (1, ResultCode.CborTruncated),
                        "alg-unprotected-only" => (2, ResultCode.CoseMalformed),
                        _ => (0, ResultCode.Ok),
                    };
                    Assert.AreEqual(expected, (opened.RefusedBy, opened.Result), name);
                }

                count++;
            }

            Assert.AreEqual(10, count);
        }
    }
}
