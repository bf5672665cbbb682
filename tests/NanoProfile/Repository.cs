// Where the sources are: the folder with nanoBoot.sln, found upward from where the tests run.

using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>The working copy that the tests look at.</summary>
    internal static class Repository
    {
        /// <summary>Its root folder.</summary>
        public static string Root { get; } = FindRoot();

        /// <summary>File patterns of a project, separated by semicolons, for paths relative to the project.</summary>
        public static Regex[] Patterns(string text)
        {
            return text.Split(';', StringSplitOptions.RemoveEmptyEntries)
                .Select(p => p.EndsWith("**", StringComparison.Ordinal) ? p + "/*" : p)
                .Select(p => new Regex("^" + Regex.Escape(p.Replace('\\', '/'))
                    .Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "$"))
                .ToArray();
        }

        private static string FindRoot()
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
