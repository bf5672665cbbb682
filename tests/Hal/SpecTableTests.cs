// docs/SPEC.md carries the table of result codes and of events; the sources carry the same words.
// These tests hold the two together, so that neither can change alone.

using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal;

namespace NanoBoot.Hal.Tests
{
    [TestClass]
    public sealed class SpecTableTests
    {
        private static readonly Regex Member = new(
            @"/// <summary>([^\n]*)</summary>\s+(\w+) = (\d+),", RegexOptions.Compiled);

        [TestMethod]
        public void ResultCodes_SourceAgainstSpec_AreTheSameTable()
        {
            string spec = RepositoryFile.Read("docs/SPEC.md");
            int count = 0;
            foreach ((int code, string name, string text) in Members(RepositoryFile.Read("Hal/ResultCode.cs")))
            {
                string[] parts = text.Split(" Reaction: ");
                string row = $"| {code} | {name} | {parts[0]} | {(parts.Length > 1 ? parts[1] : "-")} |";
                Assert.IsTrue(spec.Contains(row + "\n", StringComparison.Ordinal), "docs/SPEC.md lacks this row:\n" + row);
                count++;
            }

            Assert.AreEqual(Enum.GetValues<ResultCode>().Length, count, "Every code has a summary on one line.");
        }

        [TestMethod]
        public void Events_SourceAgainstSpec_AreTheSameTable()
        {
            string spec = RepositoryFile.Read("docs/SPEC.md");
            string source = RepositoryFile.Read("Hal/IBoard.cs");
            source = source[source.IndexOf("enum BootEvent", StringComparison.Ordinal)..];
            int count = 0;
            foreach ((int code, string name, string text) in Members(source))
            {
                string row = $"| {code} | {name} | {text} |";
                Assert.IsTrue(spec.Contains(row + "\n", StringComparison.Ordinal), "docs/SPEC.md lacks this row:\n" + row);
                count++;
            }

            Assert.AreEqual(Enum.GetValues<BootEvent>().Length, count, "Every event has a summary on one line.");
        }

        private static IEnumerable<(int Code, string Name, string Text)> Members(string source)
        {
            foreach (Match match in Member.Matches(source))
            {
                string text = Regex.Replace(match.Groups[1].Value, "<see cref=\"(?:\\w+\\.)?(\\w+)\"\\s*/>", "$1");
                yield return (int.Parse(match.Groups[3].Value), match.Groups[2].Value, text);
            }
        }
    }
}
