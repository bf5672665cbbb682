// TLS of nanoFramework: the certificate is checked against the given authority, else against those that are stored on the
// board (CertificateManager, or the deployment's network configuration).

using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NanoBoot.Stage2Updater.Transport
{
    public sealed partial class SocketChannel
    {
        private Stream OpenSecure(Socket socket, string host)
        {
            X509Certificate authority = null;
            if (Authority != null)
            {
                // The platform's parser takes PEM with a zero behind it, which only the constructor from text appends.
                authority = Authority[0] == '-'
                    ? new X509Certificate(Encoding.UTF8.GetString(Authority, 0, Authority.Length))
                    : new X509Certificate(Authority);
            }

            SslStream stream = new SslStream(socket);
            stream.SslVerification = SslVerification.CertificateRequired;
            stream.AuthenticateAsClient(host, null, authority, SslProtocols.Tls12);
            return stream;
        }
    }
}
