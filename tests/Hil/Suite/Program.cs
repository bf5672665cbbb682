// nanoBoot's hardware-in-the-loop suite:
//   NanoBoot.Hil emulator
//   NanoBoot.Hil board --port /dev/ttyUSB0 --url http://192.168.1.10:8080/ --key author.pem --stage2 stage2.bin
//                      --first app-1.bin --second app-2.bin --third app-3.bin --entry Ns.Program --on CMD --off CMD --provision CMD [...]
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
        private const int Baud = 115200;

        private static int Main(string[] arguments)
        {
            switch (arguments)
            {
                case ["device", string directory, string network]:
                    return DeviceProcess.Run(directory, network == "up");
                case ["emulator"]:
                    return Report(RunEmulator(Console.Error.WriteLine));
                case ["board", .. string[] options]:
                    return Report(RunBoard(Parse(options)));
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

        private static IReadOnlyList<HilResult> RunBoard(Dictionary<string, string> options)
        {
            string published = Directory.CreateTempSubdirectory("nanoboot-hil").FullName;
            var url = new Uri(Need(options, "url"));
            FirmwareServer server = FirmwareServer.StartAsync(
                new FirmwareServerOptions { Directory = published, Address = IPAddress.Any, Port = url.Port }).GetAwaiter().GetResult();
            using Releases releases = Releases.FromFiles(
                Need(options, "key"),
                Need(options, "stage2"),
                [Need(options, "first"), Need(options, "second"), Need(options, "third")],
                Need(options, "entry"),
                published);
            var bench = new BenchCommands(
                Need(options, "on"),
                Need(options, "off"),
                options.GetValueOrDefault("net-up", ""),
                options.GetValueOrDefault("net-down", ""),
                Need(options, "provision"));
            int baud = int.Parse(options.GetValueOrDefault("baud", Baud.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
            using var target = new SerialTarget(Need(options, "port"), baud, bench);
            IReadOnlyList<HilResult> results = new HilSuite(target, releases, url, BoardTimeoutMs, Console.Error.WriteLine).Run();
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return results;
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
            for (int i = 0; i + 1 < options.Length; i += 2)
            {
                result[options[i].TrimStart('-')] = options[i + 1];
            }

            return result;
        }

        private static string Need(Dictionary<string, string> options, string name)
        {
            return options.TryGetValue(name, out string? value) ? value : throw new ArgumentException("--" + name + " is missing.");
        }
    }
}
