// What stage 2 remembers across restarts: 32 bytes of the boot journal that are its own (docs/SPEC-update.md).
//
// Two waits. That of the device: after a session that failed, before the next one; it is what keeps a fleet from coming
// back in the same second. That of a source of payloads: one that failed is passed over in the next sessions, as long as
// another one delivers. It is counted in sessions, since a board need not have a clock that runs on while it is off.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Failures in a row, of sessions and of sources, and how long to leave servers alone after them.</summary>
    /// <remarks>A view of the journal's bytes: nothing is durable before the journal's own commit. One thread.</remarks>
    public sealed class UpdateHistory
    {
        /// <summary>Shortest wait after a failure, in seconds.</summary>
        public const int WaitSecondsMin = 30;

        /// <summary>Longest wait after failures, in seconds: six hours.</summary>
        public const int WaitSecondsMax = 21600;

        /// <summary>Offset of the report that could not be sent.</summary>
        public const int ReportOffset = 16;

        /// <summary>Offset of the region whose suspect sector is being rewritten; 0 for none.</summary>
        public const int SuspectRegionOffset = 4;

        /// <summary>Offset of that sector's place in the payload, 2 bytes, in units of <see cref="SuspectPlaceUnitBytes"/>.</summary>
        public const int SuspectPlaceOffset = 5;

        /// <summary>Sectors begin at multiples of this.</summary>
        public const int SuspectPlaceUnitBytes = 64;

        /// <summary>Offset of the note that what the staging region holds was complete when a session ended; 0 for none.</summary>
        public const int StoredOffset = 13;

        /// <summary>Most sessions in which a source is passed over after a failure.</summary>
        public const int SkipsMax = 31;

        private const byte Format = 2;
        private const int FailuresOffset = 1;
        private const int WaitOffset = 2;
        private const int SourcesOffset = 7;
        private const int SourcesEnd = 11;
        private const int QuietOffset = 11;
        private const int FailuresMax = 16;
        private const int SourceFailuresMax = 5;

        private readonly byte[] _bytes;

        // Bits 7 and 9, for the two entries: counted down in this session; noted in this session.
        private int _counted;
        private int _noted;

        /// <summary>Reads what is remembered; bytes of another format count as nothing.</summary>
        /// <param name="journal">The journal, open.</param>
        public UpdateHistory(BootJournal journal)
        {
            _bytes = journal.Opaque;
            if (_bytes[0] != Format)
            {
                System.Array.Clear(_bytes, 0, _bytes.Length);
                _bytes[0] = Format;
            }
        }

        /// <summary>Failures in a row, at most 16.</summary>
        public int Failures
        {
            get { return _bytes[FailuresOffset]; }
        }

        /// <summary>Seconds to wait before the next try; 0 after a success.</summary>
        public int WaitSeconds
        {
            get { return BitConverter.ToUInt16(_bytes, WaitOffset); }
        }

        /// <summary>Remembers a failure: the wait doubles with each in a row, and half of it is left to chance.</summary>
        /// <param name="askedSeconds">What a server asked for (Retry-After), or 0.</param>
        /// <param name="chance">Bytes that differ from device to device and from time to time.</param>
        public void Failed(int askedSeconds, byte[] chance)
        {
            int failures = Failures;
            int waitSeconds = failures > 9 ? WaitSecondsMax : WaitSecondsMin << failures;
            if (waitSeconds > WaitSecondsMax)
            {
                waitSeconds = WaitSecondsMax;
            }

            // After the last of them it is the same number each time, so that a server that is gone changes no record.
            // Without chance, all devices that met the same bad release would come back in the same second.
            uint number = Crc32.Compute(chance, 0, chance.Length) ^ (uint)failures * 2654435761;
            waitSeconds = (waitSeconds / 2) + (int)(number % (uint)((waitSeconds / 2) + 1));
            if (waitSeconds < askedSeconds)
            {
                waitSeconds = askedSeconds < WaitSecondsMax ? askedSeconds : WaitSecondsMax;
            }

            _bytes[FailuresOffset] = (byte)(failures < FailuresMax ? failures + 1 : FailuresMax);
            FlashRecord.WriteNumber(_bytes, WaitOffset, waitSeconds, 2);
        }

        /// <summary>Forgets the failures of sessions.</summary>
        public void Succeeded()
        {
            _bytes[FailuresOffset] = 0;
            FlashRecord.WriteNumber(_bytes, WaitOffset, 0, 2);
        }

        /// <summary>Minutes that applications ran, at least, since something new was installed: added up with each
        /// request, at most 65535.</summary>
        public int QuietMinutes
        {
            get { return BitConverter.ToUInt16(_bytes, QuietOffset); }
            set { FlashRecord.WriteNumber(_bytes, QuietOffset, value, 2); }
        }

        /// <summary>Whether a source is to be passed over in this session, if there is another one. Once a session it counts.</summary>
        /// <param name="source">The source: host and port count.</param>
        /// <returns>True when it failed of late.</returns>
        public bool IsPutOff(HttpUri source)
        {
            int entry = Find(TagOf(source));
            if (entry < 0 || ((_noted >> entry) & 1) != 0)
            {
                // What failed in this session may have another file.
                return false;
            }

            int skips = _bytes[entry + 1] & SkipsMax;
            bool isCounted = ((_counted >> entry) & 1) != 0;
            if (!isCounted && skips > 0)
            {
                _counted |= 1 << entry;
                _bytes[entry + 1]--;
            }

            return isCounted || skips > 0;
        }

        /// <summary>Remembers how a source of payloads did. After its n-th failure in a row it is passed over in 2^(n-1) to
        /// 2^n - 1 sessions, at most <see cref="SkipsMax"/>; how many, is left to chance.</summary>
        /// <param name="source">The source.</param>
        /// <param name="isFailure">Whether it failed.</param>
        /// <param name="chance">Bytes that differ from device to device.</param>
        public void Note(HttpUri source, bool isFailure, byte[] chance)
        {
            int tag = TagOf(source);
            int entry = Find(tag);
            if (!isFailure)
            {
                if (entry >= 0)
                {
                    FlashRecord.WriteNumber(_bytes, entry, 0, 2);
                }

                return;
            }

            if (entry < 0)
            {
                // Two are remembered: of those, the one that failed less makes room.
                entry = _bytes[SourcesOffset + 1] <= _bytes[SourcesOffset + 3] ? SourcesOffset : SourcesOffset + 2;
                _bytes[entry + 1] = 0;
            }

            int failures = _bytes[entry + 1] >> 5;
            failures = failures < SourceFailuresMax ? failures + 1 : failures;
            int half = 1 << (failures - 1);
            uint number = Crc32.Compute(chance, 0, chance.Length) ^ (uint)(failures * 256 + tag) * 2654435761;
            _bytes[entry] = (byte)tag;
            _bytes[entry + 1] = (byte)((failures << 5) | (half + (int)(number % (uint)half)));
            _noted |= 1 << entry;
        }

        private static int TagOf(HttpUri source)
        {
            uint hash = (uint)source.Port;
            for (int i = 0; i < source.Host.Length; i++)
            {
                hash = (hash ^ source.Host[i]) * 16777619;
            }

            // 0 is no source. Two sources with one tag share their failures, which costs no more than a detour.
            return (int)(hash % 255) + 1;
        }

        private int Find(int tag)
        {
            for (int entry = SourcesOffset; entry < SourcesEnd; entry += 2)
            {
                if (_bytes[entry] == tag)
                {
                    return entry;
                }
            }

            return -1;
        }
    }
}
