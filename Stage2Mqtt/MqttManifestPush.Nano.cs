// Push over MQTT on a board, with nanoFramework.M2Mqtt.
//
// The library delivers messages on a thread of its own. The newest message of each topic waits until it is taken: a
// manifest replaces the one before it. The library itself allocates what a broker sends; a board that fears its broker
// gives it TLS and a server certificate that it checks.

using System;
using System.Threading;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Messages;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Mqtt
{
    /// <summary>Push over MQTT.</summary>
    public sealed class MqttManifestPush : IManifestPush
    {
        private const int KeepAliveSeconds = 60;

        private readonly object _lock = new object();
        private readonly AutoResetEvent _arrived = new AutoResetEvent(false);
        private MqttClient _client;
        private string[] _topics;
        private byte[][] _waiting;

        /// <summary>Makes a closed connection.</summary>
        /// <param name="board">The board; its clock is not needed here.</param>
        public MqttManifestPush(IBoard board)
        {
        }

        /// <inheritdoc/>
        public ResultCode Open(MqttBroker broker, string[] topics)
        {
            Close();
            _topics = topics;
            _waiting = new byte[topics.Length][];
            MqttQoSLevel[] levels = new MqttQoSLevel[topics.Length];
            for (int i = 0; i < levels.Length; i++)
            {
                levels[i] = MqttQoSLevel.AtLeastOnce;
            }

            try
            {
                _client = new MqttClient(
                    broker.Host, broker.Port, broker.IsSecure, null, null, broker.IsSecure ? MqttSslProtocols.TLSv1_2 : MqttSslProtocols.None);
                _client.MqttMsgPublishReceived += OnMessage;
                MqttReasonCode reason = _client.Connect(broker.ClientId, broker.UserName, broker.Password, false, KeepAliveSeconds);
                if (reason != MqttReasonCode.Success)
                {
                    Close();
                    return ResultCode.HttpStatus;
                }

                _client.Subscribe(topics, levels);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Close();
                return ResultCode.NetworkUnreachable;
            }
        }

        /// <inheritdoc/>
        public ResultCode Wait(int timeoutMs, byte[] manifest, out int count, out int topic)
        {
            count = 0;
            topic = 0;
            ResultCode result = Take(manifest, ref count, ref topic);
            if (result != ResultCode.UpToDate)
            {
                return result;
            }

            if (_client == null || !_client.IsConnected)
            {
                Close();
                return ResultCode.NetworkUnreachable;
            }

            _arrived.WaitOne(timeoutMs, false);
            return Take(manifest, ref count, ref topic);
        }

        /// <inheritdoc/>
        public void Close()
        {
            MqttClient client = _client;
            _client = null;
            if (client == null)
            {
                return;
            }

            try
            {
                client.MqttMsgPublishReceived -= OnMessage;
                client.Disconnect();
                client.Close();
            }
            catch (Exception)
            {
                // A connection that broke may refuse to be closed in order; it is gone all the same.
                return;
            }
        }

        private ResultCode Take(byte[] manifest, ref int count, ref int topic)
        {
            lock (_lock)
            {
                for (int i = 0; i < _waiting.Length; i++)
                {
                    byte[] message = _waiting[i];
                    if (message != null)
                    {
                        _waiting[i] = null;
                        if (message.Length > manifest.Length)
                        {
                            return ResultCode.ManifestTooLarge;
                        }

                        Array.Copy(message, 0, manifest, 0, message.Length);
                        count = message.Length;
                        topic = i;
                        return ResultCode.Ok;
                    }
                }
            }

            return ResultCode.UpToDate;
        }

        private void OnMessage(object sender, MqttMsgPublishEventArgs message)
        {
            lock (_lock)
            {
                for (int i = 0; i < _topics.Length; i++)
                {
                    if (message.Topic == _topics[i] && message.Message != null && message.Message.Length != 0)
                    {
                        _waiting[i] = message.Message;
                        _arrived.Set();
                    }
                }
            }
        }
    }
}
