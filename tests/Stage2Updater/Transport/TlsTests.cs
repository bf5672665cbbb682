// HTTPS against a real server with certificates of a test authority: the right one, and each that must be refused.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Transport
{
    [TestClass]
    public sealed class TlsTests
    {
        private static readonly byte[] Content = Enumerable.Range(0, 5000).Select(i => (byte)(i >> 3)).ToArray();
        private static readonly X509Certificate2 Authority = MakeAuthority("test authority");

        public static IEnumerable<object[]> Refused()
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            yield return new object[] { "another host", Issue(Authority, "elsewhere.example", null, now.AddDays(-1), now.AddDays(1)) };
            yield return new object[] { "expired", Issue(Authority, "localhost", IPAddress.Loopback, now.AddDays(-20), now.AddDays(-10)) };
            yield return new object[] { "not valid yet", Issue(Authority, "localhost", IPAddress.Loopback, now.AddDays(10), now.AddDays(20)) };
            yield return new object[] { "self-signed", Issue(null, "localhost", IPAddress.Loopback, now.AddDays(-1), now.AddDays(1)) };
            yield return new object[] { "another authority", Issue(MakeAuthority("stranger"), "localhost", IPAddress.Loopback, now.AddDays(-1), now.AddDays(1)) };
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public async Task Get_RightCertificate_RangesOverOneConnection(bool isPem)
        {
            HashSet<string> connections = new();
            await using WebApplication server = await StartAsync(Right(), connections);
            HttpConnection connection = Connect(isPem ? Encoding.ASCII.GetBytes(Authority.ExportCertificatePem()) : Authority.RawData);
            HttpPayload payload = new(connection, Parse(server));
            byte[] read = new byte[Content.Length];
            foreach ((int position, int count) in new[] { (4000, 1000), (0, 1500), (1500, 1000), (2500, 1500) })
            {
                Assert.AreEqual(ResultCode.Ok, payload.Read(position, count, read, position, count));
                connection.Finish();
            }

            CollectionAssert.AreEqual(Content, read);
            Assert.HasCount(1, connections, "one handshake for all requests");
        }

        [TestMethod]
        [DynamicData(nameof(Refused))]
        public async Task A22_Get_WrongCertificate_IsRefusedByNameBeforeAnythingIsSent(string what, X509Certificate2 certificate)
        {
            HashSet<string> connections = new();
            await using WebApplication server = await StartAsync(certificate, connections);
            HttpConnection connection = Connect(Authority.RawData);

            Assert.AreEqual(ResultCode.TlsRefused, connection.Get(Parse(server), -1, 0, null), what);
            Assert.IsEmpty(connections, "no request arrived");
        }

        [TestMethod]
        public async Task A22_Get_AuthorityOfNobodyKnownToTheSystem_IsRefused()
        {
            HashSet<string> connections = new();
            await using WebApplication server = await StartAsync(Right(), connections);

            Assert.AreEqual(ResultCode.TlsRefused, Connect(null).Get(Parse(server), -1, 0, null));
        }

        [TestMethod]
        public void Get_ServerWithoutTls_IsRefused()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 400 Bad Request\nContent-Length: 0", close: true));
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse(server.Address.Replace("http:", "https:", StringComparison.Ordinal) + "/", null, out HttpUri uri));

            Assert.AreEqual(ResultCode.TlsRefused, Connect(Authority.RawData).Get(uri, -1, 0, null));
        }

        private static HttpConnection Connect(byte[]? authority)
        {
            return new HttpConnection(new TestBoard(), new SocketChannel { Authority = authority });
        }

        private static HttpUri Parse(WebApplication server)
        {
            string address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse(address + "/payload.bin", null, out HttpUri uri));
            return uri;
        }

        private static async Task<WebApplication> StartAsync(X509Certificate2 certificate, HashSet<string> connections)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
            WebApplication server = builder.Build();
            server.MapGet("/payload.bin", (HttpContext context) =>
            {
                lock (connections)
                {
                    connections.Add(context.Connection.Id);
                }

                return Results.Bytes(Content, enableRangeProcessing: true);
            });
            await server.StartAsync();
            return server;
        }

        private static X509Certificate2 Right()
        {
            return Issue(Authority, "localhost", IPAddress.Loopback, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        }

        private static X509Certificate2 MakeAuthority(string name)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new("CN=" + name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-60), DateTimeOffset.UtcNow.AddDays(60));
        }

        private static X509Certificate2 Issue(X509Certificate2? issuer, string host, IPAddress? address, DateTimeOffset from, DateTimeOffset until)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new("CN=" + host, key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new();
            names.AddDnsName(host);
            if (address != null)
            {
                names.AddIpAddress(address);
            }

            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
            if (issuer == null)
            {
                return Own(request.CreateSelfSigned(from, until));
            }

            using X509Certificate2 made = request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(8));
            return Own(made.CopyWithPrivateKey(key));
        }

        // With a key that the server can use on every system.
        private static X509Certificate2 Own(X509Certificate2 certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }
}
