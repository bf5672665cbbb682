using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using DemoApplication.Bundles;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;
using NanoBoot.Tests.Shared;
using NanoBoot.Tools.Tests.Author;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class ManifestCommandTests : CliTest
    {
        private const string Release = """
            component: application
            sequence: 5
            vendor: example.com
            class: test board
            payload: app.bin
            entry: App.Program
            """;

        private const string Device = """
            vendor: example.com
            class: [test board, other board]
            device: 00000000-0000-0000-0000-000000000001
            components:
              application:
                needs: author+store+apply
                floor: 3
            """;

        [TestInitialize]
        public void WriteInputs()
        {
            byte[] payload = new byte[10_000];
            new Random(1).NextBytes(payload);
            File.WriteAllBytes(PathOf("app.bin"), payload);
            Write("release.yaml", Release);
            Write("device.yaml", Device);
            Succeeds("keys", "new", "author.pem", "--seed", "author");
            Succeeds("keys", "new", "operator.pem", "--seed", "operator");
            Write("trust.yaml", """
                keys:
                  - key: author.pem
                    may: author+store
                  - key: operator.pem
                    may: apply
                """);
        }

        [TestMethod]
        public void Create_SameDescription_SameBytes()
        {
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            JsonNode facts = Facts("manifest", "create", "release.yaml", "--out", "b.suit");
            CollectionAssert.AreEqual(File.ReadAllBytes(PathOf("a.suit")), File.ReadAllBytes(PathOf("b.suit")));
            Assert.AreEqual(5, facts["sequence"]!.GetValue<int>());
            string uri = facts["components"]![0]!["uris"]![0]!.ToString();
            Assert.AreEqual("../" + Publisher.PayloadPath(File.ReadAllBytes(PathOf("app.bin"))), uri);
        }

        [TestMethod]
        public void Show_ManufacturerUsage_UrlAndKey()
        {
            ManifestWriter writer = new ManifestWriter { SequenceNumber = 1 }.SetManufacturerUsage(new Uri("https://example.com/lamp.json"), new byte[32]);
            writer.Components.Add("application");
            File.WriteAllBytes(PathOf("inline.suit"), writer.Build().Encode());
            File.WriteAllBytes(PathOf("severed.suit"), writer.Sever(SuitElement.ManufacturerUsageDescription).Build().Encode());
            foreach (string name in new[] { "inline.suit", "severed.suit" })
            {
                Succeeds("manifest", "show", name);
                StringAssert.Contains(Output, "manufacturer-usage-description");
                StringAssert.Contains(Output, "https://example.com/lamp.json");
            }

            Succeeds("manifest", "sever", "severed.suit", "--element", "manufacturer-usage-description");
            Succeeds("manifest", "show", "severed.suit");
            StringAssert.Contains(Output, "manufacturer-usage-description: severed");
        }

        [TestMethod]
        public void Create_Json_SameAsYaml()
        {
            Write("release.json", """{"component":"application","sequence":5,"vendor":"example.com","class":"test board","payload":"app.bin","entry":"App.Program"}""");
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            Succeeds("manifest", "create", "release.json", "--out", "b.suit");
            CollectionAssert.AreEqual(File.ReadAllBytes(PathOf("a.suit")), File.ReadAllBytes(PathOf("b.suit")));
        }

        [TestMethod]
        public void Create_EverySetting_StandsInTheManifest()
        {
            Write("full.yaml", Release + """

                version: 1.2.0-rc.1
                device: 00000000-0000-0000-0000-000000000001
                uri: [https://one.example.com/a.bin, https://two.example.com/a.bin]
                useBefore: 2030-01-02T03:04:05Z
                severInstall: true
                profile: standard
                referenceUri: https://example.com/m.suit
                text:
                  en: { description: A release., update: Something new. }
                """);
            Succeeds("manifest", "create", "full.yaml", "--out", "a.suit", "--sequence", "77");
            string listing = Succeeds("manifest", "show", "a.suit");
            foreach (string expected in new[]
            {
                "sequence-number 77", "set-version [1, 2, 0, -1, 1]", "device-identifier: 00000000-0000-0000-0000-000000000001",
                "uri: \"https://two.example.com/a.bin\"", "use-before: 2030-01-02 03:04:05Z", "install: severed", "reference-uri https://example.com/m.suit",
                "outside of the manifest: text", "Something new.", "not signed",
            })
            {
                StringAssert.Contains(listing, expected);
            }

            Assert.IsFalse(listing.Contains("chunk", StringComparison.Ordinal));
        }

        [TestMethod]
        public void Create_EnterpriseNumber_StandsInPlaceOfTheVendorId()
        {
            Write("release.yaml", Release + "\nenterpriseNumber: 48000\n");
            CreateSigned("author.pem", "operator.pem");
            StringAssert.Contains(Succeeds("manifest", "show", "a.suit"), "vendor-identifier: private enterprise number 48000");

            string device = File.ReadAllText(PathOf("device.yaml"));
            string[] verify = ["manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "trust.yaml", "--payload", "app.bin"];
            Assert.AreEqual(ExitCode.Refused, Run(verify));
            StringAssert.Contains(Output + Error, "has no 'enterpriseNumber'");
            Write("device.yaml", "enterpriseNumber: 48001\n" + device);
            Assert.AreEqual(ExitCode.Refused, Run(verify));
            Write("device.yaml", "enterpriseNumber: 48000\n" + device);
            Succeeds(verify);
        }

        [TestMethod]
        public void Create_Init_TemplateIsAsItSays()
        {
            Succeeds("manifest", "create", "--init", "new.yaml");
            File.Copy(PathOf("app.bin"), PathOf("application.bin"));
            Succeeds("manifest", "create", "new.yaml", "--out", "a.suit");
            Fails(ExitCode.InputOutput, "is there already", "manifest", "create", "--init", "new.yaml");

            // Every key that the template or the schema names is known to the reader, and the reverse.
            JsonNode schema = JsonNode.Parse(Succeeds("manifest", "create", "--schema"))!;
            string[] inSchema = [.. schema["properties"]!.AsObject().Select(property => property.Key)];
            Write("unknown.yaml", Release + "\nzzzzzzzzzz: 1\n");
            Run("manifest", "create", "unknown.yaml", "--out", "b.suit");
            string[] known = Error[(Error.IndexOf("there are: ", StringComparison.Ordinal) + 11)..].TrimEnd('.', '\n').Split(", ");
            CollectionAssert.AreEquivalent(inSchema, known);
            foreach (string line in File.ReadAllLines(PathOf("new.yaml")).Where(line => line.StartsWith("# ", StringComparison.Ordinal) && line.Contains(": ", StringComparison.Ordinal) && char.IsAsciiLetterLower(line[2])))
            {
                CollectionAssert.Contains(inSchema, line[2..line.IndexOf(':', StringComparison.Ordinal)], line);
            }
        }

        [TestMethod]
        [DataRow("payload: app.bin", "payloud: app.bin", "release.yaml:5: 'payloud' is not known here; 'payload'?")]
        [DataRow("payload: app.bin", "", "'payload' is missing")]
        [DataRow("payload: app.bin", "payload: absent.bin", "no such file; give the path of the payload")]
        [DataRow("sequence: 5", "sequence: five", "release.yaml:2: 'sequence' is a number")]
        [DataRow("sequence: 5", "", "'sequence' is missing; give it here or with --sequence")]
        [DataRow("vendor: example.com", "vendor: me", "release.yaml:3: 'vendor' is your domain, like example.com, or a UUID")]
        [DataRow("class: test board", "", "'class' is missing")]
        [DataRow("class: test board", "class: {a: b}", "release.yaml:4: 'class' is one value")]
        [DataRow("entry: App.Program", "entry: '::'", "'entry' is Type, or Type::Method")]
        [DataRow("entry: App.Program", "profile: mine", "'profile' is nanoboot or standard")]
        [DataRow("entry: App.Program", "device: 12", "'device' is a UUID")]
        [DataRow("entry: App.Program", "enterpriseNumber: 0", "'enterpriseNumber' is the number that IANA gave your organisation")]
        [DataRow("entry: App.Program", "enterpriseNumber: 4294967296", "'enterpriseNumber' is the number that IANA gave your organisation")]
        [DataRow("entry: App.Program", "version: one", "'version' is a version like 1.2.3")]
        [DataRow("entry: App.Program", "entry: [", "release.yaml:")]
        [DataRow("entry: App.Program", "useBefore: tomorrow", "'useBefore' is a time")]
        [DataRow("entry: App.Program", "entry: A\nentry: B", "no YAML or JSON")]
        public void Create_Mistakes_LineAndRemedy(string original, string mistake, string message)
        {
            Write("release.yaml", Release.Replace(original, mistake, StringComparison.Ordinal));
            Fails(ExitCode.BadInput, message, "manifest", "create", "release.yaml", "--out", "a.suit");
        }

        [TestMethod]
        [DataRow("App.Program", null)]
        [DataRow("App.Program::Run", null)]
        [DataRow("Root", null)]
        [DataRow("App.Programm", "release.yaml:6: 'entry':")]
        [DataRow("App.Programm", "it has App.Program::Main, Root::Main.")]
        [DataRow("App.Program::main", "has no public static method App.Program::main with one parameter; it has App.Program::Main, App.Program::Run, Root::Main.")]
        [DataRow("App.Hidden", "no public static method App.Hidden::Main")]
        [DataRow("App.Instance", "no public static method App.Instance::Main")]
        [DataRow("App.TwoArguments", "no public static method App.TwoArguments::Main")]
        public void Create_EntryOfNanoAssemblies_MustBeThere(string entry, string? message)
        {
            var one = new Version(1, 0, 0, 0);
            byte[] library = PeFile.Make("Library", one, [], methods: [("App", "Program", "Main", PeFile.PublicStatic, 1), ("App", "Hidden", "Main", 0x11, 1)]);
            byte[] program = PeFile.Make("Program", one, [("Library", one)], methods:
                [("App", "Program", "Run", PeFile.PublicStatic, 1), ("App", "Instance", "Main", 6, 1), ("", "Root", "Main", PeFile.PublicStatic, 1), ("App", "TwoArguments", "Main", PeFile.PublicStatic, 2)]);
            File.WriteAllBytes(PathOf("app.bin"), Bundle.Concatenate([library, program]));
            CreateWithEntry(entry, message);
        }

        [TestMethod]
        [DataRow("application", "entry: App.Program", null)]
        [DataRow("application", "", "A nanoBoot device will refuse it: 'entry' is missing")]
        [DataRow("stage2", "", "the type in stage2 that is started")]
        [DataRow("configuration", "", null)]
        [DataRow("stage-2", "entry: App.Program", "No nanoBoot device has a component 'stage-2'")]
        public void Create_WhatNoDeviceOfOursTakes_IsSaid(string component, string entry, string? doubt)
        {
            Write("release.yaml", Release.Replace("component: application", "component: " + component, StringComparison.Ordinal).Replace("entry: App.Program", entry, StringComparison.Ordinal));
            string text = Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            Assert.AreEqual(doubt is null ? 1 : 2, text.TrimEnd().Split('\n').Length, text);
            StringAssert.Contains(text, doubt ?? "Written: a.suit");
        }

        [TestMethod]
        [DataRow("DemoApplication.Program", null)]
        [DataRow("DemoApplication.Programm", "it has DemoApplication.Program::Main")]
        [DataRow("DemoApplication.Program::Stop", "no public static method DemoApplication.Program::Stop")]
        public void Create_EntryOfDotnetAssemblies_MustBeThere(string entry, string? message)
        {
            File.WriteAllBytes(PathOf("app.bin"), Bundle.Concatenate(DemoBundle.Version10.Assemblies));
            CreateWithEntry(entry, message);
        }

        [TestMethod]
        public void Create_EntryWithANameOfTheRuntime_IsLeftToTheDevice()
        {
            byte[] program = PeFile.Make("Program", new Version(1, 0, 0, 0), [], methods: [("App", "Program", "Main", PeFile.PublicStatic, 1)]);

            // 'Start' stands in the runtime's own table of names, and not in the file.
            int method = BitConverter.ToInt32(program, 40 + (4 * 6));
            BitConverter.TryWriteBytes(program.AsSpan(method), (ushort)(0xFFFF - 0x1A0));
            File.WriteAllBytes(PathOf("app.bin"), program);
            CreateWithEntry("App.Program::Start", null);
        }

        private void CreateWithEntry(string entry, string? message)
        {
            Write("release.yaml", Release.Replace("App.Program", entry, StringComparison.Ordinal));
            if (message is null)
            {
                Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
                return;
            }

            Fails(ExitCode.BadInput, message, "manifest", "create", "release.yaml", "--out", "a.suit");
            Assert.IsFalse(File.Exists(PathOf("a.suit")));
        }

        [TestMethod]
        public void Sign_TwoParties_BothCount()
        {
            CreateSigned("author.pem", "operator.pem");
            JsonNode facts = Facts("manifest", "show", "a.suit");
            Assert.AreEqual(2, facts["signatures"]!.AsArray().Count);
            Fails(ExitCode.Refused, "already", "manifest", "sign", "a.suit", "--key", "author.pem");
            JsonNode verified = Facts("manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "trust.yaml", "--payload", "app.bin");
            Assert.IsTrue(verified["accepted"]!.GetValue<bool>());
            string[] steps = [.. verified["steps"]!.AsArray().Select(step => step!["step"]!.ToString())];
            CollectionAssert.Contains(steps, "at boot, invoke: start application: App.Program.Main");
            Assert.IsTrue(steps.Any(step => step.StartsWith("install: fetch ../payloads/", StringComparison.Ordinal)));
        }

        [TestMethod]
        public void Sign_HssLms_CountsDown()
        {
            Succeeds("keys", "new", "root.hss", "--kind", "hss-lms", "--parameters", "H5/W8");
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            StringAssert.Contains(Succeeds("manifest", "sign", "a.suit", "--key", "root.hss"), "31 signatures left");
            Write("trust.yaml", "keys:\n  - {key: root.hss, may: all}\n");
            Succeeds("manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "trust.yaml");

            // An old copy of the state is put in place: nothing is signed, and the manifest stays as it is.
            byte[] old = File.ReadAllBytes(PathOf("root.hss.state"));
            Succeeds("manifest", "create", "release.yaml", "--out", "b.suit");
            Succeeds("manifest", "sign", "b.suit", "--key", "root.hss");
            File.WriteAllBytes(PathOf("root.hss.state"), old);
            Succeeds("manifest", "create", "release.yaml", "--out", "c.suit");
            byte[] before = File.ReadAllBytes(PathOf("c.suit"));
            Fails(ExitCode.Key, "the state went back", "manifest", "sign", "c.suit", "--key", "root.hss");
            CollectionAssert.AreEqual(before, File.ReadAllBytes(PathOf("c.suit")));
        }

        [TestMethod]
        public void Sign_ExternalSigner_SignatureCheckedAndUsed()
        {
            if (OperatingSystem.IsWindows() || !File.Exists("/usr/bin/openssl"))
            {
                const string Reason = "Skipped: needs openssl, as the signer of another party.";
                Console.WriteLine(Reason);
                Assert.Inconclusive(Reason);
            }

            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            Succeeds("keys", "public", "author.pem", "--out", "author.pub.pem");
            string openssl = $"openssl dgst -sha256 -sign {PathOf("author.pem")}";
            Succeeds("manifest", "sign", "a.suit", "--key", "author.pub.pem", "--signer", openssl);
            Succeeds("manifest", "sign", "a.suit", "--key", "operator.pem");
            Succeeds("manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "trust.yaml");
            Succeeds("manifest", "create", "release.yaml", "--out", "b.suit");
            Succeeds("keys", "public", "operator.pem", "--out", "operator.pub.pem");
            Fails(ExitCode.Key, "no signature by the public key", "manifest", "sign", "b.suit", "--key", "operator.pub.pem", "--signer", openssl);
            Fails(ExitCode.Key, "failed with exit code 3", "manifest", "sign", "b.suit", "--key", "author.pub.pem", "--signer", "echo no token >&2; exit 3");
            Fails(ExitCode.Key, "the secret one is needed", "manifest", "sign", "b.suit", "--key", "author.pub.pem");
        }

        [TestMethod]
        public void Sign_WrongKeysAndFiles_OneLine()
        {
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            Succeeds("keys", "new", "fleet.kek", "--kind", "kek");
            Fails(ExitCode.Key, "it does not sign", "manifest", "sign", "a.suit", "--key", "fleet.kek");
            Fails(ExitCode.BadInput, "no SUIT manifest", "manifest", "sign", "release.yaml", "--key", "author.pem");
            File.WriteAllBytes(PathOf("cut.suit"), File.ReadAllBytes(PathOf("a.suit"))[..^10]);
            Fails(ExitCode.BadInput, "damaged or cut off", "manifest", "sign", "cut.suit", "--key", "author.pem");
            Fails(ExitCode.InputOutput, "is there already", "manifest", "sign", "a.suit", "--key", "author.pem", "--out", "cut.suit");
        }

        [TestMethod]
        public void Verify_Refusals_EachWithItsReason()
        {
            CreateSigned("author.pem");
            Refused("SuitPermissionDenied", "needs author+store+apply; the signatures grant author+store");
            CreateSigned("author.pem", "operator.pem");
            Write("device.yaml", Device.Replace("floor: 3", "floor: 6", StringComparison.Ordinal));
            Refused("SuitSequenceTooOld", "sequence number 5, floor 6");
            Write("device.yaml", Device.Replace("[test board, other board]", "another board", StringComparison.Ordinal));
            Refused("SuitClassMismatch", "class ");
            Write("device.yaml", Device.Replace("example.com", "example.org", StringComparison.Ordinal));
            Refused("SuitVendorMismatch", "vendor ");
            Write("device.yaml", Device.Replace("application:", "stage2:", StringComparison.Ordinal));
            Refused("SuitComponentUnsupported", "the device has the component");
            Write("device.yaml", Device + "\n    capacity: 9999\n");
            Refused("PayloadTooLarge", "fetch ../payloads/");
            Write("device.yaml", Device);
            byte[] payload = File.ReadAllBytes(PathOf("app.bin"));
            payload[5] ^= 1;
            File.WriteAllBytes(PathOf("bad.bin"), payload);
            Refused("SuitImageMismatch", "image of application", "--payload", "bad.bin");
            byte[] manifest = File.ReadAllBytes(PathOf("a.suit"));
            manifest[manifest.AsSpan().IndexOf("application"u8)] ^= 1;
            File.WriteAllBytes(PathOf("a.suit"), manifest);
            Refused("SuitManifestDigestMismatch", "signed by a key that the device trusts");
            Write("stranger.yaml", "keys:\n  - {key: stranger.pem, may: all}\n");
            Succeeds("keys", "new", "stranger.pem");
            CreateSigned("author.pem", "operator.pem");
            Assert.AreEqual(ExitCode.Refused, Run("manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "stranger.yaml"));
            StringAssert.Contains(Output, "KeyUnknown");
        }

        /// <summary>The examples of the draft, signed with its published key, on a device that they are for.</summary>
        [TestMethod]
        public void Verify_ExampleOfTheDraft_StepsAsWritten()
        {
            File.WriteAllBytes(PathOf("example.suit"), Vectors.Hex("suit/manifest37-example1-signed.hex"));
            File.Copy(Vectors.PathOf("keys/suit-example-p256.public.pem"), PathOf("example.pem"));
            Write("trust.yaml", "keys:\n  - {key: example.pem, may: all}\n");
            Write("device.yaml", "vendor: arm.com\nclass: suit\ncomponents:\n  \"\\0\": {needs: author}\n");
            Succeeds("manifest", "verify", "example.suit", "--device", "device.yaml", "--trust", "trust.yaml");
            StringAssert.Contains(Output, "install: fetch http://example.com/file.bin, 34768 bytes");
            Assert.AreEqual(ExitCode.Refused, Run(
                "manifest", "verify", "example.suit", "--device", "device.yaml", "--trust", "trust.yaml", "--payload", "app.bin"));
            StringAssert.Contains(Output, "SuitImageMismatch");
        }

        [TestMethod]
        public void Show_ExamplesOfTheDraft_ListedAndDiagnosed()
        {
            foreach (string name in new[]
            {
                "manifest37-example0-signed", "manifest37-example2-signed", "manifest37-example2-signed-severed", "manifest37-example3-signed",
                "manifest37-example4-signed", "manifest37-example5-signed", "trustdomains11-example0-dependent", "enc24-suit-manifest-aes-kw",
                "libcsuit-expI", "libcsuit-expU",
            })
            {
                File.WriteAllBytes(PathOf("m.suit"), Vectors.Hex($"suit/{name}.hex"));
                StringAssert.Contains(Succeeds("manifest", "show", "m.suit"), "sequence-number", name);
                StringAssert.Contains(Succeeds("manifest", "show", "m.suit", "--diag"), "  3: << {", name);
                Facts("manifest", "show", "m.suit");
            }

            File.WriteAllBytes(PathOf("m.suit"), Vectors.Hex("suit/manifest37-example3-signed.hex"));
            string listing = Succeeds("manifest", "show", "m.suit");
            StringAssert.Contains(listing, "alternative 2:");
            StringAssert.Contains(listing, "vendor-identifier: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe");
        }

        [TestMethod]
        public void Sever_Text_SignaturesStayValid()
        {
            Write("release.yaml", Release + "\nseverInstall: true\ntext: {en: {update: Something new.}}\n");
            CreateSigned("author.pem", "operator.pem");
            long before = new FileInfo(PathOf("a.suit")).Length;
            Succeeds("manifest", "sever", "a.suit", "--element", "text");
            Assert.IsTrue(new FileInfo(PathOf("a.suit")).Length < before);
            Succeeds("manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "trust.yaml");
            Fails(ExitCode.BadInput, "text does not stand in the envelope", "manifest", "sever", "a.suit", "--element", "text");
            Fails(ExitCode.Usage, "'validate' is no severable element", "manifest", "sever", "a.suit", "--element", "validate");
            Succeeds("manifest", "sever", "a.suit", "--out", "small.suit");
            Assert.AreEqual(ExitCode.Refused, Run("manifest", "verify", "small.suit", "--device", "device.yaml", "--trust", "trust.yaml"));
            StringAssert.Contains(Output, "SuitElementSevered");
        }

        [TestMethod]
        public void Diff_TwoReleases_WhatChanged()
        {
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            byte[] payload = File.ReadAllBytes(PathOf("app.bin"));
            payload[9_000] ^= 1;
            File.WriteAllBytes(PathOf("app.bin"), payload);
            Succeeds("manifest", "create", "release.yaml", "--out", "b.suit", "--sequence", "6");
            Assert.AreEqual(ExitCode.Refused, Run("manifest", "diff", "a.suit", "b.suit"));
            StringAssert.Contains(Output, "-   sequence-number 5");
            StringAssert.Contains(Output, "+   sequence-number 6");
            Assert.AreEqual(ExitCode.Refused, Run("manifest", "diff", "a.suit", "b.suit", "--json"));
            JsonNode facts = JsonNode.Parse(Output)!;
            Assert.AreEqual(10_000, facts["payloadBytes"]!.GetValue<int>());
            Assert.IsTrue(facts["bytesToFetch"]!.GetValue<int>() is > 0 and <= 8192);
            Assert.AreEqual(ExitCode.Ok, Run("manifest", "diff", "a.suit", "a.suit"));
        }

        [TestMethod]
        public void Encrypt_PayloadForAKek_ManifestCarriesTheInfo()
        {
            Succeeds("keys", "new", "fleet.kek", "--kind", "kek", "--bits", "256");
            Succeeds("manifest", "encrypt", "app.bin", "--for", "fleet.kek", "--out", "app.enc");
            Write("release.yaml", Release + "\nencrypted: app.enc\n");
            JsonNode facts = Facts("manifest", "create", "release.yaml", "--out", "a.suit");
            string uri = facts["components"]![0]!["uris"]![0]!.ToString();
            Assert.AreEqual("../" + Publisher.PayloadPath(File.ReadAllBytes(PathOf("app.enc"))), uri);
            StringAssert.Contains(Succeeds("manifest", "show", "a.suit"), "encryption-info");
            Fails(ExitCode.Key, "encrypted for a kek or for a P-256 key", "manifest", "encrypt", "app.bin", "--for", HmacKey(), "--out", "b.enc");
        }

        [TestMethod]
        public void Create_ConfigurationWithEntry_OnlyAnMcubootImage()
        {
            string configuration = Release.Replace("component: application", "component: configuration", StringComparison.Ordinal);
            Write("release.yaml", configuration);
            Fails(ExitCode.BadInput, "a configuration is not started", "manifest", "create", "release.yaml", "--out", "b.suit");
            int entry = configuration.IndexOf("entry:", StringComparison.Ordinal);
            string line = configuration[entry..].Split('\n')[0];
            Write("release.yaml", configuration.Replace(line, "entry: mcuboot", StringComparison.Ordinal));
            Fails(ExitCode.BadInput, "an MCUboot image has to be one", "manifest", "create", "release.yaml", "--out", "b.suit");
        }

        private string HmacKey()
        {
            Succeeds("keys", "new", "h.key", "--kind", "hmac");
            return "h.key";
        }

        private void CreateSigned(params string[] keys)
        {
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit", "--force");
            foreach (string key in keys)
            {
                Succeeds("manifest", "sign", "a.suit", "--key", key);
            }
        }

        private void Refused(string code, string step, params string[] more)
        {
            int exitCode = Run(["manifest", "verify", "a.suit", "--device", "device.yaml", "--trust", "trust.yaml", "--json", .. more]);
            Assert.AreEqual(ExitCode.Refused, exitCode, Error + Output);
            JsonNode facts = JsonNode.Parse(Output)!;
            Assert.AreEqual(code, facts["result"]!.ToString(), Output);
            Assert.IsTrue(facts["meaning"]!.ToString().Length > 20);
            JsonNode last = facts["steps"]!.AsArray().Last(candidate => candidate!["result"]!.ToString() != "Ok")!;
            StringAssert.Contains(last["step"]!.ToString(), step);
        }

        private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
    }
}
