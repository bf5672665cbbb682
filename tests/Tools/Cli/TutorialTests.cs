using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>The tours of docs/tutorials are run as they are written: each block marked sh, line by line.</summary>
    [TestClass]
    public sealed class TutorialTests : CliTest
    {
        private readonly List<(CancellationTokenSource Stop, Task<int> Task)> _background = [];

        public static IEnumerable<object[]> Tours
        {
            get
            {
                foreach (string file in Directory.GetFiles(Folder, "*.md"))
                {
                    yield return [Path.GetFileName(file)];
                }
            }
        }

        private static string Folder
        {
            get
            {
                for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                {
                    string candidate = Path.Combine(folder.FullName, "docs", "tutorials");
                    if (Directory.Exists(candidate))
                    {
                        return candidate;
                    }
                }

                throw new DirectoryNotFoundException("docs/tutorials");
            }
        }

        [TestMethod]
        [DynamicData(nameof(Tours))]
        public async Task Tour_AsWritten_EveryCommandDoesAsItSays(string name)
        {
            string text = await File.ReadAllTextAsync(Path.Combine(Folder, name));
            int port = FreePort();
            text = text.Replace("8080", $"{port}", StringComparison.Ordinal);
            int commands = 0;
            try
            {
                foreach (Match block in Regex.Matches(text, "```sh(?: expect=(?<code>\\d+))?\n(?<body>.*?)```", RegexOptions.Singleline))
                {
                    int expected = block.Groups["code"].Success ? int.Parse(block.Groups["code"].Value) : 0;
                    commands += await RunBlock(block.Groups["body"].Value, expected, port);
                }
            }
            finally
            {
                foreach ((CancellationTokenSource stop, Task<int> task) in _background)
                {
                    await stop.CancelAsync();
                    Assert.AreEqual(ExitCode.Ok, await task);
                    stop.Dispose();
                }
            }

            Assert.IsTrue(commands >= 5, $"{commands} commands");
        }

        /// <summary>The first tour ends with the new version confirmed, and most of it not fetched.</summary>
        [TestMethod]
        public async Task FirstUpdate_AtTheEnd_TheNewVersionIsConfirmed()
        {
            await Tour_AsWritten_EveryCommandDoesAsItSays("first-update.md");
            var journal = Facts("device", "journal", "board");
            Assert.AreEqual(2, journal["components"]!["application"]!["floor"]!.GetValue<int>());
            Assert.AreEqual("app.b", journal["components"]!["application"]!["confirmedSlot"]!.ToString());
            string map = Succeeds("device", "map", "board");
            StringAssert.Contains(map, "S");
            StringAssert.StartsWith(File.ReadAllText(PathOf("flash.svg")), "<svg ");
            System.Xml.Linq.XDocument.Load(PathOf("flash.svg"));
        }

        /// <summary>The third tour ends with the old key and one root out, and with what the new key signed running.</summary>
        [TestMethod]
        public async Task RotateAndRevoke_AtTheEnd_TheOldKeyDecidesNothing()
        {
            await Tour_AsWritten_EveryCommandDoesAsItSays("rotate-and-revoke.md");
            var trust = Facts("device", "trust", "board");
            Assert.AreEqual(2, trust["document"]!.GetValue<int>());
            Assert.AreEqual("[\"trust.a\",\"trust.b\"]", trust["slots"]!.ToJsonString());
            Assert.AreEqual(1, trust["authorities"]!.AsArray().Count);
            Assert.AreEqual(1, trust["revokedRoots"]!.AsArray().Count);
            CollectionAssert.AreEqual(new[] { "root-a.pem", "root-b.pem" }, trust["factory"]!.AsArray().Select(key => key!["name"]!.ToString()).ToArray());
            var journal = Facts("device", "journal", "board");
            Assert.AreEqual(2, journal["components"]!["trust"]!["floor"]!.GetValue<int>());
            Assert.AreEqual(2, journal["components"]!["application"]!["floor"]!.GetValue<int>());

            // What the old key signed is refused by stage 1 too, though the key was built in.
            Succeeds("device", "flash", "board", "stolen.suit", "images/application-1.0.bin", "--slot", "0");
            var boot = Facts("device", "boot", "board", "--for", "5");
            Assert.IsTrue(boot["events"]!.AsArray().Any(entry => entry!["event"]!.ToString() == "SlotRefused" && entry["result"]!.ToString() == "KeyUnknown"), Output);
            Assert.AreEqual("Sleeping", boot["end"]!.ToString());

            // The revoked root and one that is left are too few; a third document needs both that are left.
            Succeeds("manifest", "create", "trust-release.yaml", "--sequence", "3", "--out", "again.suit");
            Succeeds("manifest", "sign", "again.suit", "--key", "root-a.pem");
            Succeeds("manifest", "sign", "again.suit", "--key", "root-c.pem");
            string[] verify = ["manifest", "verify", "again.suit", "--device", "device.yaml", "--trust", "trust.yaml", "--trust-document", "successor-only.bin", "--payload", "both.bin"];
            Assert.AreEqual(ExitCode.Refused, Run(verify));
            StringAssert.Contains(Output, "TrustRootsMissing");
            Succeeds("manifest", "sign", "again.suit", "--key", "root-b.pem");
            File.WriteAllText(PathOf("device.yaml"), File.ReadAllText(PathOf("device.yaml")).Replace("-1.suit", "-2.suit", StringComparison.Ordinal));
            StringAssert.Contains(Succeeds(verify), "Accepted: the trust document comes into force.");
        }

        private async Task<int> RunBlock(string body, int expected, int port)
        {
            string[] lines = body.Split('\n');
            int commands = 0;
            for (int index = 0; index < lines.Length; index++)
            {
                string line = lines[index].Trim();
                Match file = Regex.Match(line, "^cat > (?<name>\\S+) <<'EOF'$");
                if (file.Success)
                {
                    string[] content = [.. lines.Skip(index + 1).TakeWhile(next => next != "EOF")];
                    File.WriteAllLines(PathOf(file.Groups["name"].Value), content);
                    index += content.Length + 1;
                }
                else if (line.EndsWith(" &", StringComparison.Ordinal))
                {
                    await StartInBackground(line[..^2], port);
                    commands++;
                }
                else if (line.StartsWith("nanoboot ", StringComparison.Ordinal))
                {
                    int exitCode = Run(Words(line));
                    Assert.AreEqual(expected, exitCode, $"{line}\n{Error}{Output}");
                    commands++;
                }
                else
                {
                    Assert.AreEqual(string.Empty, line, "a line that the test cannot run");
                }
            }

            return commands;
        }

        private async Task StartInBackground(string line, int port)
        {
            var stop = new CancellationTokenSource();
            string[] words = Words(line);
            Task<int> task = Task.Run(() => Run(stop.Token, words));
            _background.Add((stop, task));
            for (int attempt = 0; attempt < 200 && !task.IsCompleted; attempt++)
            {
                try
                {
                    using var client = new TcpClient();
                    await client.ConnectAsync(IPAddress.Loopback, port);
                    return;
                }
                catch (SocketException)
                {
                    await Task.Delay(50);
                }
            }

            Assert.Fail($"{line}: does not answer. {Error}");
        }

        private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
