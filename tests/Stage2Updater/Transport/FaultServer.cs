// A server on loopback that answers each request with exactly the bytes that a test says: the lies, the excess and
// the sudden ends that no real server library lets one send.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;

namespace NanoBoot.Stage2Updater.Tests.Transport
{
    internal sealed record FaultRequest(int Connection, string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
    {
        /// <summary>The range that is asked for, as first and last offset.</summary>
        public (int First, int Last)? Range
        {
            get
            {
                if (!Headers.TryGetValue("range", out string? range))
                {
                    return null;
                }

                string[] ends = range["bytes=".Length..].Split('-');
                return (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[1], CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>What to send, and whether to close the connection after it; with an action before each byte it goes a byte at a time.</summary>
    internal sealed record FaultResponse(byte[] Bytes, bool Close = false, Action? BeforeEachByte = null)
    {
        public static FaultResponse Of(string head, byte[]? body = null, bool close = false)
        {
            byte[] headBytes = Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\n\r\n");
            return new FaultResponse([.. headBytes, .. body ?? []], close);
        }

        /// <summary>An honest answer: the file, or the range of it that is asked for.</summary>
        public static FaultResponse File(FaultRequest request, byte[] content, string extra = "")
        {
            if (request.Range is (int first, int last))
            {
                return Of($"HTTP/1.1 206 Partial Content\nContent-Length: {last - first + 1}\nContent-Range: bytes {first}-{last}/{content.Length}{extra}",
                    content[first..(last + 1)]);
            }

            return Of($"HTTP/1.1 200 OK\nContent-Length: {content.Length}{extra}", content);
        }
    }

    internal sealed class FaultServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Func<FaultRequest, FaultResponse> _answer;
        private readonly List<TcpClient> _clients = new();
        private readonly List<FaultRequest> _requests = new();

        public FaultServer(Func<FaultRequest, FaultResponse> answer)
        {
            _answer = answer;
            _listener.Start();
            _ = Task.Run(AcceptAsync);
        }

        public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

        public IReadOnlyList<FaultRequest> Requests
        {
            get
            {
                lock (_requests)
                {
                    return _requests.ToArray();
                }
            }
        }

        public void Dispose()
        {
            _listener.Stop();
            lock (_clients)
            {
                _clients.ForEach(client => client.Dispose());
            }
        }

        private async Task AcceptAsync()
        {
            try
            {
                for (int connection = 0; ; connection++)
                {
                    TcpClient client = await _listener.AcceptTcpClientAsync();
                    lock (_clients)
                    {
                        _clients.Add(client);
                    }

                    int number = connection;
                    _ = Task.Run(() => ServeAsync(client, number));
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }
        }

        private async Task ServeAsync(TcpClient client, int connection)
        {
            try
            {
                using NetworkStream stream = client.GetStream();
                while (await ReadRequestAsync(stream, connection) is FaultRequest request)
                {
                    lock (_requests)
                    {
                        _requests.Add(request);
                    }

                    FaultResponse response = _answer(request);
                    int part = response.BeforeEachByte is null ? response.Bytes.Length : 1;
                    for (int sent = 0; sent < response.Bytes.Length; sent += part)
                    {
                        response.BeforeEachByte?.Invoke();
                        await stream.WriteAsync(response.Bytes.AsMemory(sent, part));
                    }

                    if (response.Close)
                    {
                        return;
                    }
                }
            }
            catch (Exception ended) when (ended is IOException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }

        private static async Task<FaultRequest?> ReadRequestAsync(NetworkStream stream, int connection)
        {
            StringBuilder head = new();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one) == 0)
                {
                    return null;
                }

                head.Append((char)one[0]);
            }

            string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
            foreach (string line in lines[1..])
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                headers[line[..colon]] = line[(colon + 1)..].Trim();
            }

            byte[] body = new byte[headers.TryGetValue("content-length", out string? length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
            await stream.ReadExactlyAsync(body);
            string[] parts = lines[0].Split(' ');
            return new FaultRequest(connection, parts[0], parts[1], headers, body);
        }
    }
}
