// The report as the device writes it, read by the tracker's parser; and byte for byte against the draft's structure.

using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace NanoBoot.Stage2Updater.Tests.Report
{
    [TestClass]
    public sealed class SuitReportTests
    {
        private static readonly byte[] DeviceId = Enumerable.Range(1, 16).Select(i => (byte)i).ToArray();
        private static readonly byte[] DeviceKey = Enumerable.Range(100, 32).Select(i => (byte)i).ToArray();
        private static readonly byte[] Digest = SHA256.HashData("manifest"u8);
        private static readonly byte[] Uri = Encoding.UTF8.GetBytes("coap://example.com/manifest.suit");

        [TestMethod]
        public void Finish_Success_BytesAsTheDraftHasThem()
        {
            byte[] report = Write(null, w => { }, ResultCode.Ok, SuitReportReason.Ok);

            string payload = "a3" + "0380" + "04f5" + "1863" + "82" + "7820" + Convert.ToHexString(Uri)
                + "822f5820" + Convert.ToHexString(Digest);
            string expected = "d184" + "55" + "a2010504" + "50" + Convert.ToHexString(DeviceId) + "a0"
                + "58" + (payload.Length / 2).ToString("x2") + payload;
            string actual = Convert.ToHexStringLower(report);
            StringAssert.StartsWith(actual, expected.ToLowerInvariant() + "5820");
            Assert.AreEqual(expected.Length + 4 + 64, actual.Length);
        }

        [TestMethod]
        public void Verify_Success_SameContent()
        {
            byte[] report = Write([7, 7], w => w.AddRecord(20, 33, 1), ResultCode.Ok, SuitReportReason.Ok);

            CollectionAssert.AreEqual(DeviceId, SuitReport.ReadDeviceId(report));
            SuitReport read = SuitReport.Verify(report, DeviceKey);
            Assert.IsTrue(read.IsSuccess);
            Assert.IsNull(read.FailedAt);
            CollectionAssert.AreEqual(new byte[] { 7, 7 }, read.Nonce);
            CollectionAssert.AreEqual(Digest, read.ManifestDigest);
            Assert.AreEqual(Encoding.UTF8.GetString(Uri), read.ManifestUri);
            Assert.AreEqual(new SuitReportRecord(20, 33, 1), read.Records.Single());
        }

        [TestMethod]
        public void Verify_Failure_CodeReasonAndPlace()
        {
            byte[] image = SHA256.HashData("image"u8);
            byte[] report = Write(
                null,
                w => w.AddComponent("application"u8.ToArray(), image, 65_536, long.MaxValue),
                ResultCode.SuitImageMismatch,
                SuitReportReasons.Of(ResultCode.SuitImageMismatch));

            SuitReport read = SuitReport.Verify(report, DeviceKey);
            Assert.IsFalse(read.IsSuccess);
            Assert.AreEqual((long)ResultCode.SuitImageMismatch, read.Code);
            Assert.AreEqual(10, read.Reason);
            Assert.AreEqual(new SuitReportRecord(20, 300, 2), read.FailedAt);
            Assert.IsNull(read.Nonce);
            SuitReportComponent component = read.Components.Single();
            Assert.AreEqual("application", Encoding.UTF8.GetString(component.ComponentId));
            CollectionAssert.AreEqual(image, component.ImageDigest);
            Assert.AreEqual(65_536, component.ImageSizeBytes);
            Assert.AreEqual(long.MaxValue, component.Sequence);
        }

        [TestMethod]
        public void Verify_EveryBitFlipped_Refused()
        {
            byte[] report = Write([1], w => w.AddRecord(7, 1, 0), ResultCode.UpToDate, SuitReportReason.InvokePending);
            for (int bit = 0; bit < report.Length * 8; bit++)
            {
                byte[] changed = (byte[])report.Clone();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.IsTrue(IsRefused(changed), "bit " + bit);
            }
        }

        [TestMethod]
        public void Verify_Truncated_Refused()
        {
            byte[] report = Write([1], w => { }, ResultCode.Ok, SuitReportReason.Ok);
            for (int count = 0; count < report.Length; count++)
            {
                Assert.IsTrue(IsRefused(report[..count]), "cut at " + count);
            }
        }

        [TestMethod]
        public void Verify_KeyOfAnotherDevice_Refused()
        {
            byte[] report = Write(null, w => { }, ResultCode.Ok, SuitReportReason.Ok);
            byte[] otherKey = (byte[])DeviceKey.Clone();
            otherKey[31] ^= 1;
            Assert.ThrowsExactly<CryptographicException>(() => SuitReport.Verify(report, otherKey));
        }

        [TestMethod]
        public void Finish_EveryBufferSize_FitsOrSaysSoAndNeverWritesBeyond()
        {
            byte[] whole = Write([9], w => w.AddRecord(20, 1000, 0), ResultCode.HttpStatus, SuitReportReason.OperationFailed);
            int fitted = 0;
            for (int count = 0; count < whole.Length + 16; count++)
            {
                byte[] buffer = Enumerable.Repeat((byte)0xAA, count + 64).ToArray();
                var writer = new SuitReportWriter(buffer, 32, count, [9]);
                writer.AddRecord(20, 1000, 0);
                ResultCode result = Finish(writer, ResultCode.HttpStatus, SuitReportReason.OperationFailed, Uri);
                Assert.IsTrue(buffer.Take(32).Concat(buffer.Skip(32 + count)).All(b => b == 0xAA), "size " + count);
                if (result == ResultCode.Ok)
                {
                    fitted++;
                    CollectionAssert.AreEqual(whole, buffer.AsSpan(writer.Offset, writer.Count).ToArray());
                }
                else
                {
                    Assert.AreEqual(ResultCode.ReportTooLarge, result);
                    Assert.AreEqual(0, writer.Count);
                    Assert.AreEqual(0, fitted, "a larger buffer fails where a smaller one did");
                }
            }

            Assert.IsTrue(fitted > 0);
        }

        [TestMethod]
        [DataRow(20, DisplayName = "payload below 256 bytes")]
        [DataRow(220, DisplayName = "payload above 256 bytes")]
        public void Finish_UriOfAnyLength_Verifies(int uriBytes)
        {
            byte[] uri = Enumerable.Repeat((byte)'u', uriBytes).ToArray();
            byte[] buffer = new byte[1024];
            var writer = new SuitReportWriter(buffer, 0, buffer.Length, null);
            Assert.AreEqual(ResultCode.Ok, Finish(writer, ResultCode.Ok, SuitReportReason.Ok, uri));
            SuitReport read = SuitReport.Verify(buffer.AsSpan(writer.Offset, writer.Count).ToArray(), DeviceKey);
            Assert.AreEqual(uriBytes, read.ManifestUri.Length);
        }

        [TestMethod]
        public void Finish_TooManyRecords_Refused()
        {
            byte[] buffer = new byte[4096];
            for (int count = SuitReportWriter.RecordsMax; count <= SuitReportWriter.RecordsMax + 1; count++)
            {
                var writer = new SuitReportWriter(buffer, 0, buffer.Length, null);
                for (int i = 0; i < count; i++)
                {
                    writer.AddRecord(7, i, 0);
                }

                ResultCode expected = count <= SuitReportWriter.RecordsMax ? ResultCode.Ok : ResultCode.ReportTooLarge;
                Assert.AreEqual(expected, Finish(writer, ResultCode.Ok, SuitReportReason.Ok, null));
            }
        }

        [TestMethod]
        public void Finish_LargestNumbers_FitTheStatedOverhead()
        {
            byte[] buffer = new byte[SuitReportWriter.OverheadBytesMax + SuitReportWriter.RecordBytesMax + 64 + Uri.Length];
            var writer = new SuitReportWriter(buffer, 0, buffer.Length, new byte[64]);
            writer.AddRecord(int.MaxValue, int.MaxValue, int.MaxValue);
            byte[] outcome = Outcome(ResultCode.ReportTooLarge, SuitReportReason.InvokePending, 255, int.MaxValue);
            Assert.AreEqual(ResultCode.Ok, writer.Finish(outcome, 3, int.MaxValue, Uri, Digest, DeviceId, DeviceKey));
            SuitReport read = SuitReport.Verify(buffer.AsSpan(writer.Offset, writer.Count).ToArray(), DeviceKey);
            Assert.AreEqual(new SuitReportRecord(int.MaxValue, int.MaxValue, int.MaxValue), read.Records.Single());
            Assert.AreEqual(new SuitReportRecord(255, 65_535, int.MaxValue), read.FailedAt);
        }

        [TestMethod]
        public void AddRecord_NegativeNumber_ReportRefused()
        {
            byte[] buffer = new byte[512];
            var writer = new SuitReportWriter(buffer, 0, buffer.Length, null);
            writer.AddRecord(7, -1, 0);
            Assert.AreEqual(ResultCode.ReportTooLarge, Finish(writer, ResultCode.Ok, SuitReportReason.Ok, null));
        }

        [TestMethod]
        public void Finish_WrongKeyIdOrOutcome_InvalidArgument()
        {
            byte[] buffer = new byte[512];
            var writer = new SuitReportWriter(buffer, 0, buffer.Length, null);
            byte[] outcome = Outcome(ResultCode.Ok, SuitReportReason.Ok, 0, 0);
            Assert.AreEqual(ResultCode.InvalidArgument, writer.Finish(outcome, 3, 0, null, Digest, DeviceId, new byte[31]));
            Assert.AreEqual(ResultCode.InvalidArgument, writer.Finish(outcome, 3, 0, null, Digest, new byte[15], DeviceKey));
            Assert.AreEqual(ResultCode.InvalidArgument, writer.Finish(outcome, 3, 0, null, new byte[20], DeviceId, DeviceKey));
            Assert.AreEqual(ResultCode.InvalidArgument, writer.Finish(new byte[16], 0, 0, null, Digest, DeviceId, DeviceKey));
            Assert.AreEqual(ResultCode.Ok, writer.Finish(outcome, 3, 0, null, Digest, DeviceId, DeviceKey));
            Assert.AreEqual(ResultCode.InvalidArgument, writer.Finish(outcome, 3, 0, null, Digest, DeviceId, DeviceKey));
        }

        [TestMethod]
        public void Of_EveryResultCode_HasAReasonOfItsRange()
        {
            foreach (ResultCode code in Enum.GetValues<ResultCode>())
            {
                SuitReportReason reason = SuitReportReasons.Of(code);
                Assert.IsTrue(Enum.IsDefined(reason), code.ToString());
                Assert.AreEqual(code is ResultCode.Ok or ResultCode.UpToDate, reason == SuitReportReason.Ok, code.ToString());
            }

            Assert.AreEqual(SuitReportReason.Unauthorised, SuitReportReasons.Of(ResultCode.SignatureInvalid));
            Assert.AreEqual(SuitReportReason.Unauthorised, SuitReportReasons.Of(ResultCode.CoseAlgorithmMismatch));
            Assert.AreEqual(SuitReportReason.CoseUnsupported, SuitReportReasons.Of(ResultCode.CoseTag));
            Assert.AreEqual(SuitReportReason.CborParse, SuitReportReasons.Of(ResultCode.CborKeyOrder));
            Assert.AreEqual(SuitReportReason.CborParse, SuitReportReasons.Of(ResultCode.SuitManifestMalformed));
            Assert.AreEqual(SuitReportReason.ConditionFailed, SuitReportReasons.Of(ResultCode.SuitClassMismatch));
            Assert.AreEqual(SuitReportReason.OperationFailed, SuitReportReasons.Of(ResultCode.FlashProgramFailed));
            Assert.AreEqual(SuitReportReason.OperationFailed, SuitReportReasons.Of(ResultCode.DecryptionFailed));
            Assert.AreEqual(SuitReportReason.ComponentUnauthorised, SuitReportReasons.Of(ResultCode.SuitPermissionDenied));
        }

        [TestMethod]
        public void Write_Outcome_BytesAsSpecified()
        {
            byte[] kept = new byte[20];
            ReportOutcome.Write(
                kept, 2, ResultCode.TrialExhausted, SuitReportReason.OperationFailed, 1, 20, 0x1234, Digest, 0);
            byte[] expected = [0, 0, 1, 1, 159, 0, 11, 20, 0x34, 0x12, .. Digest[..8], 0, 0];
            CollectionAssert.AreEqual(expected, kept);

            ReportOutcome.Write(kept, 2, (ResultCode)0x0102, SuitReportReason.Ok, 0, 0, 70_000, Digest, 8);
            expected = [0, 0, 1, 0, 2, 1, 0, 0, 0xFF, 0xFF, .. Digest[8..16], 0, 0];
            CollectionAssert.AreEqual(expected, kept);
        }

        private static byte[] Write(byte[]? nonce, Action<SuitReportWriter> add, ResultCode result, SuitReportReason reason)
        {
            byte[] buffer = new byte[512];
            var writer = new SuitReportWriter(buffer, 0, buffer.Length, nonce);
            add(writer);
            Assert.AreEqual(ResultCode.Ok, Finish(writer, result, reason, Uri));
            return buffer.AsSpan(writer.Offset, writer.Count).ToArray();
        }

        private static ResultCode Finish(SuitReportWriter writer, ResultCode result, SuitReportReason reason, byte[]? uri)
        {
            return writer.Finish(Outcome(result, reason, 20, 300), 3, 2, uri, Digest, DeviceId, DeviceKey);
        }

        private static byte[] Outcome(ResultCode result, SuitReportReason reason, int section, int position)
        {
            byte[] outcome = new byte[3 + ReportOutcome.OutcomeBytes];
            ReportOutcome.Write(outcome, 3, result, reason, 1, section, position, Digest, 0);
            return outcome;
        }

        private static bool IsRefused(byte[] report)
        {
            try
            {
                SuitReport.Verify(report, DeviceKey);
                return false;
            }
            catch (Exception e) when (e is CborException or CryptographicException)
            {
                return true;
            }
        }
    }
}
