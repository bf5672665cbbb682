using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Cli;
using NanoBoot.Hal;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>The source that keys export writes is compiled, and the device's own code verifies signatures with it.</summary>
    [TestClass]
    public sealed class KeysExportTests : CliTest
    {
        private byte[] _envelope = [];

        [TestInitialize]
        public void SignByTwo()
        {
            Succeeds("keys", "new", "author.pem");
            Succeeds("keys", "new", "operator.hss", "--kind", "hss-lms", "--parameters", "H5/W8");
            Succeeds("keys", "public", "operator.hss", "--out", "operator.pub");
            Succeeds("keys", "new", "root.pem");
            File.WriteAllText(PathOf("release.yaml"), "component: application\nvendor: example.com\nclass: sensor\npayload: release.yaml\nentry: A.B\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "a.suit");
            Succeeds("manifest", "sign", "a.suit", "--key", "author.pem");
            Succeeds("manifest", "sign", "a.suit", "--key", "operator.hss");
            _envelope = File.ReadAllBytes(PathOf("a.suit"));
        }

        [TestMethod]
        public void Export_CSharp_CompilesAndVerifiesWithItsTables()
        {
            Authority[] trust = Compile(Succeeds("keys", "export", "--csharp", "author.pem=author+store", "operator.pub=apply@application", "root.pem=trust"));
            Assert.HasCount(3, trust);
            Authority author = trust[0];
            Assert.AreEqual(Permissions.Author | Permissions.Store, author.Permissions);
            Assert.IsNotNull(author.Table);
            Assert.AreEqual(Permissions.Apply, trust[1].Permissions);
            Assert.AreEqual("application", System.Text.Encoding.ASCII.GetString(trust[1].ComponentPrefix));
            Assert.AreEqual(Permissions.Trust, trust[2].Permissions);
            Assert.AreEqual(Permissions.Author | Permissions.Store | Permissions.Apply, Grants(trust));
        }

        /// <summary>Roots and threshold, from the command line and from a trust file: the same source.</summary>
        [TestMethod]
        public void Export_RootsNeeded_ConstantOfTheSource()
        {
            Succeeds("keys", "new", "other.pem");
            string source = Succeeds("keys", "export", "author.pem=author", "root.pem=trust", "other.pem=trust", "--roots-needed", "2");
            StringAssert.Contains(source, "public const byte RootsNeeded = 2;");
            Compile(source);
            File.WriteAllText(PathOf("trust.yaml"), "rootsNeeded: 2\nkeys:\n  - {key: author.pem, may: author}\n  - {key: root.pem, may: trust}\n  - {key: other.pem, may: trust}\n");
            Assert.AreEqual(source, Succeeds("keys", "export", "--trust", "trust.yaml"));
            Fails(ExitCode.Usage, "--roots-needed: from 1 to the number of roots (keys that may trust), which is 1 here", "keys", "export", "author.pem=author", "root.pem=trust", "--roots-needed", "2");
            Fails(ExitCode.Usage, "or --trust with the file that names them", "keys", "export");
        }

        /// <summary>With a word of the table changed nothing verifies: so it is the table that is used.</summary>
        [TestMethod]
        public void Export_CSharp_TheTableIsWhatVerifies()
        {
            string source = Succeeds("keys", "export", "author.pem=author+store");
            Authority[] trust = Compile(source);
            Assert.AreEqual(Permissions.Author | Permissions.Store, Grants(trust));
            for (int word = 0; word < trust[0].Table.Length; word++)
            {
                trust[0].Table[word] ^= 1;
            }

            Assert.AreEqual(Permissions.None, Grants(trust));
        }

        [TestMethod]
        public void Export_WithoutTables_CompilesAndVerifies()
        {
            Authority[] trust = Compile(Succeeds("keys", "export", "author.pem=all", "--no-tables", "--namespace", "My.Board", "--class", "Keys"), "My.Board.Keys");
            Assert.IsNull(trust[0].Table);
            Assert.AreEqual((Permissions)127, Grants(trust));
        }

        private static Authority[] Compile(string source, string typeName = "NanoBoot.Board.BoardTrust")
        {
            IEnumerable<string> platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
            CSharpCompilation compilation = CSharpCompilation.Create(
                "Board",
                [CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.CSharp9))],
                platform.Select(path => MetadataReference.CreateFromFile(path)),
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, warningLevel: 4, generalDiagnosticOption: ReportDiagnostic.Error));
            using var assembly = new MemoryStream();
            EmitResult emitted = compilation.Emit(assembly);
            Assert.IsTrue(emitted.Success, string.Join("; ", emitted.Diagnostics));
            assembly.Position = 0;
            Assembly loaded = new AssemblyLoadContext(typeName, isCollectible: true).LoadFromStream(assembly);
            return (Authority[])loaded.GetType(typeName, throwOnError: true)!.GetMethod("Create")!.Invoke(null, null)!;
        }

        /// <summary>What the signatures grant for the manifest's component, as a device sees it.</summary>
        private Permissions Grants(Authority[] trust)
        {
            var envelope = new SuitEnvelope();
            Assert.AreEqual(ResultCode.Ok, envelope.Parse(_envelope, 0, _envelope.Length));
            var authenticator = new SuitAuthenticator();
            if (authenticator.Authenticate(envelope, trust, false) != ResultCode.Ok)
            {
                return Permissions.None;
            }

            var manifest = new SuitManifest();
            Assert.AreEqual(ResultCode.Ok, manifest.Parse(envelope));
            return authenticator.PermissionsFor(manifest, 0);
        }
    }
}
