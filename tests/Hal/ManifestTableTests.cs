// docs/SPEC-manifest.md says of every label of SUIT who understands it, and by which test that is seen. This holds the
// tables to the labels of the drafts (numbers only, from their registries), and to the tests that they name.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.Hal.Tests
{
    [TestClass]
    public sealed class ManifestTableTests
    {
        /// <summary>Draft-ietf-suit-manifest-37, -trust-domains-11, -update-management-14, -firmware-encryption-24, -mud-10,
        /// -report-18: every label, by the heading of its table.</summary>
        private static readonly Dictionary<string, string> Labels = new()
        {
            ["Envelope"] = "tag 107, tag 1070, 1, 2, 3, 14, 15, 16, 18, 20, 23, 25, text",
            ["Manifest"] = "1 to 9, 3/1, 3/2, 3/4, 14, 15, 16, 18, 20, 23, 24, 25",
            ["Commands"] = "1 to 8, 11, 12, 14, 15, 18 to 29, 31 to 35, below -255",
            ["Reporting policy"] = "0 to 3",
            ["Parameters"] = "1 to 5, 1 as tag 112, 12, 13, 14, 18, 19, 21 to 30, -257",
            ["Version comparison"] = "1 to 5",
            ["Wait events"] = "1 to 9",
            ["Component metadata"] = "1 to 8",
            ["Text"] = "1 to 8",
            ["Report"] = "2, 3, 4, 8, 99",
            ["Authentication blocks"] = "-7 / -9, -46, 5, -16",
        };

        private static readonly Dictionary<string, string> Folders = new()
        {
            ["B"] = "tests/Bootloader", ["S"] = "tests/Stage2Updater", ["T"] = "tests/Tools",
        };

        private static readonly Lazy<Dictionary<string, string[][]>> Tables = new(Parse);

        public static IEnumerable<object[]> Headings() => Labels.Keys.Select(heading => new object[] { heading });

        [TestMethod]
        [DynamicData(nameof(Headings))]
        public void Table_EveryLabelOfTheDrafts_HasARow(string heading)
        {
            int column = heading == "Authentication blocks" ? 1 : 0;
            HashSet<string> rows = Tables.Value[heading].SelectMany(row => Expand(row[column])).ToHashSet();
            foreach (string label in Expand(Labels[heading]))
            {
                Assert.Contains(label, rows, $"docs/SPEC-manifest.md, {heading}: no row for {label}.");
            }
        }

        [TestMethod]
        [DynamicData(nameof(Headings))]
        public void Table_EveryRow_SaysWhoAndNamesTestsThatExist(string heading)
        {
            foreach (string[] row in Tables.Value[heading])
            {
                string text = string.Join(" | ", row);
                int first = Array.FindIndex(row, cell => cell is "✓" or "c" or "—");
                Assert.IsGreaterThanOrEqualTo(1, first, text);
                Assert.IsTrue(row.Skip(first).Take(3).All(cell => cell is "✓" or "c" or "—"), text);
                string[] named = Regex.Matches(text, "([BST]) `(\\w+)`").Select(match => match.Value).ToArray();
                Assert.IsNotEmpty(named, "No test in this row: " + text);
                foreach (string test in named)
                {
                    Assert.Contains(test[3..^1], Tests.Value[test[..1]], "This row names a test that does not exist: " + text);
                }
            }
        }

        private static readonly Lazy<Dictionary<string, HashSet<string>>> Tests = new(() => Folders.ToDictionary(
            entry => entry.Key,
            entry => Directory.EnumerateFiles(Path.Combine(RepositoryFile.Root, entry.Value), "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"public (?:async Task|void) (\w+)\(|public (?:sealed )?class (\w+Tests)\b")
                    .Select(match => match.Groups[1].Value + match.Groups[2].Value))
                .ToHashSet()));

        private static Dictionary<string, string[][]> Parse()
        {
            Dictionary<string, string[][]> tables = [];
            string heading = string.Empty;
            List<string[]> rows = [];
            foreach (string line in RepositoryFile.Read("docs/SPEC-manifest.md").Split('\n').Append("# end"))
            {
                if (line.StartsWith('#'))
                {
                    tables[heading] = [.. rows.Skip(2)];
                    heading = Regex.Replace(line.TrimStart('#', ' '), @" \(.*\)$", string.Empty);
                    rows = [];
                }
                else if (line.StartsWith("| ", StringComparison.Ordinal))
                {
                    rows.Add([.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())]);
                }
            }

            return tables;
        }

        /// <summary>"1 to 3, 7" to 1, 2, 3, 7.</summary>
        private static IEnumerable<string> Expand(string cell)
        {
            foreach (string part in cell.Split(", "))
            {
                Match range = Regex.Match(part, @"^(\d+) to (\d+)$");
                if (!range.Success)
                {
                    yield return part;
                    continue;
                }

                for (int label = int.Parse(range.Groups[1].Value); label <= int.Parse(range.Groups[2].Value); label++)
                {
                    yield return label.ToString();
                }
            }
        }
    }
}
