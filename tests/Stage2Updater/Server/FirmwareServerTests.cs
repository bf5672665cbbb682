using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Server;

namespace NanoBoot.Stage2Updater.Tests.Server
{
    [TestClass]
    public sealed class FirmwareServerTests
    {
        private string _directory = string.Empty;
        private FirmwareServer _server = null!;
        private HttpClient _client = null!;

        [TestInitialize]
        public async Task Start()
        {
            _directory = Directory.CreateTempSubdirectory("nanoboot-server-").FullName;
            Directory.CreateDirectory(Path.Combine(_directory, "public"));
            File.WriteAllText(Path.Combine(_directory, "secret"), "secret");
            File.WriteAllText(Path.Combine(_directory, "public", "file.bin"), "0123456789");
            _server = await FirmwareServer.StartAsync(new FirmwareServerOptions
            {
                Directory = Path.Combine(_directory, "public"),
                ReportsDirectory = Path.Combine(_directory, "reports"),
                ReportBytesMax = 1000,
            });
            _client = new HttpClient { BaseAddress = _server.BaseAddress };
        }

        [TestCleanup]
        public async Task Stop()
        {
            _client.Dispose();
            await _server.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }

        [TestMethod]
        public void BaseAddress_Default_IsLoopback()
        {
            Assert.IsTrue(IPAddress.IsLoopback(IPAddress.Parse(_server.BaseAddress.Host)));
        }

        [TestMethod]
        [DataRow("bytes=2-4", 206, "234", "bytes 2-4/10")]
        [DataRow("bytes=8-", 206, "89", "bytes 8-9/10")]
        [DataRow("bytes=8-100", 206, "89", "bytes 8-9/10")]
        [DataRow("bytes=-3", 206, "789", "bytes 7-9/10")]
        [DataRow("bytes=10-", 416, "", "bytes */10")]
        [DataRow("bytes=-0", 416, "", "bytes */10")]
        [DataRow("bytes=4-2", 200, "0123456789", null)]
        [DataRow("bytes=0-1,3-4", 200, "0123456789", null)]
        [DataRow("lines=0-1", 200, "0123456789", null)]
        public async Task Get_Range_IsAnsweredAsTheStandardSays(string range, int status, string body, string? contentRange)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "file.bin");
            request.Headers.TryAddWithoutValidation("Range", range);
            using HttpResponseMessage response = await _client.SendAsync(request);
            Assert.AreEqual(status, (int)response.StatusCode);
            Assert.AreEqual(body, await response.Content.ReadAsStringAsync());
            Assert.AreEqual(contentRange, response.Content.Headers.TryGetValues("Content-Range", out var values) ? values.Single() : null);
        }

        [TestMethod]
        public async Task Get_IfNoneMatch_IsNotModifiedUntilTheFileChanges()
        {
            using HttpResponseMessage first = await _client.GetAsync("file.bin");
            EntityTagHeaderValue tag = first.Headers.ETag!;
            Assert.IsFalse(tag.IsWeak);
            Assert.AreEqual(HttpStatusCode.NotModified, await StatusAsync(tag));
            File.WriteAllText(Path.Combine(_directory, "public", "file.bin"), "012345678X");
            Assert.AreEqual(HttpStatusCode.OK, await StatusAsync(tag), "same length, other content");
        }

        [TestMethod]
        [DataRow("%2e%2e/secret")]
        [DataRow("..%2fsecret")]
        [DataRow("x/..%2f..%2fsecret")]
        [DataRow("..%5csecret")]
        [DataRow("%00")]
        [DataRow("")]
        public async Task Get_PathOutOfTheDirectory_IsNotFound(string path)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_server.BaseAddress + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
            using HttpResponseMessage response = await _client.SendAsync(request);
            Assert.IsTrue(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, response.StatusCode.ToString());
        }

        [TestMethod]
        public async Task Get_LinkOutOfTheDirectory_IsNotFound()
        {
            File.CreateSymbolicLink(Path.Combine(_directory, "public", "link"), Path.Combine(_directory, "secret"));
            using HttpResponseMessage response = await _client.GetAsync("link");
            Assert.AreEqual(HttpStatusCode.NotFound, response.StatusCode);
        }

        [TestMethod]
        public async Task Post_Report_IsKeptAsAFile()
        {
            using ByteArrayContent content = new([1, 2, 3]);
            using HttpResponseMessage response = await _client.PostAsync("reports", content);
            Assert.AreEqual(HttpStatusCode.NoContent, response.StatusCode);
            string file = Directory.GetFiles(Path.Combine(_directory, "reports")).Single();
            CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, File.ReadAllBytes(file));
        }

        [TestMethod]
        public async Task Post_ReportIsTooLarge_IsRefused()
        {
            using ByteArrayContent content = new(new byte[1001]);
            using HttpResponseMessage response = await _client.PostAsync("reports", content);
            Assert.AreEqual(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.IsEmpty(Directory.GetFiles(Path.Combine(_directory, "reports")));
        }

        private async Task<HttpStatusCode> StatusAsync(EntityTagHeaderValue tag)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "file.bin");
            request.Headers.IfNoneMatch.Add(tag);
            using HttpResponseMessage response = await _client.SendAsync(request);
            return response.StatusCode;
        }
    }
}
