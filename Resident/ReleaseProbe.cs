// Is there something new? Asked by the application, so that a poll that finds nothing costs no restart: the headers of
// each manifest (HTTP HEAD), of which the ETags together make one number, compared with that of the last request.
//
// A hint, trusted for nothing: whoever answers can bring about a session of stage 2, which verifies everything, or keep
// one from happening, which he could anyway. A number leads to one session: it is remembered in the journal with the
// request itself, so that a release that this device refuses is not asked for again and again.
// Fault model: every byte of an answer is an attacker's; no allocation depends on it, and no wait is longer than named.

using System;
using System.Text;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;

namespace NanoBoot.Resident
{
    /// <summary>Asks the manifest service what is new. One thread.</summary>
    public sealed class ReleaseProbe
    {
        /// <summary>Most bytes of the headers of an answer.</summary>
        public const int ResponseBytesMax = 1024;

        /// <summary>Longest wait for the next bytes of an answer, in milliseconds.</summary>
        public const int TimeoutMs = 15000;

        /// <summary>Longest time for all of an answer, in milliseconds: a server that sends a byte now and then is not waited for (A6).</summary>
        public const int AnswerMs = 30000;

        /// <summary>Longest wait for the network, in milliseconds.</summary>
        public const int NetworkTimeoutMs = 60000;

        /// <summary>Offset of the number in stage 2's bytes of the journal (docs/SPEC-update.md); 2 bytes.</summary>
        public const int SeenOffset = 14;

        private const int FailuresOffset = 1;
        private const int WaitOffset = 2;
        private const byte Format = 2;
        private const int UriCharsMax = 512;

        private readonly BootContext _boot;
        private readonly ProbeSocket _socket = new ProbeSocket();
        private readonly byte[] _buffer = new byte[ResponseBytesMax];
        private string _host;
        private string _path;
        private int _port;
        private bool _isSecure;
        private bool _isOpen;
        private int _seen;
        private bool _isPutOff;

        /// <summary>Makes a probe.</summary>
        /// <param name="boot">The start of this device.</param>
        public ReleaseProbe(BootContext boot)
        {
            _boot = boot;
        }

        /// <summary>Asks for the headers of each manifest of this device.</summary>
        /// <returns>Ok: something is new, or the last session failed and may be repeated. <see cref="ResultCode.UpToDate"/>.
        /// <see cref="ResultCode.TryLater"/> while the wait after failures lasts. Else why the service does not say:
        /// <see cref="ResultCode.NetworkUnreachable"/>, <see cref="ResultCode.UriUnsupported"/>,
        /// <see cref="ResultCode.HttpStatus"/>, <see cref="ResultCode.HttpMalformed"/> (no ETag, too long),
        /// <see cref="ResultCode.TransferTooSlow"/>.</returns>
        public ResultCode Check()
        {
            byte[] kept = _boot.Journal.Opaque;
            long waitSeconds = BitConverter.ToUInt16(kept, WaitOffset);
            if (_boot.Board.UptimeMs < waitSeconds * 1000)
            {
                if (!_isPutOff)
                {
                    // Half as long from here on, and at the next start again: the wait is counted from each start, and a
                    // device that never runs for hours is not to wait for ever.
                    _isPutOff = true;
                    FlashRecord.WriteNumber(kept, WaitOffset, waitSeconds / 2, 2);
                    _boot.Journal.Commit();
                }

                return ResultCode.TryLater;
            }

            ResultCode result = ParseUri();
            if (result == ResultCode.Ok)
            {
                result = _boot.Board.ConnectNetwork(NetworkTimeoutMs);
            }

            _seen = unchecked((int)2166136261);
            for (int i = 0; i < _boot.Policy.Components.Length && result == ResultCode.Ok; i++)
            {
                ComponentDescription component = _boot.Policy.Components[i];
                if (component != null)
                {
                    Mix((byte)(0x80 + i));
                    result = Ask("manifests/" + AsciiText.Read(component.Id, 0, component.Id.Length) + ".suit");
                }
            }

            Close();
            if (result != ResultCode.Ok)
            {
                return result;
            }

            bool isSame = BitConverter.ToUInt16(kept, SeenOffset) == (ushort)_seen && kept[FailuresOffset] == 0;
            return isSame ? ResultCode.UpToDate : ResultCode.Ok;
        }

        /// <summary>Asks for a session of stage 2 (<see cref="UpdateClient.Request"/>), and remembers what was seen with
        /// the same record of the journal. To be called after <see cref="Check"/> has said Ok.</summary>
        /// <param name="reason">Why: 1 to 65535, a number of whoever asks.</param>
        /// <returns>As <see cref="UpdateClient.Request"/>.</returns>
        public ResultCode Request(ushort reason)
        {
            byte[] kept = _boot.Journal.Opaque;
            if (kept[0] != Format)
            {
                System.Array.Clear(kept, 0, kept.Length);
                kept[0] = Format;
            }

            FlashRecord.WriteNumber(kept, SeenOffset, _seen, 2);
            return new UpdateClient(_boot).Request(reason);
        }

        private void Mix(byte value)
        {
            _seen = (_seen ^ value) * 16777619;
        }

        private void Close()
        {
            _isOpen = false;
            _socket.Close();
        }

        // scheme "://" host [":" port] ["/" path]; what is relative counts from the last "/" (RFC 3986 §5).
        private ResultCode ParseUri()
        {
            string uri = _boot.Identity.ManifestUri;
            _isSecure = uri != null && uri.StartsWith("https://");
            if (uri == null || uri.Length > UriCharsMax || (!_isSecure && !uri.StartsWith("http://")))
            {
                return ResultCode.UriUnsupported;
            }

            int start = _isSecure ? 8 : 7;
            int slash = uri.IndexOf('/', start);
            string authority = slash < 0 ? uri.Substring(start) : uri.Substring(start, slash - start);
            _path = slash < 0 ? "/" : uri.Substring(slash, uri.LastIndexOf('/') + 1 - slash);
            int colon = authority.IndexOf(':');
            _host = colon < 0 ? authority : authority.Substring(0, colon);
            _port = _isSecure ? 443 : 80;
            if (colon >= 0)
            {
                _port = 0;
                for (int i = colon + 1; i < authority.Length && _port < 65536; i++)
                {
                    int digit = authority[i] - '0';
                    _port = digit < 0 || digit > 9 ? 65536 : (_port * 10) + digit;
                }
            }

            bool isForm = _host.Length > 0 && _port > 0 && _port < 65536
                && _host.IndexOf('@') < 0 && uri.IndexOf('?') < 0 && uri.IndexOf('#') < 0;
            return isForm ? ResultCode.Ok : ResultCode.UriUnsupported;
        }

        private ResultCode Ask(string name)
        {
            byte[] request = Encoding.UTF8.GetBytes(
                "HEAD " + _path + name + " HTTP/1.1\r\nHost: " + _host + ":" + _port + "\r\nUser-Agent: nanoBoot\r\n\r\n");
            bool isKept = _isOpen;
            ResultCode result = Exchange(request, out int count);
            if (result == ResultCode.NetworkUnreachable && isKept)
            {
                // A server need not keep a connection.
                Close();
                result = Exchange(request, out count);
            }

            return result == ResultCode.Ok ? Read(count) : result;
        }

        private ResultCode Exchange(byte[] request, out int count)
        {
            count = 0;
            ResultCode result = _isOpen ? ResultCode.Ok : _socket.Open(_host, _port, _isSecure, TimeoutMs);
            _isOpen = result == ResultCode.Ok;
            if (result == ResultCode.Ok)
            {
                result = _socket.Write(request);
            }

            long startedMs = _boot.Board.UptimeMs;
            while (result == ResultCode.Ok && !IsEnd(count))
            {
                if (count == ResponseBytesMax)
                {
                    return ResultCode.HttpMalformed;
                }

                if (_boot.Board.UptimeMs - startedMs >= AnswerMs)
                {
                    return ResultCode.TransferTooSlow;
                }

                result = _socket.Read(_buffer, count, ResponseBytesMax - count, out int read);
                count += read;
            }

            return result;
        }

        private bool IsEnd(int count)
        {
            return count >= 4 && _buffer[count - 1] == '\n' && _buffer[count - 2] == '\r' && _buffer[count - 3] == '\n';
        }

        // Status and ETag. 404: no release of this component, which is an answer too.
        private ResultCode Read(int count)
        {
            bool isHttp = count >= 12 && _buffer[0] == 'H' && _buffer[1] == 'T' && _buffer[2] == 'T' && _buffer[3] == 'P' && _buffer[8] == ' ';
            int status = isHttp ? ((_buffer[9] - '0') * 100) + ((_buffer[10] - '0') * 10) + _buffer[11] - '0' : 0;
            if (status == 404)
            {
                Mix(0xFF);
                return ResultCode.Ok;
            }

            if (status != 200)
            {
                return isHttp ? ResultCode.HttpStatus : ResultCode.HttpMalformed;
            }

            int at = 0;
            while (at < count && !IsName(at, count))
            {
                at++;
            }

            if (at == count)
            {
                return ResultCode.HttpMalformed;
            }

            for (at += 6; at < count && _buffer[at] != '\r'; at++)
            {
                if (_buffer[at] != ' ')
                {
                    Mix(_buffer[at]);
                }
            }

            return ResultCode.Ok;
        }

        private bool IsName(int at, int count)
        {
            const string Name = "\netag:";
            for (int i = 0; i < Name.Length; i++)
            {
                int value = at + i < count ? _buffer[at + i] : 0;
                value = value >= 'A' && value <= 'Z' ? value + 32 : value;
                if (value != Name[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
