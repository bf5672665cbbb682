// A broker, and the topics under which it has manifests (docs/SPEC-payload.md).

namespace NanoBoot.Stage2Mqtt
{
    /// <summary>Where a broker is, and who the device is to it. Immutable.</summary>
    public sealed class MqttBroker
    {
        private const string Digits = "0123456789abcdef";

        /// <summary>Host name or IPv4 address.</summary>
        public readonly string Host;

        /// <summary>Port: 1883, or 8883 with TLS, as a rule.</summary>
        public readonly int Port;

        /// <summary>Whether to speak TLS.</summary>
        public readonly bool IsSecure;

        /// <summary>Client id: the same at each start, since the broker keeps messages for it.</summary>
        public readonly string ClientId;

        /// <summary>User name, or null.</summary>
        public readonly string UserName;

        /// <summary>Password, or null.</summary>
        public readonly string Password;

        /// <summary>Describes a broker.</summary>
        /// <param name="host">Host name or IPv4 address.</param>
        /// <param name="port">Port.</param>
        /// <param name="isSecure">Whether to speak TLS.</param>
        /// <param name="clientId">Client id, 1 to 64 characters of ASCII; the device id in hexadecimal digits, for one.</param>
        /// <param name="userName">User name, or null.</param>
        /// <param name="password">Password, or null; only with a user name.</param>
        public MqttBroker(string host, int port, bool isSecure, string clientId, string userName, string password)
        {
            Host = host;
            Port = port;
            IsSecure = isSecure;
            ClientId = clientId;
            UserName = userName;
            Password = password;
        }

        /// <summary>The topic for manifests of a component, for all devices of a class or for one device.</summary>
        /// <param name="id">Class id or device id, 16 bytes.</param>
        /// <param name="component">Component id, in ASCII.</param>
        /// <returns>nb/1/(id in hexadecimal digits)/(component)/manifest.</returns>
        public static string TopicOf(byte[] id, string component)
        {
            char[] text = new char[id.Length * 2];
            for (int i = 0; i < id.Length; i++)
            {
                text[i * 2] = Digits[id[i] >> 4];
                text[(i * 2) + 1] = Digits[id[i] & 15];
            }

            return "nb/1/" + new string(text) + "/" + component + "/manifest";
        }
    }
}
