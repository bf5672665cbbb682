// TLS of nanoFramework: the certificate is checked against the given authority, else against those that are stored on the
// board (CertificateManager, or the deployment's network configuration).

using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace NanoBoot.Stage2Updater.Transport
{
    public sealed partial class SocketChannel
    {
        private Stream OpenSecure(Socket socket, string host)
        {
            SslStream stream = new SslStream(socket);
            stream.SslVerification = SslVerification.CertificateRequired;
            stream.AuthenticateAsClient(host, null, Authority == null ? null : new X509Certificate(Authority), SslProtocols.Tls12);
            return stream;
        }
    }
}
