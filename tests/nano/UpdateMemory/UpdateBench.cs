// What an update costs in memory: a real session of stage 2 that installs an application of 512 KB from a server in memory
// into flash in memory, with a look at the heap at every event and at every read from the network. Runs on the interpreter
// (tests/nano/update-memory.sh) and on the desktop (tests/Stage2Updater).
//
// What lives is what counts: before each look the heap is collected. What was there before stage 2 was entered (journal,
// policy, identity, the server and the flash themselves) does not count.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Nano.Tests
{
    /// <summary>Thrown where the board would restart.</summary>
    internal sealed class SessionEndException : Exception
    {
    }

    /// <summary>The device, its board and its server.</summary>
    internal abstract class UpdateBench : IBoard, IByteChannel
    {
        /// <summary>Size of the payload in bytes.</summary>
        public const int PayloadBytes = 512 * 1024;

        private const int SectorBytes = 4096;
        private const int JournalSectors = 4;
        private const int EnvelopeBytes = 12288;
        private const int SlotSectors = (EnvelopeBytes + PayloadBytes) / SectorBytes;
        private const int Stage2Sectors = 4;

        private readonly byte[] _envelope;
        private readonly byte[] _request = new byte[1024];
        private readonly BootContext _boot;
        private int _requestBytes;
        private byte[] _head = new byte[0];
        private int _headAt;
        private int _bodyAt;
        private int _bodyEnd;
        private bool _isManifest;
        private long _base;

        /// <summary>Makes the device.</summary>
        /// <param name="identity">Its identity record.</param>
        /// <param name="keyId">The author's key id.</param>
        /// <param name="publicKey">The author's key.</param>
        /// <param name="envelope">The manifest of the release.</param>
        protected UpdateBench(byte[] identity, byte[] keyId, byte[] publicKey, byte[] envelope)
        {
            _envelope = envelope;
            RamFlash flash = new RamFlash(JournalSectors + SlotSectors + Stage2Sectors);
            Flash = new FlashMap(new FlashRegion[]
            {
                new FlashRegion(RegionId.Journal, flash, 0, JournalSectors * SectorBytes),
                new FlashRegion(RegionId.ApplicationA, flash, JournalSectors * SectorBytes, SlotSectors * SectorBytes),
                new FlashRegion(RegionId.Stage2A, flash, (JournalSectors + SlotSectors) * SectorBytes, Stage2Sectors * SectorBytes),
            });
            const Permissions All = Permissions.Author | Permissions.Store | Permissions.Apply;
            ComponentDescription[] components = new ComponentDescription[ComponentIndex.Count];
            components[ComponentIndex.Stage2] = new ComponentDescription(Ascii("stage2"), new RegionId[] { RegionId.Stage2A }, 8192, All);
            components[ComponentIndex.Application] = new ComponentDescription(
                Ascii("application"), new RegionId[] { RegionId.ApplicationA }, EnvelopeBytes, All);
            Authority[] trust = new Authority[] { new Authority(keyId, CoseAlgorithm.Es256, publicKey, All, null, null) };
            BootPolicy policy = new BootPolicy(trust, components) { ImageBytesMax = PayloadBytes };
            DeviceIdentity record = new DeviceIdentity();
            BootJournal journal = new BootJournal(Flash.Find(RegionId.Journal));
            journal.Open();
            journal.UpdateRequest = 1;
            Slot slot = new Slot(Flash.Find(RegionId.Stage2A), 8192);
            if (record.Parse(identity) != ResultCode.Ok || slot.Check() != ResultCode.Ok || journal.Commit() != ResultCode.Ok)
            {
                throw new InvalidOperationException();
            }

            _boot = new BootContext(this, policy, record, journal, trust, ComponentIndex.Stage2, slot, false);
        }

        /// <summary>Size of the envelope.</summary>
        public int EnvelopeCount
        {
            get { return _envelope.Length; }
        }

        /// <summary>Most bytes that lived at once.</summary>
        public long PeakBytes { get; private set; }

        /// <summary>After which event that was.</summary>
        public BootEvent PeakEvent { get; private set; }

        /// <summary>How often the heap was looked at.</summary>
        public int Looks { get; private set; }

        /// <summary>Bytes fetched, and whether the update ended well.</summary>
        public long FetchedBytes { get; private set; }

        /// <summary>Whether the envelope was written.</summary>
        public bool IsInstalled { get; private set; }

        private BootEvent _last;

        /// <summary>A word of the payload, four bytes of it.</summary>
        /// <param name="index">Which.</param>
        /// <returns>The word.</returns>
        public static uint Word(int index)
        {
            uint x = ((uint)index + 1) * 2654435761;
            x ^= x >> 15;
            x *= 2246822519;
            return x ^ (x >> 13);
        }

        /// <summary>Runs the session.</summary>
        public void Run()
        {
            _base = UsedBytes();
            PeakBytes = 0;
            try
            {
                new Updater(_boot, this, null).Run();
            }
            catch (SessionEndException)
            {
                return;
            }
        }

        /// <summary>What the heap holds, after a collection.</summary>
        /// <returns>Bytes; only differences matter.</returns>
        protected abstract long UsedBytes();

        /// <inheritdoc/>
        public FlashMap Flash { get; }

        /// <inheritdoc/>
        /// <inheritdoc/>
        public long UptimeMs
        {
            get { return 0; }
        }

        /// <inheritdoc/>
        public long SecureTimeSeconds
        {
            get { return -1; }
        }

        /// <inheritdoc/>
        public void Restart()
        {
            throw new SessionEndException();
        }

        /// <inheritdoc/>
        public void Sleep(int durationMs)
        {
        }

        /// <inheritdoc/>
        public ResultCode ConnectNetwork(int timeoutMs)
        {
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
        {
            _last = bootEvent;
            FetchedBytes = bootEvent == BootEvent.BytesFetched ? value : FetchedBytes;
            IsInstalled |= bootEvent == BootEvent.InstallCompleted && result == ResultCode.Ok;
            Look();
        }

        /// <inheritdoc/>
        public ResultCode Open(string host, int port, bool isSecure, int timeoutMs)
        {
            Close();
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Write(byte[] buffer, int offset, int count)
        {
            Look();
            Array.Copy(buffer, offset, _request, 0, count < _request.Length ? count : _request.Length);
            _requestBytes = count;
            Answer();
            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public ResultCode Read(byte[] buffer, int offset, int count, int timeoutMs, out int read)
        {
            Look();
            read = 0;
            while (read < count && _headAt < _head.Length)
            {
                buffer[offset + read++] = _head[_headAt++];
            }

            while (read < count && _bodyAt < _bodyEnd)
            {
                buffer[offset + read++] = _isManifest ? _envelope[_bodyAt] : (byte)(Word(_bodyAt >> 2) >> ((_bodyAt & 3) << 3));
                _bodyAt++;
            }

            return ResultCode.Ok;
        }

        /// <inheritdoc/>
        public void Close()
        {
            _head = new byte[0];
            _headAt = 0;
            _bodyAt = 0;
            _bodyEnd = 0;
        }

        private static byte[] Ascii(string text)
        {
            byte[] bytes = new byte[text.Length];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)text[i];
            }

            return bytes;
        }

        private void Look()
        {
            Looks++;
            long used = UsedBytes() - _base;
            if (used > PeakBytes)
            {
                PeakBytes = used;
                PeakEvent = _last;
            }
        }

        // The manifest of the application, ranges of its payload, and nothing else.
        private void Answer()
        {
            _headAt = 0;
            _bodyAt = 0;
            _bodyEnd = 0;
            if (Find("GET /manifests/application.suit ") == 0)
            {
                _isManifest = true;
                _bodyEnd = _envelope.Length;
                _head = Ascii("HTTP/1.1 200 OK\r\nContent-Length: " + _bodyEnd.ToString() + "\r\n\r\n");
                return;
            }

            int range = Find("Range: bytes=");
            if (range < 0)
            {
                _head = Ascii("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                return;
            }

            _isManifest = false;
            int at = range + 13;
            _bodyAt = Number(ref at);
            at++;
            _bodyEnd = Number(ref at) + 1;
            _head = Ascii("HTTP/1.1 206 Partial Content\r\nContent-Length: " + (_bodyEnd - _bodyAt).ToString()
                + "\r\nContent-Range: bytes " + _bodyAt.ToString() + "-" + (_bodyEnd - 1).ToString() + "/" + PayloadBytes.ToString() + "\r\n\r\n");
        }

        private int Number(ref int at)
        {
            int number = 0;
            while (_request[at] >= '0' && _request[at] <= '9')
            {
                number = (number * 10) + _request[at++] - '0';
            }

            return number;
        }

        private int Find(string text)
        {
            for (int start = 0; start <= _requestBytes - text.Length; start++)
            {
                int i = 0;
                while (i < text.Length && _request[start + i] == text[i])
                {
                    i++;
                }

                if (i == text.Length)
                {
                    return start;
                }
            }

            return -1;
        }
    }
}
