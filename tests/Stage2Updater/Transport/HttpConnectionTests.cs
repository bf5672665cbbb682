using System;
using System.Linq;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Transport
{
    [TestClass]
    public sealed class HttpConnectionTests
    {
        private static readonly byte[] s_body = Encoding.ASCII.GetBytes("0123456789");

        private readonly HttpConnection _connection = new(new TestBoard(), new SocketChannel());

        [TestMethod]
        public void Get_LengthNamed_ReadsBodyAndKeepsConnection()
        {
            using FaultServer server = new(request => FaultResponse.File(request, s_body, "\nETag: \"a\""));
            for (int i = 0; i < 3; i++)
            {
                Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
                CollectionAssert.AreEqual(s_body, body);
                Assert.AreEqual("\"a\"", _connection.EntityTag);
            }

            Assert.IsTrue(server.Requests.All(request => request.Connection == 0));
        }

        [TestMethod]
        public void Get_ServerClosesKeptConnection_ConnectsAgain()
        {
            using FaultServer server = new(request => FaultResponse.File(request, s_body) with { Close = true });
            Assert.AreEqual(ResultCode.Ok, Get(server, out _));
            Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
            CollectionAssert.AreEqual(s_body, body);
            Assert.AreEqual(1, server.Requests[^1].Connection);
        }

        [TestMethod]
        public void Get_Chunked_ReadsBody()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 200 OK\nTransfer-Encoding: chunked",
                Encoding.ASCII.GetBytes("4;x=y\r\n0123\r\n6\r\n456789\r\n0\r\nTrailer: 1\r\n\r\n")));
            Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
            CollectionAssert.AreEqual(s_body, body);
            Assert.AreEqual(ResultCode.Ok, Get(server, out body));
            CollectionAssert.AreEqual(s_body, body);
            Assert.AreEqual(0, server.Requests[^1].Connection, "a chunked body that was read whole keeps the connection");
        }

        [TestMethod]
        public void Get_NoLength_BodyEndsWithConnection()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.0 200 OK", s_body, close: true));
            Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
            CollectionAssert.AreEqual(s_body, body);
        }

        [TestMethod]
        public void Get_ConnectionEndsBeforeLength_IsTruncated()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 200 OK\nContent-Length: 11", s_body, close: true));
            Assert.AreEqual(ResultCode.TransferTruncated, Get(server, out _));
        }

        [TestMethod]
        public void Get_NotModified_HasNoBody()
        {
            using FaultServer server = new(request => request.Headers.TryGetValue("if-none-match", out string? tag) && tag == "\"a\""
                ? FaultResponse.Of("HTTP/1.1 304 Not Modified\nContent-Length: 10")
                : FaultResponse.File(request, s_body));
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse(server.Address + "/x", null, out HttpUri uri));
            Assert.AreEqual(ResultCode.Ok, _connection.Get(uri, -1, 0, "\"a\""));
            Assert.AreEqual(304, _connection.Status);
            Assert.AreEqual(ResultCode.Ok, _connection.Read(new byte[1], 0, 1, out int read));
            Assert.AreEqual(0, read);
        }

        [TestMethod]
        public void Get_InterimResponse_IsSkipped()
        {
            byte[] interim = Encoding.ASCII.GetBytes("HTTP/1.1 100 Continue\r\n\r\n");
            using FaultServer server = new(request => new FaultResponse([.. interim, .. FaultResponse.File(request, s_body).Bytes]));
            Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
            CollectionAssert.AreEqual(s_body, body);
        }

        [TestMethod]
        [DataRow("HTTP/1.1 200 OK\nContent-Length: 10\nContent-Length: 11")]
        [DataRow("HTTP/1.1 200 OK\nContent-Length: -1")]
        [DataRow("HTTP/1.1 200 OK\nContent-Length: 9999999999999")]
        [DataRow("HTTP/1.1 200 OK\nContent-Length: 10\nTransfer-Encoding: chunked")]
        [DataRow("HTTP/1.1 200 OK\nTransfer-Encoding: gzip")]
        [DataRow("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 10")]
        [DataRow("HTTP/1.1 200 OK\nno colon")]
        [DataRow("HTTP/2 200 OK")]
        [DataRow("HTTP/1.1 2x0 OK")]
        [DataRow("garbage that is no status line")]
        public void Get_HeadIsMalformed_IsRefused(string head)
        {
            using FaultServer server = new(_ => FaultResponse.Of(head, s_body));
            Assert.AreEqual(ResultCode.HttpMalformed, Get(server, out _));
        }

        [TestMethod]
        [DataRow("zz\r\n")]
        [DataRow("100000000\r\n")]
        [DataRow("4\r\n0123456789\r\n0\r\n\r\n")]
        public void Get_ChunkIsMalformed_IsRefused(string body)
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", Encoding.ASCII.GetBytes(body)));
            Assert.AreEqual(ResultCode.HttpMalformed, Get(server, out _));
        }

        [TestMethod]
        public void A5_Get_EndlessHeaders_AreRefused()
        {
            string endless = "HTTP/1.1 200 OK\n" + string.Join('\n', Enumerable.Repeat("X: " + new string('y', 500), 40));
            using FaultServer server = new(_ => FaultResponse.Of(endless));
            Assert.AreEqual(ResultCode.HttpMalformed, Get(server, out _));
        }

        [TestMethod]
        public void A5_Get_MoreThanLengthSays_IsNotTaken()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 200 OK\nContent-Length: 10", [.. s_body, .. s_body]));
            Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
            CollectionAssert.AreEqual(s_body, body);
            Assert.AreEqual(ResultCode.HttpMalformed, Get(server, out _), "the excess is no response");
        }

        [TestMethod]
        public void A6_Read_ServerTricklesBelowTheRate_IsTooSlow()
        {
            TestBoard board = new();
            TrickleChannel channel = new(board, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", bytesPerRead: 16, msPerRead: 1000);
            HttpConnection connection = new(board, channel);
            HttpUri.Parse("http://h/x", null, out HttpUri uri);
            Assert.AreEqual(ResultCode.TransferTooSlow, connection.Get(uri, -1, 0, null) is ResultCode head && head != ResultCode.Ok
                ? head
                : ReadAll(connection, out _));
            Assert.IsLessThanOrEqualTo(2L * HttpConnection.WindowMs, board.UptimeMs);
        }

        [TestMethod]
        public void A6_Read_ServerFallsSilent_IsTooSlow()
        {
            TestBoard board = new();
            TrickleChannel channel = new(board, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", bytesPerRead: 0, msPerRead: 100_000);
            HttpConnection connection = new(board, channel);
            HttpUri.Parse("http://h/x", null, out HttpUri uri);
            ResultCode result = connection.Get(uri, -1, 0, null);
            Assert.AreEqual(ResultCode.TransferTooSlow, result == ResultCode.Ok ? ReadAll(connection, out _) : result);
        }

        [TestMethod]
        public void Read_ServerAtTheRate_IsAccepted()
        {
            TestBoard board = new();
            TrickleChannel channel = new(board, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", bytesPerRead: 100, msPerRead: 1000);
            HttpConnection connection = new(board, channel);
            HttpUri.Parse("http://h/x", null, out HttpUri uri);
            Assert.AreEqual(ResultCode.Ok, connection.Get(uri, -1, 0, null));
            Assert.AreEqual(ResultCode.Ok, ReadAll(connection, out byte[] body));
            Assert.HasCount(10000, body);
        }

        [TestMethod]
        public void A21_Get_Redirects_AreFollowedToALimit()
        {
            using FaultServer server = new(request => request.Path switch
            {
                "/x" => FaultResponse.Of("HTTP/1.1 302 Found\nLocation: /1\nContent-Length: 0"),
                "/1" => FaultResponse.Of("HTTP/1.1 307 Temporary\nLocation: two?q\nContent-Length: 3", [1, 2, 3]),
                "/two?q" => FaultResponse.File(request, s_body),
                _ => FaultResponse.Of("HTTP/1.1 302 Found\nLocation: /loop\nContent-Length: 0"),
            });
            Assert.AreEqual(ResultCode.Ok, Get(server, out byte[] body));
            CollectionAssert.AreEqual(s_body, body);
            Assert.AreEqual(ResultCode.HttpMalformed, Get(server, out _, "/loop"));
            Assert.HasCount(3 + 1 + 3, server.Requests, "three redirects, as docs/SPEC-update.md says");
        }

        [TestMethod]
        [DataRow("ftp://127.0.0.1/x")]
        [DataRow("//127.0.0.1/x")]
        [DataRow("http://user@127.0.0.1/x")]
        [DataRow("http://[::1]/x")]
        [DataRow("/x y")]
        [DataRow("")]
        public void A21_Get_RedirectToUnsupportedUri_IsRefused(string location)
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 302 Found\nContent-Length: 0\nLocation: " + location));
            Assert.AreEqual(ResultCode.UriUnsupported, Get(server, out _));
        }

        [TestMethod]
        public void A21_Get_RedirectFromHttpsToHttp_IsRefused()
        {
            TestBoard board = new();
            TrickleChannel channel = new(board, "HTTP/1.1 302 Found\r\nLocation: http://h/x\r\nContent-Length: 0\r\n\r\n", 1000, 1);
            HttpConnection connection = new(board, channel);
            HttpUri.Parse("https://h/x", null, out HttpUri uri);
            Assert.AreEqual(ResultCode.UriUnsupported, connection.Get(uri, -1, 0, null));
        }

        [TestMethod]
        public void Get_NobodyListens_IsUnreachable()
        {
            string address;
            using (FaultServer server = new(request => FaultResponse.File(request, s_body)))
            {
                address = server.Address;
            }

            HttpUri.Parse(address + "/x", null, out HttpUri uri);
            Assert.AreEqual(ResultCode.NetworkUnreachable, _connection.Get(uri, -1, 0, null));
        }

        [TestMethod]
        public void Post_Body_ArrivesWhole()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 204 No Content"));
            HttpUri.Parse(server.Address + "/reports", null, out HttpUri uri);
            Assert.AreEqual(ResultCode.Ok, _connection.Post(uri, "application/suit-report+cose", [0, .. s_body, 0], 1, s_body.Length));
            Assert.AreEqual(204, _connection.Status);
            CollectionAssert.AreEqual(s_body, server.Requests[0].Body);
            Assert.AreEqual("application/suit-report+cose", server.Requests[0].Headers["content-type"]);
        }

        private static ResultCode ReadAll(HttpConnection connection, out byte[] body)
        {
            byte[] buffer = new byte[1 << 20];
            int count = 0;
            while (true)
            {
                ResultCode result = connection.Read(buffer, count, 7, out int read);
                count += read;
                if (result != ResultCode.Ok || read == 0)
                {
                    body = buffer[..count];
                    return result;
                }
            }
        }

        private ResultCode Get(FaultServer server, out byte[] body, string path = "/x")
        {
            body = [];
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse(server.Address + path, null, out HttpUri uri));
            ResultCode result = _connection.Get(uri, -1, 0, null);
            return result == ResultCode.Ok ? ReadAll(_connection, out body) : result;
        }

        /// <summary>Gives a head at once, then bytes at a pace by the board's clock, for ever.</summary>
        private sealed class TrickleChannel(TestBoard board, string head, int bytesPerRead, int msPerRead) : IByteChannel
        {
            private byte[] _head = Encoding.ASCII.GetBytes(head);

            public ResultCode Open(string host, int port, bool isSecure, int timeoutMs)
            {
                return ResultCode.Ok;
            }

            public ResultCode Write(byte[] buffer, int offset, int count)
            {
                return ResultCode.Ok;
            }

            public ResultCode Read(byte[] buffer, int offset, int count, int timeoutMs, out int read)
            {
                if (_head.Length > 0)
                {
                    read = Math.Min(count, _head.Length);
                    Array.Copy(_head, 0, buffer, offset, read);
                    _head = _head[read..];
                    return ResultCode.Ok;
                }

                board.UptimeMs += Math.Min(msPerRead, timeoutMs);
                read = msPerRead > timeoutMs ? 0 : Math.Min(count, bytesPerRead);
                return read == 0 ? ResultCode.TransferTruncated : ResultCode.Ok;
            }

            public void Close()
            {
            }
        }
    }
}
