// A payload on a web server, read by ranges over one kept connection.
//
// A server may ignore ranges (A52): then its one response is read on, and what is not wanted is skipped.
// What is more than was asked for is not taken (A5).

using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <summary>A payload behind an http or https URI.</summary>
    public sealed class HttpPayload : IPayloadSource, IWirePayload
    {
        private readonly HttpConnection _connection;
        private readonly HttpUri _uri;
        private HttpUri _effective;
        private bool _isOpen;
        private bool _isWhole;
        private int _position;
        private int _end;

        /// <summary>Makes a source of a file on a server.</summary>
        /// <param name="connection">The connection to use; shared by the sources of an update, one at a time.</param>
        /// <param name="uri">The file.</param>
        public HttpPayload(HttpConnection connection, HttpUri uri)
        {
            _connection = connection;
            _uri = uri;
            _effective = uri;
        }

        /// <summary>Whether the server was asked for anything.</summary>
        public bool IsAsked;

        /// <summary>Longest wait that the server asked for, in seconds; 0 when it did not.</summary>
        public int RetryAfterSeconds;

        /// <inheritdoc/>
        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            bool isAhead = _isOpen && (position == _position || (_isWhole && position > _position));
            ResultCode result = isAhead && (_isWhole || count <= _end - position) ? ResultCode.Ok : Open(position, runBytes);
            while (result == ResultCode.Ok && _position < position)
            {
                // Only a response that holds the whole file: its beginning is not wanted.
                result = Take(buffer, offset, position - _position < count ? position - _position : count);
            }

            if (result == ResultCode.Ok)
            {
                result = Take(buffer, offset, count);
            }

            if (result != ResultCode.Ok)
            {
                Close();
                _effective = _uri;
            }

            return result;
        }

        /// <inheritdoc/>
        public void Close()
        {
            if (_isOpen)
            {
                _isOpen = false;
                _connection.Close();
            }
        }

        private ResultCode Open(int position, int runBytes)
        {
            _isOpen = false;
            IsAsked = true;
            ResultCode result = _connection.Get(_effective, position, runBytes, null);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            _isOpen = true;
            int status = _connection.Status;
            if (_connection.RetryAfterSeconds > RetryAfterSeconds)
            {
                RetryAfterSeconds = _connection.RetryAfterSeconds;
            }

            if (status == 206)
            {
                if (_connection.RangeStart != position)
                {
                    return ResultCode.HttpMalformed;
                }

                if (_connection.ContentLength > runBytes)
                {
                    return ResultCode.TransferTooLong;
                }

                _isWhole = false;
                _position = position;
                _end = position + runBytes;
            }
            else if (status == 200)
            {
                _isWhole = true;
                _position = 0;
            }
            else
            {
                return status == 429 || status == 503 ? ResultCode.TryLater : ResultCode.HttpStatus;
            }

            _effective = _connection.Source;
            return ResultCode.Ok;
        }

        /// <summary>Takes the next bytes of the response, all of them.</summary>
        private ResultCode Take(byte[] buffer, int offset, int count)
        {
            int taken = 0;
            while (taken < count)
            {
                ResultCode result = _connection.Read(buffer, offset + taken, count - taken, out int read);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (read == 0)
                {
                    return ResultCode.TransferTruncated;
                }

                taken += read;
                _position += read;
            }

            return ResultCode.Ok;
        }
    }
}
