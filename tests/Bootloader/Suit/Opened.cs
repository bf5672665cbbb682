// Opens an envelope the way the stages do: parse, authenticate, parse the manifest, ask the target.

using System;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Bootloader.Tests.Suit
{
    internal sealed class Opened
    {
        public SuitEnvelope Envelope { get; } = new();

        public SuitAuthenticator Authenticator { get; } = new();

        public SuitManifest Manifest { get; } = new();

        public SuitProcessor Processor { get; } = new();

        public RecordingTarget Target { get; } = new();

        public ResultCode Result { get; private set; }

        /// <summary>The step that refused: 1 envelope, 2 authentication, 3 manifest, 4 components; 0 for none.</summary>
        public int RefusedBy { get; private set; }

        /// <summary>Opens an envelope; refusals are in <see cref="Result"/>.</summary>
        public static Opened From(byte[] bytes, Authority[] trust, bool acceptMac = true, Action<RecordingTarget>? configure = null)
        {
            // The envelope does not begin at 0, and is followed by bytes that are not its own.
            byte[] buffer = new byte[bytes.Length + 64];
            Array.Fill(buffer, (byte)0xF6);
            bytes.CopyTo(buffer, 5);
            var opened = new Opened();
            configure?.Invoke(opened.Target);
            opened.Result = opened.Open(buffer, 5, bytes.Length, trust, acceptMac);
            return opened;
        }

        /// <summary>The key that signs the examples of the drafts.</summary>
        public static Authority[] ExampleTrust(Permissions permissions = (Permissions)127, byte[]? prefix = null)
        {
            byte[] mac = Convert.FromHexString("6161616161616161616161616161616161616161616161616161616161616161");
            return
            [
                new Authority(null, CoseAlgorithm.Es256, ExamplePublicKey("suit-example-p256"), permissions, prefix, null),
                new Authority(null, CoseAlgorithm.Hmac256, mac, permissions, prefix, null),
                new Authority(null, CoseAlgorithm.Esp256, ExamplePublicKey("suit-enc-dependent-p256"), permissions, prefix, null),
            ];
        }

        public static byte[] ExamplePublicKey(string name)
        {
            byte[] key = Vectors.Hex("keys/" + name + ".public.hex");
            return key.Length == 65 ? key[1..] : key;
        }

        private ResultCode Open(byte[] buffer, int offset, int count, Authority[] trust, bool acceptMac)
        {
            RefusedBy = 1;
            ResultCode result = Envelope.Parse(buffer, offset, count);
            if (result == ResultCode.Ok)
            {
                RefusedBy = 2;
                result = Authenticator.Authenticate(Envelope, trust, acceptMac);
            }

            if (result == ResultCode.Ok)
            {
                RefusedBy = 3;
                result = Manifest.Parse(Envelope);
            }

            if (result == ResultCode.Ok)
            {
                RefusedBy = 4;
                result = Processor.Open(Manifest, Target);
            }

            if (result == ResultCode.Ok)
            {
                RefusedBy = 0;
            }

            return result;
        }
    }
}
