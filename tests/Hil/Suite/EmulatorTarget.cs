// The emulated device as a process of its own: its console is the process's output, its supply a command on its
// input, and its flash two files in a directory.

using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;

namespace NanoBoot.Hil
{
    /// <summary>The emulator.</summary>
    public sealed class EmulatorTarget : ITarget
    {
        private const int SwitchLimitMs = 60000;

        private readonly string _directory;
        private BlockingCollection<string> _lines = [];
        private Process? _process;
        private bool _isNetworkUp;

        /// <summary>Makes a device that is off.</summary>
        /// <param name="directory">Where its flash lies.</param>
        public EmulatorTarget(string directory)
        {
            _directory = directory;
        }

        /// <inheritdoc/>
        public string Name => "emulator";

        /// <inheritdoc/>
        public void Provision(FirstContent content)
        {
            DeviceProcess.Provision(_directory, content);
        }

        /// <inheritdoc/>
        public void PowerOn()
        {
            _lines = [];
            var start = new ProcessStartInfo("dotnet")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            start.ArgumentList.Add(typeof(DeviceProcess).Assembly.Location);
            start.ArgumentList.Add("device");
            start.ArgumentList.Add(_directory);
            start.ArgumentList.Add(_isNetworkUp ? "up" : "down");
            _process = new Process { StartInfo = start };
            BlockingCollection<string> lines = _lines;
            _process.OutputDataReceived += (_, received) =>
            {
                if (received.Data is not null)
                {
                    lines.Add(received.Data);
                }
            };
            _process.Start();
            _process.BeginOutputReadLine();
        }

        /// <inheritdoc/>
        public void PowerOff()
        {
            if (_process is null)
            {
                return;
            }

            Command("off");
            if (!_process.WaitForExit(SwitchLimitMs))
            {
                _process.Kill();
                throw new TimeoutException("the emulated device does not switch off");
            }

            _process.Dispose();
            _process = null;
        }

        /// <inheritdoc/>
        public string? ReadLine(int timeoutMs) => _lines.TryTake(out string? line, timeoutMs) ? line : null;

        /// <inheritdoc/>
        public void SetNetwork(bool isUp)
        {
            _isNetworkUp = isUp;
            Command(isUp ? "up" : "down");
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            PowerOff();
            _lines.Dispose();
        }

        private void Command(string command)
        {
            try
            {
                _process?.StandardInput.WriteLine(command);
            }
            catch (IOException)
            {
                // The device ended by itself; what it wrote says why.
            }
        }
    }
}
