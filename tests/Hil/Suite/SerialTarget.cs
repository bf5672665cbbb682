// A board on a serial port. What else a bench has is told as commands: a USB relay, uhubctl, a router. The port is
// opened as a file, in raw mode (stty): so this runs on Linux, and on others where stty knows the device.

using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace NanoBoot.Hil
{
    /// <summary>What a bench can do, as command lines for the shell; an empty one does nothing.</summary>
    /// <param name="PowerOn">Switches the supply on.</param>
    /// <param name="PowerOff">Switches it off.</param>
    /// <param name="NetworkUp">Gives the board its network.</param>
    /// <param name="NetworkDown">Takes it away.</param>
    /// <param name="Provision">Provisions the board with the files in the directory HIL_CONTENT, and deploys stage 1.</param>
    public sealed record BenchCommands(string PowerOn, string PowerOff, string NetworkUp, string NetworkDown, string Provision);

    /// <summary>A board.</summary>
    public sealed class SerialTarget : ITarget
    {
        private const int PollMs = 50;

        private readonly string _port;
        private readonly int _baud;
        private readonly BenchCommands _bench;
        private BlockingCollection<string> _lines = [];
        private CancellationTokenSource? _listening;

        /// <summary>Makes a target; nothing is touched yet.</summary>
        public SerialTarget(string port, int baud, BenchCommands bench)
        {
            _port = port;
            _baud = baud;
            _bench = bench;
        }

        /// <inheritdoc/>
        public string Name => _port;

        /// <inheritdoc/>
        public void Provision(FirstContent content)
        {
            string directory = Directory.CreateTempSubdirectory("nanoboot-hil").FullName;
            File.WriteAllBytes(Path.Combine(directory, "identity.cbor"), content.Identity);
            File.WriteAllBytes(Path.Combine(directory, "stage2.suit"), content.Stage2Envelope);
            File.WriteAllBytes(Path.Combine(directory, "stage2.bin"), content.Stage2Payload);
            File.WriteAllBytes(Path.Combine(directory, "application.suit"), content.ApplicationEnvelope);
            File.WriteAllBytes(Path.Combine(directory, "application.bin"), content.ApplicationPayload);
            Shell(_bench.Provision, directory);
        }

        /// <inheritdoc/>
        public void PowerOn()
        {
            _lines = [];
            Shell(_bench.PowerOn);
            Shell($"stty -F {_port} {_baud} raw -echo");
            _listening = new CancellationTokenSource();
            var listener = new Thread(() => Listen(_lines, _listening.Token)) { IsBackground = true };
            listener.Start();
        }

        /// <inheritdoc/>
        public void PowerOff()
        {
            _listening?.Cancel();
            _listening = null;
            Shell(_bench.PowerOff);
        }

        /// <inheritdoc/>
        public string? ReadLine(int timeoutMs) => _lines.TryTake(out string? line, timeoutMs) ? line : null;

        /// <inheritdoc/>
        public void SetNetwork(bool isUp) => Shell(isUp ? _bench.NetworkUp : _bench.NetworkDown);

        /// <inheritdoc/>
        public void Dispose()
        {
            PowerOff();
            _lines.Dispose();
        }

        private static void Shell(string command, string? content = null)
        {
            if (command.Length == 0)
            {
                return;
            }

            var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(command);
            if (content is not null)
            {
                start.Environment["HIL_CONTENT"] = content;
            }

            using Process process = Process.Start(start)!;
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}.");
            }
        }

        private void Listen(BlockingCollection<string> lines, CancellationToken end)
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    using var reader = new StreamReader(new FileStream(_port, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
                    while (!end.IsCancellationRequested && reader.ReadLine() is string line)
                    {
                        lines.Add(line, CancellationToken.None);
                    }
                }
                catch (IOException)
                {
                    // A USB port goes away with the supply, and comes back.
                }

                end.WaitHandle.WaitOne(PollMs);
            }
        }
    }
}
