// The synthesised reference assemblies as files: what the metadata processor needs to make a .pe of an assembly that uses a
// part of the platform for which there is no other reference (tests/nano/README.md).

using System.IO;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class ReferenceAssemblyTests
    {
        public TestContext TestContext { get; set; } = null!;

        [TestMethod]
        public void Image_WrittenForTheMetadataProcessor_ReadsAsThatAssembly()
        {
            string folder = Path.Combine(Repository.Root, "artifacts", "nano-references");
            Directory.CreateDirectory(folder);
            foreach (ReferenceAssembly reference in ReferenceAssembly.All)
            {
                string file = Path.Combine(folder, reference.Api.AssemblyName + ".dll");
                File.WriteAllBytes(file, reference.Image);
                using ModuleDefinition module = ModuleDefinition.ReadModule(file);
                Assert.AreEqual(reference.Api.AssemblyName, module.Assembly.Name.Name);
                Assert.IsGreaterThan(0, module.Types.Count);
            }

            TestContext.WriteLine(folder);
        }
    }
}
