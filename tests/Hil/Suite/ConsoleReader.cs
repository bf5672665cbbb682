// Reads the console of a bench, line by line, on a thread of its own. What it reads from may not be there yet (a USB port
// that comes up with the supply), may go away and come back; a line that was cut short by that is dropped.

using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;

namespace NanoBoot.Hil
{
    /// <summary>Opens a console, again and again if need be, and gives its lines.</summary>
    internal sealed class ConsoleReader : IDisposable
    {
        // A serial port gives up a read after 200 ms without a byte (see SerialTarget); one that was pulled out does so at once.
        private const int PulledOutMs = 50;
        private const int RetryMs = 50;
        private const int LineBytesMax = 4096;
        private const int ReadEndsMs = 500;

        private readonly Func<Stream> _open;
        private readonly BlockingCollection<string> _lines = [];
        private readonly CancellationTokenSource _end = new();
        private readonly ManualResetEventSlim _isOpen = new();
        private readonly Thread _thread;
        private Stream? _stream;

        /// <summary>Starts to read.</summary>
        /// <param name="open">Opens the console; throws while it is not there.</param>
        public ConsoleReader(Func<Stream> open)
        {
            _open = open;
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        /// <summary>Waits until the console is open.</summary>
        public bool WaitUntilOpen(int timeoutMs) => _isOpen.Wait(timeoutMs);

        /// <summary>The next line, or null when none came in time.</summary>
        public string? ReadLine(int timeoutMs) => _lines.TryTake(out string? line, timeoutMs) ? line : null;

        /// <summary>Stops reading, and lets go of the console before it returns.</summary>
        public void Dispose()
        {
            _end.Cancel();
            if (!_thread.Join(ReadEndsMs))
            {
                // A command that has nothing to say: its end ends the read.
                Volatile.Read(ref _stream)?.Dispose();
                _thread.Join();
            }

            _end.Dispose();
            _isOpen.Dispose();
            _lines.Dispose();
        }

        private void Run()
        {
            while (!_end.IsCancellationRequested)
            {
                try
                {
                    using Stream stream = _open();
                    Volatile.Write(ref _stream, stream);
                    _isOpen.Set();
                    Pump(stream);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
                {
                    // Not there, or gone: looked for again.
                }

                _ = _end.Token.WaitHandle.WaitOne(RetryMs);
            }
        }

        private void Pump(Stream stream)
        {
            byte[] buffer = new byte[256];
            var line = new StringBuilder();
            while (!_end.IsCancellationRequested)
            {
                var watch = Stopwatch.StartNew();
                int count = stream.Read(buffer, 0, buffer.Length);
                if (count == 0 && watch.ElapsedMilliseconds < PulledOutMs)
                {
                    return;
                }

                foreach (byte value in buffer.AsSpan(0, count))
                {
                    if (value == '\n' || line.Length == LineBytesMax)
                    {
                        _lines.Add(line.ToString().TrimEnd('\r'));
                        line.Clear();
                    }
                    else
                    {
                        line.Append((char)value);
                    }
                }
            }
        }
    }
}
