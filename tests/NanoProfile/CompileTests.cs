// Do the device sources compile against the platform's API, and would the check notice what the platform lacks?

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class CompileTests
    {
        public static IEnumerable<object[]> Libraries() => DeviceLibrary.Folders.Select(f => new object[] { f });

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Compile_DeviceLibrary_NoErrors(string folder)
        {
            DeviceLibrary library = DeviceLibrary.Compile(folder);

            Assert.IsEmpty(library.Errors, Environment.NewLine + string.Join(Environment.NewLine, library.Errors));
        }

        [TestMethod]
        [DataRow("Hal", false, DisplayName = "the layer below the bootloader, which is no assembly of its own on boards, knows nothing of it")]
        [DataRow("Hal", true, DisplayName = "the same without native cryptography")]
        [DataRow("Bootloader", true, DisplayName = "stage 1 without native cryptography")]
        public void Compile_Alone_NoErrors(string folder, bool managed)
        {
            DeviceLibrary library = DeviceLibrary.CompileAlone(folder, managed);

            Assert.IsEmpty(library.Errors, Environment.NewLine + string.Join(Environment.NewLine, library.Errors));
            Assert.AreEqual(
                managed, DeviceLibrary.SourceFiles(folder, managed).Any(f => f.EndsWith(".Managed.cs", StringComparison.Ordinal)));
        }

        [TestMethod]
        [DataRow("class A { System.Span<byte> B() { return default; } }", "CS0234", DisplayName = "Span")]
        [DataRow("class A { System.Collections.Generic.List<int> _b; }", "CS0234", DisplayName = "generic collections")]
        [DataRow("using System.Linq; class A { }", "CS0234", DisplayName = "LINQ")]
        [DataRow("class A { (int, int) B() { return (1, 2); } }", "CS8179", DisplayName = "tuples")]
        [DataRow("class A { int? _b; }", "CS0518", DisplayName = "Nullable")]
        [DataRow("class A { System.Collections.IEnumerable B() { yield return 1; } }", "CS0518", DisplayName = "iterators")]
        [DataRow("class A { async void B() { await C(); } System.Threading.Tasks.Task C() { return null; } }", "CS0234", DisplayName = "async")]
        [DataRow("class A { decimal _b; }", "CS0518", DisplayName = "decimal")]
        [DataRow("class A { int B(int[] c) { return c[^1]; } }", "CS0518", DisplayName = "index from the end")]
        [DataRow("class A { void B(byte[] c) { System.Array.Clear(c); } }", "CS7036", DisplayName = "Array.Clear of one argument")]
        [DataRow("class A { byte[] B(byte[] c) { System.Array.Resize(ref c, 1); return c; } }", "CS0117", DisplayName = "Array.Resize")]
        [DataRow("class A { int B(string c) { return c.Contains(\"d\", System.StringComparison.Ordinal) ? 1 : 0; } }", "CS0234", DisplayName = "StringComparison")]
        [DataRow("unsafe class A { volatile int _b; }", "CS0518", DisplayName = "volatile")]
        [DataRow("namespace A; class B { }", "CS8773", DisplayName = "C# 10")]
        public void Compile_WhatThePlatformLacks_Refused(string source, string expectedCode)
        {
            string[] codes = DeviceLibrary.CompileSnippet(source).Errors.Select(e => e.Id).ToArray();

            CollectionAssert.Contains(codes, expectedCode);
        }

        [TestMethod]
        [DataRow("class A { object B(long c, long d) { return System.Math.Max(c, d); } }", "System.Single System.Math::Max(System.Single,System.Single)", DisplayName = "no Max of long: it is that of float, which loses digits")]
        [DataRow("class A { int B(short c) { return System.Math.Abs(c); } }", "System.Int32 System.Math::Abs(System.Int32)", DisplayName = "no Abs of short")]
        [DataRow("class A { string B(string c, int d, string e) { return c + d + e; } }", "System.String System.String::Concat(System.String,System.String,System.String)", DisplayName = "concatenation")]
        public void Compile_Overload_IsThatOfThePlatform(string source, string expected)
        {
            DeviceLibrary library = DeviceLibrary.CompileSnippet(source);

            Assert.IsEmpty(library.Errors);
            using Mono.Cecil.ModuleDefinition module = Mono.Cecil.ModuleDefinition.ReadModule(new System.IO.MemoryStream(library.Image!));
            string[] called = module.GetType("A").Methods.Single(m => m.Name == "B").Body.Instructions
                .Select(i => i.Operand).OfType<Mono.Cecil.MethodReference>().Select(m => m.FullName).ToArray();
            CollectionAssert.Contains(called, expected, string.Join(Environment.NewLine, called));
        }

        [TestMethod]
        [DataRow("class A { long B(long c, long d) { return System.Math.Max(c, d); } }", "CS0266", DisplayName = "float is no long")]
        [DataRow("class A { int B(ref long c) { return System.Threading.Interlocked.Increment(ref c); } }", "CS1503", DisplayName = "Interlocked of long")]
        public void Compile_OverloadOfTheDesktop_Refused(string source, string expectedCode)
        {
            CollectionAssert.Contains(DeviceLibrary.CompileSnippet(source).Errors.Select(e => e.Id).ToArray(), expectedCode);
        }

        [TestMethod]
        public void Compile_WhatThePlatformHas_NoErrors()
        {
            const string Source = @"
                using System;
                using System.Collections;
                using System.Device.Spi;
                using System.Net.Http;
                using System.Security.Cryptography;
                using System.Text;
                using System.Threading;

                public struct Pair
                {
                    public int Left;
                    public int Right;
                }

                public interface ISink
                {
                    void Put(byte[] data);
                }

                public sealed class Sample : ISink, IDisposable
                {
                    private static readonly byte[] s_table = { 1, 2, 3, 4, 5, 6, 7, 8 };
                    private readonly Hashtable _entries = new Hashtable();

                    public event EventHandler Changed;

                    public int this[int index] => s_table[index];

                    public void Put(byte[] data)
                    {
                        lock (_entries)
                        {
                            foreach (object entry in new ArrayList { 1, 2 })
                            {
                                _entries[entry] = data;
                            }

                            foreach (byte b in data)
                            {
                                Console.WriteLine($""{b}"");
                            }
                        }

                        var thread = new Thread(() => Changed?.Invoke(this, EventArgs.Empty));
                        thread.Start();
                        using (var mac = new HMACSHA256(s_table))
                        {
                            byte[] digest = mac.ComputeHash(data);
                            Array.Copy(digest, 0, data, 0, 4);
                        }

                        object value = Encoding.UTF8.GetString(data, 0, 1);
                        if (value is string { Length: 1 } text && typeof(Sample).Name == text)
                        {
                            throw new InvalidOperationException(text);
                        }
                    }

                    public HttpResponseMessage Fetch(HttpClient client, string address)
                    {
                        return client.Send(new HttpRequestMessage(HttpMethod.Get, address));
                    }

                    public void Transfer(SpiDevice device, byte[] write, byte[] read)
                    {
                        device.TransferFullDuplex(new SpanByte(write), new SpanByte(read));
                    }

                    public void Dispose()
                    {
                        _entries.Clear();
                    }
                }";

            DeviceLibrary library = DeviceLibrary.CompileSnippet(Source);

            Assert.IsEmpty(library.Errors, Environment.NewLine + string.Join(Environment.NewLine, library.Errors));
        }

        [TestMethod]
        public void SourceFiles_EachLibrary_NoDesktopFiles()
        {
            foreach (string folder in DeviceLibrary.Folders)
            {
                Assert.IsFalse(
                    DeviceLibrary.SourceFiles(folder).Any(f => f.EndsWith(".Desktop.cs", StringComparison.Ordinal)));
            }
        }
    }
}
