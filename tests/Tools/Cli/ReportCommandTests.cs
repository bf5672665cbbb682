using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class ReportCommandTests : CliTest
    {
        private static readonly Guid Device = Guid.Parse("8b7c4a52-2f10-5c11-9d7e-0a1b2c3d4e5f");
        private static readonly byte[] DeviceKey = SHA256.HashData("a device"u8);
        private static readonly byte[] ManifestDigest = SHA256.HashData("a manifest"u8);

        [TestInitialize]
        public void WriteKeys()
        {
            File.WriteAllText(PathOf("device.hmac"), KeyFile.Write(KeyKind.Hmac, DeviceKey, null));
            Succeeds("keys", "new", "other.hmac", "--kind", "hmac");
            Directory.CreateDirectory(PathOf("reports"));
        }

        [TestMethod]
        public void Show_Refusal_SaysWhatWhereAndWhy()
        {
            Write("reports/1.suit-report", ResultCode.SuitClassMismatch, SuitReportReason.ConditionFailed, 7, 12);
            string text = Succeeds("report", "show", "reports/1.suit-report", "--device-key", "device.hmac");
            StringAssert.Contains(text, $"device    {Device}, verified with device.hmac");
            StringAssert.Contains(text, $"sha-256 {Convert.ToHexStringLower(ManifestDigest)}, of http://host/");
            StringAssert.Contains(text, "failed: SuitClassMismatch (106). The class identifier is not one of this device's.");
            StringAssert.Contains(text, "in validate, at byte 12, component 0; in the standard's words ConditionFailed (10)");
        }

        [TestMethod]
        public void Show_Directory_InTheOrderOfArrival()
        {
            Write("reports/2.suit-report", ResultCode.Ok, SuitReportReason.Ok, 0, 0);
            Write("reports/1.suit-report", ResultCode.Ok, SuitReportReason.InvokePending, 0, 0);
            File.WriteAllText(PathOf("reports/3.suit-report.part"), "being written");
            JsonArray facts = Facts("report", "show", "reports", "--device-key", "other.hmac", "--device-key", "device.hmac").AsArray();
            Assert.AreEqual(2, facts.Count);
            Assert.AreEqual("pending", facts[0]!["outcome"]!.ToString());
            Assert.AreEqual("success", facts[1]!["outcome"]!.ToString());
            Assert.AreEqual("device.hmac", facts[1]!["key"]!.ToString());
            Assert.AreEqual("application", facts[1]!["holds"]![0]!["component"]!.ToString());
            Assert.AreEqual(7, facts[1]!["holds"]![0]!["sequence"]!.GetValue<int>());
        }

        [TestMethod]
        public void Show_NoKeyVerifies_NothingOfItIsRead()
        {
            Write("reports/1.suit-report", ResultCode.SuitClassMismatch, SuitReportReason.ConditionFailed, 7, 12);
            Assert.AreEqual(ExitCode.Refused, Run("report", "show", "reports", "--device-key", "other.hmac"));
            StringAssert.Contains(Output, $"says it is {Device}; none of the keys verifies that");
            Assert.IsFalse(Output.Contains("SuitClassMismatch", StringComparison.Ordinal));
            Assert.AreEqual(ExitCode.Refused, Run("report", "show", "reports", "--device-key", "other.hmac", "--json"));
            Assert.IsFalse(Output.Contains("outcome", StringComparison.Ordinal));
        }

        [TestMethod]
        public void Show_CutOffOrBent_OneLineOrRefused()
        {
            Write("reports/1.suit-report", ResultCode.Ok, SuitReportReason.Ok, 0, 0);
            byte[] whole = File.ReadAllBytes(PathOf("reports/1.suit-report"));
            for (int length = 0; length < whole.Length; length++)
            {
                File.WriteAllBytes(PathOf("cut.suit-report"), whole[..length]);
                Fails(ExitCode.BadInput, "cut.suit-report: no report of a device: ", "report", "show", "cut.suit-report", "--device-key", "device.hmac");
            }

            for (int index = 0; index < whole.Length; index++)
            {
                byte[] bent = (byte[])whole.Clone();
                bent[index] ^= 4;
                File.WriteAllBytes(PathOf("bent.suit-report"), bent);
                int exitCode = Run("report", "show", "bent.suit-report", "--device-key", "device.hmac");
                Assert.IsTrue(exitCode is ExitCode.Refused or ExitCode.BadInput, $"byte {index}: {exitCode} {Output}{Error}");
            }
        }

        [TestMethod]
        public void Show_Mistakes_OneLine()
        {
            Fails(ExitCode.BadInput, "no .suit-report file in it", "report", "show", "reports", "--device-key", "device.hmac");
            Fails(ExitCode.BadInput, "no such file", "report", "show", "absent", "--device-key", "device.hmac");
            Fails(ExitCode.Usage, "--device-key is missing", "report", "show", "reports");
            Succeeds("keys", "new", "author.pem");
            Fails(ExitCode.Key, "a device key is an hmac key", "report", "show", "reports", "--device-key", "author.pem");
        }

        // As the device writes it.
        private void Write(string path, ResultCode result, SuitReportReason reason, int section, int offsetBytes)
        {
            byte[] buffer = new byte[512];
            byte[] outcome = new byte[ReportOutcome.OutcomeBytes];
            ReportOutcome.Write(outcome, 0, result, reason, 1, section, offsetBytes, ManifestDigest, 0);
            var writer = new SuitReportWriter(buffer, 0, buffer.Length, [1, 2, 3, 4]);
            writer.AddComponent("application"u8.ToArray(), ManifestDigest, 5000, 7);
            Assert.AreEqual(ResultCode.Ok, writer.Finish(outcome, 0, 0, Encoding.UTF8.GetBytes("http://host/"), ManifestDigest, Device.ToByteArray(bigEndian: true), DeviceKey));
            File.WriteAllBytes(PathOf(path), buffer[writer.Offset..(writer.Offset + writer.Count)]);
        }
    }
}
