// The short names that the assemblies of a device share (Bootloader/SharedNames.txt): whatever is made for a device finds what it
// refers to, by the name that it has there; and so does an application that was made without the tool that gives them.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;
using NanoBoot.Strip;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class SharedNamesTests
    {
        private const string Two = "x Two.One\n  y First\n  z Second\n";

        private static readonly Lazy<Device> OnlyDevice = new(() => new Device(DeviceLibrary.SharedNames));

        [TestMethod]
        public void Apply_EveryAssemblyOfADevice_FindsWhatItRefersTo()
        {
            IEnumerable<byte[]> images = DeviceLibrary.Folders.Select(DeviceLibrary.ImageOf).Concat(Boards(isProvision: false)).Concat(Boards(isProvision: true));
            int found = 0;
            string missing = string.Concat(images.Select(i => OnlyDevice.Value.Missing(Strip(i), ref found)));

            Assert.AreEqual("", missing);
            Assert.IsGreaterThan(1000, found);
        }

        [TestMethod]
        public void Apply_AssembliesMadeWithoutIt_MissWhatTheListHas()
        {
            // Or the test above would not see it.
            int found = 0;
            string missing = OnlyDevice.Value.Missing(DeviceLibrary.ImageOf("Stage2Updater"), ref found);

            StringAssert.Contains(missing, "NanoBoot.Bootloader.Cbor.CborReader");
            StringAssert.Contains(missing, "NanoBoot.Bootloader.Boot.BootContext::Journal");
        }

        [TestMethod]
        [DataRow("boards/template-application")]
        [DataRow("boards/DemoApplication")]
        public void Apply_ApplicationMadeWithoutIt_FindsWhatItRefersTo(string folder)
        {
            string[] names = folder.EndsWith("DemoApplication", StringComparison.Ordinal)
                ? ["UpdateRoutine.cs", "Version11/Program.cs", "Sensors/Thermistor.cs"]
                : ["Program.cs"];
            DeviceLibrary application = DeviceLibrary.CompileBoard(names.Select(n => folder + "/" + n));
            Assert.IsEmpty(application.Errors);
            int found = 0;

            Assert.AreEqual("", OnlyDevice.Value.Missing(application.Image!, ref found));
            Assert.IsGreaterThan(8, found);
        }

        [TestMethod]
        public void Strip_EveryAssemblyOfADevice_HasNoNameOfATypeThatItRefersTo()
        {
            // A handler for a type of its own would catch the other one.
            foreach (byte[] image in DeviceLibrary.Folders.Select(DeviceLibrary.ImageOf))
            {
                using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(Strip(image)));
                string[] referred = [.. module.GetTypeReferences().Where(t => t.Namespace.Length == 0).Select(t => t.Name)];

                CollectionAssert.AreEqual(Array.Empty<string>(), module.Types.Select(t => t.Name).Intersect(referred).ToArray(), module.Name);
            }
        }

        [TestMethod]
        public void List_EachLine_NamesWhatIsThere()
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(DeviceLibrary.ImageOf("Bootloader")));
            HashSet<string> there = module.Types.Where(t => t.IsPublic).SelectMany(t => t.Fields.Where(f => f.IsPublic).Select(f => f.Name)
                .Concat(t.Methods.Where(m => m.IsPublic).Select(m => m.Name)).Select(m => t.FullName + "." + m).Append(t.FullName)).ToHashSet();

            Assert.AreEqual("", string.Join(" ", DeviceLibrary.SharedNames.FullNames.Where(n => !there.Contains(n))));
        }

        [TestMethod]
        [DataRow("x")]
        [DataRow("x Two.One three")]
        [DataRow("  y First")]
        [DataRow("x Two.One\nx Two.Other")]
        [DataRow("x Two.One\nz Two.One")]
        [DataRow(Two + "  y Third")]
        [DataRow(Two + "  w First")]
        public void Read_ListWithAWrongLine_SaysWhich(string text)
        {
            InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => new SharedNames(new StringReader("# Comment\n\n" + text)));

            StringAssert.Contains(error.Message, "line " + (2 + text.Split('\n').Length));
        }

        [TestMethod]
        [DataRow("public class A { public virtual void First() { } }")]
        [DataRow("public class A { public void y() { } public void First() { } }")]
        [DataRow("public class A { public int y; public int First; }")]
        [DataRow("public class A { public void First(string a) { } public void First(int[] a) { } }")]
        [DataRow("public class A { public A(string a) { } public A(int[] a) { } }")]
        public void Apply_NameThatCannotBe_Refused(string source)
        {
            byte[] image = DeviceLibrary.CompileSnippet(source).Image!;
            var names = new SharedNames(new StringReader("x A\n  y First"));

            Assert.ThrowsExactly<InvalidOperationException>(() => NameStripper.Strip(image, TextWriter.Null, names));
        }

        [TestMethod]
        public void Apply_HiddenMembers_TakeNamesThatAreLeft()
        {
            const string Source = "public class A { public int First; private int _b; public int Second() { return _b++; } } class B { }";
            byte[] image = DeviceLibrary.CompileSnippet(Source).Image!;
            var map = new StringWriter();
            byte[] stripped = NameStripper.Strip(image, map, new SharedNames(new StringReader("a A\n  a First\n  b Second")));

            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(stripped));
            TypeDefinition type = module.Types.Single(t => t.IsPublic);
            Assert.AreEqual("a", type.FullName);
            Assert.AreEqual("a c", string.Join(" ", type.Fields.Select(f => f.Name)));
            Assert.AreEqual(".ctor b", string.Join(" ", type.Methods.Select(m => m.Name).Order(StringComparer.Ordinal)));
            Assert.AreEqual("b", module.Types.Single(t => !t.IsPublic && t.Name != "<Module>").FullName);
            foreach (string line in new[] { "a\tA", "a\tA.First", "b\tA.Second", "c\tA._b", "b\tB" })
            {
                StringAssert.Contains(map.ToString(), line + Environment.NewLine);
            }
        }

        private static byte[] Strip(byte[] image) => NameStripper.Strip(image, TextWriter.Null, DeviceLibrary.SharedNames);

        private static IEnumerable<byte[]> Boards(bool isProvision)
        {
            return BoardTests.Boards().Select(b => DeviceLibrary.CompileBoard(
                BoardTests.Sources((string)b[0], isProvision), BoardTests.Trust, isProvision ? BoardTests.Data : "").Image!);
        }

        /// <summary>What is resident on a device, as it is there.</summary>
        private sealed class Device : BaseAssemblyResolver
        {
            private readonly Dictionary<string, AssemblyDefinition> _assemblies = new(StringComparer.Ordinal);

            internal Device(SharedNames names)
            {
                foreach (string folder in DeviceLibrary.Folders.Where(f => !f.Contains("Application", StringComparison.Ordinal)))
                {
                    byte[] image = NameStripper.Strip(DeviceLibrary.ImageOf(folder), TextWriter.Null, names);
                    AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(new MemoryStream(image), new ReaderParameters { AssemblyResolver = this });
                    _assemblies.Add(assembly.Name.Name, assembly);
                }
            }

            /// <inheritdoc/>
            public override AssemblyDefinition Resolve(AssemblyNameReference name, ReaderParameters parameters)
            {
                return _assemblies.GetValueOrDefault(name.Name) ?? throw new AssemblyResolutionException(name);
            }

            /// <summary>Looks for what an assembly refers to in those of the device.</summary>
            /// <param name="image">The assembly.</param>
            /// <param name="found">Becomes greater by how much was found.</param>
            /// <returns>What was not, a line each.</returns>
            internal string Missing(byte[] image, ref int found)
            {
                using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image), new ReaderParameters { AssemblyResolver = this });
                MemberReference[] references = module.GetTypeReferences().Concat(module.GetMemberReferences())
                    .Where(r => _assemblies.ContainsKey(((r as TypeReference) ?? r.DeclaringType).GetElementType().Scope.Name)).ToArray();
                MemberReference[] missing = references.Where(r => !IsFound(r)).ToArray();
                found += references.Length - missing.Length;
                return string.Concat(missing.Select(r => r.FullName + Environment.NewLine));
            }

            // Where it is not in its type, it is looked for in the platform's, which are not here.
            private static bool IsFound(MemberReference reference)
            {
                try
                {
                    return reference.Resolve() != null;
                }
                catch (AssemblyResolutionException)
                {
                    return false;
                }
            }
        }
    }
}
