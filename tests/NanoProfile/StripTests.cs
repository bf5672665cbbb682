// A Release build for boards leaves out the names that nobody outside can see, and shortens the code. What is left must be
// the same assembly to everybody outside. That the code does the same is seen in ShortenTests, in the glitch tests
// (tests/PowerFailTests) and by the interpreter, which runs tests/nano with it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using NanoBoot.Strip;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class StripTests
    {
        public static IEnumerable<object[]> Libraries() => DeviceLibrary.Folders.Select(f => new object[] { f });

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Strip_EachLibrary_TheSamePublicNames(string folder)
        {
            byte[] image = DeviceLibrary.ImageOf(folder);
            var map = new StringWriter();
            byte[] stripped = NameStripper.Strip(image, map, SharedNames.None);
            using ModuleDefinition before = ModuleDefinition.ReadModule(new MemoryStream(image));
            using ModuleDefinition after = ModuleDefinition.ReadModule(new MemoryStream(stripped));

            CollectionAssert.AreEqual(PublicNames(before).ToArray(), PublicNames(after).ToArray());
            Assert.IsLessThan(PeSize.Of(image).EstimatedBytes, PeSize.Of(stripped).EstimatedBytes);
            Assert.IsFalse(
                after.GetTypes().SelectMany(t => t.Fields).Any(f => f.IsPrivate && f.Name.StartsWith('_')), "a private name is left");
            StringAssert.Contains(map.ToString(), "." + before.GetTypes().SelectMany(t => t.Fields).First(f => f.IsPrivate && !f.IsLiteral).Name);
        }

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Strip_CodeKept_NamesGoAndInstructionsStay(string folder)
        {
            byte[] image = DeviceLibrary.ImageOf(folder);
            byte[] stripped = NameStripper.Strip(image, TextWriter.Null, SharedNames.None, true);
            using ModuleDefinition before = ModuleDefinition.ReadModule(new MemoryStream(image));
            using ModuleDefinition after = ModuleDefinition.ReadModule(new MemoryStream(stripped));

            CollectionAssert.AreEqual(PublicNames(before).ToArray(), PublicNames(after).ToArray());
            CollectionAssert.AreEqual(Instructions(before).ToArray(), Instructions(after).ToArray());
            Assert.IsFalse(
                after.GetTypes().SelectMany(t => t.Fields).Any(f => f.IsPrivate && f.Name.StartsWith('_')), "a private name is left");
        }

        private static IEnumerable<string> Instructions(ModuleDefinition module)
        {
            return module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody).SelectMany(
                m => m.Body.Variables.Select(v => v.VariableType.MetadataType.ToString())
                    .Concat(m.Body.Instructions.Select(i => i.Offset + " " + i.OpCode.Name + " " + (i.Operand as Instruction)?.Offset)));
        }

        [TestMethod]
        public void Strip_Twice_TheSame()
        {
            byte[] once = NameStripper.Strip(DeviceLibrary.ImageOf("Bootloader"), TextWriter.Null, DeviceLibrary.SharedNames);
            byte[] twice = NameStripper.Strip(once, TextWriter.Null, DeviceLibrary.SharedNames);

            Assert.AreEqual(PeSize.Of(once).EstimatedBytes, PeSize.Of(twice).EstimatedBytes);
            using ModuleDefinition first = ModuleDefinition.ReadModule(new MemoryStream(once));
            using ModuleDefinition second = ModuleDefinition.ReadModule(new MemoryStream(twice));
            CollectionAssert.AreEqual(AllNames(first).ToArray(), AllNames(second).ToArray());
        }

        [TestMethod]
        [DataRow(127, "7F")]
        [DataRow(128, "80 u1")]
        [DataRow(255, "FF u1")]
        [DataRow(256, "1 8 shl")]
        [DataRow(257, "101")]
        [DataRow(768, "3 8 shl")]
        [DataRow(4096, "1 C shl")]
        [DataRow(1000, "7D 3 shl")]
        [DataRow(20000, "4E20")]
        [DataRow(-256, "FFFFFFFF 8 shl")]
        [DataRow(int.MinValue, "FFFFFFFF 1F shl")]
        public void Strip_Constant_Shortest(int value, string expected)
        {
            byte[] image = DeviceLibrary.CompileSnippet("class A { static int B() { return " + value + "; } }").Image!;
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(NameStripper.Strip(image, TextWriter.Null, SharedNames.None)));
            Mono.Cecil.Cil.MethodBody body = module.Types.SelectMany(t => t.Methods).Single(m => m.IsStatic).Body;

            body.SimplifyMacros();
            string actual = string.Join(" ", body.Instructions.SkipLast(1).Select(
                i => i.Operand is int number ? number.ToString("X") : i.OpCode.Name.Split('.')[^1]));
            Assert.AreEqual(expected, actual.Replace("FFFFFF80 u1", "80 u1").Replace("FFFFFFFF u1", "FF u1"));
        }

        [TestMethod]
        public void Strip_LocalsUsedMost_First()
        {
            const string Source = @"
                class A
                {
                    static int B(int[] c)
                    {
                        int d = c[0], e = c[1], f = c[2], g = c[3], h = c[4];
                        for (int i = 0; i < 9; i++) { h += h * i; h ^= h + g; c[d] = h; }
                        return c[e] + c[f] + h;
                    }
                }";
            byte[] image = DeviceLibrary.CompileSnippet(Source).Image!;
            byte[] stripped = NameStripper.Strip(image, TextWriter.Null, SharedNames.None);

            Assert.IsTrue(LongUses(image) > LongUses(stripped), LongUses(image) + " before, " + LongUses(stripped) + " after");
        }

        [TestMethod]
        public void Strip_WhatIsMatchedByName_Kept()
        {
            const string Source = @"
                public interface IPort { void Send(); }
                public abstract class Base { protected int Shared; internal virtual void Hook() { } protected abstract void Step(); }
                internal sealed class Hidden : Base, IPort
                {
                    private static int s_count = 1;
                    private int _own;
                    void IPort.Send() { _own++; Local(); }
                    internal override void Hook() { }
                    protected override void Step() { s_count++; }
                    private void Local() { if (_own < 3) { _own++; Local(); } }
                }";
            byte[] stripped = NameStripper.Strip(DeviceLibrary.CompileSnippet(Source).Image!, TextWriter.Null, SharedNames.None);

            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(stripped));
            Assert.AreEqual("IPort", module.Types.Single(t => t.IsInterface).Name);
            TypeDefinition hidden = module.Types.Single(t => t.HasInterfaces);
            Assert.AreEqual("a", hidden.FullName);
            Assert.AreEqual(
                ".cctor .ctor Hook IPort.Send Step c", string.Join(" ", hidden.Methods.Select(m => m.Name).Order(StringComparer.Ordinal)));
            Assert.AreEqual("a b", string.Join(" ", hidden.Fields.Select(f => f.Name).Order(StringComparer.Ordinal)));
            Assert.IsTrue(module.Types.Single(t => t.Name == "Base").Fields.Any(f => f.Name == "Shared"));
        }

        [TestMethod]
        public void Strip_InternalsSeenByOthers_Refused()
        {
            byte[] image = DeviceLibrary.CompileSnippet(
                @"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(""Other"")] class A { }
                  namespace System.Runtime.CompilerServices { class InternalsVisibleToAttribute : Attribute { public InternalsVisibleToAttribute(string name) { } } }").Image!;

            Assert.ThrowsExactly<InvalidOperationException>(() => NameStripper.Strip(image, TextWriter.Null, SharedNames.None));
        }

        private static int LongUses(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            return module.GetTypes().SelectMany(t => t.Methods).SelectMany(m => m.Body.Instructions)
                .Count(i => i.OpCode.Code is Code.Ldloc_S or Code.Stloc_S);
        }

        private static IEnumerable<string> PublicNames(ModuleDefinition module)
        {
            foreach (TypeDefinition type in module.GetTypes().Where(t => t.IsPublic || t.IsNestedPublic))
            {
                yield return type.FullName;
                foreach (IMemberDefinition member in type.Fields.Where(f => f.IsPublic || f.IsFamily).Cast<IMemberDefinition>()
                    .Concat(type.Methods.Where(m => m.IsPublic || m.IsFamily || m.IsVirtual)))
                {
                    yield return member.FullName;
                }
            }
        }

        private static IEnumerable<string> AllNames(ModuleDefinition module)
        {
            return module.GetTypes().SelectMany(
                t => t.Fields.Select(f => f.Name).Concat(t.Methods.Select(m => m.Name)).Prepend(t.FullName));
        }
    }
}
