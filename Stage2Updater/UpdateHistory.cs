// What stage 2 remembers across restarts: 32 bytes of the boot journal that are its own (docs/SPEC-update.md).

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Failures in a row, and how long to leave the servers alone after them.</summary>
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

        /// <summary>Offset of that sector's place in the payload, 4 bytes.</summary>
        public const int SuspectPlaceOffset = 5;

        /// <summary>Offset of the note that what the staging region holds was complete when a session ended; 0 for none.</summary>
        public const int StoredOffset = 13;

        private const byte Format = 1;
        private const int FailuresOffset = 1;
        private const int WaitOffset = 2;
        private const int FailuresMax = 16;

        private readonly byte[] _bytes;

        /// <summary>Reads what is remembered; bytes of another format count as nothing.</summary>
        /// <param name="journal">The journal, open.</param>
        public UpdateHistory(BootJournal journal)
        {
            _bytes = journal.State.Opaque;
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
            LittleEndian.Write(_bytes, WaitOffset, waitSeconds, 2);
        }

        /// <summary>Forgets the failures.</summary>
        public void Succeeded()
        {
            _bytes[FailuresOffset] = 0;
            LittleEndian.Write(_bytes, WaitOffset, 0, 2);
        }
    }
}
