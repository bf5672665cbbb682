using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class KeysCommandTests : CliTest
    {
        [TestMethod]
        public void New_Es256_PemThatOpens()
        {
            JsonNode facts = Facts("keys", "new", "author.pem");
            using EcdsaSigningKey key = EcdsaSigningKey.FromPem(File.ReadAllText(PathOf("author.pem")));
            Assert.AreEqual(Convert.ToHexStringLower(key.PublicKey), facts["publicKey"]!.ToString());
            Assert.AreEqual(Convert.ToHexStringLower(key.KeyId), facts["keyId"]!.ToString());
            if (!OperatingSystem.IsWindows())
            {
                Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("author.pem")));
            }
        }

        [TestMethod]
        public void New_FileIsThere_RefusedUnlessForced()
        {
            Succeeds("keys", "new", "author.pem");
            string before = File.ReadAllText(PathOf("author.pem"));
            Fails(ExitCode.InputOutput, "author.pem: is there already; --force replaces it", "keys", "new", "author.pem");
            Assert.AreEqual(before, File.ReadAllText(PathOf("author.pem")));
            Succeeds("keys", "new", "author.pem", "--force");
            Assert.AreNotEqual(before, File.ReadAllText(PathOf("author.pem")));
        }

        [TestMethod]
        public void New_Seed_SameKeyEachTime()
        {
            string first = Facts("keys", "new", "a.pem", "--seed", "tour")["keyId"]!.ToString();
            Assert.AreEqual(first, Facts("keys", "new", "b.pem", "--seed", "tour")["keyId"]!.ToString());
            Assert.AreNotEqual(first, Facts("keys", "new", "c.pem", "--seed", "another")["keyId"]!.ToString());
        }

        [TestMethod]
        [DataRow("es256")]
        [DataRow("hss-lms")]
        [DataRow("hmac")]
        [DataRow("kek")]
        public void New_Encrypted_OpensWithThePassphraseOnly(string kind)
        {
            File.WriteAllText(PathOf("pass"), "correct horse\n");
            File.WriteAllText(PathOf("wrong"), "battery staple\n");
            Succeeds("keys", "new", "k", "--kind", kind, "--parameters", "H5/W8", "--encrypt", "--passphrase-file", "pass");
            StringAssert.Contains(Succeeds("keys", "show", "k", "--passphrase-file", "pass"), kind);
            KeyFile file = KeyFile.Parse(PathOf("k"), File.ReadAllText(PathOf("k")));
            Assert.IsTrue(file.IsEncrypted);
            if (kind == "es256")
            {
                Fails(ExitCode.Key, "the passphrase is wrong", "keys", "show", "k", "--passphrase-file", "wrong");
                Fails(ExitCode.Key, "give its passphrase with --passphrase-file", "keys", "show", "k");
            }
            else
            {
                Assert.IsTrue(file.OpenSecret("correct horse").Length >= 16);
                StringAssert.Contains(Assert.ThrowsExactly<KeyFileException>(() => file.OpenSecret("battery staple")).Message, "the passphrase is wrong");
            }
        }

        [TestMethod]
        public void New_EncryptWithoutPassphrase_Refused()
        {
            Fails(ExitCode.Key, "no passphrase", "keys", "new", "k.pem", "--encrypt");
            SetEnvironment("NANOBOOT_PASSPHRASE", "from the environment");
            Succeeds("keys", "new", "k.pem", "--encrypt");
            StringAssert.Contains(File.ReadAllText(PathOf("k.pem")), "ENCRYPTED PRIVATE KEY");
        }

        [TestMethod]
        public void New_HssLms_StateAndSignaturesLeft()
        {
            JsonNode facts = Facts("keys", "new", "root.hss", "--kind", "hss-lms", "--parameters", "H5/W8/192");
            Assert.AreEqual("32", facts["signaturesLeft"]!.ToString());
            Assert.AreEqual("H5/W8/192", facts["parameters"]!.ToString());
            Assert.IsTrue(File.Exists(PathOf("root.hss.state")));
            using (SigningKey key = KeyFile.Parse(PathOf("root.hss"), File.ReadAllText(PathOf("root.hss"))).OpenSigningKey(null, null))
            {
                key.Sign("m"u8);
            }

            Assert.AreEqual("31", Facts("keys", "show", "root.hss")["signaturesLeft"]!.ToString());
            File.Delete(PathOf("root.hss.state"));
            Fails(ExitCode.Key, "the state of the key is gone", "keys", "show", "root.hss");
        }

        [TestMethod]
        public void New_WrongParameters_Refused()
        {
            Fails(ExitCode.Usage, "'H7/W4' is no parameter set", "keys", "new", "k", "--kind", "hss-lms", "--parameters", "H7/W4");
            Fails(ExitCode.Usage, "'rsa'", "keys", "new", "k", "--kind", "rsa");
            Fails(ExitCode.Usage, "See 'nanoboot keys new --help'", "keys", "new");
        }

        [TestMethod]
        public void Public_EachKind_NoSecretInIt()
        {
            Succeeds("keys", "new", "a.pem");
            string pem = Succeeds("keys", "public", "a.pem");
            StringAssert.Contains(pem, "BEGIN PUBLIC KEY");
            Assert.IsFalse(pem.Contains("PRIVATE", StringComparison.Ordinal));
            Succeeds("keys", "new", "h", "--kind", "hss-lms", "--parameters", "H5/W8");
            Succeeds("keys", "public", "h", "--out", "h.pub");
            Assert.IsFalse(File.ReadAllText(PathOf("h.pub")).Contains("secret", StringComparison.Ordinal));
            JsonNode facts = Facts("keys", "show", "h.pub");
            Assert.AreEqual("public key", facts["holds"]!.ToString());
            Assert.AreEqual(Facts("keys", "show", "h")["keyId"]!.ToString(), facts["keyId"]!.ToString());
            Succeeds("keys", "new", "m", "--kind", "hmac");
            Fails(ExitCode.Key, "no public part", "keys", "public", "m");
        }

        [TestMethod]
        public void Show_NotAKey_OneLineEach()
        {
            File.WriteAllText(PathOf("text"), "hello");
            File.WriteAllBytes(PathOf("binary"), [0xFF, 0xFE, 0x00]);
            File.WriteAllText(PathOf("broken.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
            File.WriteAllText(PathOf("certificate.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            Directory.CreateDirectory(PathOf("directory"));
            Fails(ExitCode.Key, "no key", "keys", "show", "text");
            Fails(ExitCode.BadInput, "no text", "keys", "show", "binary");
            Fails(ExitCode.Key, "broken.pem", "keys", "show", "broken.pem");
            Fails(ExitCode.Key, "PEM, but no key", "keys", "show", "certificate.pem");
            Fails(ExitCode.BadInput, "a directory", "keys", "show", "directory");
            Fails(ExitCode.BadInput, "no such file", "keys", "show", "absent");
        }

        [TestMethod]
        public void Export_Keys_SourceWithWhatTheyMayDo()
        {
            Succeeds("keys", "new", "author.pem", "--seed", "a");
            Succeeds("keys", "new", "root", "--kind", "hss-lms", "--parameters", "H5/W8", "--seed", "r");
            string source = Succeeds("keys", "export", "--csharp", "author.pem=author+store@application", "root=all", "--namespace", "My.Board");
            StringAssert.Contains(source, "namespace My.Board");
            StringAssert.Contains(source, "Permissions.Author | Permissions.Store,");
            StringAssert.Contains(source, "CoseAlgorithm.HssLms");
            StringAssert.Contains(source, "0x61, 0x70, 0x70, 0x6c");
            Assert.AreEqual(2, source.Split("new Authority(").Length - 1);
            Assert.AreEqual(1, source.Split("new uint[]").Length - 1);
            Assert.IsFalse(Succeeds("keys", "export", "author.pem=author", "--no-tables").Contains("new uint[]", StringComparison.Ordinal));
            Assert.AreEqual(source, Succeeds("keys", "export", "author.pem=author+store@application", "root=all", "--namespace", "My.Board"));
            Fails(ExitCode.Usage, "say what the key may decide", "keys", "export", "author.pem");
            Fails(ExitCode.Usage, "'fly' is no permission", "keys", "export", "author.pem=fly");
            Fails(ExitCode.Usage, "named twice", "keys", "export", "author.pem=author", "author.pem=store");
            Fails(ExitCode.Usage, "is no C# name", "keys", "export", "author.pem=author", "--class", "1st");
        }

        [TestMethod]
        public void Help_EveryCommand_HasADescriptionAndAnExampleThatParses()
        {
            var context = new CliContext
            {
                Out = TextWriter.Null, Error = TextWriter.Null, Console = Spectre.Console.AnsiConsole.Console, WorkingDirectory = Home,
            };
            var root = CliApplication.CreateRoot(context);
            int leaves = 0;
            foreach (System.CommandLine.Command command in Descendants(root).Where(command => !command.Hidden))
            {
                Assert.IsFalse(string.IsNullOrEmpty(command.Description), command.Name);
                foreach (System.CommandLine.Symbol symbol in command.Options.Cast<System.CommandLine.Symbol>().Concat(command.Arguments))
                {
                    Assert.IsFalse(string.IsNullOrEmpty(symbol.Description), $"{command.Name} {symbol.Name}");
                }

                if (command.Subcommands.Count == 0)
                {
                    var examples = ((CliCommand)command).Examples;
                    Assert.IsTrue(examples.Count > 0, $"{command.Name} has no example");
                    foreach (string example in examples)
                    {
                        string[] words = example.Split(' ')[1..];
                        Assert.AreEqual(0, root.Parse(words).Errors.Count, example);
                        Assert.AreEqual(command.Name, root.Parse(words).CommandResult.Command.Name, example);
                    }

                    leaves++;
                }
            }

            Assert.IsTrue(leaves >= 4);
        }

        private static System.Collections.Generic.IEnumerable<System.CommandLine.Command> Descendants(System.CommandLine.Command command)
        {
            return command.Subcommands.Concat(command.Subcommands.SelectMany(Descendants));
        }
    }
}
