// NanoBoot.Strip [--keep-code] IN.dll OUT.dll: see NameStripper. The names that went stand in OUT.names.
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

            bool isCodeKept = arguments.Length > 0 && arguments[0] == "--keep-code";
            string[] files = isCodeKept ? arguments[1..] : arguments;
            if (files.Length != 2)
            {
                Console.Error.WriteLine("NanoBoot.Strip [--keep-code] IN.dll OUT.dll");
                Console.Error.WriteLine("NanoBoot.Strip --beside FOLDER NAME...");
                return 2;
            }

            using var map = new StringWriter();
            byte[] stripped = NameStripper.Strip(File.ReadAllBytes(files[0]), map, isCodeKept);
            File.WriteAllBytes(files[1], stripped);
            File.WriteAllText(Path.ChangeExtension(files[1], ".names"), map.ToString());
            return 0;
        }
    }
}
