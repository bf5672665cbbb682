// A bench without a board: the emulated device behind a pseudo-terminal that looks like a board's serial port, and the
// commands of a bench, which reach this process through a file.

using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace NanoBoot.Hil.Tests
{
    /// <summary>Stands in for board, relay and router. Linux only.</summary>
    internal sealed class PtyBench : IDisposable
    {
        private const int ReadWrite = 2;
        private const int NoControllingTerminal = 0x100;
        private const int PollMs = 5;

        private readonly string _directory;
        private readonly EmulatorTarget _device;
        private readonly Func<byte[], byte[], byte[], byte[], byte[], FirstContent> _content;
        private readonly bool _isPortOfTheBoard;
        private readonly string _terminal;
        private readonly FileStream _master;
        private readonly FileStream _slave;
        private readonly Thread _worker;
        private volatile bool _isEnd;

        /// <summary>Makes a bench whose device is off.</summary>
        /// <param name="directory">For its files.</param>
        /// <param name="content">Adds to what the provisioning command is given whom the device trusts.</param>
        /// <param name="isPortOfTheBoard">Whether the port goes away with the supply, as a port on the board's own USB does.</param>
        public PtyBench(string directory, Func<byte[], byte[], byte[], byte[], byte[], FirstContent> content, bool isPortOfTheBoard)
        {
            _directory = directory;
            _content = content;
            _isPortOfTheBoard = isPortOfTheBoard;
            _device = new EmulatorTarget(Path.Combine(directory, "device"));
            int master = posix_openpt(ReadWrite | NoControllingTerminal);
            var name = new byte[128];
            if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, name.Length) != 0)
            {
                throw new InvalidOperationException("no pseudo-terminal");
            }

            _terminal = Encoding.ASCII.GetString(name).TrimEnd('\0');
            _master = new FileStream(new SafeFileHandle(master, true), FileAccess.Write, 0);
            _slave = new FileStream(_terminal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            if (!isPortOfTheBoard)
            {
                File.CreateSymbolicLink(Port, _terminal);
            }

            _worker = new Thread(Run) { IsBackground = true };
            _worker.Start();
        }

        /// <summary>The serial port.</summary>
        public string Port => Path.Combine(_directory, "port");

        /// <summary>Times that the supply was switched on.</summary>
        public int PowerUps { get; private set; }

        /// <summary>Times that the board was reset by its command.</summary>
        public int Resets { get; private set; }

        /// <summary>The command for a request: on, off, up, down, reset, provision.</summary>
        public string Command(string request)
        {
            string path = Path.Combine(_directory, "request");
            return $"echo {request} \"$HIL_CONTENT\" > '{path}.new' && mv '{path}.new' '{path}' && while [ -e '{path}' ]; do sleep 0.01; done";
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _isEnd = true;
            _worker.Join();
            _device.Dispose();
            _slave.Dispose();
            _master.Dispose();
        }

        [DllImport("libc", ExactSpelling = true)]
        private static extern int posix_openpt(int flags);

        [DllImport("libc", ExactSpelling = true)]
        private static extern int grantpt(int master);

        [DllImport("libc", ExactSpelling = true)]
        private static extern int unlockpt(int master);

        [DllImport("libc", ExactSpelling = true)]
        private static extern int ptsname_r(int master, byte[] name, nint length);

        private void Run()
        {
            string path = Path.Combine(_directory, "request");
            while (!_isEnd)
            {
                if (_device.ReadLine(PollMs) is string line)
                {
                    _master.Write(Encoding.ASCII.GetBytes(line + "\r\n"));
                }
                else if (File.Exists(path))
                {
                    Do(File.ReadAllText(path).Trim());
                    File.Delete(path);
                }
            }
        }

        private void Do(string request)
        {
            string[] words = request.Split(' ', 2);
            switch (words[0])
            {
                case "on":
                    PowerUps++;
                    _device.PowerOn();
                    if (_isPortOfTheBoard)
                    {
                        // The host needs its time to find the port.
                        Thread.Sleep(300);
                        File.CreateSymbolicLink(Port, _terminal);
                    }

                    break;
                case "off":
                    _device.PowerOff();
                    if (_isPortOfTheBoard)
                    {
                        File.Delete(Port);
                    }

                    break;
                case "reset":
                    Resets++;
                    _device.PowerOff();
                    _device.PowerOn();
                    break;
                case "provision":
                    _device.Provision(_content(
                        Read(words[1], "identity.cbor"), Read(words[1], "stage2.suit"), Read(words[1], "stage2.bin"), Read(words[1], "application.suit"), Read(words[1], "application.bin")));
                    break;
                default:
                    _device.SetNetwork(words[0] == "up");
                    break;
            }
        }

        private static byte[] Read(string directory, string name) => File.ReadAllBytes(Path.Combine(directory, name));
    }
}
