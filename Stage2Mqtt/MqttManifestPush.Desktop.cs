// Push over MQTT on net10.0: as much of MQTT 3.1.1 as a subscriber needs, over the channel that HTTP uses too.
//
// The channel closes when a read waits in vain. So nothing is read that is not known to come: each look for messages
// begins with a PINGREQ, and reads up to its PINGRESP; between two looks the board sleeps. That keeps the connection
// alive, too. Invariants: each length is checked against what is left of its packet; a packet that is longer than
// anything expected ends the connection before it is read. Fault model: the broker sends what it likes.

using System.Text;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Mqtt
{
    /// <summary>Push over MQTT.</summary>
    public sealed partial class MqttManifestPush : IManifestPush
    {
        private const int LookEveryMs = 1000;
        private const int FarewellMs = 2000;
        private const int FarewellReadsMax = 4096;
        private const int KeepAliveSeconds = 60;
        private const int PacketsMax = 64;
        private const int TopicsMax = 8;

        private const int Connect = 0x10;
        private const int ConnectAcknowledged = 0x20;
        private const int Publish = 0x30;
        private const int PublishAcknowledged = 0x40;
        private const int Subscribe = 0x82;
        private const int SubscribeAcknowledged = 0x90;
        private const int PingRequest = 0xC0;
        private const int PingResponse = 0xD0;
        private const int Disconnect = 0xE0;

        private readonly IBoard _board;
        private string[] _topics;
        private int _pings;
        private bool _isOpen;
        private bool _isSubscribing;

        // First byte of a packet whose head was read and whose body was not, or -1.
        private int _waitingHead;

        /// <summary>Makes a closed connection.</summary>
        /// <param name="board">Its clock measures the waits.</param>
        public MqttManifestPush(IBoard board)
        {
            _board = board;
        }

        /// <inheritdoc/>
        public ResultCode Open(MqttBroker broker, string[] topics)
        {
            Close();
            _topics = topics;
            if (topics.Length == 0 || topics.Length > TopicsMax)
            {
                return ResultCode.InvalidArgument;
            }

            ResultCode result = _channel.Open(broker.Host, broker.Port, broker.IsSecure, AnswerTimeoutMs);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            _isOpen = true;
            _pings = 0;
            _waitingHead = -1;
            result = SendConnect(broker);
            if (result == ResultCode.Ok)
            {
                result = ReadHead(out int type);
                if (result == ResultCode.Ok)
                {
                    result = type == ConnectAcknowledged && _left == 2 ? ReadBody(2) : ResultCode.HttpMalformed;
                }
            }

            if (result == ResultCode.Ok)
            {
                result = _packet[1] != 0 ? ResultCode.HttpStatus : SendSubscribe();
            }

            if (result == ResultCode.Ok)
            {
                // A broker that kept messages may send one of them before its answer: that stays for Wait.
                result = ReadHead(out int type);
                _waitingHead = type;
                _isSubscribing = true;
            }

            if (result == ResultCode.Ok && (_waitingHead & 0xF0) != Publish)
            {
                result = _waitingHead == SubscribeAcknowledged ? ReadSubscribed() : ResultCode.HttpMalformed;
                _waitingHead = -1;
            }

            return Checked(result);
        }

        /// <inheritdoc/>
        public ResultCode Wait(int timeoutMs, byte[] manifest, out int count, out int topic)
        {
            count = 0;
            topic = 0;
            long end = _board.UptimeMs + timeoutMs;
            while (true)
            {
                ResultCode result = Look(manifest, out count, out topic);
                long left = end - _board.UptimeMs;
                if (result != ResultCode.UpToDate || left <= 0)
                {
                    return Checked(result);
                }

                _board.Sleep(left < LookEveryMs ? (int)left : LookEveryMs);
            }
        }

        /// <inheritdoc/>
        public void Close()
        {
            if (_isOpen)
            {
                _isOpen = false;
                Begin(Disconnect);
                bool isHeard = Send() == ResultCode.Ok;
                long end = _board.UptimeMs + FarewellMs;
                for (int i = 0; i < FarewellReadsMax && isHeard && _board.UptimeMs < end; i++)
                {
                    // The broker closes when it has read the farewell. Closing first, with bytes unread, would reset the
                    // connection, and a receipt on its way would be lost.
                    isHeard = _channel.Read(_packet, 0, _packet.Length, FarewellMs, out int read) == ResultCode.Ok && read != 0;
                }

                _channel.Close();
            }
        }

        private ResultCode Checked(ResultCode result)
        {
            if (result != ResultCode.Ok && result != ResultCode.UpToDate)
            {
                Close();
            }

            return result;
        }

        /// <summary>Reads what the broker has: up to a message, or up to the answer to a ping.</summary>
        private ResultCode Look(byte[] manifest, out int count, out int topic)
        {
            count = 0;
            topic = 0;
            ResultCode result = _isOpen ? ResultCode.Ok : ResultCode.NetworkUnreachable;
            if (result == ResultCode.Ok && _pings == 0)
            {
                _pings = 1;
                Begin(PingRequest);
                result = Send();
            }

            for (int packet = 0; packet < PacketsMax && result == ResultCode.Ok; packet++)
            {
                int type = _waitingHead;
                _waitingHead = -1;
                if (type < 0)
                {
                    result = ReadHead(out type);
                }

                if (result == ResultCode.Ok && (type & 0xF0) == Publish)
                {
                    result = ReadPublish(type, manifest, out count, out topic);
                    if (result != ResultCode.Ok || count != 0)
                    {
                        return result;
                    }
                }
                else if (result == ResultCode.Ok && type == PingResponse && _left == 0)
                {
                    _pings = 0;
                    return ResultCode.UpToDate;
                }
                else if (result == ResultCode.Ok)
                {
                    result = type == SubscribeAcknowledged ? ReadSubscribed() : ResultCode.HttpMalformed;
                }
            }

            return result == ResultCode.Ok ? ResultCode.TransferTooLong : result;
        }

        /// <summary>Reads a message of a subscribed topic. Count stays 0 for one that says nothing here.</summary>
        private ResultCode ReadPublish(int type, byte[] manifest, out int count, out int topic)
        {
            count = 0;
            topic = -1;
            int quality = (type >> 1) & 3;
            ResultCode result = ReadBody(2);
            int topicBytes = (_packet[0] << 8) | _packet[1];
            if (result == ResultCode.Ok)
            {
                result = quality > 1 || topicBytes > TextBytesMax ? ResultCode.HttpMalformed : ReadBody(topicBytes);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            string name = Encoding.UTF8.GetString(_packet, 0, topicBytes);
            for (int i = 0; i < _topics.Length; i++)
            {
                topic = _topics[i] == name ? i : topic;
            }

            result = quality == 1 ? ReadBody(2) : ResultCode.Ok;
            byte first = _packet[0];
            byte second = _packet[1];
            bool isTooLarge = _left > manifest.Length;
            if (result == ResultCode.Ok && !isTooLarge)
            {
                count = _left;
                result = Read(manifest, count);
            }

            if (result == ResultCode.Ok && quality == 1)
            {
                // Also for one that is not taken: it would be sent again for ever.
                Begin(PublishAcknowledged);
                _packet[_count++] = first;
                _packet[_count++] = second;
                result = Send();
            }

            count = topic < 0 ? 0 : count;
            return result == ResultCode.Ok && isTooLarge ? ResultCode.ManifestTooLarge : result;
        }

        private ResultCode SendConnect(MqttBroker broker)
        {
            Begin(Connect);
            ResultCode result = PutText("MQTT");
            _packet[_count++] = 4;
            _packet[_count++] = (byte)((broker.UserName != null ? 0x80 : 0) | (broker.Password != null ? 0x40 : 0));
            _packet[_count++] = 0;
            _packet[_count++] = KeepAliveSeconds;
            foreach (string text in new[] { broker.ClientId, broker.UserName, broker.Password })
            {
                if (result == ResultCode.Ok && text != null)
                {
                    result = PutText(text);
                }
            }

            return result == ResultCode.Ok ? Send() : result;
        }

        private ResultCode SendSubscribe()
        {
            foreach (string topic in _topics)
            {
                if (topic.Length > 100)
                {
                    return ResultCode.InvalidArgument;
                }
            }

            Begin(Subscribe);
            _packet[_count++] = 0;
            _packet[_count++] = 1;
            foreach (string topic in _topics)
            {
                PutText(topic);
                _packet[_count++] = 1;
            }

            return Send();
        }

        private ResultCode ReadSubscribed()
        {
            int count = _topics.Length;
            ResultCode result = _isSubscribing && _left == 2 + count ? ReadBody(2 + count) : ResultCode.HttpMalformed;
            _isSubscribing = false;
            for (int i = 0; i < count && result == ResultCode.Ok; i++)
            {
                result = _packet[2 + i] > 1 ? ResultCode.HttpStatus : ResultCode.Ok;
            }

            return result;
        }
    }
}
