// A board chooses the public-key schemes of its stage 1 when it is built (Bootloader/Schemes.props): each choice
// compiles, has no code of the other scheme, and refuses a key of it by name. Here the variants are compiled for the
// desktop and run; all other tests run with both schemes.

using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class SchemeTests
    {
        private const int Es256 = -7;
        private const int HssLms = -46;

        [TestMethod]
        [DataRow("Both", "EcdsaP256,HssLms")]
        [DataRow("HssLms", "HssLms")]
        [DataRow("Es256", "EcdsaP256")]
        public void Compile_EachChoice_HasItsSchemesAlone(string schemes, string expected)
        {
            DeviceLibrary library = DeviceLibrary.CompileAlone("Bootloader", schemes: schemes);

            Assert.IsEmpty(library.Errors, Environment.NewLine + string.Join(Environment.NewLine, library.Errors));
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(library.Image!));
            string[] actual = module.Types.Select(t => t.Name).Where(n => n is "EcdsaP256" or "HssLms").Order().ToArray();
            Assert.AreEqual(expected, string.Join(",", actual));
        }

        [TestMethod]
        [DataRow("Both", Es256, false)]
        [DataRow("Both", HssLms, false)]
        [DataRow("HssLms", Es256, true)]
        [DataRow("HssLms", HssLms, false)]
        [DataRow("Es256", Es256, false)]
        [DataRow("Es256", HssLms, true)]
        public void Verify_KeyOfAScheme_RefusedByNameWhereItIsAbsent(string schemes, int algorithm, bool isAbsent)
        {
            // Neither key nor signature is one: where the scheme is there, that is the reason.
            byte[] head = algorithm == Es256 ? new byte[] { 0xD2, 0x84, 0x43, 0xA1, 0x01, 0x26 } : new byte[] { 0xD2, 0x84, 0x44, 0xA1, 0x01, 0x38, 0x2D };
            byte[] block = head.Concat(new byte[] { 0xA0, 0xF6, 0x58, 64 }).Concat(new byte[64]).ToArray();
            Assembly stage1 = CompileForDesktop(schemes);
            Type type = stage1.GetType("NanoBoot.Bootloader.Cose.CoseVerifier", true)!;
            object verifier = Activator.CreateInstance(type)!;
            object authority = Activator.CreateInstance(
                stage1.GetType("NanoBoot.Bootloader.Cose.Authority", true)!,
                null,
                Enum.ToObject(stage1.GetType("NanoBoot.Bootloader.Cose.CoseAlgorithm", true)!, algorithm),
                new byte[64],
                Enum.ToObject(stage1.GetType("NanoBoot.Bootloader.Cose.Permissions", true)!, 1),
                null,
                null)!;

            object? parsed = type.GetMethod("Parse")!.Invoke(verifier, new object[] { block, 0, block.Length });
            object? result = type.GetMethod("Verify")!.Invoke(verifier, new[] { authority, new byte[36], 0, 36 });

            Assert.AreEqual("Ok", parsed!.ToString());
            Assert.AreNotEqual("Ok", result!.ToString());
            Assert.AreEqual(isAbsent, result.ToString() == "CoseAlgorithmUnsupported", result.ToString());
            Assert.AreEqual(0, type.GetField("Witness")!.GetValue(verifier));
        }

        private static Assembly CompileForDesktop(string schemes)
        {
            var parse = new CSharpParseOptions(LanguageVersion.CSharp9);
            string[] platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
            var compilation = CSharpCompilation.Create(
                "Stage1." + schemes,
                DeviceLibrary.SourceFiles("Hal", desktop: true)
                    .Concat(DeviceLibrary.SourceFiles("Bootloader", schemes: schemes, desktop: true))
                    .Append("ExcludeType.Desktop.cs")
                    .Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(Repository.Root, f)), parse, f)),
                platform.Where(f => Path.GetFileName(f).StartsWith("System.", StringComparison.Ordinal))
                    .Select(f => MetadataReference.CreateFromFile(f)),
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
            using var image = new MemoryStream();
            EmitResult result = compilation.Emit(image);
            Assert.IsTrue(result.Success, string.Join(Environment.NewLine, result.Diagnostics));
            image.Position = 0;
            return new AssemblyLoadContext(null).LoadFromStream(image);
        }
    }
}
