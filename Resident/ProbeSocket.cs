// The connection of the probe: TCP, with TLS where the manifest service has it. What differs between the platforms' TLS
// is in the files beside this one. The catch clauses hold network calls only.

using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using NanoBoot.Hal;

namespace NanoBoot.Resident
{
    /// <summary>A connection to a server. One thread; never throws.</summary>
    internal sealed partial class ProbeSocket
    {
        private Socket _socket;
        private Stream _stream;

        internal ResultCode Open(string host, int port, bool isSecure, int timeoutMs)
        {
            Close();
            try
            {
                char last = host[host.Length - 1];
                IPAddress address = last >= '0' && last <= '9' ? IPAddress.Parse(host) : Dns.GetHostEntry(host).AddressList[0];
                _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _socket.ReceiveTimeout = timeoutMs;
                _socket.SendTimeout = timeoutMs;
                _socket.Connect(new IPEndPoint(address, port));
                _stream = isSecure ? OpenSecure(_socket, host) : new NetworkStream(_socket, true);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Close();
                return ResultCode.NetworkUnreachable;
            }
        }

        internal ResultCode Write(byte[] bytes)
        {
            try
            {
                _stream.Write(bytes, 0, bytes.Length);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                return ResultCode.NetworkUnreachable;
            }
        }

        // At least one byte, or NetworkUnreachable.
        internal ResultCode Read(byte[] buffer, int offset, int count, out int read)
        {
            read = 0;
            try
            {
                read = _stream.Read(buffer, offset, count);
                return read > 0 ? ResultCode.Ok : ResultCode.NetworkUnreachable;
            }
            catch (Exception)
            {
                return ResultCode.NetworkUnreachable;
            }
        }

        internal void Close()
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
    }
}
