// Push over MQTT against a real broker, and against ones that misbehave.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Mqtt;

namespace NanoBoot.Stage2Updater.Tests.Mqtt
{
    [TestClass]
    public sealed class MqttManifestPushTests
    {
        private static readonly byte[] ClassId = Enumerable.Range(0xA0, 16).Select(i => (byte)i).ToArray();
        private static readonly string[] Topics = [MqttBroker.TopicOf(ClassId, "stage2"), MqttBroker.TopicOf(ClassId, "application")];
        private readonly byte[] _manifest = new byte[4096];

        [TestMethod]
        public void TopicOf_ClassAndComponent_AsSpecified()
        {
            Assert.AreEqual("nb/1/a0a1a2a3a4a5a6a7a8a9aaabacadaeaf/stage2/manifest", Topics[0]);
        }

        [TestMethod]
        public void Wait_RetainedMessage_ArrivesAtOnce()
        {
            using Broker broker = Broker.Start();
            byte[] message = PayloadBytes(3_000);
            broker.Publish(Topics[1], message, retain: true);
            MqttManifestPush push = Open(broker.Port);
            Assert.AreEqual(ResultCode.Ok, push.Wait(10_000, _manifest, out int count, out int topic));
            Assert.AreEqual(1, topic);
            CollectionAssert.AreEqual(message, _manifest[..count]);
            Assert.AreEqual(ResultCode.UpToDate, push.Wait(0, _manifest, out _, out _));
            push.Close();
        }

        [TestMethod]
        public void Wait_MessagesAfterSubscribing_ArriveInOrder()
        {
            using Broker broker = Broker.Start();
            MqttManifestPush push = Open(broker.Port);
            Assert.AreEqual(ResultCode.UpToDate, push.Wait(0, _manifest, out _, out _));
            for (int length = 1; length < 300; length += 62)
            {
                broker.Publish(Topics[length % 2], PayloadBytes(length), retain: false);
            }

            for (int length = 1; length < 300; length += 62)
            {
                Assert.AreEqual(ResultCode.Ok, push.Wait(10_000, _manifest, out int count, out int topic));
                Assert.AreEqual((length % 2, length), (topic, count));
                CollectionAssert.AreEqual(PayloadBytes(length), _manifest[..count]);
            }
        }

        [TestMethod]
        public void Wait_MessageWhileAway_KeptByTheBroker()
        {
            using Broker broker = Broker.Start();
            Open(broker.Port).Close();
            broker.Publish(Topics[0], PayloadBytes(77), retain: false);
            MqttManifestPush push = Open(broker.Port);
            Assert.AreEqual(ResultCode.Ok, push.Wait(10_000, _manifest, out int count, out _));
            Assert.AreEqual(77, count);

            // It was acknowledged: it does not come again.
            push.Close();
            push = Open(broker.Port);
            Assert.AreEqual(ResultCode.UpToDate, push.Wait(0, _manifest, out _, out _));
        }

        [TestMethod]
        public void A5_MessageTooLarge_DroppedAndNotInTheWayOfTheNext()
        {
            using Broker broker = Broker.Start();
            Open(broker.Port).Close();
            broker.Publish(Topics[0], new byte[_manifest.Length + 1], retain: false);
            broker.Publish(Topics[0], new byte[1_000_000], retain: false);
            broker.Publish(Topics[0], PayloadBytes(_manifest.Length), retain: false);
            List<ResultCode> results = [];
            MqttManifestPush push = new(new LiveBoard());
            for (int round = 0; round < 5 && !results.Contains(ResultCode.Ok); round++)
            {
                Assert.AreEqual(ResultCode.Ok, push.Open(At(broker.Port), Topics));
                results.Add(push.Wait(10_000, _manifest, out _, out _));
            }

            CollectionAssert.AreEqual(
                new[] { ResultCode.ManifestTooLarge, ResultCode.ManifestTooLarge, ResultCode.Ok }, results);
        }

        [TestMethod]
        public void Wait_ClearedTopic_SaysNothing()
        {
            using Broker broker = Broker.Start();
            MqttManifestPush push = Open(broker.Port);
            broker.Publish(Topics[0], [], retain: true);
            Assert.AreEqual(ResultCode.UpToDate, push.Wait(1_500, _manifest, out _, out _));
        }

        [TestMethod]
        public void Open_PasswordRightOrWrong_AcceptedOrRefused()
        {
            using Broker broker = Broker.Start(password: "secret");
            MqttManifestPush push = new(new LiveBoard());
            Assert.AreEqual(ResultCode.Ok, push.Open(new MqttBroker("127.0.0.1", broker.Port, false, "d", "device", "secret"), Topics));
            Assert.AreEqual(ResultCode.HttpStatus, push.Open(new MqttBroker("127.0.0.1", broker.Port, false, "d", "device", "wrong"), Topics));
            Assert.AreEqual(ResultCode.HttpStatus, push.Open(At(broker.Port), Topics));
            Assert.AreEqual(ResultCode.NetworkUnreachable, push.Wait(0, _manifest, out _, out _), "closed");
        }

        [TestMethod]
        public void Wait_BrokerGone_SaidAndOpenedAgain()
        {
            using Broker broker = Broker.Start();
            MqttManifestPush push = Open(broker.Port);
            broker.Stop();
            ResultCode result = push.Wait(60_000, _manifest, out _, out _);
            Assert.IsTrue(result is ResultCode.NetworkUnreachable or ResultCode.TransferTruncated, result.ToString());
            Assert.AreEqual(ResultCode.NetworkUnreachable, push.Open(At(broker.Port), Topics));
        }

        [TestMethod]
        [DataRow("300A0001610001", ResultCode.TransferTruncated, DisplayName = "message that ends early")]
        [DataRow("30020010", ResultCode.HttpMalformed, DisplayName = "topic longer than the packet")]
        [DataRow("3004FFFF6161", ResultCode.HttpMalformed, DisplayName = "topic longer than any")]
        [DataRow("3000", ResultCode.HttpMalformed, DisplayName = "message without a topic")]
        [DataRow("320300016100", ResultCode.HttpMalformed, DisplayName = "message without its number")]
        [DataRow("36050001610001", ResultCode.HttpMalformed, DisplayName = "quality 3")]
        [DataRow("340500016100010000", ResultCode.HttpMalformed, DisplayName = "quality 2, which was not asked for")]
        [DataRow("30FFFFFFFF7F", ResultCode.HttpMalformed, DisplayName = "length of five bytes")]
        [DataRow("30FFFFFF7F000161", ResultCode.ManifestTooLarge, DisplayName = "the longest length")]
        [DataRow("D00100", ResultCode.HttpMalformed, DisplayName = "answer to the ping with a body")]
        [DataRow("F000", ResultCode.HttpMalformed, DisplayName = "packet of no type")]
        [DataRow("900400010101", ResultCode.HttpMalformed, DisplayName = "a second answer to the subscription")]
        [DataRow("", ResultCode.TransferTruncated, DisplayName = "end of the connection")]
        public void Wait_BrokerThatMisbehaves_RefusedAndClosed(string packets, ResultCode expected)
        {
            using FakeBroker broker = new(Convert.FromHexString("20020000" + "900400010101"), Convert.FromHexString(packets));
            MqttManifestPush push = Open(broker.Port);
            Assert.AreEqual(expected, push.Wait(0, _manifest, out int count, out _));
            Assert.AreEqual(ResultCode.NetworkUnreachable, push.Wait(0, _manifest, out count, out _));
            Assert.AreEqual(0, count);
        }

        [TestMethod]
        public void Wait_EndlessMessagesOfOtherTopics_GivenUp()
        {
            byte[] foreign = Enumerable.Repeat(Convert.FromHexString("3006000161626364"), 1_000).SelectMany(b => b).ToArray();
            using FakeBroker broker = new(Convert.FromHexString("20020000" + "900400010101"), foreign);
            MqttManifestPush push = Open(broker.Port);
            Assert.AreEqual(ResultCode.TransferTooLong, push.Wait(0, _manifest, out _, out _));
        }

        [TestMethod]
        [DataRow("20020005", ResultCode.HttpStatus, DisplayName = "not authorised")]
        [DataRow("200200", ResultCode.TransferTruncated, DisplayName = "half an answer")]
        [DataRow("2003000000", ResultCode.HttpMalformed, DisplayName = "answer too long")]
        [DataRow("48545450", ResultCode.HttpMalformed, DisplayName = "not MQTT")]
        [DataRow("20020000900400018001", ResultCode.HttpStatus, DisplayName = "subscription refused")]
        [DataRow("2002000090030001010101", ResultCode.HttpMalformed, DisplayName = "too few subscriptions")]
        public void Open_BrokerThatRefusesOrMisbehaves_Refused(string packets, ResultCode expected)
        {
            using FakeBroker broker = new(Convert.FromHexString(packets), []);
            Assert.AreEqual(expected, new MqttManifestPush(new LiveBoard()).Open(At(broker.Port), Topics));
        }

        [TestMethod]
        public void Open_ArgumentsTooLong_InvalidArgument()
        {
            using FakeBroker broker = new([0x20, 2, 0, 0], []);
            MqttManifestPush push = new(new LiveBoard());
            string text = new('a', 300);
            Assert.AreEqual(ResultCode.InvalidArgument, push.Open(At(broker.Port), [text]));
            using FakeBroker other = new([], []);
            Assert.AreEqual(ResultCode.InvalidArgument, push.Open(new MqttBroker("127.0.0.1", other.Port, false, text, null, null), Topics));
            Assert.AreEqual(ResultCode.InvalidArgument, push.Open(At(broker.Port), Enumerable.Repeat("t", 9).ToArray()));
            Assert.AreEqual(ResultCode.InvalidArgument, push.Open(At(broker.Port), []));
        }

        private static MqttManifestPush Open(int port)
        {
            MqttManifestPush push = new(new LiveBoard());
            Assert.AreEqual(ResultCode.Ok, push.Open(At(port), Topics));
            return push;
        }

        private static MqttBroker At(int port) => new("127.0.0.1", port, false, "0123456789abcdef", null, null);

        private static byte[] PayloadBytes(int count) => Enumerable.Range(0, count).Select(i => (byte)(i * 5)).ToArray();

        /// <summary>A board whose time is that of the world, since the broker's is.</summary>
        private sealed class LiveBoard : IBoard
        {
            public FlashMap Flash => throw new NotSupportedException();

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value) => throw new NotSupportedException();

            public long UptimeMs => Environment.TickCount64;

            public long SecureTimeSeconds => -1;

            public void Restart() => throw new NotSupportedException();

            public void Sleep(int durationMs) => Thread.Sleep(durationMs);

            public ResultCode ConnectNetwork(int timeoutMs) => ResultCode.Ok;
        }

        /// <summary>Sends given bytes whatever it receives, the second part once a ping has come, and closes.</summary>
        private sealed class FakeBroker : IDisposable
        {
            private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
            private readonly Task _task;

            public FakeBroker(byte[] greeting, byte[] afterPing)
            {
                _listener.Start();
                _task = Task.Run(() => Serve(greeting, afterPing));
            }

            public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

            public void Dispose()
            {
                _listener.Stop();
                _task.Wait();
            }

            private void Serve(byte[] greeting, byte[] afterPing)
            {
                try
                {
                    using TcpClient client = _listener.AcceptTcpClient();
                    NetworkStream stream = client.GetStream();
                    stream.Write(greeting);
                    byte[] last = new byte[2];
                    for (int next = stream.ReadByte(); next >= 0; next = stream.ReadByte())
                    {
                        last = [last[1], (byte)next];
                        if (last[0] == 0xE0 && last[1] == 0)
                        {
                            return;
                        }

                        if (last[0] == 0xC0 && last[1] == 0)
                        {
                            stream.Write(afterPing);
                            return;
                        }
                    }
                }
                catch (Exception e) when (e is SocketException or System.IO.IOException)
                {
                    Console.WriteLine("The client closed first: " + e.Message);
                }
            }
        }
    }
}
