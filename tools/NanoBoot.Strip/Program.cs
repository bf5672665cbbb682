// NanoBoot.Strip [--keep-code] [--names LIST] IN.dll OUT.dll: see NameStripper, and SharedNames for the list. The names that
// went stand in OUT.names.
// NanoBoot.Strip --beside FOLDER NAME...: see TestShortener. NAME.dll of the folder takes its place (tests/shortened.sh).

using System;
using System.IO;
using System.Linq;

namespace NanoBoot.Strip
{
    internal static class Program
    {
        private static int Main(string[] arguments)
        {
            if (arguments.Length > 2 && arguments[0] == "--beside")
            {
                string[] paths = arguments.Skip(2).Select(name => Path.Combine(arguments[1], name + ".dll")).ToArray();
                byte[][] images = paths.Select(path => TestShortener.Shorten(path, arguments[1], out _)).ToArray();
                for (int i = 0; i < paths.Length; i++)
                {
                    File.WriteAllBytes(paths[i], images[i]);
                }

                return 0;
            }

            bool isCodeKept = arguments.Contains("--keep-code");
            string[] files = arguments.Where(a => a != "--keep-code").ToArray();
            string? list = files.Length > 1 && files[0] == "--names" ? files[1] : null;
            files = files.Skip(list == null ? 0 : 2).ToArray();
            if (files.Length != 2)
            {
                Console.Error.WriteLine("NanoBoot.Strip [--keep-code] [--names LIST] IN.dll OUT.dll");
                Console.Error.WriteLine("NanoBoot.Strip --beside FOLDER NAME...");
                return 2;
            }

            using TextReader? reader = list == null ? null : File.OpenText(list);
            SharedNames shared = reader == null ? SharedNames.None : new SharedNames(reader);
            using var map = new StringWriter();
            byte[] stripped = NameStripper.Strip(File.ReadAllBytes(files[0]), map, shared, isCodeKept);
            File.WriteAllBytes(files[1], stripped);
            File.WriteAllText(Path.ChangeExtension(files[1], ".names"), map.ToString());
            return 0;
        }
    }
}
