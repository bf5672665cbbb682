// nanoBoot's hardware-in-the-loop suite:
//   NanoBoot.Hil emulator
//   NanoBoot.Hil board --port /dev/ttyUSB0 --url http://192.168.1.10:8080/ --key author.pem --stage2 stage2.bin
//                      --first app-1.bin --second app-2.bin --third app-3.bin --entry Ns.Program --on CMD --off CMD --provision CMD
//                      [--baud N] [--console CMD] [--reset CMD] [--net-down CMD --net-up CMD]
//   NanoBoot.Hil device DIRECTORY up|down        (what the emulator target starts)
// Prints one JSON line a scenario; the exit code is 0 when all passed. tests/Hil/README.md says more.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Text.Json;
using NanoBoot.Server;

namespace NanoBoot.Hil
{
    /// <summary>Entry point.</summary>
    public static class Program
    {
        private const int EmulatorTimeoutMs = 60000;
        private const int BoardTimeoutMs = 300000;

        // What the nanoFramework firmware of most ESP32 boards has.
        private const int Baud = 921600;

        private static readonly HashSet<string> s_options =
        [
            "port", "baud", "console", "url", "key", "stage2", "first", "second", "third", "entry", "on", "off", "reset", "net-down", "net-up", "provision",
        ];

        private static int Main(string[] arguments)
        {
            switch (arguments)
            {
                case ["device", string directory, string network]:
                    return DeviceProcess.Run(directory, network == "up");
                case ["emulator"]:
                    return Report(RunEmulator(Console.Error.WriteLine));
                case ["board", .. string[] options]:
                    try
                    {
                        return Report(RunBoard(options, Console.Error.WriteLine));
                    }
                    catch (Exception exception) when (exception is ArgumentException or FormatException or System.IO.IOException)
                    {
                        Console.Error.WriteLine(exception.Message + " (tests/Hil/README.md says what each option is for)");
                        return 2;
                    }

                default:
                    Console.Error.WriteLine("usage: emulator | board OPTIONS (tests/Hil/README.md)");
                    return 2;
            }
        }

        /// <summary>Runs the suite on the emulator.</summary>
        /// <param name="trace">Told every line of the console.</param>
        public static IReadOnlyList<HilResult> RunEmulator(Action<string> trace)
        {
            string directory = Directory.CreateTempSubdirectory("nanoboot-hil").FullName;
            try
            {
                string published = Path.Combine(directory, "published");
                FirmwareServer server = FirmwareServer.StartAsync(new FirmwareServerOptions { Directory = Directory.CreateDirectory(published).FullName })
                    .GetAwaiter().GetResult();
                using Releases releases = Releases.ForEmulator(published);
                using var target = new EmulatorTarget(Path.Combine(directory, "device"));
                IReadOnlyList<HilResult> results = new HilSuite(target, releases, server.BaseAddress, EmulatorTimeoutMs, trace).Run();
                server.DisposeAsync().AsTask().GetAwaiter().GetResult();
                return results;
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        /// <summary>Runs the suite on a board.</summary>
        /// <param name="arguments">The options, each a name and a value.</param>
        /// <param name="trace">Told every line of the console.</param>
        /// <param name="timeoutMs">How long to wait for a line.</param>
        public static IReadOnlyList<HilResult> RunBoard(string[] arguments, Action<string> trace, int timeoutMs = BoardTimeoutMs)
        {
            Dictionary<string, string> options = Parse(arguments);
            var url = new Uri(Need(options, "url"));
            var bench = new BenchCommands(
                Need(options, "on"),
                Need(options, "off"),
                options.GetValueOrDefault("net-up", ""),
                options.GetValueOrDefault("net-down", ""),
                Need(options, "provision"),
                options.GetValueOrDefault("reset", ""),
                options.GetValueOrDefault("console", ""));
            int baud = int.Parse(options.GetValueOrDefault("baud", Baud.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
            string name = bench.Console.Length > 0 ? options.GetValueOrDefault("port", "console") : Need(options, "port");
            string published = Directory.CreateTempSubdirectory("nanoboot-hil").FullName;
            try
            {
                using Releases releases = Releases.FromFiles(
                    Need(options, "key"),
                    Need(options, "stage2"),
                    [Need(options, "first"), Need(options, "second"), Need(options, "third")],
                    Need(options, "entry"),
                    published);
                FirmwareServer server = FirmwareServer.StartAsync(
                    new FirmwareServerOptions { Directory = published, Address = IPAddress.Any, Port = url.Port }).GetAwaiter().GetResult();
                using var target = new SerialTarget(name, baud, bench);
                IReadOnlyList<HilResult> results = new HilSuite(target, releases, url, timeoutMs, trace).Run();
                server.DisposeAsync().AsTask().GetAwaiter().GetResult();
                return results;
            }
            finally
            {
                Directory.Delete(published, recursive: true);
            }
        }

        private static int Report(IReadOnlyList<HilResult> results)
        {
            int failed = 0;
            foreach (HilResult result in results)
            {
                Console.WriteLine(JsonSerializer.Serialize(result));
                failed += result.Failure is null ? 0 : 1;
            }

            Console.WriteLine($"hil: {results.Count - failed} passed, {failed} failed");
            return failed == 0 ? 0 : 1;
        }

        private static Dictionary<string, string> Parse(string[] options)
        {
            var result = new Dictionary<string, string>(StringComparer.Ordinal);
            for (int i = 0; i < options.Length; i += 2)
            {
                string name = options[i].StartsWith("--", StringComparison.Ordinal) ? options[i][2..] : "";
                if (!s_options.Contains(name) || i + 1 == options.Length)
                {
                    throw new ArgumentException($"{options[i]}: {(name.Length > 0 && s_options.Contains(name) ? "its value is missing" : "no such option")}.");
                }

                result[name] = options[i + 1];
            }

            return result;
        }

        private static string Need(Dictionary<string, string> options, string name)
        {
            return options.TryGetValue(name, out string? value) ? value : throw new ArgumentException("--" + name + " is missing.");
        }
    }
}
