// The tests for the interpreter are device code too, and are compiled for it only where its tools are: here they are
// compiled against the platform's API, with what run.sh generates for them.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class InterpreterTests
    {
        // The names are those of tests/nano/Vectors, and of what run.sh writes for the supervisor.
        private const string Generated = @"
            namespace NanoBoot.Nano.Tests
            {
                internal static class BootVectors
                {
                    public const long Sequence = 1;
                    public const long ImageId = 1;
                    public const int Algorithm = -7;
                    public static readonly byte[] KeyId = { 1, 2, 3, 4 };
                    public static readonly byte[] PublicKey = { 1, 2, 3, 4 };
                    public static readonly byte[] Identity = { 1, 2, 3, 4 };
                    public static readonly byte[] Envelope = { 1, 2, 3, 4 };
                    public static readonly byte[] StrangersEnvelope = { 1, 2, 3, 4 };
                    public static readonly byte[] Payload = { 1, 2, 3, 4 };
                    public const long UnfitImageId = 1;
                    public static readonly byte[] UnfitEnvelope = { 1, 2, 3, 4 };
                    public static readonly byte[] UnfitPayload = { 1, 2, 3, 4 };
                }

                internal static class Hanging
                {
                    public const long ImageId = 1;
                    public static byte[] Envelope { get { return BootVectors.Envelope; } }
                }
            }";

        [TestMethod]
        [DataRow("Shared/*.cs", DisplayName = "unit tests")]
        [DataRow("Library/*.cs;Application/*.cs", DisplayName = "the application of the boot")]
        [DataRow("Unfit/*.cs", DisplayName = "the image that does not fit")]
        [DataRow("Boot/*.cs;Shared/Bytes.cs;Shared/RamFlash.cs", DisplayName = "the boot")]
        [DataRow("Supervisor/*.cs;Boot/BootBench.cs;Shared/Bytes.cs;Shared/RamFlash.cs", DisplayName = "the supervisor")]
        public void Compile_TestsForTheInterpreter_NoErrorsAndNothingFound(string patterns)
        {
            string folder = Path.Combine(Repository.Root, "tests", "nano");
            IEnumerable<(string Path, string Text)> sources = patterns.Split(';')
                .SelectMany(p => Directory.GetFiles(Path.Combine(folder, Path.GetDirectoryName(p)!), Path.GetFileName(p)))
                .Select(f => (f, File.ReadAllText(f)))
                .Append(("Generated.cs", Generated));
            IEnumerable<MetadataReference> needs = new[] { "Bootloader", "Resident", "boards/SpiNor" }
                .Select(l => (MetadataReference)MetadataReference.CreateFromImage(DeviceLibrary.ImageOf(l)));

            DeviceLibrary library = DeviceLibrary.Compile("NFUnitTest", sources, needs);

            Assert.IsEmpty(library.Errors, Environment.NewLine + string.Join(Environment.NewLine, library.Errors));
            // A test may keep what it likes between calls: each runs in a process of its own.
            string[] findings = IlRules.Check(library.Image!).Where(f => !f.StartsWith("mutable static", StringComparison.Ordinal)).ToArray();
            Assert.IsEmpty(findings, Environment.NewLine + string.Join(Environment.NewLine, findings));
        }

        [TestMethod]
        public void Generated_NamesOfTheVectors_AreTheirs()
        {
            string writer = File.ReadAllText(Path.Combine(Repository.Root, "tests", "nano", "Vectors", "Program.cs"));

            foreach (string name in new[] { "KeyId", "PublicKey", "Identity", "Envelope", "StrangersEnvelope", "Payload" })
            {
                StringAssert.Contains(writer, "Append(source, \"" + name + "\"");
            }

            foreach (string name in new[] { "long Sequence", "long ImageId", "int Algorithm" })
            {
                StringAssert.Contains(writer, "public const " + name + " = ");
            }
        }
    }
}
