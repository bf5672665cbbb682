// What the programs that boot on the interpreter have in common: flash in RAM, an identity, a slot, the policy.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Nano.Tests
{
    /// <summary>Makes devices.</summary>
    internal static class BootBench
    {
        private const int JournalBytes = 4 * 4096;
        private const int IdentityBytes = 4096;
        private const int SlotBytes = 8 * 4096;
        private const int EnvelopeBytes = 8192;

        internal static FlashMap Map(RamFlash flash)
        {
            return new FlashMap(new FlashRegion[]
            {
                new FlashRegion(RegionId.Journal, flash, 0, JournalBytes),
                new FlashRegion(RegionId.Identity, flash, JournalBytes, IdentityBytes),
                new FlashRegion(RegionId.ApplicationA, flash, JournalBytes + IdentityBytes, SlotBytes),
            });
        }

        internal static BootPolicy Policy(int confirmTimeoutMs)
        {
            Authority author = new Authority(
                BootVectors.KeyId,
                (CoseAlgorithm)BootVectors.Algorithm,
                BootVectors.PublicKey,
                Permissions.Author | Permissions.Store | Permissions.Apply,
                null,
                null);
            ComponentDescription[] components = new ComponentDescription[ComponentIndex.Count];
            components[ComponentIndex.Application] = new ComponentDescription(
                Bytes.Ascii("application"),
                new RegionId[] { RegionId.ApplicationA },
                EnvelopeBytes,
                Permissions.Author | Permissions.Store | Permissions.Apply);
            BootPolicy policy = new BootPolicy(new Authority[] { author }, components);
            policy.ConfirmTimeoutMs = confirmTimeoutMs;
            policy.RestartDelayMs = 0;
            return policy;
        }

        internal static RamFlash Provision()
        {
            RamFlash flash = new RamFlash((JournalBytes + IdentityBytes + SlotBytes) / 4096);
            FlashRegion region = Map(flash).Find(RegionId.Identity);
            RecordWriter record = new RecordWriter(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(record.Erase());
            Demand(record.Write(BootVectors.Identity, 0, BootVectors.Identity.Length, 0, 0));
            return flash;
        }

        internal static void Install(RamFlash flash, byte[] envelope, byte[] payload, long imageId)
        {
            Slot slot = new Slot(Map(flash).Find(RegionId.ApplicationA), EnvelopeBytes);
            RecordWriter writer = new RecordWriter(slot);
            Demand(writer.Erase());
            Demand(slot.Region.Program(slot.PayloadOffset, payload, 0, payload.Length));
            Demand(writer.Write(envelope, 0, envelope.Length, BootVectors.Sequence, imageId));
        }

        private static void Demand(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidOperationException(((int)result).ToString());
            }
        }
    }
}
