// The board target, with an emulated device behind a pseudo-terminal: the same command that a bench with a board runs, and
// the same report as the emulator target makes.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using DemoApplication.Bundles;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;

namespace NanoBoot.Hil.Tests
{
    [TestClass]
    public sealed class SerialTests
    {
        private const int TimeoutMs = 60000;

        private string _directory = "";

        [TestInitialize]
        public void Initialize()
        {
            if (!OperatingSystem.IsLinux())
            {
                const string Reason = "Skipped: needs pseudo-terminals, and makes them as on Linux.";
                Console.WriteLine(Reason);
                Assert.Inconclusive(Reason);
            }

            _directory = Directory.CreateTempSubdirectory("nanoboot-hil").FullName;
        }

        [TestCleanup]
        public void Cleanup()
        {
            if (_directory.Length > 0)
            {
                Directory.Delete(_directory, recursive: true);
            }
        }

        [TestMethod]
        public void Board_OnASerialPort_EveryScenarioPasses()
        {
            using PtyBench bench = MakeBench(isPortOfTheBoard: false);
            var trace = new List<string>();

            IReadOnlyList<HilResult> results = Program.RunBoard(Options(bench, "--port", bench.Port), trace.Add, TimeoutMs);

            string failures = string.Join(Environment.NewLine, results.Where(r => r.Failure is not null).Select(r => r.Scenario + ": " + r.Failure));
            Assert.AreEqual("", failures, string.Join(Environment.NewLine, trace));
            Assert.HasCount(6, results);
            Assert.IsTrue(results.All(r => r.Lines > 0 && r.Target == bench.Port));
            Assert.AreEqual(7, bench.PowerUps, "six scenarios, and one of them cuts the power");
        }

        [TestMethod]
        public void Board_PortComesUpWithTheSupply_NothingIsMissedAfterTheReset()
        {
            using PtyBench bench = MakeBench(isPortOfTheBoard: true);

            IReadOnlyList<HilResult> results = Program.RunBoard(
                Options(bench, "--port", bench.Port, "--reset", bench.Command("reset")), _ => { }, TimeoutMs);

            Assert.AreEqual("", string.Join(Environment.NewLine, results.Where(r => r.Failure is not null).Select(r => r.Scenario + ": " + r.Failure)));
            Assert.AreEqual(bench.PowerUps, bench.Resets);
        }

        [TestMethod]
        public void Board_ConsoleOfACommand_LinesAreRead()
        {
            using var target = new SerialTarget("console", 0, new BenchCommands("", "", "", "", "", Console: "printf 'NB;1;1;0;2\\r\\nhello\\nNB;2'; sleep 60"));

            target.PowerOn();

            Assert.AreEqual("NB;1;1;0;2", target.ReadLine(TimeoutMs));
            Assert.AreEqual("hello", target.ReadLine(TimeoutMs));
            Assert.IsNull(target.ReadLine(1), "half a line is none");
            target.PowerOff();
            Assert.IsNull(target.ReadLine(1));
        }

        [TestMethod]
        public void Board_ACommandOfTheBenchFails_EveryScenarioSaysSo()
        {
            using PtyBench bench = MakeBench(isPortOfTheBoard: false);
            string[] options = Options(bench, "--port", bench.Port);
            options[Array.IndexOf(options, "--off") + 1] = "exit 3";

            IReadOnlyList<HilResult> results = Program.RunBoard([.. options], _ => { }, 1);

            Assert.IsTrue(results.All(r => r.Failure!.Contains("'exit 3' ended with 3.", StringComparison.Ordinal)));
        }

        [TestMethod]
        [DataRow("--provison", "x", "--provison: no such option.")]
        [DataRow("--port", "x", "--url is missing.")]
        public void Board_OptionsOfAUserInAHurry_SaysWhich(string name, string value, string expected)
        {
            Assert.AreEqual(expected, Assert.ThrowsExactly<ArgumentException>(() => Program.RunBoard([name, value], _ => { })).Message);
        }

        private PtyBench MakeBench(bool isPortOfTheBoard)
        {
            EcdsaSigningKey author = EcdsaSigningKey.FromSeed("hil"u8, "author of a board");
            File.WriteAllText(Path.Combine(_directory, "author.pem"), author.ExportPem());
            return new PtyBench(
                _directory,
                (identity, stage2, stage2Payload, application, applicationPayload)
                    => new FirstContent(identity, stage2, stage2Payload, application, applicationPayload, author.KeyId, author.PublicKey),
                isPortOfTheBoard);
        }

        private string[] Options(PtyBench bench, params string[] more)
        {
            byte[] ballast = File.ReadAllBytes(typeof(DemoBundle).Assembly.Location);
            return
            [
                "--url", $"http://127.0.0.1:{FreePort()}/", "--key", Path.Combine(_directory, "author.pem"),
                "--stage2", Write("stage2.bin", [File.ReadAllBytes(typeof(Stage2Updater.Program).Assembly.Location)]),
                "--first", Write("app-1.bin", DemoBundle.Version10.Assemblies),
                "--second", Write("app-2.bin", DemoBundle.Version11.Assemblies),
                "--third", Write("app-3.bin", [.. DemoBundle.Version11.Assemblies, ballast]),
                "--entry", DemoBundle.EntryType,
                "--on", bench.Command("on"), "--off", bench.Command("off"),
                "--net-up", bench.Command("up"), "--net-down", bench.Command("down"),
                "--provision", bench.Command("provision"),
                .. more,
            ];
        }

        private string Write(string name, IReadOnlyList<byte[]> assemblies)
        {
            string path = Path.Combine(_directory, name);
            File.WriteAllBytes(path, Bundle.Concatenate(assemblies));
            return path;
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
