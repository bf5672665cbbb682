// What the shortened code does is what the compiled code does: programs, written by hand for what a pass must not get wrong
// and made at random, run before and after, with the same inputs.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using NanoBoot.Strip;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class ShortenTests
    {
        private const int Programs = 25;
        private const int InputsEach = 30;

        private const string Frame = @"
            public sealed class Box { public int Value; internal Box Next; public byte[] Bytes = new byte[4]; internal int Get() { return Value; } }
            public static class P { public static string Log = """"; static int Say(int v) { Log += v + "" ""; return v; } BODY }";

        public TestContext TestContext { get; set; } = null!;

        [TestMethod]
        [DataRow("arguments keep their order", "static int F(int a, int b, int c) { return c - b * 3 + a; } public static int Run(int x) { return F(Say(x), Say(x + 1), Say(x + 2)); }")]
        [DataRow("a variable that a later argument writes", "static int F(int a, int b) { return a * 5 + b; } public static int Run(int x) { int y = x; return F(y, y = y + 4) + y; }")]
        [DataRow("a variable that the method writes through an address", "static int F(int a, out int b) { b = 7; return a; } public static int Run(int x) { int y = x; return F(y, out y) * 100 + y; }")]
        [DataRow("a parameter that the method writes", "static int F(int a) { while (a > 10) { a -= 3; } return a; } public static int Run(int x) { return F(x) + x; }")]
        [DataRow("a field that the method writes", "static int F(Box b, int v) { b.Value++; return v + b.Value; } public static int Run(int x) { var b = new Box { Value = x }; return F(b, b.Value); }")]
        [DataRow("variables begin anew in a loop", "static int F(int n) { int s = 0; for (int i = 0; i < n; i++) { s += i; } return s; } public static int Run(int x) { int t = 0; for (int i = 0; i < 5; i++) { t = t * 31 + F(x & 15) + i; } return t; }")]
        [DataRow("a call on null throws at once", "static int F(Box b) { return b.Get(); } public static int Run(int x) { var b = x % 3 == 0 ? null : new Box { Value = x }; Say(1); return F(b); }")]
        [DataRow("a method of null that does not use it", "sealed class N { internal int G(int v) { P.Log += \"in \"; return v; } } public static int Run(int x) { N n = x % 3 == 0 ? null : new N(); return n.G(x); }")]
        [DataRow("early returns", "static int F(int a) { if (a < 3) { return 5; } if (a % 7 == 2) { Say(a); return 9; } if (a % 7 == 3) { return 9; } return a; } public static int Run(int x) { int r = F(x); if (r == 9) { return -1; } return r + 2; }")]
        [DataRow("returns within an expression", "static bool F(int a) { if (a % 2 == 0) { return a > 10; } return a < 40; } public static int Run(int x) { if (F(x) && x != 12) { return 1; } return 2; }")]
        [DataRow("in a block that catches", "static int F(int a) { if (a % 5 == 0) { throw new System.InvalidOperationException(); } return 100 / (a % 4); } public static int Run(int x) { try { return F(x); } catch (System.DivideByZeroException) { return -7; } finally { Say(3); } }")]
        [DataRow("a method that catches", "static int F(int a) { try { return 100 / (a % 4); } catch (System.DivideByZeroException) { return -7; } } public static int Run(int x) { int r = F(x); return r + F2(r); } static int F2(int a) { return a ^ 5; }")]
        [DataRow("a delegate", "delegate int D(byte[] b); static int F(byte[] b) { return b[0] + b.Length; } public static int Run(int x) { D d = F; return d(new byte[] { (byte)x, 2 }); }")]
        [DataRow("recursion", "static int F(int n) { return n < 2 ? 1 : F(n - 1) + F(n - 2); } public static int Run(int x) { return F(x & 15); }")]
        [DataRow("structs", "struct S { public int A; public int B; } static int F(S s) { s.A += 4; return s.A * s.B; } public static int Run(int x) { var s = new S { A = x, B = 3 }; return F(s) + s.A; }")]
        [DataRow("bytes", "static byte F(byte a, sbyte b) { a += 200; return (byte)(a + b); } public static int Run(int x) { return F((byte)x, (sbyte)(x * 3)); }")]
        [DataRow("unsigned", "static ulong F(uint a) { return a * 2UL; } public static int Run(int x) { ulong v = F((uint)(x - 50)); return (int)(v >> 8); }")]
        [DataRow("a switch", "static int F(int a) { switch (a & 7) { case 0: return 4; case 1: Say(a); return 4; case 2: return 5; case 3: case 4: return 5; case 5: return Say(8); default: return Say(8); } } public static int Run(int x) { return F(x) + F(x >> 3); }")]
        [DataRow("a conditional argument", "static int F(int a, int b) { return a - b; } public static int Run(int x) { return F(x > 5 ? Say(1) : Say(2), x % 2 == 0 ? 3 : 4); }")]
        [DataRow("another class's private members", "sealed class K { private int _v; internal K(int v) { _v = v; } internal int Take() { return _v + Half(); } private int Half() { return _v / 2; } } public static int Run(int x) { var k = new K(x); return k.Take(); }")]
        [DataRow("an interface and a base class", "interface I { int M(byte[] b); } abstract class A { internal abstract int N(Box b); } sealed class C : A, I { public int M(byte[] b) { return b.Length; } internal override int N(Box b) { return b.Value; } } public static int Run(int x) { var c = new C(); I i = c; A a = c; return i.M(new byte[3]) + a.N(new Box { Value = x }); }")]
        [DataRow("fractions", "static int F(double a) { if (a < 0.5) { return 1; } if (a >= 3) { return 2; } return 3; } public static int Run(int x) { return F(x % 7 == 0 ? double.NaN : x / 10.0); }")]
        [DataRow("variables share a slot", "public static int Run(int x) { int a = x * 3; int b = Say(a) + 1; int c = b * b; int d = c ^ x; int e = d + 5; for (int i = 0; i < 3; i++) { int f = e * 2; e = f - i; } int g = e; int h = g + x; return h * 7 + g; }")]
        [DataRow("a copy in one case of two", "public static int Run(int x) { int left = x; int t = 0; while (left > 0) { int part = x % 2 == 0 ? left : Say(7); if (part > left) { return -1; } t = t * 3 + part; left -= part; } return t + left; }")]
        [DataRow("overloaded constructors", "sealed class O { internal int V; internal O(byte[] b) { V = b.Length; } internal O(string s) { V = s.Length * 10; } internal O(Box b, int c) { V = b.Value + c; } } public static int Run(int x) { return new O(new byte[2]).V + new O(\"abc\").V + new O(new Box { Value = x }, 4).V; }")]
        [DataRow("enums", "enum E : byte { A = 1, B = 2, C = 255 } static E F(E e, int x) { if (x > 50) { return E.C; } return e == E.A ? E.B : E.A; } public static int Run(int x) { E e = F(E.A, x); return (int)F(e, x + 1) * 10 + (int)e; }")]
        [DataRow("an object that is new or not there", "sealed class N { internal int G(int v) { P.Log += \"in \"; return v; } } public static int Run(int x) { N n = x % 3 == 0 ? null : new N(); Say(2); return n.G(x); }")]
        [DataRow("a new object", "sealed class N { internal int G(int v) { P.Log += \"in \"; return v; } } public static int Run(int x) { N n = new N(); Say(2); int r = n.G(x); return r * 3; }")]
        [DataRow("constants that are tested", "static int F(int a) { if (a < 0) { return 7; } if (a > 60) { return 0; } if (a == 5) { return 9; } return 0; } public static int Run(int x) { int r = F(x); if (r != 0) { Say(r); return r; } int t = 0; for (int i = 0; i < 4; i++) { t += i * x; } for (int i = 9; i < 4; i++) { t++; } for (int i = 3; i >= 0; i--) { t ^= i; } return t; }")]
        [DataRow("a variable by address in a loop", "static bool F(int a, out int b) { b = a * 2; return a % 3 == 0; } static int G(int a) { if (F(a, out int c)) { return c; } return c + 1; } public static int Run(int x) { int t = 0; for (int i = 0; i < 4; i++) { t = t * 10 + G(x + i); } return t; }")]
        [DataRow("a call within an expression", "static int F(int a) { return a * a - 1; } static int G(int a) { if (a < 20) { return 1; } return a; } public static int Run(int x) { return Say(x) + F(x + 1) * G(x) - F(3); }")]
        [DataRow("a volatile field", "static volatile int s_v; static int s_w; public static int Run(int x) { s_v = x; s_w = x + 1; if (x < 5) { Say(1); s_v = s_v + s_w; return s_v; } if (x < 9) { Say(2); s_v = s_w + s_v; return s_w; } Say(1); s_v = s_v + s_w; return s_v; }")]
        [DataRow("what is stored and not read", "public static int Run(int x) { int a = 4; if (x > 3) { a = x; Say(a); a = 2; } a = x * 2; int b = a; a = 9; return b; }")]
        [DataRow("a value twice", "static int F(int a, int b) { return a * 5 - b + F3(a); } static int F3(int a) { Say(a); return a > 5 ? F(a - 9, 2) : a; } public static int Run(int x) { int y = x; int r = F(y, y); int z = Say(x); return r + F(z, z) + F(Say(y), y); }")]
        [DataRow("an int of a uint", "static uint s_u; static uint F(int a) { return (uint)(a - 40) * 7u; } public static int Run(int x) { int a = (int)F(x); int b = a >> 3; s_u = F(x); int c = (int)s_u; long d = c; uint e = (uint)(x - 50); int f = (int)(e >> 1); int g = (int)e; return b + c / 3 + (int)(d >> 33) + f + (g >> 2) + (a % 5); }")]
        [DataRow("a length", "public static int Run(int x) { byte[] a = new byte[x & 7]; int n = a.Length; int far = int.MinValue + (x & 3); int t = a.Length - far < 5 ? 1 : 2; t = t * 3 + (far - a.Length > 5 ? 1 : 2); long w = a.Length; t = t * 3 + (a.Length > (x & 3) ? 1 : 2); return t * 10 + n + (a.Length >> 1) + (int)(w << 3) + Say(a.Length) + new byte[a.Length].Length; }")]
        [DataRow("a value over a jump", "public static int Run(int x) { int t = 0; int i = x & 3; while (true) { i = i + (t > 4 ? 2 : 1); if (i > 20) { break; } int k = i * 3; t ^= k; if ((t & 1) == 0) { continue; } int m = k; Say(m); t += m; } return t + i; }")]
        [DataRow("a condition that writes what both cases begin with", "static int s_v; static bool F(ref int a) { a += 3; return a > 20; } public static int Run(int x) { int y = x; if (Say(y = y + 2) > 20) { return y * 3; } x = y; if (Say(x++) < 9) { return x + 1; } if (F(ref x)) { return x * 5; } return x - 4; }")]
        [DataRow("a call in a condition that writes what both cases begin with", "[System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)] static int N(int a) { return a * 7; } public static int Run(int x) { int y = x + 1; if (N(y += 2) > 90) { return y * 3; } return y - 7; }")]
        [DataRow("a value whose computation writes what is loaded next", "[System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)] static int N(int a) { return a * 7; } public static int Run(int x) { int y = x + 1; int z = N(y += 2); return (y - z) ^ (y << 3); }")]
        [DataRow("a case that is gone to from elsewhere", "public static int Run(int x) { int y = Say(x); for (int i = 0; i < 3; i++) { if (Say(y) > 20) { y -= i; continue; } if (y > 10) { y = y * 2; } else { y = y + 5; goto Next; } y--; Next: y ^= i; } if (y == 4 || x == 7) { return y + 1; } return y - 2; }")]
        public void Shorten_Snippet_TheSameResults(string what, string body)
        {
            string differences = Compare(Frame.Replace("BODY", body), Enumerable.Range(-5, 105), out _, out _, out int results);

            Assert.AreEqual("", differences, what);
            Assert.IsGreaterThan(1, results, "the inputs make no difference");
        }

        [TestMethod]
        [DataRow("the counter of a loop is stored in one place", @"^ldc\.i4 stloc ldc\.i4 br .*add stloc ldloc ldarg blt ldloc ret$", "public static int Run(int x) { int t = 1; for (int i = 5; i < x; i++) { t = t * 3 + Say(i); } return t; }")]
        [DataRow("a uint that is handed over as an int is stored: the parameter makes it one", "ldloc stloc ldloc ldc\\.i4 shr ", "static int F(int a) { return a >> 3; } public static int Run(int x) { uint u = (uint)Say(x) * 3u; Say((int)(u >> 1)); return F((int)u) + (int)(u >> 2); }")]
        public void Shorten_Snippet_LooksLikeThis(string what, string pattern, string body)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(Shortened(CompileForDesktop(Frame.Replace("BODY", body)))));
            Mono.Cecil.Cil.MethodBody run = module.Types.Single(t => t.Name == "P").Methods.Single(m => m.Name == "Run").Body;
            run.SimplifyMacros();

            string code = string.Join(' ', run.Instructions.Select(i => i.OpCode.Name));
            Assert.MatchesRegex(new Regex(pattern), code, what);
            Assert.AreEqual("", Compare(Frame.Replace("BODY", body), Enumerable.Range(-5, 50), out _, out _, out int results), what);
            Assert.IsGreaterThan(1, results, "the inputs make no difference");
        }

        [TestMethod]
        public void Shorten_RandomPrograms_TheSameResults()
        {
            int seed = int.TryParse(Environment.GetEnvironmentVariable("NANOBOOT_SEED"), out int given) ? given : 20261121;
            TestContext.WriteLine("seed " + seed + "; another one: NANOBOOT_SEED=n");
            int gone = 0;
            int smaller = 0;
            int different = 0;
            for (int i = 0; i < Programs; i++)
            {
                string source = Frame.Replace("BODY", new RandomProgram(seed + i).Text);
                string differences = Compare(source, Enumerable.Range(-3, InputsEach), out int methods, out int bytes, out int results);
                different += results;
                gone += methods;
                smaller += bytes;
                Assert.AreEqual("", differences, "seed " + (seed + i) + Environment.NewLine + source);
            }

            TestContext.WriteLine(gone + " methods were put in place of their calls, " + smaller + " bytes less; " + different + " results");
            Assert.IsGreaterThan(Programs, gone);
            Assert.IsGreaterThan(Programs * 50, smaller);
            Assert.IsGreaterThan(Programs * 5, different);
        }

        [TestMethod]
        public void Shorten_WhatAsksNotToBePutInPlace_Stays()
        {
            const string Body = "[System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)] "
                + "static int F(int a) { return a + 1; } static int G(int a) { return a + 2; } public static int Run(int x) { if (F(x) > 3) { return 4; } return G(x); }";
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(Shortened(CompileForDesktop(Frame.Replace("BODY", Body)))));

            string[] names = module.Types.Single(t => t.Name == "P").Methods.Select(m => m.Name).ToArray();
            CollectionAssert.Contains(names, "F");
            CollectionAssert.DoesNotContain(names, "G");
        }

        [TestMethod]
        public void Shorten_Signatures_PlainWhereNobodySeesThem()
        {
            const string Source = @"
                enum E { A }
                sealed class MarkAttribute : System.Attribute { internal MarkAttribute(string a, E b) { } }
                public class Seen { internal Seen Hidden; public Seen Shown; internal byte[] F(Seen a, E b, out Seen c) { c = a; return null; } public byte[] G(Seen a) { return null; } }";
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(Shortened(CompileForDesktop(Source))));

            TypeDefinition seen = module.Types.Single(t => t.Name == "Seen");
            Assert.AreEqual("System.Object Seen::Hidden, Seen Seen::Shown", string.Join(", ", seen.Fields.Select(f => f.FullName)));
            Assert.AreEqual(
                "System.Object Seen::F(System.Object,System.Int32,Seen&), System.Byte[] Seen::G(Seen)",
                string.Join(", ", seen.Methods.Where(m => !m.IsConstructor).Select(m => m.FullName)));
            Assert.AreEqual(
                "System.Void MarkAttribute::.ctor(System.String,E)",
                module.Types.Single(t => t.Name == "MarkAttribute").Methods.Single().FullName);
        }

        [TestMethod]
        public void Shorten_DeviceLibraries_NoJumpThatABlockOrAnotherJumpSaves()
        {
            int before = 0;
            foreach (string folder in DeviceLibrary.Folders)
            {
                byte[] image = DeviceLibrary.ImageOf(folder);
                before += JumpsTooMany(image).Count;
                Assert.AreEqual("", string.Join(", ", JumpsTooMany(Shortened(image))), folder);
            }

            Assert.IsGreaterThan(10, before);
        }

        // Jumps to a block that nothing runs on to and that could stand behind them, and long branches with a jump to the same place near.
        private static List<string> JumpsTooMany(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            var found = new List<string>();
            foreach (MethodDefinition method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody && m.Body.ExceptionHandlers.Count == 0))
            {
                Instruction[] jumps = method.Body.Instructions.Where(i => i.OpCode.Code is Code.Br or Code.Br_S).ToArray();
                found.AddRange(method.Body.Instructions
                    .Where(i => i.OpCode.OperandType == OperandType.InlineBrTarget && jumps.Any(j => j != i && j.Operand == i.Operand && Math.Abs(i.Offset - j.Offset) < 124))
                    .Select(i => method.Name + " " + i));

                // With something on the stack a block has to stay where it is found in one pass.
                method.Body.SimplifyMacros();
                Dictionary<Instruction, int> depths = CodeFlow.Depths(method.Body);
                found.AddRange(jumps
                    .Where(j => IsEnd(((Instruction)j.Operand).Previous) && BlockAt((Instruction)j.Operand).All(i => i != j) && depths[(Instruction)j.Operand] == 0)
                    .Select(j => method.Name + " " + j));
            }

            return found;
        }

        private static bool IsEnd(Instruction instruction) => instruction?.OpCode.FlowControl is FlowControl.Branch or FlowControl.Return or FlowControl.Throw;

        private static IEnumerable<Instruction> BlockAt(Instruction first)
        {
            Instruction at = first;
            while (!IsEnd(at))
            {
                yield return at;
                at = at.Next;
            }

            yield return at;
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Shorten_DeviceLibraries_StackIsFoundInOnePass(bool isShortened)
        {
            foreach (string folder in DeviceLibrary.Folders)
            {
                byte[] image = DeviceLibrary.ImageOf(folder);
                using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(isShortened ? Shortened(image) : image));
                foreach (MethodDefinition method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
                {
                    Assert.AreEqual("", StackFault(method), folder + " " + method.FullName);
                }
            }
        }

        // The metadata processor goes over a method once. Behind a jump it takes the stack to be empty, unless it met a
        // branch to there before; the interpreter keeps as much room as that found. And every way to a place has the same stack.
        private static string StackFault(MethodDefinition method)
        {
            Dictionary<Instruction, int> depths = new Dictionary<Instruction, int> { [method.Body.Instructions[0]] = 0 };
            foreach (ExceptionHandler handler in method.Body.ExceptionHandlers)
            {
                depths[handler.HandlerStart] = handler.HandlerType == ExceptionHandlerType.Catch ? 1 : 0;
            }

            var all = new HashSet<Instruction>(method.Body.Instructions);
            foreach (Instruction instruction in method.Body.Instructions)
            {
                if (!depths.TryGetValue(instruction, out int depth))
                {
                    // Only from below: then there is nothing on it.
                    depths[instruction] = depth = 0;
                }

                if (instruction.OpCode.Code is Code.Ret && depth != (method.ReturnType.MetadataType == Mono.Cecil.MetadataType.Void ? 0 : 1))
                {
                    return instruction + " with " + depth + " on the stack";
                }

                depth = instruction.OpCode.Code is Code.Leave or Code.Leave_S ? 0 : depth + Change(instruction, method);
                IEnumerable<Instruction> next = instruction.Operand switch
                {
                    Instruction target => new[] { target },
                    Instruction[] targets => targets,
                    _ => Array.Empty<Instruction>(),
                };
                bool isEnd = instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Return or FlowControl.Throw;
                foreach (Instruction target in isEnd ? next : next.Append(instruction.Next))
                {
                    if (target == null || !all.Contains(target))
                    {
                        return instruction + " leads out of the method";
                    }

                    if (depths.TryGetValue(target, out int known) && known != depth)
                    {
                        return target + " is reached with " + known + " and with " + depth + " on the stack";
                    }

                    depths[target] = depth;
                }
            }

            return "";
        }

        private static int Change(Instruction instruction, MethodDefinition method)
        {
            if (instruction.Operand is MethodReference called && instruction.OpCode.FlowControl == FlowControl.Call)
            {
                bool isNew = instruction.OpCode == OpCodes.Newobj;
                return (isNew || called.ReturnType.MetadataType != Mono.Cecil.MetadataType.Void ? 1 : 0)
                    - called.Parameters.Count - (called.HasThis && !isNew ? 1 : 0);
            }

            int pushed = instruction.OpCode.StackBehaviourPush switch
            {
                StackBehaviour.Push0 or StackBehaviour.Varpush => 0,
                StackBehaviour.Push1_push1 => 2,
                _ => 1,
            };
            string pop = instruction.OpCode.StackBehaviourPop.ToString();
            return pushed - (instruction.OpCode.StackBehaviourPop switch
            {
                StackBehaviour.Pop0 or StackBehaviour.PopAll => 0,
                StackBehaviour.Varpop => method.ReturnType.MetadataType == Mono.Cecil.MetadataType.Void ? 0 : 1,
                _ => pop.Split('_').Length,
            });
        }

        // Each input's result, or what was thrown, and what was logged.
        private string Compare(string source, IEnumerable<int> inputs, out int methodsGone, out int bytes, out int results)
        {
            byte[] before = CompileForDesktop(source);
            byte[] after = Shortened(before);
            methodsGone = PeSize.Of(before).Methods - PeSize.Of(after).Methods;
            bytes = PeSize.Of(before).EstimatedBytes - PeSize.Of(after).EstimatedBytes;
            Assert.AreEqual(PeSize.Of(after).ToString(), PeSize.Of(Shortened(after)).ToString(), "shortened twice");
            string[] expected = Results(before, inputs);
            string[] actual = Results(after, inputs);
            results = expected.Distinct().Count();
            return string.Join(Environment.NewLine, inputs.Zip(expected.Zip(actual)).Where(p => p.Second.First != p.Second.Second).Take(5));
        }

        private static byte[] Shortened(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            CodeShortener.Shorten(module);
            using var stream = new MemoryStream();
            module.Write(stream);
            return stream.ToArray();
        }

        private static byte[] CompileForDesktop(string source)
        {
            var compilation = CSharpCompilation.Create(
                "Program",
                new[] { CSharpSyntaxTree.ParseText(source) },
                new[] { MetadataReference.CreateFromFile(typeof(object).Assembly.Location) },
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
            using var stream = new MemoryStream();
            EmitResult result = compilation.Emit(stream);
            Assert.IsTrue(result.Success, string.Join(Environment.NewLine, result.Diagnostics) + Environment.NewLine + source);
            return stream.ToArray();
        }

        private static string[] Results(byte[] image, IEnumerable<int> inputs)
        {
            var context = new AssemblyLoadContext("program", isCollectible: true);
            Type program = context.LoadFromStream(new MemoryStream(image)).GetType("P")!;
            FieldInfo log = program.GetField("Log")!;
            var run = program.GetMethod("Run")!.CreateDelegate<Func<int, int>>();
            string[] results = inputs.Select(input =>
            {
                log.SetValue(null, "");
                string result;
                try
                {
                    result = run(input).ToString();
                }
                catch (Exception e) when (e is NullReferenceException or DivideByZeroException or InvalidOperationException or IndexOutOfRangeException)
                {
                    result = e.GetType().Name;
                }

                return result + " " + log.GetValue(null);
            }).ToArray();
            context.Unload();
            return results;
        }
    }
}
