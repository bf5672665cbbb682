// docs/THREAT-MODEL.md lists every known attack with the test that stands for it, or a reason. This holds the table
// to the tests: a test that is renamed or removed turns this red, and so does a number that was forgotten.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.Hal.Tests
{
    [TestClass]
    public sealed class AttackTableTests
    {
        private const int LastAttack = 77;

        [TestMethod]
        public void Table_EveryAttack_HasATestThatExistsOrAReason()
        {
            Dictionary<int, string> rows = Regex.Matches(RepositoryFile.Read("docs/THREAT-MODEL.md"), @"^\| A(\d+) \|(?:[^|]*\|){2} ([^|]*) \|$", RegexOptions.Multiline)
                .ToDictionary(match => int.Parse(match.Groups[1].Value), match => match.Groups[2].Value);
            HashSet<string> tests = TestNames();
            for (int attack = 1; attack <= LastAttack; attack++)
            {
                Assert.IsTrue(rows.TryGetValue(attack, out string? evidence), $"docs/THREAT-MODEL.md has no row for A{attack}.");
                Match test = Regex.Match(evidence, "^`(\\w+)`$");
                if (test.Success)
                {
                    Assert.Contains(test.Groups[1].Value, tests, $"The test that docs/THREAT-MODEL.md names for A{attack} does not exist.");
                    Assert.Contains($"A{attack}_", test.Groups[1].Value, $"The test for A{attack} does not carry its number.");
                }
                else
                {
                    Assert.MatchesRegex("^none: .{10,}", evidence, $"A{attack} has neither a test nor a reason.");
                }
            }
        }

        private static HashSet<string> TestNames()
        {
            string tests = Path.Combine(RepositoryFile.Root, "tests");
            return Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"public (?:async Task|void) (A\d+_\w+)\(").Select(match => match.Groups[1].Value))
                .ToHashSet();
        }
    }
}
