// The manifests that wait at a broker for this device: for its classes, and for itself.
//
// A session of the updater asks once: connect, subscribe, take what is there, close. Retained messages and those that the
// broker kept are there at once. What was sent to the device itself counts for more than what was sent to its class, and
// a later message for more than an earlier one; older than what is installed, either is refused by its sequence number.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Mqtt
{
    /// <summary>Pushed manifests from an MQTT broker. One session; one thread.</summary>
    public sealed class MqttInbox : IPushedManifests
    {
        /// <summary>Classes of the device that are subscribed to: the first of them.</summary>
        public const int ClassesMax = 3;

        /// <summary>How long to wait for messages, in milliseconds, when none is there at once.</summary>
        public const int WaitMs = 2000;

        private const int Components = 2;
        private const int MessagesMax = 16;

        private readonly BootContext _boot;
        private readonly IManifestPush _push;
        private readonly MqttBroker _broker;
        private readonly byte[][] _messages = new byte[Components][];
        private ResultCode _result = ResultCode.UpToDate;
        private bool _isAsked;

        /// <summary>Makes an inbox; nothing is connected yet.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="push">The connection.</param>
        /// <param name="broker">The broker.</param>
        public MqttInbox(BootContext boot, IManifestPush push, MqttBroker broker)
        {
            _boot = boot;
            _push = push;
            _broker = broker;
        }

        /// <inheritdoc/>
        public ResultCode Take(int component, out byte[] manifest, out int count)
        {
            if (!_isAsked)
            {
                _isAsked = true;
                _result = Receive();
                _push.Close();
                if (_result != ResultCode.UpToDate)
                {
                    _boot.Board.Write(BootEvent.SourceFailed, RegionId.None, _result, -1);
                }
            }

            manifest = component < Components ? _messages[component] : null;
            count = 0;
            if (manifest == null)
            {
                return _result;
            }

            _messages[component] = null;
            count = manifest.Length;
            return ResultCode.Ok;
        }

        private ResultCode Receive()
        {
            byte[][] classes = _boot.Identity.ClassIds;
            int classCount = classes.Length < ClassesMax ? classes.Length : ClassesMax;
            string[] topics = new string[(classCount + 1) * Components];
            for (int i = 0; i < topics.Length; i++)
            {
                int component = i % Components;
                int owner = i / Components;
                if (_boot.Policy.Components[component] == null)
                {
                    return ResultCode.NotSupported;
                }

                byte[] id = _boot.Policy.Components[component].Id;
                topics[i] = MqttBroker.TopicOf(
                    owner < classCount ? classes[owner] : _boot.Identity.DeviceId, AsciiText.Read(id, 0, id.Length));
            }

            byte[] buffer = new byte[Updater.ManifestBytesMax];
            int[] owners = new int[Components];
            ResultCode result = _push.Open(_broker, topics);
            for (int i = 0; i < MessagesMax && result == ResultCode.Ok; i++)
            {
                result = _push.Wait(WaitMs, buffer, out int count, out int topic);
                int component = topic % Components;
                if (result == ResultCode.Ok && topic / Components >= owners[component])
                {
                    owners[component] = topic / Components;
                    _messages[component] = new byte[count];
                    Array.Copy(buffer, 0, _messages[component], 0, count);
                }
            }

            return result == ResultCode.Ok ? ResultCode.UpToDate : result;
        }
    }
}
