// A server in memory: answers GET, with ranges, as a file server does. The real updater talks to it, through its real
// HTTP code, without a socket.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.PowerFail
{
    /// <summary>A channel to a server that holds files.</summary>
    public sealed class MemoryServer : IByteChannel
    {
        private readonly IReadOnlyDictionary<string, byte[]> _files;
        private readonly Dictionary<string, (byte[] Bytes, int PayloadBytes)> _answers = new Dictionary<string, (byte[], int)>();
        private string _request = string.Empty;
        private byte[] _answer = Array.Empty<byte>();
        private int _sent;

        /// <summary>Makes a server.</summary>
        /// <param name="files">Its files, by path; all there, and the same, from the first request on.</param>
        public MemoryServer(IReadOnlyDictionary<string, byte[]> files)
        {
            _files = files;
        }

        /// <summary>Bytes of payloads that were sent: of everything but manifests.</summary>
        public long PayloadBytes { get; private set; }

        /// <inheritdoc/>
        public ResultCode Open(string host, int port, bool isSecure, int timeoutMs)
        {
            Close();
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Write(byte[] buffer, int offset, int count)
        {
            _request += Encoding.ASCII.GetString(buffer, offset, count);
            if (_request.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (!_answers.TryGetValue(_request, out (byte[] Bytes, int PayloadBytes) answer))
                {
                    answer = Answer(_request);
                    _answers.Add(_request, answer);
                }

                PayloadBytes += answer.PayloadBytes;
                _answer = answer.Bytes;
                _request = string.Empty;
                _sent = 0;
            }

            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Read(byte[] buffer, int offset, int count, int timeoutMs, out int read)
        {
            read = Math.Min(count, _answer.Length - _sent);
            Array.Copy(_answer, _sent, buffer, offset, read);
            _sent += read;
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public void Close()
        {
            _request = string.Empty;
            _answer = Array.Empty<byte>();
            _sent = 0;
        }

        private (byte[] Bytes, int PayloadBytes) Answer(string request)
        {
            string[] lines = request.Split("\r\n");
            string path = lines[0].Split(' ')[1];
            if (!_files.TryGetValue(path, out byte[]? file))
            {
                return (Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), 0);
            }

            int first = 0;
            int last = file.Length - 1;
            string status = "200 OK";
            string range = string.Empty;
            foreach (string line in lines)
            {
                if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                {
                    string[] ends = line.Substring(13).Split('-');
                    first = int.Parse(ends[0], CultureInfo.InvariantCulture);
                    last = Math.Min(last, int.Parse(ends[1], CultureInfo.InvariantCulture));
                    status = "206 Partial Content";
                    range = FormattableString.Invariant($"Content-Range: bytes {first}-{last}/{file.Length}\r\n");
                }
            }

            string head = FormattableString.Invariant($"HTTP/1.1 {status}\r\n{range}Content-Length: {last - first + 1}\r\n\r\n");
            byte[] answer = new byte[head.Length + last - first + 1];
            Encoding.ASCII.GetBytes(head, answer);
            Array.Copy(file, first, answer, head.Length, last - first + 1);
            return (answer, path.EndsWith(".suit", StringComparison.Ordinal) ? 0 : last - first + 1);
        }
    }
}
