// The rules on the compiled code: held by the device libraries, and each broken by a snippet to show that it bites.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;
using Mono.Cecil.Cil;
using CallSite = Mono.Cecil.CallSite;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class IlTests
    {
        /// <summary>Loops of stage 1 that no counter of their own ends, and why they end.</summary>
        private static readonly Dictionary<string, string> UncountedLoops = new()
        {
            ["SpiNorFlash.Write"] = "reading back: after ReadAttemptsMax readings it sets the fault that ends the loop",
            ["SuitProcessor.Continue"] = "a command is one of a budget of MaxCommands; between two of them at most MaxNesting sequences end",
            ["BootContext.Watch"] = "a thread that lasts as long as the trial: until the confirm, or until its time is over and the device restarts",
        };

        // With the drivers, of which a board has one: they too run before anything is verified.
        private static readonly string[] Stage1 = { "boards/SpiNor", "boards/Files", "Bootloader" };

        public static IEnumerable<object[]> Stage1Libraries() => Stage1.Select(f => new object[] { f });

        public static IEnumerable<object[]> Libraries() => DeviceLibrary.Folders.Select(f => new object[] { f });

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Rules_DeviceLibrary_NothingFound(string folder)
        {
            IReadOnlyList<string> findings = IlRules.Check(DeviceLibrary.ImageOf(folder));

            Assert.IsEmpty(findings, Lines(findings));
        }

        [TestMethod]
        public void Recursion_Stage1_None()
        {
            IReadOnlyList<string> cycles = new CallGraph(Stage1.Select(DeviceLibrary.ImageOf).ToArray()).FindCycles();

            Assert.IsEmpty(cycles, Lines(cycles));
        }

        [TestMethod]
        public void Recursion_BothStages_None()
        {
            IReadOnlyList<string> cycles = new CallGraph(Stage1.Append("Stage2Updater").Select(DeviceLibrary.ImageOf).ToArray()).FindCycles();

            Assert.IsEmpty(cycles, Lines(cycles));
        }

        [TestMethod]
        [DynamicData(nameof(Stage1Libraries))]
        public void Loops_Stage1_EachCanEnd(string folder)
        {
            IReadOnlyList<string> endless = Loops.FindEndless(DeviceLibrary.ImageOf(folder));

            Assert.IsEmpty(endless, Lines(endless));
        }

        [TestMethod]
        [DynamicData(nameof(Stage1Libraries))]
        public void Loops_Stage1_EachIsCountedOrHasAReason(string folder)
        {
            List<string> uncounted = [.. LoopBounds.FindUncounted(DeviceLibrary.ImageOf(folder))];
            Console.WriteLine(string.Join(Environment.NewLine, uncounted));
            string[] unexplained = [.. uncounted.Where(name => !UncountedLoops.ContainsKey(name))];

            Assert.IsEmpty(unexplained, Lines(unexplained));
            Assert.IsTrue(uncounted.GroupBy(name => name).All(group => group.Count() == 1), "one reason is for one loop");
        }

        [TestMethod]
        [DataRow("class A { void B(int c) { while (c != 7) { C(); } } void C() { } }", 1, DisplayName = "nothing changes")]
        [DataRow("class A { void B(int c, int d) { while (c != 7) { d++; } } }", 1, DisplayName = "another one changes")]
        [DataRow("class A { bool B() { return true; } void C() { while (B()) { } } }", 1, DisplayName = "who knows")]
        [DataRow("class A { void B(int c) { for (int i = 0; i < c; ) { c = 3; } } }", 1, DisplayName = "the step is missing")]
        [DataRow("class A { bool B(ref int c) { return c > 0; } void D(int e) { while (B(ref e)) { } } }", 1, DisplayName = "nobody counts")]
        [DataRow("class A { bool B(ref int c) { return c-- > 0; } void D(int e) { while (B(ref e)) { } } }", 0)]
        [DataRow("class A { void B(int c) { for (int i = 0; i < c; i++) { } } }", 0)]
        [DataRow("class A { int _b; void C() { while (_b > 0) { _b--; } } }", 0)]
        [DataRow("class A { int B(int c) { while (true) { if (c > 9) { return c; } c += 2; } } }", 0)]
        [DataRow("class A { void B(long c) { for (; c != -1; c >>= 4) { } } }", 0)]
        public void LoopBounds_Snippet_Counted(string source, int expected)
        {
            Assert.HasCount(expected, LoopBounds.FindUncounted(SnippetImage(source)));
        }

        [TestMethod]
        [DataRow("generic", "class A<T> { }")]
        [DataRow("generic", "class A { void B<T>() { } }")]
        [DataRow("generic", "class A { System.Action<int> _b; }")]
        [DataRow("generic", "class A { void B() { System.Func<int, int> c = d => d + 1; c(1); } }")]
        [DataRow("multi-dimensional array", "class A { int[,] _b; }")]
        [DataRow("multi-dimensional array", "class A { object B() { return new int[2, 2]; } }")]
        [DataRow("checked", "class A { int B(int c) { return checked(c + 1); } }")]
        [DataRow("checked", "class A { byte B(int c) { return checked((byte)c); } }")]
        [DataRow("synthesised", "readonly struct A { public readonly int B; }")]
        [DataRow("synthesised", "#nullable enable\nclass A { string? _b; }")]
        [DataRow("pointer", "unsafe class A { delegate*<int, int> _b; int C() { return _b(1); } }")]
        [DataRow("opcode", "unsafe class A { delegate*<int, int> _b; int C() { return _b(1); } }")]
        [DataRow("pointer", "unsafe class A { int B(byte* c) { return *c; } }")]
        [DataRow("pointer", "unsafe class A { int B(byte[] c) { fixed (byte* d = c) { return *d; } } }")]
        [DataRow("opcode", "unsafe class A { int B() { byte* c = stackalloc byte[4]; return c[0]; } }")]
        [DataRow("floating point", "class A { long B(long c, long d) { return (long)System.Math.Max(c, d); } }")]
        [DataRow("default interface method", "interface IA { int B() { return 1; } }")]
        [DataRow("mutable static", "class A { static int s_b; int C() { return s_b++; } }")]
        [DataRow("static order", "class A { public static readonly int[] B = { 1, 2, 3, 4 }; } class C { static readonly int D = A.B[0]; }")]
        [DataRow("not on the device", "class A { object B(System.AttributeTargets c) { return c; } }")]
        [DataRow("native", "class A { [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.InternalCall)] extern void B(); }")]
        public void Rules_BadSnippet_Found(string rule, string source)
        {
            IReadOnlyList<string> findings = IlRules.Check(SnippetImage(source));

            Assert.IsTrue(findings.Any(f => f.StartsWith(rule + ": ", StringComparison.Ordinal)), "Found only:" + Lines(findings));
        }

        [TestMethod]
        [DataRow(Code.Localloc)]
        [DataRow(Code.Cpblk)]
        [DataRow(Code.Initblk)]
        [DataRow(Code.Calli)]
        [DataRow(Code.Jmp)]
        [DataRow(Code.Mkrefany)]
        [DataRow(Code.Refanyval)]
        [DataRow(Code.Arglist)]
        [DataRow(Code.Tail)]
        [DataRow(Code.Volatile)]
        public void Rules_Opcode_Found(Code code)
        {
            IReadOnlyList<string> findings = IlRules.Check(Change("class A { void B() { } }", module =>
            {
                MethodDefinition method = module.GetType("A").Methods.Single(m => m.Name == "B");
                object? operand = code switch
                {
                    Code.Calli => new CallSite(module.TypeSystem.Void),
                    Code.Jmp => method,
                    Code.Mkrefany or Code.Refanyval => module.TypeSystem.Int32,
                    _ => null,
                };
                Instruction instruction = Instruction.Create(OpCodes.Nop);
                instruction.OpCode = (OpCode)typeof(OpCodes).GetFields().Single(f => ((OpCode)f.GetValue(null)!).Code == code).GetValue(null)!;
                instruction.Operand = operand;
                method.Body.Instructions.Insert(0, instruction);
            }));

            Assert.IsTrue(findings.Any(f => f.StartsWith("opcode: ", StringComparison.Ordinal)), "Found only:" + Lines(findings));
        }

        [TestMethod]
        [DataRow("state machine", "<B>d__0", DisplayName = "of an iterator or an async method")]
        [DataRow("synthesised", "<B>e__FixedBuffer", DisplayName = "a buffer of a fixed size")]
        public void Rules_TypeOfTheCompiler_Found(string rule, string name)
        {
            // The platform lacks what a compiler that makes these needs (CompileTests); one that comes with it does not.
            IReadOnlyList<string> findings = IlRules.Check(Change("class A { class C { } }", module =>
                module.GetType("A").NestedTypes.Single().Name = name));

            Assert.IsTrue(findings.Any(f => f.StartsWith(rule + ": ", StringComparison.Ordinal)), "Found only:" + Lines(findings));
        }

        [TestMethod]
        [DataRow("method", DisplayName = "as an older compiler makes one for a switch over many strings")]
        [DataRow("field", DisplayName = "a field without data")]
        public void Rules_MoreThanDataAmongTheData_Found(string what)
        {
            IReadOnlyList<string> findings = IlRules.Check(Change("class A { static readonly byte[] s_b = { 1, 2, 3, 4, 5 }; }", module =>
            {
                TypeDefinition details = module.Types.Single(t => t.Name.StartsWith("<PrivateImpl", StringComparison.Ordinal));
                if (what == "method")
                {
                    var method = new MethodDefinition("ComputeStringHash", MethodAttributes.Static, module.TypeSystem.Void);
                    method.Body.Instructions.Add(Instruction.Create(OpCodes.Ret));
                    details.Methods.Add(method);
                }
                else
                {
                    details.Fields.Add(new FieldDefinition("cache", FieldAttributes.Static, module.TypeSystem.Int32));
                }
            }));

            Assert.IsTrue(findings.Any(f => f.StartsWith("synthesised: ", StringComparison.Ordinal)), "Found only:" + Lines(findings));
        }

        [TestMethod]
        public void Rules_RequiredModifier_Found()
        {
            IReadOnlyList<string> findings = IlRules.Check(Change("class A { int _b; }", module =>
            {
                FieldDefinition field = module.GetType("A").Fields.Single();
                field.FieldType = new RequiredModifierType(module.GetType("A"), field.FieldType);
            }));

            Assert.IsTrue(findings.Any(f => f.StartsWith("modifier: ", StringComparison.Ordinal)), "Found only:" + Lines(findings));
        }

        [TestMethod]
        [DataRow("class A { static readonly byte[] s_b = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }; static readonly uint[] s_c = { 1, 2, 3, 4, 5 }; }")]
        [DataRow("class A { delegate int D(int e); int B(int c) { D d = e => e + c; return d(1); } }")]
        [DataRow("class A { int[][] _b = new int[2][]; void C(ref int d, out int e) { e = d; } }")]
        [DataRow("interface IA { int B(); } class C : IA { public int B() { try { return 1; } finally { } } }")]
        public void Rules_GoodSnippet_NothingFound(string source)
        {
            IReadOnlyList<string> findings = IlRules.Check(SnippetImage(source));

            Assert.IsEmpty(findings, Lines(findings));
        }

        [TestMethod]
        [DataRow("class A { int B(int c) { return c == 0 ? 0 : B(c - 1); } }", DisplayName = "itself")]
        [DataRow("class A { void B() { C(); } void C() { B(); } }", DisplayName = "two methods")]
        [DataRow("interface IA { void B(); } class C : IA { readonly IA _d = null; public void B() { _d.B(); } }", DisplayName = "through an interface")]
        [DataRow("abstract class A { public abstract void B(); public void C() { B(); } } class D : A { public override void B() { C(); } }", DisplayName = "through an override")]
        [DataRow("class A { A() { B(); } static void B() { new A(); } }", DisplayName = "through a constructor")]
        public void Recursion_BadSnippet_Found(string source)
        {
            Assert.IsNotEmpty(new CallGraph(SnippetImage(source)).FindCycles());
        }

        [TestMethod]
        public void Recursion_GoodSnippet_None()
        {
            Assert.IsEmpty(new CallGraph(SnippetImage("class A { void B() { C(); C(); } void C() { D(); } void D() { } }")).FindCycles());
        }

        [TestMethod]
        [DataRow("class A { void B() { while (true) { System.Threading.Thread.Sleep(1); } } }", 1)]
        [DataRow("class A { void B(int c) { for (;;) { if (c > 1) { c = 0; } c++; } } }", 1)]
        [DataRow("class A { int B(int c) { while (true) { if (c > 9) { return c; } c++; } } }", 0)]
        [DataRow("class A { void B(int c) { while (c < 9) { c++; } for (int d = 0; d < c; d++) { } do { c--; } while (c > 0); } }", 0)]
        public void Loops_Snippet_Counted(string source, int expected)
        {
            Assert.HasCount(expected, Loops.FindEndless(SnippetImage(source)));
        }

        private static string Lines(IEnumerable<string> lines)
        {
            return Environment.NewLine + string.Join(Environment.NewLine, lines);
        }

        /// <summary>A snippet, and what no C# compiler makes of it here.</summary>
        private static byte[] Change(string source, Action<ModuleDefinition> change)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(SnippetImage(source)));
            change(module);
            using var image = new MemoryStream();
            module.Write(image);
            return image.ToArray();
        }

        private static byte[] SnippetImage(string source)
        {
            DeviceLibrary library = DeviceLibrary.CompileSnippet(source);
            Assert.IsEmpty(library.Errors, Lines(library.Errors.Select(e => e.ToString())));
            return library.Image!;
        }
    }
}
