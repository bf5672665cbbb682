// A server and the network to it, in memory, that fail at random: thousands of updates take seconds, and a seed repeats
// every fault of them.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Soak
{
    internal enum NetworkFault
    {
        None,
        Unreachable,
        Dropped,
        Busy,
        NotFound,
        FlippedBit,
        RangeIgnored,
        TooLong,
        Slow,
        Garbage,
    }

    internal sealed class MemoryNetwork
    {
        private readonly Random _random;
        private readonly SimulatedClock _clock;

        public MemoryNetwork(Random random, SimulatedClock clock)
        {
            _random = random;
            _clock = clock;
        }

        public Dictionary<string, byte[]> Files { get; } = new();

        /// <summary>Faults so far, by kind.</summary>
        public Dictionary<NetworkFault, int> Faults { get; } = Enum.GetValues<NetworkFault>().ToDictionary(fault => fault, _ => 0);

        public double FaultProbability { get; set; }

        public long PayloadBytes { get; private set; }

        public IByteChannel Connect()
        {
            return new Channel(this);
        }

        private NetworkFault Draw()
        {
            NetworkFault fault = _random.NextDouble() < FaultProbability
                ? (NetworkFault)_random.Next(1, Enum.GetValues<NetworkFault>().Length)
                : NetworkFault.None;
            Faults[fault]++;
            return fault;
        }

        private sealed class Channel : IByteChannel
        {
            private readonly MemoryNetwork _network;
            private readonly List<byte> _request = new();
            private byte[] _response = [];
            private int _position;
            private int _end;
            private NetworkFault _fault;

            public Channel(MemoryNetwork network)
            {
                _network = network;
            }

            public ResultCode Open(string host, int port, bool isSecure, int timeoutMs)
            {
                Close();
                _fault = _network.Draw();
                return _fault == NetworkFault.Unreachable ? ResultCode.NetworkUnreachable : ResultCode.Ok;
            }

            public ResultCode Write(byte[] buffer, int offset, int count)
            {
                _request.AddRange(buffer.AsSpan(offset, count).ToArray());
                string text = Encoding.ASCII.GetString(_request.ToArray());
                int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                int body = text.IndexOf("Content-Length: ", StringComparison.Ordinal);
                int bodyBytes = body < 0 ? 0 : int.Parse(text[(body + 16)..].Split('\r')[0], CultureInfo.InvariantCulture);
                if (head >= 0 && _request.Count >= head + 4 + bodyBytes)
                {
                    _request.Clear();
                    Answer(text[..head]);
                }

                return ResultCode.Ok;
            }

            public ResultCode Read(byte[] buffer, int offset, int count, int timeoutMs, out int read)
            {
                if (_fault == NetworkFault.Slow)
                {
                    _network._clock.Advance(timeoutMs * 1_000_000L);
                    read = 0;
                    return ResultCode.TransferTruncated;
                }

                read = Math.Min(Math.Min(count, _end - _position), 700);
                Array.Copy(_response, _position, buffer, offset, read);
                _position += read;
                return ResultCode.Ok;
            }

            public void Close()
            {
                _request.Clear();
                _response = [];
                _position = 0;
                _end = 0;
            }

            private void Answer(string head)
            {
                string[] lines = head.Split("\r\n");
                string path = Normalise(lines[0].Split(' ')[1]);
                string? range = lines.FirstOrDefault(line => line.StartsWith("Range: bytes=", StringComparison.Ordinal));
                string status = "404 Not Found";
                byte[] content = [];
                string extra = string.Empty;
                if (lines[0].StartsWith("POST", StringComparison.Ordinal))
                {
                    status = "204 No Content";
                }
                else if (_fault == NetworkFault.Busy)
                {
                    status = "503 Busy\r\nRetry-After: 60";
                }
                else if (_fault != NetworkFault.NotFound && _network.Files.TryGetValue(path, out byte[]? file))
                {
                    status = "200 OK";
                    content = (byte[])file.Clone();
                    if (range != null && _fault != NetworkFault.RangeIgnored)
                    {
                        string[] ends = range["Range: bytes=".Length..].Split('-');
                        int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
                        int last = Math.Min(int.Parse(ends[1], CultureInfo.InvariantCulture), file.Length - 1);
                        status = "206 Partial Content";
                        extra = $"\r\nContent-Range: bytes {first}-{last}/{file.Length}";
                        content = content[first..(last + 1)];
                    }
                }

                if (_fault == NetworkFault.FlippedBit && content.Length > 0)
                {
                    content[_network._random.Next(content.Length)] ^= (byte)(1 << _network._random.Next(8));
                }
                else if (_fault == NetworkFault.TooLong)
                {
                    content = [.. content, .. new byte[100]];
                }

                _network.PayloadBytes += path.Contains("payload", StringComparison.Ordinal) ? content.Length : 0;
                byte[] answer = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {content.Length}{extra}\r\n\r\n"), .. content];
                if (_fault == NetworkFault.Garbage)
                {
                    _network._random.NextBytes(answer);
                }

                // What is left of an earlier answer comes first, as on a wire.
                _response = [.. _response[_position.._end], .. answer];
                _position = 0;
                _end = _fault == NetworkFault.Dropped ? _network._random.Next(_response.Length) : _response.Length;
                if (_fault != NetworkFault.Dropped && _fault != NetworkFault.Slow)
                {
                    _fault = _network.Draw();
                }
            }

            private static string Normalise(string path)
            {
                return new Uri("http://h" + path).AbsolutePath;
            }
        }
    }
}
