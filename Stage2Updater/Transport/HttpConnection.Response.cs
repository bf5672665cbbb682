// What a server answers, line by line: status, headers, sizes of chunks; and the buffer between it and the connection.
// Every byte is an attacker's: lines, headers and waits have the bounds that are named in HttpConnection.cs.

using System.Text;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <content>Reading of responses.</content>
    public sealed partial class HttpConnection
    {
        private ResultCode ReadHead()
        {
            do
            {
                ResultCode result = ReadLine(out string line);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (line.Length < 12 || line.Substring(0, 7) != "HTTP/1." || line[8] != ' '
                    || !HttpUri.ParseNumber(line.Substring(9, 3), 0, out long status) || status < 100)
                {
                    return ResultCode.HttpMalformed;
                }

                Status = (int)status;
                _isKept = line[7] == '1';
                result = ReadHeaders();
                if (result != ResultCode.Ok)
                {
                    return result;
                }
            }
            while (Status < 200);

            if (Status == 204 || Status == 304)
            {
                ContentLength = 0;
                _isChunked = false;
            }

            _left = _isChunked ? 0 : ContentLength;
            return ResultCode.Ok;
        }

        private ResultCode ReadHeaders()
        {
            ContentLength = -1;
            RangeStart = -1;
            RetryAfterSeconds = 0;
            EntityTag = null;
            Location = null;
            _isChunked = false;
            while (true)
            {
                ResultCode result = ReadLine(out string line);
                if (result != ResultCode.Ok || line.Length == 0)
                {
                    return result == ResultCode.Ok && _isChunked && ContentLength >= 0 ? ResultCode.HttpMalformed : result;
                }

                int colon = line.IndexOf(':');
                if (colon < 1 || !TakeHeader(line.Substring(0, colon).ToLower(), line.Substring(colon + 1).Trim(), line.Length == LineCharsMax))
                {
                    return ResultCode.HttpMalformed;
                }
            }
        }

        private bool TakeHeader(string name, string value, bool isCut)
        {
            if (name == "content-length")
            {
                // Twice with two values is how requests are smuggled; no honest server does it.
                bool isNumber = HttpUri.ParseNumber(value, 0, out long length);
                bool isFirst = ContentLength < 0 || ContentLength == length;
                ContentLength = length;
                return isNumber && isFirst;
            }

            if (name == "content-range")
            {
                int dash = value.IndexOf('-');
                if (dash > 6 && value.Substring(0, 6).ToLower() == "bytes " && HttpUri.ParseNumber(value.Substring(6, dash - 6), 0, out long start))
                {
                    RangeStart = start;
                }
            }
            else if (name == "transfer-encoding")
            {
                _isChunked = value.ToLower() == "chunked";
                return _isChunked;
            }
            else if (name == "connection")
            {
                _isKept = _isKept && value.ToLower() != "close";
            }
            else if (name == "etag" && !isCut)
            {
                EntityTag = value;
            }
            else if (name == "location" && !isCut)
            {
                Location = value;
            }
            else if (name == "retry-after" && HttpUri.ParseNumber(value, 0, out long seconds))
            {
                RetryAfterSeconds = seconds > 86400 ? 86400 : (int)seconds;
            }
            else if (name == "content-encoding")
            {
                return value.ToLower() == "identity";
            }

            return true;
        }

        private ResultCode ReadChunkHead()
        {
            // A chunk's head counts like a header of its own, so that endless extensions end too.
            _headBytes = 0;
            ResultCode result = ReadLine(out string line);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            int digits = 0;
            while (digits < line.Length)
            {
                int c = line[digits] | 0x20;
                int digit = c <= '9' ? c - '0' : c - 'a' + 10;
                if (digit < 0 || digit > 15)
                {
                    break;
                }

                _left = (_left << 4) + digit;
                digits++;
                if (digits > 7)
                {
                    return ResultCode.HttpMalformed;
                }
            }

            if (digits == 0 || (digits < line.Length && line[digits] != ';' && line[digits] != ' '))
            {
                return ResultCode.HttpMalformed;
            }

            if (_left == 0)
            {
                // The last chunk; trailers are read and ignored.
                do
                {
                    result = ReadLine(out line);
                }
                while (result == ResultCode.Ok && line.Length != 0);
                _isChunked = false;
            }

            return result;
        }

        /// <summary>Reads a line of the head, without its end, cut at <see cref="LineCharsMax"/>.</summary>
        private ResultCode ReadLine(out string line)
        {
            line = string.Empty;
            int count = 0;
            while (true)
            {
                if (_position == _limit)
                {
                    ResultCode result = Fill();
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }
                }

                byte b = _buffer[_position++];
                if (++_headBytes > HeadBytesMax)
                {
                    return ResultCode.HttpMalformed;
                }

                if (b == '\n')
                {
                    line = count == 0 ? string.Empty : Encoding.UTF8.GetString(_line, 0, count);
                    return ResultCode.Ok;
                }

                if (b != '\r' && count < LineCharsMax)
                {
                    _line[count++] = b >= ' ' && b <= '~' ? b : (byte)'?';
                }
            }
        }

        private ResultCode Fill()
        {
            _position = 0;
            _limit = 0;
            ResultCode result = Receive(_buffer, 0, BufferBytes, out int read);
            if (result == ResultCode.Ok)
            {
                _limit = read;
            }

            return result;
        }

        /// <summary>Takes what the server sends next, and measures its rate while waiting.</summary>
        private ResultCode Receive(byte[] buffer, int offset, int count, out int read)
        {
            long started = _board.UptimeMs;
            ResultCode result = _channel.Read(buffer, offset, count, (int)(WindowMs - _windowMs), out read);
            _windowMs += _board.UptimeMs - started;
            _windowBytes += read;
            if (_windowMs >= WindowMs)
            {
                if (_windowBytes < WindowBytesMin)
                {
                    return ResultCode.TransferTooSlow;
                }

                _windowMs = 0;
                _windowBytes = 0;
            }

            if (result == ResultCode.Ok && read == 0)
            {
                _position = -1;
                _limit = -1;
                return ResultCode.TransferTruncated;
            }

            return result;
        }

        private ResultCode EndOfConnection()
        {
            Close();
            return ResultCode.Ok;
        }

        private ResultCode Fail(ResultCode result)
        {
            Close();
            return result;
        }
    }
}
