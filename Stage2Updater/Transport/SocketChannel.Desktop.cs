// TLS of .NET: the certificate is checked against the given authority alone, else against those of the system.

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
            SslClientAuthenticationOptions options = new SslClientAuthenticationOptions { TargetHost = host };
            if (Authority != null)
            {
                options.CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                };
                options.CertificateChainPolicy.CustomTrustStore.Add(
                    Authority[0] == '-' ? X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Authority)) : X509CertificateLoader.LoadCertificate(Authority));
            }

            SslStream stream = new SslStream(new NetworkStream(socket, true), false);
            stream.AuthenticateAsClient(options);
            return stream;
        }
    }
}
