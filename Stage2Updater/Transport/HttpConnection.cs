// HTTP/1.1 of a client that trusts no server: one kept connection, one request at a time.
//
// Why not the platform's HttpClient: on nanoFramework 1.x its responses show no header but Content-Length,
// so neither a range nor an entity tag nor a redirect could be checked; and it bounds neither headers nor
// time. This reads what the updater needs, in one source for both platforms, with everything bounded:
// the length of lines and headers, the number of redirects, the body, and the rate over a window (A5, A6).
//
// Fault model: the server may send anything at any pace, or nothing. What it sends is checked elsewhere,
// against the manifest; here it may only fail to be taken for something that it is not.

using System.Text;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <summary>A connection to one server at a time, and the response that is being read from it.</summary>
    /// <remarks>Not thread safe. Never throws.</remarks>
    public sealed partial class HttpConnection
    {
        /// <summary>Longest wait for a connection or an answer, and the window over which the rate is measured.</summary>
        public const int WindowMs = 15000;

        /// <summary>Fewest bytes that a server must deliver in a window (A6).</summary>
        public const int WindowBytesMin = 1024;

        /// <summary>Most bytes of status line and headers of a response.</summary>
        public const int HeadBytesMax = 16384;

        /// <summary>Most characters of a header that is looked at; the rest of a longer line is skipped.</summary>
        public const int LineCharsMax = 600;

        /// <summary>Most redirects that are followed in a row.</summary>
        public const int RedirectsMax = 3;

        private const int BufferBytes = 256;

        private readonly IByteChannel _channel;
        private readonly IBoard _board;
        private readonly byte[] _buffer = new byte[BufferBytes];
        private readonly byte[] _line = new byte[LineCharsMax];
        private int _position;
        private int _limit;
        private bool _isKept;
        private long _windowMs;
        private int _windowBytes;
        private int _headBytes;
        private bool _isChunked;
        private long _left;

        /// <summary>Makes a connection, not yet open.</summary>
        /// <param name="board">Whose clock measures the rate.</param>
        /// <param name="channel">What carries the bytes.</param>
        public HttpConnection(IBoard board, IByteChannel channel)
        {
            _board = board;
            _channel = channel;
        }

        /// <summary>Status of the response.</summary>
        public int Status;

        /// <summary>Length of the body by Content-Length, or -1 when the server does not say.</summary>
        public long ContentLength;

        /// <summary>Offset of the body within the file by Content-Range, or -1.</summary>
        public long RangeStart;

        /// <summary>Seconds that the server asks to wait (Retry-After), or 0.</summary>
        public int RetryAfterSeconds;

        /// <summary>The entity tag, or null.</summary>
        public string EntityTag;

        /// <summary>Where a redirect leads, or null.</summary>
        public string Location;

        /// <summary>Where the response came from, after redirects.</summary>
        public HttpUri Source;

        /// <summary>Asks for a file or a part of it, and reads the head of the response.</summary>
        /// <param name="uri">The file.</param>
        /// <param name="rangeStart">Offset of the first byte, or -1 for the whole file.</param>
        /// <param name="rangeCount">Number of bytes of the part.</param>
        /// <param name="entityTag">Answer 304 if the file still has this tag; null to ask without condition.</param>
        /// <returns>Ok when a response with any status stands; else why there is none.</returns>
        public ResultCode Get(HttpUri uri, long rangeStart, long rangeCount, string entityTag)
        {
            string headers = string.Empty;
            if (rangeStart >= 0)
            {
                headers = "Range: bytes=" + rangeStart.ToString() + "-" + (rangeStart + rangeCount - 1).ToString() + "\r\n";
            }

            if (entityTag != null)
            {
                headers += "If-None-Match: " + entityTag + "\r\n";
            }

            for (int redirects = 0; redirects <= RedirectsMax; redirects++)
            {
                ResultCode result = Exchange("GET ", uri, headers, null, 0, 0);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                bool isRedirect = Status == 301 || Status == 302 || Status == 303 || Status == 307 || Status == 308;
                if (!isRedirect)
                {
                    return ResultCode.Ok;
                }

                bool wasSecure = uri.IsSecure;
                result = HttpUri.Parse(Location, uri, out uri);
                if (result != ResultCode.Ok || (wasSecure && !uri.IsSecure))
                {
                    Close();
                    return ResultCode.UriUnsupported;
                }

                Finish();
            }

            Close();
            return ResultCode.HttpMalformed;
        }

        /// <summary>Sends a body and reads the head of the response.</summary>
        /// <param name="uri">Where to.</param>
        /// <param name="contentType">Media type of the body.</param>
        /// <param name="body">Holds the body.</param>
        /// <param name="offset">Index of its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <returns>Ok when a response with any status stands; else why there is none.</returns>
        public ResultCode Post(HttpUri uri, string contentType, byte[] body, int offset, int count)
        {
            string headers = "Content-Type: " + contentType + "\r\nContent-Length: " + count.ToString() + "\r\n";
            return Exchange("POST ", uri, headers, body, offset, count);
        }

        /// <summary>Reads bytes of the body.</summary>
        /// <param name="buffer">Where they go.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="count">Most bytes to read, at least 1.</param>
        /// <param name="read">Bytes read; 0 with Ok says that the body is complete.</param>
        /// <returns>Ok, TransferTruncated, TransferTooSlow or HttpMalformed.</returns>
        public ResultCode Read(byte[] buffer, int offset, int count, out int read)
        {
            read = 0;
            if (_isChunked && _left == 0)
            {
                ResultCode result = ReadChunkHead();
                if (result != ResultCode.Ok)
                {
                    return Fail(result);
                }
            }

            if (_left == 0)
            {
                return ResultCode.Ok;
            }

            if (_left > 0 && count > _left)
            {
                count = (int)_left;
            }

            // What is in the buffer comes first; then bytes go where they are wanted, and not through it.
            bool isDirect = _position == _limit && count >= BufferBytes;
            if (_position == _limit)
            {
                ResultCode result = isDirect ? Receive(buffer, offset, count, out read) : Fill();
                if (result != ResultCode.Ok)
                {
                    // With no length named, the end of the connection is the end of the body.
                    bool isEnd = _left < 0 && result == ResultCode.TransferTruncated && _limit < 0;
                    read = 0;
                    return isEnd ? EndOfConnection() : Fail(result);
                }
            }

            if (!isDirect)
            {
                read = _limit - _position < count ? _limit - _position : count;
                System.Array.Copy(_buffer, _position, buffer, offset, read);
                _position += read;
            }

            if (_left > 0)
            {
                _left -= read;
                if (_isChunked && _left == 0)
                {
                    ResultCode result = ReadLine(out string empty);
                    if (result != ResultCode.Ok || empty.Length != 0)
                    {
                        return Fail(ResultCode.HttpMalformed);
                    }
                }
            }

            return ResultCode.Ok;
        }

        /// <summary>Reads the whole body into memory.</summary>
        /// <param name="bytesMax">Most bytes to take.</param>
        /// <param name="body">Holds the body from index 0 on; may be longer.</param>
        /// <param name="count">Length of the body.</param>
        /// <returns>Ok, <see cref="ResultCode.ManifestTooLarge"/>, or as for <see cref="Read"/>.</returns>
        public ResultCode ReadWhole(int bytesMax, out byte[] body, out int count)
        {
            count = 0;
            body = null;
            long length = ContentLength;
            if (length > bytesMax)
            {
                return Fail(ResultCode.ManifestTooLarge);
            }

            // One byte more than is allowed tells the end from an excess.
            body = new byte[(length < 0 ? bytesMax : (int)length) + 1];
            while (count < body.Length)
            {
                ResultCode result = Read(body, count, body.Length - count, out int read);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (read == 0)
                {
                    return length >= 0 && count != length ? ResultCode.TransferTruncated : ResultCode.Ok;
                }

                count += read;
            }

            return Fail(ResultCode.ManifestTooLarge);
        }

        /// <summary>Ends with the response: the connection is kept if its body was read whole, else closed.</summary>
        public void Finish()
        {
            if (!_isKept || _left != 0 || _isChunked)
            {
                Close();
            }
        }

        /// <summary>Closes the connection.</summary>
        public void Close()
        {
            _channel.Close();
            _isKept = false;
            _left = 0;
            _isChunked = false;
            _position = 0;
            _limit = 0;
        }

        private ResultCode Exchange(string method, HttpUri uri, string headers, byte[] body, int bodyOffset, int bodyBytes)
        {
            Finish();
            bool isSame = _isKept && Source.Port == uri.Port && Source.IsSecure == uri.IsSecure && Source.Host == uri.Host;
            Source = uri;
            byte[] head = Encoding.UTF8.GetBytes(method + uri.Path + " HTTP/1.1\r\nHost: " + uri.Host + ":" + uri.Port.ToString()
                + "\r\nUser-Agent: nanoBoot\r\nAccept-Encoding: identity\r\n" + headers + "\r\n");
            if (isSame)
            {
                // A server may close a kept connection at any time: then, and only then, the request is sent again.
                ResultCode kept = Ask(head, body, bodyOffset, bodyBytes);
                if (kept == ResultCode.Ok)
                {
                    return kept;
                }

                bool isStale = _headBytes == 0 && (kept == ResultCode.TransferTruncated || kept == ResultCode.NetworkUnreachable);
                if (!isStale)
                {
                    return Fail(kept);
                }
            }

            Close();
            ResultCode result = _channel.Open(uri.Host, uri.Port, uri.IsSecure, WindowMs);
            if (result == ResultCode.Ok)
            {
                result = Ask(head, body, bodyOffset, bodyBytes);
            }

            return result == ResultCode.Ok ? result : Fail(result);
        }

        private ResultCode Ask(byte[] head, byte[] body, int bodyOffset, int bodyBytes)
        {
            _headBytes = 0;
            _windowMs = 0;
            _windowBytes = 0;
            ResultCode result = _channel.Write(head, 0, head.Length);
            if (result == ResultCode.Ok && bodyBytes > 0)
            {
                result = _channel.Write(body, bodyOffset, bodyBytes);
            }

            return result == ResultCode.Ok ? ReadHead() : result;
        }
    }
}
