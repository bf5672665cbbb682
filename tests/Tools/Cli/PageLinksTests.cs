using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>What a page leads to within the repository is there, file and heading.</summary>
    [TestClass]
    public sealed class PageLinksTests
    {
        private static readonly string[] s_roots = ["README.md", "docs", "boards", "tests"];

        /// <summary>The pages but those of templates, whose paths are filled in when they are used.</summary>
        public static IEnumerable<object[]> Pages => s_roots
            .SelectMany(root => Directory.Exists(Path.Combine(Root, root))
                ? Directory.GetFiles(Path.Combine(Root, root), "*.md", SearchOption.AllDirectories)
                : [Path.Combine(Root, root)])
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(page => !page.Contains("template", StringComparison.Ordinal) && !page.Split('/').Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal)
            .Select(page => new object[] { page });

        private static string Root
        {
            get
            {
                DirectoryInfo folder = new(AppContext.BaseDirectory);
                while (!File.Exists(Path.Combine(folder.FullName, "nanoBoot.sln")))
                {
                    folder = folder.Parent ?? throw new DirectoryNotFoundException("nanoBoot.sln");
                }

                return folder.FullName;
            }
        }

        [TestMethod]
        [DynamicData(nameof(Pages))]
        public void Page_EachLink_LeadsSomewhere(string page)
        {
            // What stands in code is no link.
            string text = Regex.Replace(File.ReadAllText(Path.Combine(Root, page)), "^```.*?^```|`[^`\n]*`", "", RegexOptions.Singleline | RegexOptions.Multiline);
            foreach (Match link in Regex.Matches(text, "\\]\\((?<to>[^)#:\\s]*)(?:#(?<anchor>[^)]*))?\\)"))
            {
                string target = link.Groups["to"].Length == 0
                    ? Path.Combine(Root, page)
                    : Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(page)!, link.Groups["to"].Value));
                Assert.IsTrue(File.Exists(target) || Directory.Exists(target), page + ": " + link.Value);
                string anchor = link.Groups["anchor"].Value;
                Assert.IsTrue(anchor.Length == 0 || Anchors(target).Contains(anchor), page + ": " + link.Value);
            }
        }

        /// <summary>As GitHub makes them of headings.</summary>
        private static string[] Anchors(string file)
        {
            return [.. Regex.Matches(File.ReadAllText(file), "^#+ (?<heading>.*)$", RegexOptions.Multiline)
                .Select(match => Regex.Replace(match.Groups["heading"].Value.ToLowerInvariant(), "[^\\w\\- ]", "").Replace(' ', '-'))];
        }
    }
}
