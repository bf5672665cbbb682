using System;
using System.IO;

namespace NanoBoot.Hal.Tests
{
    /// <summary>Files of the repository that this build comes from.</summary>
    internal static class RepositoryFile
    {
        /// <summary>The folder of nanoBoot.sln.</summary>
        public static string Root { get; } = FindRoot();

        /// <summary>Reads a text file.</summary>
        /// <param name="path">Relative to <see cref="Root"/>.</param>
        public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

        private static string FindRoot()
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "nanoBoot.sln")))
                {
                    return folder.FullName;
                }
            }

            throw new FileNotFoundException("The root of the repository is not above " + AppContext.BaseDirectory);
        }
    }
}
