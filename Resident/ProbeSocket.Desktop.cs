// TLS of .NET: the certificate is checked against the system's authorities.

using System.IO;
using System.Net.Security;
using System.Net.Sockets;

namespace NanoBoot.Resident
{
    internal sealed partial class ProbeSocket
    {
        private static Stream OpenSecure(Socket socket, string host)
        {
            SslStream stream = new SslStream(new NetworkStream(socket, true), false);
            stream.AuthenticateAsClient(host);
            return stream;
        }
    }
}
