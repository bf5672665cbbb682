// The size of the device assemblies against the budget of the design, and that the measure moves with what it measures.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Strip;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class BudgetTests
    {
        private static readonly JsonElement Budget = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Repository.Root, "tests", "NanoProfile", "budget.json"))).RootElement;

        public TestContext TestContext { get; set; } = null!;

        public static IEnumerable<object[]> Libraries() => DeviceLibrary.Folders.Select(f => new object[] { f });

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Size_DeviceLibrary_WithinBudget(string folder)
        {
            PeSize size = Measure(folder);
            JsonElement all = Budget.GetProperty("assemblies");
            JsonElement limits = all.TryGetProperty(folder, out JsonElement own) ? own : all.GetProperty("any other");
            var over = new List<string>();
            Compare(over, limits, "methods", size.Methods);
            Compare(over, limits, "fields", size.Fields);
            Compare(over, limits, "ilBytes", size.IlBytes);
            Compare(over, limits, "bytes", size.EstimatedBytes);
            TestContext.WriteLine(size.ToString());
            TestContext.WriteLine(string.Join(Environment.NewLine, size.ByType));

            Assert.IsEmpty(over, folder + Environment.NewLine + string.Join(Environment.NewLine, over));
        }

        // The design has a budget of its own for a stage 1 without ES256.
        [TestMethod]
        [DataRow("HssLms")]
        [DataRow("Es256")]
        public void Size_Stage1WithOneScheme_WithinBudget(string schemes)
        {
            DeviceLibrary library = DeviceLibrary.CompileAlone("Bootloader", schemes: schemes);
            PeSize size = PeSize.Of(NameStripper.Strip(library.Image!, TextWriter.Null, DeviceLibrary.SharedNames));
            TestContext.WriteLine(size.ToString());

            Assert.IsLessThanOrEqualTo(Budget.GetProperty("stage1Bytes").GetProperty(schemes).GetInt32(), size.EstimatedBytes);
        }

        [TestMethod]
        [DataRow("class A { void B() { } }", "class A { void B() { } void C() { } }", DisplayName = "a method")]
        [DataRow("class A { int _b; }", "class A { int _b; int _c; }", DisplayName = "a field")]
        [DataRow("class A { string B() { return \"\"; } }", "class A { string B() { return \"more\"; } }", DisplayName = "a string")]
        [DataRow("class A { static byte[] s_b = { 1, 2, 3, 4, 5, 6 }; }", "class A { static byte[] s_b = { 1, 2, 3, 4, 5, 6, 7 }; }", DisplayName = "data")]
        [DataRow("class A { int B(int c) { return c; } }", "class A { int B(int c) { return c + c; } }", DisplayName = "code")]
        public void Size_MoreOfIt_Larger(string less, string more)
        {
            int lessBytes = PeSize.Of(DeviceLibrary.CompileSnippet(less).Image!).EstimatedBytes;
            int moreBytes = PeSize.Of(DeviceLibrary.CompileSnippet(more).Image!).EstimatedBytes;

            Assert.IsGreaterThan(lessBytes, moreBytes);
        }

        [TestMethod]
        public void Size_Constants_CostNothing()
        {
            int without = PeSize.Of(DeviceLibrary.CompileSnippet("class A { }").Image!).EstimatedBytes;
            int with = PeSize.Of(DeviceLibrary.CompileSnippet("class A { const int B = 1; const string C = \"more\"; }").Image!).EstimatedBytes;

            Assert.AreEqual(without, with);
        }

        private static void Compare(List<string> over, JsonElement limits, string what, int actual)
        {
            int limit = limits.GetProperty(what).GetInt32();
            if (actual > limit)
            {
                over.Add(what + ": " + actual + ", budget " + limit);
            }
        }

        private static PeSize Measure(string folder)
        {
            // As a Release build for boards makes it (NanoStrip.targets).
            return PeSize.Of(NameStripper.Strip(DeviceLibrary.ImageOf(folder), TextWriter.Null, DeviceLibrary.SharedNames));
        }
    }
}
