using System;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Transport
{
    [TestClass]
    public sealed class HttpPayloadTests
    {
        private static readonly byte[] s_content = Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7 >> 3)).ToArray();

        private readonly HttpConnection _connection = new(new TestBoard(), new SocketChannel());

        [TestMethod]
        public void Read_RunOfChunks_IsOneRequest()
        {
            using FaultServer server = new(request => FaultResponse.File(request, s_content));
            HttpPayload payload = Payload(server);
            AssertReads(payload, 1000, 3000, 1000);
            AssertReads(payload, 2000, 2000, 1500);
            AssertReads(payload, 3500, 500, 500);
            AssertReads(payload, 9000, 10, 10);
            CollectionAssert.AreEqual(new[] { "bytes=1000-3999", "bytes=9000-9009" },
                server.Requests.Select(request => request.Headers["range"]).ToArray());
            Assert.IsTrue(server.Requests.All(request => request.Connection == 0), "one connection for all");
        }

        [TestMethod]
        public void A52_Read_ServerIgnoresRange_SkipsToIt()
        {
            using FaultServer server = new(_ => FaultResponse.Of($"HTTP/1.1 200 OK\nContent-Length: {s_content.Length}", s_content));
            HttpPayload payload = Payload(server);
            AssertReads(payload, 1000, 3000, 1000);
            AssertReads(payload, 9000, 500, 500);
            Assert.HasCount(1, server.Requests, "the response that holds the whole file is read on");
            AssertReads(payload, 0, 500, 500);
            Assert.HasCount(2, server.Requests);
        }

        [TestMethod]
        public void Read_ServerAnswersAnotherRange_IsRefused()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 206 Partial\nContent-Range: bytes 0-99/20000\nContent-Length: 100", s_content[..100]));
            Assert.AreEqual(ResultCode.HttpMalformed, Read(Payload(server), 1000, 100, 100));
        }

        [TestMethod]
        public void Read_ServerNamesNoRange_IsRefused()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 206 Partial\nContent-Length: 100", s_content[..100]));
            Assert.AreEqual(ResultCode.HttpMalformed, Read(Payload(server), 0, 100, 100));
        }

        [TestMethod]
        public void A5_Read_RangeIsLongerThanAskedFor_IsRefused()
        {
            using FaultServer server = new(_ => FaultResponse.Of("HTTP/1.1 206 Partial\nContent-Range: bytes 0-199/20000\nContent-Length: 200", s_content[..200]));
            Assert.AreEqual(ResultCode.TransferTooLong, Read(Payload(server), 0, 100, 100));
        }

        [TestMethod]
        public void Read_ConnectionDropsMidway_NextReadResumesThere()
        {
            int answers = 0;
            using FaultServer server = new(request =>
            {
                FaultResponse whole = FaultResponse.File(request, s_content);
                return answers++ == 0 ? new FaultResponse(whole.Bytes[..1500], Close: true) : whole;
            });
            HttpPayload payload = Payload(server);
            AssertReads(payload, 0, 5000, 1000);
            Assert.AreEqual(ResultCode.TransferTruncated, Read(payload, 1000, 4000, 1000));
            AssertReads(payload, 1000, 4000, 1000);
            Assert.AreEqual("bytes=1000-4999", server.Requests[1].Headers["range"]);
        }

        [TestMethod]
        [DataRow("HTTP/1.1 404 Not Found\nContent-Length: 0", ResultCode.HttpStatus, 0)]
        [DataRow("HTTP/1.1 416 No\nContent-Length: 0", ResultCode.HttpStatus, 0)]
        [DataRow("HTTP/1.1 503 Busy\nRetry-After: 120\nContent-Length: 0", ResultCode.TryLater, 120)]
        [DataRow("HTTP/1.1 429 Busy\nRetry-After: 99999999\nContent-Length: 0", ResultCode.TryLater, 86400)]
        [DataRow("HTTP/1.1 503 Busy\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\nContent-Length: 0", ResultCode.TryLater, 0)]
        public void Read_ServerRefuses_SaysWhyAndHowLongToWait(string head, ResultCode expected, int seconds)
        {
            using FaultServer server = new(_ => FaultResponse.Of(head));
            HttpPayload payload = Payload(server);
            Assert.AreEqual(expected, Read(payload, 0, 100, 100));
            Assert.AreEqual(seconds, payload.RetryAfterSeconds);
        }

        private HttpPayload Payload(FaultServer server)
        {
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse(server.Address + "/payload", null, out HttpUri uri));
            return new HttpPayload(_connection, uri);
        }

        private static ResultCode Read(HttpPayload payload, int position, int run, int count)
        {
            return payload.Read(position, run, new byte[count], 0, count);
        }

        private static void AssertReads(HttpPayload payload, int position, int run, int count)
        {
            byte[] buffer = new byte[count + 2];
            Assert.AreEqual(ResultCode.Ok, payload.Read(position, run, buffer, 1, count));
            CollectionAssert.AreEqual(s_content[position..(position + count)], buffer[1..^1]);
            Assert.AreEqual(0, buffer[0] | buffer[^1]);
        }
    }
}
