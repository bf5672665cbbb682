// TCP, with TLS where asked for. What differs between the platforms' TLS is in the files beside this one.

using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <summary>A connection over a socket. The catch clauses hold network calls only.</summary>
    public sealed partial class SocketChannel : IByteChannel
    {
        private Socket _socket;
        private Stream _stream;

        /// <summary>The authority whose certificates count, X.509 in PEM or DER; null for those that the board or the system has.</summary>
        public byte[] Authority;

        /// <inheritdoc/>
        public ResultCode Open(string host, int port, bool isSecure, int timeoutMs)
        {
            Close();
            ResultCode failure = ResultCode.NetworkUnreachable;
            try
            {
                IPAddress address = Resolve(host);
                if (address == null)
                {
                    return ResultCode.NetworkUnreachable;
                }

                _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _socket.ReceiveTimeout = timeoutMs;
                _socket.SendTimeout = timeoutMs;
                _socket.Connect(new IPEndPoint(address, port));
                failure = isSecure ? ResultCode.TlsRefused : failure;
                _stream = isSecure ? OpenSecure(_socket, host) : new NetworkStream(_socket, true);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Close();
                return failure;
            }
        }

        /// <inheritdoc/>
        public ResultCode Write(byte[] buffer, int offset, int count)
        {
            if (_stream == null)
            {
                return ResultCode.NetworkUnreachable;
            }

            try
            {
                _stream.Write(buffer, offset, count);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Close();
                return ResultCode.NetworkUnreachable;
            }
        }

        /// <inheritdoc/>
        public ResultCode Read(byte[] buffer, int offset, int count, int timeoutMs, out int read)
        {
            read = 0;
            if (_stream == null)
            {
                return ResultCode.TransferTruncated;
            }

            try
            {
                _socket.ReceiveTimeout = timeoutMs;
                read = _stream.Read(buffer, offset, count);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Close();
                return ResultCode.TransferTruncated;
            }
        }

        /// <inheritdoc/>
        public void Close()
        {
            Stream stream = _stream;
            Socket socket = _socket;
            _stream = null;
            _socket = null;
            try
            {
                if (stream != null)
                {
                    stream.Dispose();
                }

                if (socket != null)
                {
                    socket.Close();
                }
            }
            catch (Exception)
            {
                // A connection that broke may refuse to be closed in order; it is gone all the same.
                return;
            }
        }

        private static IPAddress Resolve(string host)
        {
            char last = host[host.Length - 1];
            if (last >= '0' && last <= '9')
            {
                // No top level domain ends in a digit: this is an address, and asking a name server would leak it.
                return IPAddress.Parse(host);
            }

            IPAddress[] addresses = Dns.GetHostEntry(host).AddressList;
            for (int i = 0; i < addresses.Length; i++)
            {
                if (addresses[i] != null && addresses[i].AddressFamily == AddressFamily.InterNetwork)
                {
                    return addresses[i];
                }
            }

            return null;
        }
    }
}
