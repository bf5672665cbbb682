// NanoBoot.Strip IN.dll OUT.dll: see NameStripper. The names that went stand in OUT.names.

using System;
using System.IO;

namespace NanoBoot.Strip
{
    internal static class Program
    {
        private static int Main(string[] arguments)
        {
            if (arguments.Length != 2)
            {
                Console.Error.WriteLine("NanoBoot.Strip IN.dll OUT.dll");
                return 2;
            }

            using var map = new StringWriter();
            byte[] stripped = NameStripper.Strip(File.ReadAllBytes(arguments[0]), map);
            File.WriteAllBytes(arguments[1], stripped);
            File.WriteAllText(Path.ChangeExtension(arguments[1], ".names"), map.ToString());
            return 0;
        }
    }
}
