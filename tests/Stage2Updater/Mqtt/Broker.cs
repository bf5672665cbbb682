// A real broker (Debian's mosquitto) for one test, and an author's client that publishes to it.

using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.Stage2Updater.Tests.Mqtt
{
    internal sealed class Broker : IDisposable
    {
        private readonly string _folder;
        private Process _process;

        private Broker(string folder, int port, Process process)
        {
            _folder = folder;
            Port = port;
            _process = process;
        }

        public int Port { get; }

        /// <summary>Starts a broker; where none is installed the test ends as inconclusive, and says so.</summary>
        public static Broker Start(string? password = null)
        {
            string? program = Array.Find(["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"], File.Exists);
            if (program == null)
            {
                const string Reason = "Skipped: no MQTT broker is installed (apt-get install mosquitto).";
                Console.WriteLine(Reason);
                Assert.Inconclusive(Reason);
            }

            string folder = Directory.CreateTempSubdirectory("nanoboot-mqtt").FullName;
            int port = FreePort();
            string access = "allow_anonymous true";
            if (password != null)
            {
                File.WriteAllText(Path.Combine(folder, "users"), "device:" + password + "\n");
                Run(program!.Replace("sbin/mosquitto", "bin/mosquitto_passwd", StringComparison.Ordinal), "-U " + Path.Combine(folder, "users"));
                access = "allow_anonymous false\npassword_file " + Path.Combine(folder, "users");
            }

            string owner = Environment.UserName == "root" ? "user root\n" : string.Empty;
            File.WriteAllText(Path.Combine(folder, "conf"), $"{owner}listener {port} 127.0.0.1\n{access}\npersistence false\n");
            Broker broker = new(folder, port, Launch(program!, folder));
            broker.AwaitListening();
            return broker;
        }

        /// <summary>Publishes with quality of service 1, and waits for the broker's receipt.</summary>
        public void Publish(string topic, byte[] message, bool retain)
        {
            using TcpClient client = new("127.0.0.1", Port);
            NetworkStream stream = client.GetStream();
            stream.Write(Packet(0x10, [.. Text("MQTT"), 4, 2, 0, 60, .. Text("author")]));
            Expect(stream, 0x20, 2);
            stream.Write(Packet((byte)(0x32 | (retain ? 1 : 0)), [.. Text(topic), 0, 7, .. message]));
            Expect(stream, 0x40, 2);
            stream.Write([0xE0, 0]);
        }

        public void Stop()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                Stop();
            }

            _process.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        public static byte[] Packet(byte type, byte[] body)
        {
            using MemoryStream packet = new();
            packet.WriteByte(type);
            int length = body.Length;
            do
            {
                packet.WriteByte((byte)((length & 0x7F) | (length > 127 ? 0x80 : 0)));
                length >>= 7;
            }
            while (length > 0);
            packet.Write(body);
            return packet.ToArray();
        }

        public static byte[] Text(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            return [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
        }

        private static void Expect(NetworkStream stream, int type, int bytes)
        {
            byte[] answer = new byte[2 + bytes];
            stream.ReadExactly(answer);
            Assert.AreEqual(type, answer[0]);
        }

        private static int FreePort()
        {
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        private static Process Launch(string program, string folder)
        {
            return Process.Start(new ProcessStartInfo(program, "-c " + Path.Combine(folder, "conf"))
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
        }

        private static void Run(string program, string arguments)
        {
            using Process process = Process.Start(program, arguments);
            process.WaitForExit();
            Assert.AreEqual(0, process.ExitCode, program);
        }

        private void AwaitListening()
        {
            for (int attempt = 0; attempt < 200; attempt++)
            {
                try
                {
                    using TcpClient client = new("127.0.0.1", Port);
                    return;
                }
                catch (SocketException)
                {
                    Assert.IsFalse(_process.HasExited, "the broker ended: " + (_process.HasExited ? _process.StandardError.ReadToEnd() : null));
                    Thread.Sleep(50);
                }
            }

            Assert.Fail("The broker does not listen.");
        }
    }
}
