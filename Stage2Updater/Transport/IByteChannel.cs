// A stream connection to a server: what HTTP needs of a network, and nothing more.

using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Transport
{
    /// <summary>A connection that carries bytes in order. One at a time; not thread safe; never throws.</summary>
    public interface IByteChannel
    {
        /// <summary>Connects to a server, after closing what was open.</summary>
        /// <param name="host">Host name or IPv4 address.</param>
        /// <param name="port">Port.</param>
        /// <param name="isSecure">Whether to speak TLS and to check the server's certificate.</param>
        /// <param name="timeoutMs">Longest wait for each answer of the server, in milliseconds.</param>
        /// <returns>Ok, <see cref="ResultCode.NetworkUnreachable"/>, <see cref="ResultCode.TlsRefused"/>, or
        /// <see cref="ResultCode.NotSupported"/>.</returns>
        ResultCode Open(string host, int port, bool isSecure, int timeoutMs);

        /// <summary>Sends bytes.</summary>
        /// <param name="buffer">The bytes.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, or <see cref="ResultCode.NetworkUnreachable"/>.</returns>
        ResultCode Write(byte[] buffer, int offset, int count);

        /// <summary>Waits for bytes and takes what is there.</summary>
        /// <param name="buffer">Where the bytes go.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="count">Most bytes to take, at least 1.</param>
        /// <param name="timeoutMs">Longest wait in milliseconds, at least 1.</param>
        /// <param name="read">Bytes taken; 0 with Ok says that the server closed the connection.</param>
        /// <returns>Ok, or <see cref="ResultCode.TransferTruncated"/> when the connection broke or the wait was in vain.</returns>
        ResultCode Read(byte[] buffer, int offset, int count, int timeoutMs, out int read);

        /// <summary>Closes the connection, if one is open.</summary>
        void Close();
    }
}
