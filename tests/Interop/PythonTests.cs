using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;

namespace NanoBoot.Interop.Tests
{
    /// <summary>What the author's side makes is decoded and verified by python3-cbor2 and python3-cryptography.</summary>
    [TestClass]
    public sealed class PythonTests
    {
        private static readonly byte[] Seed = SHA256.HashData("seed of these tests"u8);
        private static readonly byte[] Payload = MakePayload();

        private string _directory = string.Empty;

        [TestInitialize]
        public void MakeDirectory()
        {
            if (Run("-c", "import cbor2, cryptography") is not (0, _, _))
            {
                const string reason = "Skipped: python3 with python3-cbor2 and python3-cryptography is not installed (apt-get install python3-cbor2 python3-cryptography).";
                Console.WriteLine(reason);
                Assert.Inconclusive(reason);
            }

            _directory = Directory.CreateTempSubdirectory("nanoboot").FullName;
        }

        [TestCleanup]
        public void RemoveDirectory()
        {
            if (_directory.Length != 0)
            {
                Directory.Delete(_directory, recursive: true);
            }
        }

        [TestMethod]
        [DataRow(ManifestProfile.NanoBoot)]
        [DataRow(ManifestProfile.Standard)]
        public void Verify_ThreePartiesAndSeveredElements_Accepted(ManifestProfile profile)
        {
            using EcdsaSigningKey author = EcdsaSigningKey.Generate();
            using EcdsaSigningKey store = EcdsaSigningKey.FromSeed(Seed, "store", SigningAlgorithm.Esp256);
            using var device = new HmacSigningKey(Seed);
            ManifestBuilder builder = MakeBuilder(Payload, null);
            builder.Profile = profile;
            builder.SeverInstall = true;
            builder.Text = new ManifestText().Add("en", ManifestTextKey.UpdateDescription, "Über-Update");
            Envelope envelope = builder.Build().Sign(author).Sign(store).Sign(device);

            JsonNode found = Verify(envelope, Payload, [Key(author), Key(store), Key(device, Seed)]);
            Assert.AreEqual("[-7,-9,5]", found["algorithms"]!.ToJsonString());
            Assert.AreEqual(1234, found["sequence"]!.GetValue<int>());
            int expectedChunks = profile == ManifestProfile.Standard ? 0 : Chunker.Cut(Payload).Count;
            Assert.AreEqual(expectedChunks, found["chunks"]!.GetValue<int>());
        }

        [TestMethod]
        [DataRow("H5/W1")]
        [DataRow("H5/W2")]
        [DataRow("H5/W4")]
        [DataRow("H5/W8")]
        [DataRow("H5/W1/192")]
        [DataRow("H5/W2/192")]
        [DataRow("H5/W4/192")]
        [DataRow("H10/W8/192")]
        [DataRow("H5/W8,H5/W4")]
        [DataRow("H5/W4/192,H5/W2/192,H5/W8/192")]
        public void Verify_HssLms_Accepted(string parameters)
        {
            HssKey key = HssKey.Create(LmsParameters.Parse(parameters), Seed);
            string state = Path.Combine(_directory, "state");
            HssSigningKey.CreateState(key, state);
            using var signing = new HssSigningKey(key, state);
            signing.Sign("one before"u8);
            Envelope envelope = MakeBuilder(Payload, null).Build().Sign(signing);
            JsonNode found = Verify(envelope, Payload, [Key(signing)]);
            Assert.AreEqual("[-46]", found["algorithms"]!.ToJsonString());
        }

        [TestMethod]
        [DataRow(ContentAlgorithm.A128Ctr)]
        [DataRow(ContentAlgorithm.A256Ctr)]
        [DataRow(ContentAlgorithm.A128Gcm)]
        [DataRow(ContentAlgorithm.A256Gcm)]
        public void Verify_Encrypted_DecryptedAndMatched(ContentAlgorithm algorithm)
        {
            using EcdsaSigningKey author = EcdsaSigningKey.Generate();
            byte[] wrappingKey = RandomNumberGenerator.GetBytes(32);
            EncryptedPayload wrapped = PayloadEncryption.Encrypt(Payload, algorithm, new KeyWrapRecipient(wrappingKey, [1]));
            Envelope envelope = MakeBuilder(Payload, wrapped.EncryptionInfo).Build().Sign(author);
            Verify(envelope, wrapped.Ciphertext, [Key(author)], ("kw", Convert.ToHexString(wrappingKey)));

            using ECDsa recipient = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            ECParameters parameters = recipient.ExportParameters(includePrivateParameters: true);
            EncryptedPayload agreed = PayloadEncryption.Encrypt(Payload, algorithm, new EcdhRecipient(parameters, [2]));
            envelope = MakeBuilder(Payload, agreed.EncryptionInfo).Build().Sign(author);
            Verify(envelope, agreed.Ciphertext, [Key(author)], ("ecdh", Convert.ToHexString(parameters.D!)));
        }

        /// <summary>The script is no rubber stamp: it notices a wrong key, a wrong payload and a changed signature.</summary>
        [TestMethod]
        public void Verify_SomethingWrong_Noticed()
        {
            using EcdsaSigningKey author = EcdsaSigningKey.Generate();
            Envelope envelope = MakeBuilder(Payload, null).Build().Sign(author);
            byte[] otherPayload = (byte[])Payload.Clone();
            otherPayload[^1] ^= 1;
            string[] failures = Failures(envelope, otherPayload, [Key(author)]);
            CollectionAssert.Contains(failures, "image digest");
            CollectionAssert.Contains(failures, $"chunk {Chunker.Cut(Payload).Count - 1}");

            byte[] block = (byte[])envelope.AuthenticationBlocks[0].Clone();
            block[^1] ^= 1;
            Envelope changed = MakeBuilder(Payload, null).Build().AddAuthenticationBlock(block);
            CollectionAssert.AreEqual(new[] { "signature -7" }, Failures(changed, Payload, [Key(author)]));
        }

        private static byte[] MakePayload()
        {
            byte[] payload = new byte[20_000];
            new Random(77).NextBytes(payload);
            return payload;
        }

        private static ManifestBuilder MakeBuilder(byte[] payload, byte[]? encryptionInfo)
        {
            Guid vendor = Uuid.ForVendor("example.com");
            var builder = new ManifestBuilder { SequenceNumber = 1234, VendorId = vendor };
            builder.ClassIds.Add(Uuid.ForClass(vendor, "interop"));
            ManifestComponent component = builder.AddComponent("application", payload, "payload.bin", "App.Program");
            component.EncryptionInfo = encryptionInfo;
            return builder;
        }

        private static (string Id, JsonObject Key) Key(SigningKey key, byte[]? secret = null)
        {
            return (Convert.ToHexStringLower(key.KeyId), new JsonObject
            {
                ["algorithm"] = (int)key.Algorithm,
                ["key"] = Convert.ToHexString(secret ?? key.PublicKey),
            });
        }

        private JsonNode Verify(
            Envelope envelope, byte[] payload, IEnumerable<(string Id, JsonObject Key)> keys, (string Kind, string Key)? recipient = null)
        {
            (int exitCode, string output, string error) = RunScript(envelope, payload, keys, recipient);
            Assert.AreEqual(0, exitCode, output + error);
            return JsonNode.Parse(output)!;
        }

        private string[] Failures(Envelope envelope, byte[] payload, IEnumerable<(string Id, JsonObject Key)> keys)
        {
            (int exitCode, string output, string error) = RunScript(envelope, payload, keys, null);
            Assert.AreEqual(1, exitCode, output + error);
            return [.. JsonNode.Parse(output)!["failures"]!.AsArray().Select(node => node!.GetValue<string>())];
        }

        private (int ExitCode, string Output, string Error) RunScript(
            Envelope envelope, byte[] payload, IEnumerable<(string Id, JsonObject Key)> keys, (string Kind, string Key)? recipient)
        {
            string envelopePath = Path.Combine(_directory, "envelope.suit");
            string payloadPath = Path.Combine(_directory, "payload.bin");
            string jobPath = Path.Combine(_directory, "job.json");
            File.WriteAllBytes(envelopePath, envelope.Encode());
            File.WriteAllBytes(payloadPath, payload);
            var list = new JsonObject();
            foreach ((string id, JsonObject key) in keys)
            {
                list.Add(id, key);
            }

            var job = new JsonObject { ["envelope"] = envelopePath, ["payload"] = payloadPath, ["keys"] = list };
            if (recipient is (string kind, string recipientKey))
            {
                job["recipient"] = new JsonObject { ["kind"] = kind, ["key"] = recipientKey };
            }

            File.WriteAllText(jobPath, job.ToJsonString());
            return Run(Path.Combine(AppContext.BaseDirectory, "verify.py"), jobPath);
        }

        /// <summary>Runs Debian's python3, where its packages are; else the first one on the path.</summary>
        private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
        {
            string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
            var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            try
            {
                using Process process = Process.Start(start)!;
                var error = process.StandardError.ReadToEndAsync();
                string output = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                return (process.ExitCode, output, error.Result);
            }
            catch (System.ComponentModel.Win32Exception exception)
            {
                return (-1, string.Empty, exception.Message);
            }
        }
    }
}
