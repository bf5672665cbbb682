// Where the large published vectors are: the folder that NANOBOOT_VECTORS names, else shared/vectors beside a parent
// of the test's folder. A test that needs them and finds none says so and is counted as inconclusive.

using System;
using System.IO;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.Tests.Shared
{
    /// <summary>Access to the published vectors that do not live in this repository.</summary>
    internal static class Vectors
    {
        private static readonly string? Folder = Find();

        /// <summary>The path of a vector file; ends the test as inconclusive where there is none.</summary>
        public static string PathOf(string relativePath)
        {
            string? path = Folder == null ? null : Path.Combine(Folder, relativePath);
            if (path == null || !File.Exists(path))
            {
                string reason = "Skipped: the vector file '" + relativePath
                    + "' is absent; set NANOBOOT_VECTORS to the folder that holds it.";
                Console.WriteLine(reason);
                Assert.Inconclusive(reason);
            }

            return path!;
        }

        /// <summary>The bytes of a file that holds one line of hexadecimal digits.</summary>
        public static byte[] Hex(string relativePath)
        {
            return Convert.FromHexString(File.ReadAllText(PathOf(relativePath)).Trim());
        }

        /// <summary>A JSON file.</summary>
        public static JsonDocument Json(string relativePath)
        {
            return JsonDocument.Parse(File.ReadAllBytes(PathOf(relativePath)));
        }

        /// <summary>A member of a JSON object as bytes from hexadecimal digits.</summary>
        public static byte[] HexMember(JsonElement element, string name)
        {
            return Convert.FromHexString(element.GetProperty(name).GetString()!);
        }

        private static string? Find()
        {
            string? named = Environment.GetEnvironmentVariable("NANOBOOT_VECTORS");
            if (!string.IsNullOrEmpty(named))
            {
                return named;
            }

            for (DirectoryInfo? folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            {
                string candidate = Path.Combine(folder.FullName, "shared", "vectors");
                if (Directory.Exists(candidate))
                {
                    return candidate;
                }
            }

            return null;
        }
    }
}
