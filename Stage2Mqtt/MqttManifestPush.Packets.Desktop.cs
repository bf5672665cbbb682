// The packets of MQTT 3.1.1: one is written, or read, at a time, in one buffer.
//
// Invariant: _left is what is left of the packet being read, and nothing is read beyond it.

using System;
using System.Text;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Mqtt
{
    public sealed partial class MqttManifestPush
    {
        private const int AnswerTimeoutMs = 10000;
        private const int TextBytesMax = 256;

        private readonly IByteChannel _channel = new SocketChannel();
        private readonly byte[] _packet = new byte[1024];
        private int _count;
        private int _left;

        private void Begin(int type)
        {
            // Room for a length of two bytes, which is as many as the packets here need.
            _packet[0] = (byte)type;
            _count = 3;
        }

        private ResultCode PutText(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.Length > TextBytesMax || bytes.Length > _packet.Length - _count - 2)
            {
                return ResultCode.InvalidArgument;
            }

            _packet[_count++] = (byte)(bytes.Length >> 8);
            _packet[_count++] = (byte)bytes.Length;
            Array.Copy(bytes, 0, _packet, _count, bytes.Length);
            _count += bytes.Length;
            return ResultCode.Ok;
        }

        private ResultCode Send()
        {
            int body = _count - 3;
            int start = 0;
            if (body < 128)
            {
                start = 1;
                _packet[1] = _packet[0];
                _packet[2] = (byte)body;
            }
            else
            {
                _packet[1] = (byte)(0x80 | (body & 0x7F));
                _packet[2] = (byte)(body >> 7);
            }

            return _channel.Write(_packet, start, _count - start);
        }

        private ResultCode ReadHead(out int type)
        {
            _left = 5;
            ResultCode result = ReadBody(1);
            type = _packet[0];
            int length = 0;
            for (int shift = 0; shift < 28 && result == ResultCode.Ok; shift += 7)
            {
                result = ReadBody(1);
                length |= (_packet[0] & 0x7F) << shift;
                if ((_packet[0] & 0x80) == 0)
                {
                    _left = length;
                    return result;
                }
            }

            return result == ResultCode.Ok ? ResultCode.HttpMalformed : result;
        }

        private ResultCode ReadBody(int count)
        {
            return Read(_packet, count);
        }

        /// <summary>Reads bytes of the packet, all of them.</summary>
        private ResultCode Read(byte[] buffer, int count)
        {
            if (count > _left)
            {
                return ResultCode.HttpMalformed;
            }

            _left -= count;
            int taken = 0;
            while (taken < count)
            {
                ResultCode result = _channel.Read(buffer, taken, count - taken, AnswerTimeoutMs, out int read);
                if (result != ResultCode.Ok || read == 0)
                {
                    return result == ResultCode.Ok ? ResultCode.TransferTruncated : result;
                }

                taken += read;
            }

            return ResultCode.Ok;
        }
    }
}
