using System;
using System.IO;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>A file that ends too early is told in one line, wherever it ends.</summary>
    [TestClass]
    public sealed class CutOffFilesTests : CliTest
    {
        [TestMethod]
        public void Manifest_CutOffAtEveryLength_OneLine()
        {
            Succeeds("keys", "new", "author.pem");
            File.WriteAllText(PathOf("release.yaml"), "component: application\nvendor: example.com\nclass: sensor\npayload: release.yaml\nentry: A.B\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "a.suit");
            Succeeds("manifest", "sign", "a.suit", "--key", "author.pem");
            EachLength("a.suit", ExitCode.BadInput, ["manifest", "show", "cut"], ["publish", "www", "cut", "release.yaml"], ["manifest", "sever", "cut"]);
            Assert.IsFalse(Directory.Exists(PathOf("www")));
        }

        [TestMethod]
        public void Key_CutOffAtEveryLength_OneLine()
        {
            Succeeds("keys", "new", "author.pem");
            EachLength("author.pem", ExitCode.Key, ["keys", "show", "cut"]);
            Succeeds("keys", "new", "fleet.kek", "--kind", "kek");
            EachLength("fleet.kek", ExitCode.Key, ["keys", "show", "cut"]);
            Succeeds("keys", "new", "root.hss", "--kind", "hss-lms", "--parameters", "H5/W8");
            Succeeds("keys", "public", "root.hss", "--out", "root.pub");
            EachLength("root.pub", ExitCode.Key, ["keys", "show", "cut"]);
        }

        /// <summary>What a cut leaves may still be whole: text whose last line end is missing.</summary>
        private void EachLength(string file, int expected, params string[][] commands)
        {
            byte[] content = File.ReadAllBytes(PathOf(file));
            int refused = 0;
            for (int length = 0; length < content.Length; length++)
            {
                File.WriteAllBytes(PathOf("cut"), content[..length]);
                foreach (string[] command in commands)
                {
                    int exitCode = Run(command);
                    bool isWhole = length >= content.Length - 2 && exitCode == ExitCode.Ok;
                    Assert.IsTrue(isWhole || exitCode == expected, $"{file} cut off at {length}: {exitCode}, {Error}{Output}");
                    Assert.AreEqual(isWhole ? 0 : 1, Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, Error);
                    Assert.IsFalse(Error.Contains("(Parameter '"), "Words of the library, of no use to who reads them: " + Error);
                    refused += isWhole ? 0 : 1;
                }
            }

            Assert.IsTrue(refused > content.Length / 2);
        }
    }
}
