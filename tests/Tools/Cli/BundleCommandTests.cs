using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;
using NanoBoot.Tools.Tests.Author;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class BundleCommandTests : CliTest
    {
        private static readonly Version Core = new(1, 17, 11, 0);
        private static readonly Version One = new(1, 0, 0, 0);

        [TestMethod]
        public void Make_AnyOrder_DependenciesFirst()
        {
            WriteAssemblies();
            JsonNode facts = Facts("bundle", "make", "app.bin", "App.pe", "Library.pe", "Base.pe", "--resident", "mscorlib.pe");
            Assert.AreEqual("[\"Base\",\"Library\",\"App\"]", facts["loadOrder"]!.ToJsonString());
            byte[] bundle = File.ReadAllBytes(PathOf("app.bin"));
            Assert.AreEqual(bundle.Length, facts["bytes"]!.GetValue<int>());
            byte[] expected = [.. Read("Base.pe"), .. Read("Library.pe"), .. Read("App.pe")];
            CollectionAssert.AreEqual(expected, bundle);
        }

        [TestMethod]
        public void Make_ReferenceMissingOrOfAnotherVersion_Refused()
        {
            WriteAssemblies();
            Fails(ExitCode.BadInput, "Library refers to Base 1.0.0.0, which is not there; add it to the bundle",
                "bundle", "make", "app.bin", "App.pe", "Library.pe", "--resident", "mscorlib.pe");
            File.WriteAllBytes(PathOf("Base.pe"), PeFile.Make("Base", new Version(1, 1, 0, 0), [("mscorlib", Core)]));
            Fails(ExitCode.BadInput, "there is 1.1.0.0", "bundle", "make", "app.bin", "App.pe", "Library.pe", "Base.pe", "--resident", "mscorlib.pe");
            File.WriteAllBytes(PathOf("Base.pe"), PeFile.Make("Base", new Version(1, 0, 9, 9), [("mscorlib", Core)]));
            Succeeds("bundle", "make", "app.bin", "App.pe", "Library.pe", "Base.pe", "--resident", "mscorlib.pe");
        }

        [TestMethod]
        [DataRow("Tools", "Pump", "Start", null)]
        [DataRow("Tools", "Pump", "Stop", "Tools.Pump.Stop, which Tools has not:")]
        [DataRow("Tools", "Valve", "Start", "Tools.Valve, which Tools has not (1 more):")]
        [DataRow("", "Pump", "Start", "Pump, which Tools has not (1 more):")]
        public void Make_NameThatTheOtherHasNot_Refused(string space, string type, string method, string? error)
        {
            File.WriteAllBytes(PathOf("Tools.pe"), PeFile.Make("Tools", One, [], methods: ("Tools", "Pump", "Start", PeFile.PublicStatic, 1)));
            File.WriteAllBytes(PathOf("User.pe"), PeFile.Make("User", One, [("Tools", One)], uses: [(0, space, type, method)]));
            if (error == null)
            {
                Succeeds("bundle", "make", "o", "User.pe", "--resident", "Tools.pe");
                Assert.AreEqual("[]", Facts("bundle", "inspect", "User.pe", "Tools.pe")["missingNames"]!.ToJsonString());
                return;
            }

            Fails(ExitCode.BadInput, "User refers to " + error, "bundle", "make", "o", "User.pe", "--resident", "Tools.pe");
            Fails(ExitCode.BadInput, "User refers to " + error, "bundle", "make", "o", "User.pe", "Tools.pe");
            Assert.IsFalse(File.Exists(PathOf("o")));
            Assert.AreEqual(ExitCode.Refused, Run("bundle", "inspect", "User.pe", "Tools.pe", "--json"));
            JsonNode missing = JsonNode.Parse(Output)!["missingNames"]![0]!;
            Assert.AreEqual("Tools", missing["assembly"]!.ToString());
            StringAssert.StartsWith(error, missing["name"]!.ToString());

            // What is not there to look at is not missed.
            Succeeds("bundle", "make", "o", "User.pe");
        }

        [TestMethod]
        public void Inspect_ManyNamesMissing_SomeOfThem()
        {
            File.WriteAllBytes(PathOf("Tools.pe"), PeFile.Make("Tools", One, []));
            File.WriteAllBytes(PathOf("User.pe"), PeFile.Make(
                "User", One, [("Tools", One)], uses: [.. Enumerable.Range(0, 20).Select(number => (0, "Tools", "Pump" + number, "Start"))]));
            Run("bundle", "inspect", "User.pe", "Tools.pe");

            StringAssert.Contains(Output, "Missing: Tools.Pump7 in Tools, for User" + Environment.NewLine + "Missing: 32 more names");
        }

        [TestMethod]
        public void Make_WhatADeviceCannotLoad_Refused()
        {
            WriteAssemblies();
            File.WriteAllBytes(PathOf("Native.pe"), PeFile.Make("Native", One, [], nativeChecksum: 7));
            Fails(ExitCode.BadInput, "Native has native methods", "bundle", "make", "o", "Native.pe");
            byte[] damaged = Read("Base.pe");
            damaged[^1] ^= 1;
            File.WriteAllBytes(PathOf("Damaged.pe"), damaged);
            Fails(ExitCode.BadInput, "Base is damaged", "bundle", "make", "o", "Damaged.pe");
            File.WriteAllBytes(PathOf("Cut.pe"), Read("Base.pe")[..^4]);
            Fails(ExitCode.BadInput, "Cut.pe: starts as a bundle, but an assembly in it is cut off", "bundle", "make", "o", "Cut.pe");
            Fails(ExitCode.BadInput, "Base is there 2 times", "bundle", "make", "o", "Base.pe", "Base.pe");
            File.WriteAllBytes(PathOf("Loop.pe"), PeFile.Make("Loop", One, [("Pool", One)]));
            File.WriteAllBytes(PathOf("Pool.pe"), PeFile.Make("Pool", One, [("Loop", One)]));
            Fails(ExitCode.BadInput, "in a circle: Loop, Pool", "bundle", "make", "o", "Loop.pe", "Pool.pe");
            Fails(ExitCode.BadInput, "mscorlib is among", "bundle", "make", "o", "mscorlib.pe");
            File.WriteAllBytes(PathOf("Large.pe"), PeFile.Make("Large", One, [], codeBytes: 90_000));
            Fails(ExitCode.BadInput, "bytes of heap, the board has 81920", "bundle", "make", "o", "Large.pe");
            Succeeds("bundle", "make", "o", "Large.pe", "--heap", "200000");
            File.WriteAllBytes(PathOf("Two.pe"), "NFMRK2\0\0"u8.ToArray());
            Fails(ExitCode.BadInput, "nanoFramework 2", "bundle", "inspect", "Two.pe");
            File.WriteAllText(PathOf("text"), "hello");
            Fails(ExitCode.BadInput, "no assemblies in it", "bundle", "inspect", "text");
        }

        [TestMethod]
        public void Inspect_Bundle_FactsOfEachAssembly()
        {
            WriteAssemblies();
            File.WriteAllBytes(PathOf("app.bin"), [.. Read("App.pe"), .. Read("Base.pe")]);
            string text = Succeeds("bundle", "inspect", "app.bin");
            StringAssert.Contains(text, "Must be resident: Library 1.0.0.0, for App; of neither nanoFramework nor nanoBoot: forgotten?");
            JsonNode facts = Facts("bundle", "inspect", "app.bin");
            Assert.AreEqual("App", facts["assemblies"]![0]!["name"]!.ToString());
            Assert.AreEqual("mscorlib", facts["assemblies"]![0]!["references"]![0]!["name"]!.ToString());
            Assert.AreEqual("1.17.11.0", facts["assemblies"]![0]!["references"]![0]!["version"]!.ToString());
            Assert.AreEqual(ExitCode.Refused, Run("bundle", "inspect", "app.bin", "--resident", "mscorlib.pe"));
            StringAssert.Contains(Output, "Missing: Library 1.0.0.0, for App");
        }

        [TestMethod]
        public void Inspect_DeploymentImage_NativeAssembliesAreFine()
        {
            WriteAssemblies();
            byte[] erased = new byte[1000];
            Array.Fill(erased, (byte)0xFF);
            File.WriteAllBytes(PathOf("deployment.bin"), [.. Read("mscorlib.pe"), .. Read("Base.pe"), .. erased]);
            JsonNode facts = Facts("bundle", "inspect", "deployment.bin");
            Assert.AreEqual("00000009", facts["assemblies"]![0]!["nativeChecksum"]!.ToString());
            Assert.AreEqual(0, facts["problems"]!.AsArray().Count);
            Assert.AreEqual(2, facts["assemblies"]!.AsArray().Count);
        }

        [TestMethod]
        public void Inspect_DotNetAssemblies_NamesAndReferences()
        {
            File.Copy(typeof(Chunker).Assembly.Location, PathOf("Author.dll"));
            File.Copy(typeof(NanoBoot.Hal.ResultCode).Assembly.Location, PathOf("Hal.dll"));
            File.Copy(typeof(NanoBoot.Bootloader.Cose.Authority).Assembly.Location, PathOf("Bootloader.dll"));
            JsonNode facts = Facts("bundle", "make", "b.bin", "Author.dll", "Hal.dll", "Bootloader.dll");
            Assert.AreEqual("[\"NanoBoot.Hal\",\"NanoBoot.Bootloader\",\"NanoBoot.Author\"]", facts["loadOrder"]!.ToJsonString());
        }

        /// <summary>The command-line build leaves both in one folder, and the emulator runs the wrong one.</summary>
        [TestMethod]
        public void Make_DotNetAssemblyBesideItsPe_Refused()
        {
            WriteAssemblies();
            File.Copy(typeof(Chunker).Assembly.Location, PathOf("Base.dll"));
            Fails(ExitCode.BadInput, "Base.dll: no board takes it; give Base.pe beside it.", "bundle", "make", "b.bin", "Base.dll");
            Assert.IsFalse(File.Exists(PathOf("b.bin")));
            File.Delete(PathOf("Base.pe"));
            Succeeds("bundle", "make", "b.bin", "Base.dll");
        }

        [TestMethod]
        public void Inspect_McubootImage_HeaderTrailerAndPayload()
        {
            WriteAssemblies();
            byte[] image = MakeMcuboot(Read("Base.pe"));
            File.WriteAllBytes(PathOf("image.bin"), image);
            JsonNode facts = Facts("bundle", "inspect", "image.bin");
            Assert.AreEqual("1.2.3+4", facts["containers"]![0]!["version"]!.ToString());
            Assert.IsTrue(facts["containers"]![0]!["hashRight"]!.GetValue<bool>());
            Assert.AreEqual("Base", facts["assemblies"]![0]!["name"]!.ToString());
            File.WriteAllBytes(PathOf("image.bin"), [.. image, 0]);
            Assert.AreNotEqual(ExitCode.Ok, Run("bundle", "inspect", "image.bin"));
            image[40] ^= 1;
            File.WriteAllBytes(PathOf("image.bin"), image);
            Assert.AreNotEqual(ExitCode.Ok, Run("bundle", "inspect", "image.bin"));
            File.WriteAllBytes(PathOf("image.bin"), image[..100]);
            Fails(ExitCode.BadInput, "cut off", "bundle", "inspect", "image.bin");
        }

        [TestMethod]
        public void Inspect_PackedPayload_WhatIsInIt()
        {
            WriteAssemblies();
            Succeeds("bundle", "pack", "Base.pe", "--out", "base.nbz");
            Assert.AreEqual("Base", Facts("bundle", "inspect", "base.nbz")["assemblies"]![0]!["name"]!.ToString());
            Succeeds("bundle", "pack", "Base.pe", "--from", "App.pe", "--out", "base.nbd");
            Fails(ExitCode.BadInput, "inspect the image that it was packed from", "bundle", "inspect", "base.nbd");
            byte[] packed = Read("base.nbz");
            for (int length = 4; length < packed.Length; length++)
            {
                File.WriteAllBytes(PathOf("cut.nbz"), packed[..length]);
                Assert.AreEqual(ExitCode.BadInput, Run("bundle", "inspect", "cut.nbz"), $"{length}: {Error}");
            }
        }

        [TestMethod]
        public void Inspect_EncryptedPayload_OpenedWithTheKey()
        {
            WriteAssemblies();
            Succeeds("keys", "new", "fleet.kek", "--kind", "kek");
            Succeeds("keys", "new", "other.kek", "--kind", "kek");
            KeyFile kek = KeyFile.Parse("k", File.ReadAllText(PathOf("fleet.kek")));
            byte[] plain = Read("Base.pe");
            EncryptedPayload encrypted = PayloadEncryption.Encrypt(plain, ContentAlgorithm.A128Gcm, new KeyWrapRecipient(kek.OpenSecret(null), kek.KeyId));
            ManifestBuilder builder = ManifestTests.MakeBuilder();
            builder.Components[0].EncryptionInfo = encrypted.EncryptionInfo;
            File.WriteAllBytes(PathOf("m.suit"), builder.Build().Encode());
            File.WriteAllBytes(PathOf("p.bin"), encrypted.Ciphertext);
            JsonNode facts = Facts("bundle", "inspect", "p.bin", "--manifest", "m.suit", "--key", "fleet.kek");
            Assert.AreEqual("Base", facts["assemblies"]![0]!["name"]!.ToString());
            Fails(ExitCode.BadInput, "an encrypted payload needs --manifest and --key", "bundle", "inspect", "p.bin");
            Fails(ExitCode.Key, "not wrapped with this key", "bundle", "inspect", "p.bin", "--manifest", "m.suit", "--key", "other.kek");
        }

        /// <summary>Damage anywhere in a bundle is answered with a line, never with a crash.</summary>
        [TestMethod]
        public void Inspect_DamagedAnywhere_NoCrash()
        {
            WriteAssemblies();
            byte[] original = Read("App.pe");
            var random = new Random(5);
            for (int round = 0; round < 300; round++)
            {
                byte[] damaged = (byte[])original.Clone();
                for (int change = random.Next(1, 4); change > 0; change--)
                {
                    damaged[random.Next(8, 140)] = (byte)random.Next(256);
                }

                File.WriteAllBytes(PathOf("d.pe"), damaged);
                int exitCode = Run("bundle", "inspect", "d.pe");
                Assert.IsTrue(exitCode is ExitCode.Ok or ExitCode.Refused or ExitCode.BadInput, $"round {round}: {Error}");
            }
        }

        private void WriteAssemblies()
        {
            File.WriteAllBytes(PathOf("mscorlib.pe"), PeFile.Make("mscorlib", Core, [], nativeChecksum: 9));
            File.WriteAllBytes(PathOf("Base.pe"), PeFile.Make("Base", One, [("mscorlib", Core)]));
            File.WriteAllBytes(PathOf("Library.pe"), PeFile.Make("Library", One, [("mscorlib", Core), ("Base", One)]));
            File.WriteAllBytes(PathOf("App.pe"), PeFile.Make("App", One, [("mscorlib", Core), ("Library", One)]));
        }

        private byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

        private static byte[] MakeMcuboot(byte[] payload)
        {
            byte[] header = new byte[32];
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x96f3b83d);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), 32);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), payload.Length);
            header[20] = 1;
            header[21] = 2;
            header[22] = 3;
            header[24] = 4;
            byte[] hash = SHA256.HashData([.. header, .. payload]);
            return [.. header, .. payload, 0x07, 0x69, 40, 0, 0x10, 0, 32, 0, .. hash];
        }
    }
}
