// What a whole boot costs on the interpreter: a device whose application of 64 KB is confirmed starts, from the first read
// of the journal to the entry of the application - journal, slot, signature, identity, floor, every byte of the image,
// the second computation of the decision, and the loading of its assemblies. tests/nano/benchmarks.sh counts its
// instructions. BootSamples and BootPart0 to 3 are made by tests/Benchmarks (boot-samples).

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Nano.Tests;
using NanoBoot.Resident;

namespace NanoBoot.Nano.Benchmarks
{
    /// <summary>Thrown where the image would be entered.</summary>
    internal sealed class EnteredException : Exception
    {
    }

    /// <summary>Boots once.</summary>
    public static class BootProgram
    {
        private const int JournalBytes = 4 * 4096;
        private const int JournalStates = 36;
        private const int IdentityBytes = 4096;
        private const int SlotBytes = 18 * 4096;
        private const int EnvelopeBytes = 8192;

        private static RamFlash s_flash;

        /// <summary>Makes the device.</summary>
        /// <param name="variant">Which signature: 0 ES256 and a key with a table, 1 ES256 and any key, 2 HSS/LMS W2.</param>
        public static void Prepare(int variant)
        {
            s_flash = new RamFlash((JournalBytes + IdentityBytes + SlotBytes) / 4096);
            FlashMap map = Map();
            FlashRegion region = map.Find(RegionId.Identity);
            RecordWriter record = new RecordWriter(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(record.Erase());
            Demand(record.Write(BootSamples.Identity, 0, BootSamples.Identity.Length, 0, 0));

            Slot slot = new Slot(map.Find(RegionId.ApplicationA), EnvelopeBytes);
            RecordWriter writer = new RecordWriter(slot);
            Demand(writer.Erase());
            int offset = slot.PayloadOffset;
            offset += Program(slot, offset, BootPart0.Bytes);
            offset += Program(slot, offset, BootPart1.Bytes);
            offset += Program(slot, offset, BootPart2.Bytes);
            Program(slot, offset, BootPart3.Bytes);
            byte[] envelope = variant == 2 ? BootSamples.LmsEnvelope : BootSamples.EcEnvelope;
            Demand(writer.Write(envelope, 0, envelope.Length, BootSamples.Sequence, BootSamples.ImageId));

            BootJournal journal = new BootJournal(map.Find(RegionId.Journal));
            journal.Open();

            // As in a device that was updated for years: every sector holds as many states as it can, or more than one.
            for (int i = 0; i < JournalStates; i++)
            {
                journal.UpdateRequest = (ushort)((i & 1) + 1);
                Demand(journal.Commit());
            }

            journal.UpdateRequest = 0;
            ComponentState state = journal.Components[ComponentIndex.Application];
            state.ConfirmedId = BootSamples.ImageId;
            state.ConfirmedSlot = RegionId.ApplicationA;
            state.Floor = BootSamples.Sequence;
            Demand(journal.Commit());
        }

        /// <summary>Boots to the entry of the application. Whether the platform loads it is a matter of the stage 1 that runs.</summary>
        /// <param name="variant">As in <see cref="Prepare"/>.</param>
        /// <returns>Whether it got there, and wrote nothing.</returns>
        public static bool Run(int variant)
        {
            int programs = s_flash.Programs + s_flash.Erases;
            try
            {
                Stage1.Run(new EntryBoard(Map()), Policy(variant));
            }
            catch (EnteredException)
            {
                return s_flash.Programs + s_flash.Erases == programs;
            }

            return false;
        }

        private static BootPolicy Policy(int variant)
        {
            const Permissions All = Permissions.Author | Permissions.Store | Permissions.Apply;
            Authority author = variant == 2
                ? new Authority(BootSamples.LmsKeyId, CoseAlgorithm.HssLms, BootSamples.LmsKey, All, null, null)
                : new Authority(
                    BootSamples.EcKeyId, CoseAlgorithm.Es256, BootSamples.EcKey, All, null, variant == 0 ? BootSamples.EcTable : null);
            ComponentDescription[] components = new ComponentDescription[ComponentIndex.Count];
            components[ComponentIndex.Application] = new ComponentDescription(
                Bytes.Ascii("application"), new RegionId[] { RegionId.ApplicationA }, EnvelopeBytes, All);
            return new BootPolicy(new Authority[] { author }, components);
        }

        /// <summary>Boots to the entry, and tells what the heap holds at most beyond what it held before and the image, looked at
        /// with each event of stage 1: when the slot is examined, when it is verified, before the image is entered.</summary>
        /// <param name="variant">As in <see cref="Prepare"/>.</param>
        /// <returns>Bytes, in blocks of this interpreter.</returns>
        public static int MeasureHeap(int variant)
        {
            BootPolicy policy = Policy(variant);
            EntryBoard board = new EntryBoard(Map());
            int before = (int)nanoFramework.Runtime.Native.GC.Run(true);
            board.IsHeapMeasured = true;
            try
            {
                Stage1.Run(board, policy);
            }
            catch (EnteredException)
            {
            }

            return before - board.FreeBytes - BootPart0.Bytes.Length - BootPart1.Bytes.Length - BootPart2.Bytes.Length - BootPart3.Bytes.Length;
        }

        private static FlashMap Map()
        {
            return new FlashMap(new FlashRegion[]
            {
                new FlashRegion(RegionId.Journal, s_flash, 0, JournalBytes),
                new FlashRegion(RegionId.Identity, s_flash, JournalBytes, IdentityBytes),
                new FlashRegion(RegionId.ApplicationA, s_flash, JournalBytes + IdentityBytes, SlotBytes),
            });
        }

        private static int Program(Slot slot, int offset, byte[] part)
        {
            Demand(slot.Region.Program(offset, part, 0, part.Length));
            return part.Length;
        }

        private static void Demand(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidOperationException();
            }
        }

        // A board whose log ends the boot at the event that comes last before the image is entered.
        private sealed class EntryBoard : IBoard
        {
            public bool IsHeapMeasured;
            public int FreeBytes;

            public EntryBoard(FlashMap flash)
            {
                Flash = flash;
            }

            public FlashMap Flash { get; }

            public long UptimeMs
            {
                get { return 0; }
            }

            public long SecureTimeSeconds
            {
                get { return -1; }
            }

            public void Restart()
            {
                throw new InvalidOperationException();
            }

            public void Sleep(int durationMs)
            {
            }

            public ResultCode ConnectNetwork(int timeoutMs)
            {
                return ResultCode.NetworkUnreachable;
            }

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
                if (IsHeapMeasured)
                {
                    int free = (int)nanoFramework.Runtime.Native.GC.Run(true);
                    FreeBytes = FreeBytes == 0 || free < FreeBytes ? free : FreeBytes;
                }

                if (bootEvent == BootEvent.ImageStarted && result == ResultCode.Ok)
                {
                    throw new EnteredException();
                }
            }
        }
    }
}
