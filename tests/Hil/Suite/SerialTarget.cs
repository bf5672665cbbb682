// A board on a bench: its console is a serial port, or the output of a command; what else the bench has is told as
// commands: a USB relay, uhubctl, a router. A port is opened as a file, in raw mode (stty): so this runs on Linux, and on
// others where stty knows the device.

using System;
using System.Diagnostics;
using System.IO;

namespace NanoBoot.Hil
{
    /// <summary>What a bench can do, as command lines for the shell; an empty one does nothing.</summary>
    /// <param name="PowerOn">Switches the supply on.</param>
    /// <param name="PowerOff">Switches it off.</param>
    /// <param name="NetworkUp">Gives the board its network.</param>
    /// <param name="NetworkDown">Takes it away.</param>
    /// <param name="Provision">Provisions the board with the files in the directory HIL_CONTENT, and deploys stage 1.</param>
    /// <param name="Reset">Resets the board once its console is open: for a port that comes up with the board's supply, and
    /// would miss the first lines. Empty where the port stays.</param>
    /// <param name="Console">Writes the board's console on its standard output, in place of a serial port; empty for a port.</param>
    public sealed record BenchCommands(
        string PowerOn, string PowerOff, string NetworkUp, string NetworkDown, string Provision, string Reset = "", string Console = "");

    /// <summary>A board.</summary>
    public sealed class SerialTarget : ITarget
    {
        private const int PortIsThereMs = 5000;
        private const int PortAppearsMs = 30000;

        private readonly string _port;
        private readonly int _baud;
        private readonly BenchCommands _bench;
        private ConsoleReader? _console;

        /// <summary>Makes a target; nothing is touched yet.</summary>
        /// <param name="port">The serial port; in the report the board's name.</param>
        /// <param name="baud">Its speed.</param>
        /// <param name="bench">What the bench can do.</param>
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
            try
            {
                File.WriteAllBytes(Path.Combine(directory, "identity.cbor"), content.Identity);
                File.WriteAllBytes(Path.Combine(directory, "stage2.suit"), content.Stage2Envelope);
                File.WriteAllBytes(Path.Combine(directory, "stage2.bin"), content.Stage2Payload);
                File.WriteAllBytes(Path.Combine(directory, "application.suit"), content.ApplicationEnvelope);
                File.WriteAllBytes(Path.Combine(directory, "application.bin"), content.ApplicationPayload);
                Shell(_bench.Provision, directory);
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        /// <inheritdoc/>
        public void PowerOn()
        {
            // Listening begins first, so that a port that is there already misses nothing.
            bool isCommand = _bench.Console.Length > 0;
            _console = new ConsoleReader(isCommand ? OpenCommand : OpenPort);
            if (isCommand || File.Exists(_port))
            {
                _ = _console.WaitUntilOpen(PortIsThereMs);
            }

            Shell(_bench.PowerOn);
            if (_bench.Reset.Length > 0)
            {
                if (!_console.WaitUntilOpen(PortAppearsMs))
                {
                    throw new InvalidOperationException($"{_port} did not appear within {PortAppearsMs} ms.");
                }

                Shell(_bench.Reset);
            }
        }

        /// <inheritdoc/>
        public void PowerOff()
        {
            Dispose();
            Shell(_bench.PowerOff);
        }

        /// <inheritdoc/>
        public string? ReadLine(int timeoutMs) => _console?.ReadLine(timeoutMs);

        /// <inheritdoc/>
        public void SetNetwork(bool isUp) => Shell(isUp ? _bench.NetworkUp : _bench.NetworkDown);

        /// <inheritdoc/>
        public void Dispose()
        {
            _console?.Dispose();
            _console = null;
        }

        private static void Shell(string command, string? content = null)
        {
            if (command.Length == 0)
            {
                return;
            }

            using Process process = Process.Start(InShell(command, content))!;
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}.");
            }
        }

        private static ProcessStartInfo InShell(string command, string? content = null)
        {
            var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(command);
            if (content is not null)
            {
                start.Environment["HIL_CONTENT"] = content;
            }

            return start;
        }

        private FileStream OpenPort()
        {
            if (!File.Exists(_port))
            {
                throw new FileNotFoundException(_port);
            }

            // A read ends after two tenths of a second without a byte; closing leaves the control lines as they are.
            Shell($"stty -F '{_port}' {_baud} raw -echo -hupcl min 0 time 2 2>/dev/null");
            return new FileStream(_port, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
        }

        private CommandOutput OpenCommand()
        {
            ProcessStartInfo start = InShell(_bench.Console);
            start.RedirectStandardOutput = true;
            return new CommandOutput(Process.Start(start)!);
        }

        /// <summary>The output of a command; disposing of it ends the command.</summary>
        private sealed class CommandOutput(Process process) : Stream
        {
            private readonly Stream _output = process.StandardOutput.BaseStream;

            public override bool CanRead => true;

            public override bool CanSeek => false;

            public override bool CanWrite => false;

            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override int Read(byte[] buffer, int offset, int count)
            {
                int read = _output.Read(buffer, offset, count);
                return read > 0 ? read : throw new EndOfStreamException();
            }

            public override void Flush()
            {
            }

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

            protected override void Dispose(bool disposing)
            {
                if (disposing && !process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }

                base.Dispose(disposing);
            }
        }
    }
}
