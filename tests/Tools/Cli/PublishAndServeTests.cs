using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class PublishAndServeTests : CliTest
    {
        [TestInitialize]
        public void WriteRelease()
        {
            byte[] payload = new byte[5000];
            new Random(3).NextBytes(payload);
            File.WriteAllBytes(PathOf("app.bin"), payload);
            File.WriteAllText(PathOf("release.yaml"), "component: application\nsequence: 5\nvendor: example.com\nclass: board\npayload: app.bin\nentry: A.B\n");
            Succeeds("keys", "new", "author.pem");
            Succeeds("manifest", "create", "release.yaml", "--out", "a.suit");
            Succeeds("manifest", "sign", "a.suit", "--key", "author.pem");
        }

        [TestMethod]
        public void Publish_Release_EveryUriOfTheManifestLeadsToAFile()
        {
            JsonNode facts = Facts("publish", "www", "a.suit", "app.bin", "--chunks");
            string manifestPath = PathOf("www/" + facts["manifest"]);
            CollectionAssert.AreEqual(File.ReadAllBytes(PathOf("a.suit")), File.ReadAllBytes(manifestPath));
            foreach (string uri in ManifestUris.Find(Envelope.Parse(File.ReadAllBytes(manifestPath))))
            {
                string target = Path.GetFullPath(uri, Path.GetDirectoryName(manifestPath)!);
                CollectionAssert.AreEqual(File.ReadAllBytes(PathOf("app.bin")), File.ReadAllBytes(target));
            }

            Assert.AreEqual(facts["chunks"]!.GetValue<int>(), Directory.GetFiles(PathOf("www/chunks")).Length);
            JsonNode index = JsonNode.Parse(File.ReadAllText(PathOf("www/index.json")))!;
            Assert.AreEqual(5, index["components"]!["application"]!["sequence"]!.GetValue<int>());
        }

        [TestMethod]
        public void Publish_PackedPayloads_EachUriLeadsToItsFile()
        {
            byte[] image = File.ReadAllBytes(PathOf("app.bin"));
            image[100] ^= 1;
            File.WriteAllBytes(PathOf("new.bin"), image);
            Succeeds("bundle", "pack", "new.bin", "--out", "new.nbz");
            Succeeds("bundle", "pack", "new.bin", "--from", "app.bin", "--out", "new.nbd");
            Assert.IsTrue(new FileInfo(PathOf("new.nbd")).Length < 1000);
            File.AppendAllText(PathOf("release.yaml"), "packed: [new.nbd, new.nbz]\n");
            Succeeds("manifest", "create", "release.yaml", "--payload", "new.bin", "--out", "b.suit");
            Succeeds("manifest", "sign", "b.suit", "--key", "author.pem");
            Fails(ExitCode.BadInput, "which none of the payloads given is", "publish", "www", "b.suit", "new.bin", "new.nbz");
            Succeeds("publish", "www", "b.suit", "new.bin", "new.nbz", "new.nbd");
            string[] uris = [.. ManifestUris.Find(Envelope.Parse(File.ReadAllBytes(PathOf("b.suit"))))];
            Assert.AreEqual(3, uris.Length);
            CollectionAssert.AreEqual(new[] { ".nbd", ".nbz", ".bin" }, Array.ConvertAll(uris, uri => Path.GetExtension(uri)));
            Assert.IsTrue(Array.TrueForAll(uris, uri => File.Exists(Path.GetFullPath(uri, PathOf("www/manifests")))));
            File.WriteAllText(PathOf("release.yaml"), File.ReadAllText(PathOf("release.yaml")).Replace("[new.nbd, new.nbz]", "app.bin", StringComparison.Ordinal));
            Fails(ExitCode.BadInput, "'app.bin' is no packed payload", "manifest", "create", "release.yaml", "--out", "c.suit");
        }

        /// <summary>Packed, then encrypted: each form with keys of its own, and a URI that says what it is when it is decrypted.</summary>
        [TestMethod]
        public void Publish_PackedAndEncrypted_EachFormHasKeysOfItsOwn()
        {
            Succeeds("keys", "new", "fleet.kek", "--kind", "kek");
            Succeeds("bundle", "pack", "app.bin", "--out", "app.nbz");
            Succeeds("manifest", "encrypt", "app.nbz", "--for", "fleet.kek", "--out", "app.nbz.enc");
            Succeeds("manifest", "encrypt", "app.bin", "--for", "fleet.kek", "--out", "app.enc");
            string release = File.ReadAllText(PathOf("release.yaml"));
            File.WriteAllText(PathOf("release.yaml"), release + "encrypted: app.enc\npacked: [app.nbz.enc]\n");
            Succeeds("manifest", "create", "release.yaml", "--out", "b.suit");
            Succeeds("manifest", "sign", "b.suit", "--key", "author.pem");
            Envelope envelope = Envelope.Parse(File.ReadAllBytes(PathOf("b.suit")));
            string[] uris = [.. ManifestUris.Find(envelope)];
            Assert.AreEqual("../" + Publisher.PayloadPath(File.ReadAllBytes(PathOf("app.nbz.enc"))) + "?.nbz", uris[0]);
            Assert.AreEqual("../" + Publisher.PayloadPath(File.ReadAllBytes(PathOf("app.enc"))), uris[1]);
            CollectionAssert.AreEqual(
                new[] { File.ReadAllBytes(PathOf("app.nbz.enc.cose")), File.ReadAllBytes(PathOf("app.enc.cose")) }.Select(Convert.ToHexString).ToArray(),
                ManifestUris.FindParameters(envelope, SuitParameter.EncryptionInfo).Select(info => Convert.ToHexString(info.Bytes)).ToArray());
            Fails(ExitCode.BadInput, "which none of the payloads given is", "publish", "www", "b.suit", "app.enc");
            Succeeds("publish", "www", "b.suit", "app.enc", "app.nbz.enc");

            File.WriteAllText(PathOf("release.yaml"), release + "encrypted: app.enc\npacked: [app.nbz]\n");
            Fails(ExitCode.BadInput, "so is what is packed", "manifest", "create", "release.yaml", "--out", "c.suit");
        }

        [TestMethod]
        public void Publish_Mistakes_Refused()
        {
            Fails(ExitCode.BadInput, "which none of the payloads given is", "publish", "www", "a.suit", "release.yaml");
            Succeeds("publish", "www", "a.suit", "app.bin");
            Fails(ExitCode.Refused, "sequence 5, and 5 is published already", "publish", "www", "a.suit", "app.bin");
            Succeeds("publish", "www", "a.suit", "app.bin", "--force");
            Succeeds("manifest", "create", "release.yaml", "--out", "b.suit", "--sequence", "6");
            Fails(ExitCode.BadInput, "not signed; no device would take it", "publish", "www", "b.suit", "app.bin");
            Fails(ExitCode.BadInput, "no such file", "publish", "www", "b.suit", "absent.bin");
        }

        /// <summary>A directory that cannot be written: a line, and nothing half-written.</summary>
        [TestMethod]
        public void Publish_WhereAFileStands_OneLine()
        {
            File.WriteAllText(PathOf("www"), "a file");
            Fails(ExitCode.InputOutput, "www", "publish", "www", "a.suit", "app.bin");
        }

        /// <summary>The device is full in the middle of a write: the manifest that was there stays.</summary>
        [TestMethod]
        public void Sign_DeviceFull_FormerFileStays()
        {
            if (!File.Exists("/dev/full"))
            {
                const string Reason = "Skipped: needs /dev/full, a device of Linux that is always full.";
                Console.WriteLine(Reason);
                Assert.Inconclusive(Reason);
            }

            byte[] before = File.ReadAllBytes(PathOf("a.suit"));
            IOException full = Assert.Throws<IOException>(() => AtomicFile.Write([(PathOf("b.suit"), before), (PathOf("a.suit"), before)], FullDevice));
            StringAssert.StartsWith(full.Message, $"{PathOf("b.suit")}: cannot be written: No space left on device.");
            CollectionAssert.AreEqual(before, File.ReadAllBytes(PathOf("a.suit")));
            Assert.IsFalse(File.Exists(PathOf("b.suit")));
            Assert.AreEqual(0, Directory.GetFiles(Home, "*.tmp").Length);
        }

        [TestMethod]
        public async Task Serve_PublishedDirectory_RangesAndETags()
        {
            Succeeds("publish", "www", "a.suit", "app.bin");
            using var stop = new CancellationTokenSource();
            int port = FreePort();
            Task<int> serving = Task.Run(() => Run(stop.Token, "serve", "www", "--port", $"{port}"));
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
            byte[] manifest = await GetWhenUp(client, "manifests/application.suit");
            CollectionAssert.AreEqual(File.ReadAllBytes(PathOf("a.suit")), manifest);
            var request = new HttpRequestMessage(HttpMethod.Get, Publisher.PayloadPath(File.ReadAllBytes(PathOf("app.bin"))));
            request.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(10, 19);
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.AreEqual(HttpStatusCode.PartialContent, response.StatusCode);
            CollectionAssert.AreEqual(File.ReadAllBytes(PathOf("app.bin"))[10..20], await response.Content.ReadAsByteArrayAsync());
            Assert.IsNotNull(response.Headers.ETag);
            await stop.CancelAsync();
            Assert.AreEqual(ExitCode.Ok, await serving);
            StringAssert.Contains(Output, "200 GET /manifests/application.suit");
            StringAssert.Contains(Output, "206 GET /payloads/");
            StringAssert.Contains(Output, "Stopped.");
        }

        [TestMethod]
        public void Serve_Mistakes_OneLine()
        {
            Fails(ExitCode.BadInput, "no such directory", "serve", "absent");
            Directory.CreateDirectory(PathOf("www"));
            Fails(ExitCode.Usage, "is no IP address", "serve", "www", "--address", "here");
            Fails(ExitCode.Usage, "is no port", "serve", "www", "--port", "70000");
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            Fails(ExitCode.InputOutput, "is in use", "serve", "www", "--port", $"{((IPEndPoint)listener.LocalEndpoint).Port}");
        }

        private static FileStream FullDevice(string path)
        {
            File.WriteAllBytes(path, []);
            return new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        private static async Task<byte[]> GetWhenUp(HttpClient client, string path)
        {
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    return await client.GetByteArrayAsync(path);
                }
                catch (HttpRequestException) when (attempt < 200)
                {
                    await Task.Delay(50);
                }
            }
        }
    }
}
