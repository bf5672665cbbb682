// TLS of nanoFramework: the certificate is checked against the authorities that are stored on the board
// (CertificateManager, or the deployment's network configuration).

using System.IO;
using System.Net.Security;
using System.Net.Sockets;

namespace NanoBoot.Resident
{
    internal sealed partial class ProbeSocket
    {
        private static Stream OpenSecure(Socket socket, string host)
        {
            SslStream stream = new SslStream(socket);
            stream.SslVerification = SslVerification.CertificateRequired;
            stream.AuthenticateAsClient(host, SslProtocols.Tls12);
            return stream;
        }
    }
}
