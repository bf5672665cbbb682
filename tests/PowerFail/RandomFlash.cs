// Any content of any flash: stage 1 never throws out, never hangs, never writes outside the journal, and starts nothing
// but the image that was signed (A77). Contents are random, or good ones with a few things changed in the places where
// stage 1 looks.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Author;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>Boots devices with spoilt flash.</summary>
    public sealed class RandomFlash : IOperationObserver
    {
        private const int OperationsMax = 40;
        private const int EnvelopeAreaBytes = 4096;

        // The whole journal, and as much of a slot as its image takes.
        private const int SpoiltBytesMax = 12288;
        private const int JournalSectorBytes = 4096;
        private const int JournalRecordBytes = 256;
        private static readonly int[] Interesting = { 0, 1, 2, 31, 32, 63, 64, 124, 127, 128, 255, 256, 4095, 4096, 32703, 32704, 65535, int.MaxValue };

        private readonly EmulatedMemory _memory;
        private readonly SimulatedDevice _device;
        private readonly BenchLoader _loader = new BenchLoader();
        private readonly MemorySnapshot _start;
        private readonly SignedImage _image;
        private readonly SignedImage _revoked;
        private int _operations;
        private string? _reason;

        /// <summary>Makes a device with two good images, one whose signer the trust document in force drops, and a journal.</summary>
        public RandomFlash()
        {
            HmacSigningKey key = new HmacSigningKey(new byte[32]);
            byte[] formerSecret = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };
            HmacSigningKey former = new HmacSigningKey(formerSecret);
            Authority root = new Authority(key.KeyId, CoseAlgorithm.Hmac256, new byte[32], BootBench.Needed | Permissions.Trust, null, null);
            Authority dropped = new Authority(former.KeyId, CoseAlgorithm.Hmac256, formerSecret, BootBench.Needed, null, null);
            BootPolicy policy = BootBench.MakePolicy(_loader, 2, EnvelopeAreaBytes);
            policy = new BootPolicy(new[] { root, dropped }, policy.Components)
            {
                ConfirmTimeoutMs = 0,
                AcceptDeviceMac = true,
                Loader = _loader,
                IsGoldenBelowFloor = false,
            };
            _memory = BootBench.MakeMemory(8192, 2, isGolden: true, journalSectors: 3);
            _device = new SimulatedDevice(_memory, policy) { Observer = this };
            _image = BootBench.MakeImage(BootBench.Application, 3, 1500, key);
            SignedImage stage2 = BootBench.MakeImage(BootBench.Stage2, 3, 1500, key);
            BootBench.Install(_memory, RegionId.ApplicationA, _image, EnvelopeAreaBytes);
            BootBench.Install(_memory, RegionId.Stage2A, stage2, EnvelopeAreaBytes);
            _revoked = BootBench.MakeImage(BootBench.Application, 9, 1500, former);
            BootBench.Install(_memory, RegionId.ApplicationB, _revoked, EnvelopeAreaBytes);
            TrustBench.PutInForce(_memory, TrustBench.Sign(3, TrustBench.Document(), key));
            BootJournal journal = BootBench.OpenJournal(_memory);
            journal.Components[1].ConfirmedId = _image.Id;
            journal.Components[1].Floor = 3;
            journal.Components[0].ConfirmedId = stage2.Id;
            BootBench.Demand(journal.Commit());
            _start = _memory.Snapshot();
            Digests = new HashSet<string> { _image.Digest, stage2.Digest };
        }

        /// <summary>Boots so far that started an image: of content that was not spoilt too much.</summary>
        public long Starts { get; private set; }

        private HashSet<string> Digests { get; }

        /// <summary>Runs one case.</summary>
        /// <param name="seed">Chooses the content; the same seed gives the same case.</param>
        /// <returns>Null, or what went wrong.</returns>
        public string? Run(int seed)
        {
            Random random = new Random(seed);
            _memory.Restore(_start);
            foreach (LayoutRegion region in _memory.Layout.Regions)
            {
                bool isLooked = region.Id != RegionId.Staging && region.Id != RegionId.Configuration;
                if (isLooked && random.Next(3) == 0)
                {
                    Spoil(region, random);
                }
            }

            _loader.Entered.Clear();
            _device.Transcript.Clear();
            _operations = 0;
            _reason = null;
            BoardEnd end = _device.Run(2);
            if (end == BoardEnd.Escaped)
            {
                return "Stage 1 threw " + _device.Escaped;
            }

            foreach (string digest in _loader.Entered)
            {
                Starts++;
                if (digest == _revoked.Digest && BootBench.OpenJournal(_memory).Components[ComponentIndex.Trust].ConfirmedId == 0)
                {
                    // The journal was spoilt so that it names no document: then the keys of the factory count.
                    continue;
                }

                if (!Digests.Contains(digest))
                {
                    return "An image started that nobody signed.";
                }
            }

            return _reason;
        }

        /// <inheritdoc/>
        public void BeforeOperation(in FlashOperation operation)
        {
            LayoutRegion journal = SeenState.RegionOf(_memory, RegionId.Journal);
            if (operation.Chip != _memory.Internal || operation.AddressBytes < journal.StartBytes
                || operation.AddressBytes + operation.Count > journal.StartBytes + journal.SizeBytes)
            {
                _reason ??= "Stage 1 wrote outside the journal.";
            }

            if (++_operations > OperationsMax)
            {
                _reason ??= "More than " + OperationsMax + " flash operations.";
            }
        }

        private void Spoil(LayoutRegion region, Random random)
        {
            EmulatedFlash chip = region.IsExternal ? _memory.External : _memory.Internal;
            int size = Math.Min(region.SizeBytes, SpoiltBytesMax);
            byte[] content = new byte[size];
            chip.Array.Peek(region.StartBytes, content);
            switch (random.Next(5))
            {
                case 0:
                    random.NextBytes(content);
                    break;

                case 1:
                    Array.Fill(content, (byte)(random.Next(2) == 0 ? 0xFF : random.Next(256)));
                    break;

                default:
                    for (int i = random.Next(1, 6); i > 0; i--)
                    {
                        Change(content, region.Id, random);
                    }

                    break;
            }

            if (random.Next(2) == 0)
            {
                MendChecksums(content, region.Id);
            }

            // The chips take what is written here as written by an earlier owner.
            for (int at = 0; at < size; at += _memory.Layout.SectorBytes)
            {
                chip.Erase(region.StartBytes + at, _memory.Layout.SectorBytes);
            }

            chip.Program(region.StartBytes, content, 0, size);
        }

        // Headers and records are where the interesting numbers are.
        private static void Change(byte[] content, RegionId id, Random random)
        {
            int at = id == RegionId.Journal
                ? (random.Next(content.Length / JournalSectorBytes) * JournalSectorBytes) + random.Next(3 * JournalRecordBytes)
                : random.Next(4) switch { 0 => random.Next(64), 1 => 64 + random.Next(500), 2 => EnvelopeAreaBytes + random.Next(160), _ => random.Next(content.Length) };
            at = Math.Min(at, content.Length - 8);
            switch (random.Next(4))
            {
                case 0:
                    content[at] ^= (byte)(1 << random.Next(8));
                    break;

                case 1:
                    content[at] = (byte)random.Next(256);
                    break;

                case 2:
                    FlashRecord.WriteNumber(content, at, Interesting[random.Next(Interesting.Length)], 4);
                    break;

                default:
                    int from = Math.Min(random.Next(content.Length), content.Length - 64);
                    Array.Copy(content, from, content, Math.Min(at, content.Length - 64), random.Next(1, 64));
                    break;
            }
        }

        // So that what lies behind a checksum is reached.
        private static void MendChecksums(byte[] content, RegionId id)
        {
            if (id == RegionId.Journal)
            {
                for (int record = 0; record < content.Length; record += JournalRecordBytes)
                {
                    if (content.AsSpan(record).StartsWith("NBJ1"u8))
                    {
                        FlashRecord.WriteNumber(content, record + 252, Crc32.Compute(content, record, 252), 4);
                    }
                }

                return;
            }

            for (int header = 0; header < 64; header += 32)
            {
                FlashRecord.WriteNumber(content, header + 24, ~BitConverter.ToUInt32(content, header + 4), 4);
                FlashRecord.WriteNumber(content, header + 28, Crc32.Compute(content, header, 28), 4);
            }
        }
    }
}
