// The console lines that docs/boards/README.md shows: tests hold them to what is printed.

#nullable enable
using System;
using System.IO;
using System.Linq;

namespace NanoBoot.Tests
{
    /// <summary>What a reader of the boards' page expects to see.</summary>
    internal static class ConsolePage
    {
        private const int FirstFieldOfSize = 4;

        // Sequence numbers, attempts, floors and reasons do not depend on the build; sizes do, and record numbers.
        private static readonly string[] ExactEvents = ["2", "3", "5", "6", "7", "11", "13", "14", "32", "34", "41"];

        /// <summary>The page.</summary>
        public static string Text { get; } = File.ReadAllText(Path.Combine(Root(), "docs", "boards", "README.md"));

        /// <summary>The lines of the block that is marked with a name, without what is said of them and without sizes.</summary>
        public static string[] Lines(string name)
        {
            int start = Text.IndexOf($"<!-- console: {name} -->\n```\n", StringComparison.Ordinal);
            string block = Text[start..].Split("```")[1];
            return [.. block.Split('\n').Select(line => line.Split(' ')[0]).Where(line => line.Length > 0).Select(WithoutSizes)];
        }

        /// <summary>A line without what changes from build to build.</summary>
        public static string WithoutSizes(string line)
        {
            string[] fields = line.Split(';');
            if (fields.Length > FirstFieldOfSize && fields[0] == "NB" && !ExactEvents.Contains(fields[1]))
            {
                fields[FirstFieldOfSize] = "*";
            }

            return string.Join(';', fields);
        }

        private static string Root()
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "nanoBoot.sln")))
                {
                    return folder.FullName;
                }
            }

            throw new DirectoryNotFoundException("nanoBoot.sln is in no folder above " + AppContext.BaseDirectory);
        }
    }
}
