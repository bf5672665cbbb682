// What happens to a device before it leaves the factory: its identity, and its first images, written into its flash.
// It writes what stage 2 would write, in the same order, through the same code that stage 1 reads with.

using System;
using System.IO;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Author
{
    /// <summary>Provisions a device through its flash map: an emulated one, or images to be flashed.</summary>
    public static class Factory
    {
        private const int SequenceLabel = 2;

        /// <summary>Writes the identity record.</summary>
        /// <param name="map">The device's flash.</param>
        /// <param name="identity">Who the device is.</param>
        /// <exception cref="InvalidDataException">The region is missing or too small, or the flash refuses.</exception>
        public static void WriteIdentity(FlashMap map, IdentityRecord identity)
        {
            ArgumentNullException.ThrowIfNull(map);
            ArgumentNullException.ThrowIfNull(identity);
            FlashRegion region = Find(map, RegionId.Identity);
            byte[] body = identity.Encode();
            var record = new RecordWriter(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(record.Erase(), "erase the identity record");
            Demand(record.Write(body, 0, body.Length, 0, 0), "write the identity record");
        }

        /// <summary>Writes the keys that payloads are encrypted for.</summary>
        /// <param name="map">The device's flash.</param>
        /// <param name="keys">The keys.</param>
        /// <exception cref="InvalidDataException">The region is missing or too small, or the flash refuses.</exception>
        public static void WritePayloadKeys(FlashMap map, PayloadKeyRecord keys)
        {
            ArgumentNullException.ThrowIfNull(map);
            ArgumentNullException.ThrowIfNull(keys);
            FlashRegion region = Find(map, RegionId.PayloadKeys);
            byte[] body = keys.Encode();
            var record = new RecordWriter(region, region.SizeBytes, FlashRecord.PayloadKeysMagic);
            Demand(record.Erase(), "erase the payload keys");
            Demand(record.Write(body, 0, body.Length, 0, 0), "write the payload keys");
        }

        /// <summary>Writes an image into a slot: payload first, envelope last.</summary>
        /// <param name="map">The device's flash.</param>
        /// <param name="component">What the slot belongs to.</param>
        /// <param name="slotId">The slot.</param>
        /// <param name="envelope">The signed envelope.</param>
        /// <param name="payload">The payload that the envelope speaks of.</param>
        /// <exception cref="InvalidDataException">Something does not fit, or the flash refuses.</exception>
        public static void WriteImage(FlashMap map, ComponentDescription component, RegionId slotId, Envelope envelope, byte[] payload)
        {
            ArgumentNullException.ThrowIfNull(map);
            ArgumentNullException.ThrowIfNull(component);
            ArgumentNullException.ThrowIfNull(envelope);
            ArgumentNullException.ThrowIfNull(payload);
            var slot = new Slot(Find(map, slotId), component.EnvelopeAreaBytes);
            Demand(slot.Check(), $"use {slotId} as a slot");
            byte[] encoded = envelope.Encode();
            if (payload.Length > slot.PayloadCapacity || encoded.Length > slot.CapacityBytes)
            {
                throw new InvalidDataException(
                    $"{slotId}: {payload.Length} bytes of payload and {encoded.Length} of envelope; there is room for "
                    + $"{slot.PayloadCapacity} and {slot.CapacityBytes}.");
            }

            var record = new RecordWriter(slot);
            Demand(record.Erase(), $"erase {slotId}");
            WritePayload(slot, payload);
            long sequence = CborNode.Parse(envelope.Manifest).Find(SequenceLabel)?.Integer ?? 0;
            long id = System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(envelope.ImageId);
            Demand(record.Write(encoded, 0, encoded.Length, sequence, id), $"write the envelope of {slotId}");
        }

        private static void WritePayload(Slot slot, byte[] payload)
        {
            FlashRegion region = slot.Region;
            int end = slot.PayloadOffset;
            while (end < slot.PayloadOffset + payload.Length)
            {
                Demand(region.GetSector(end, out int sector, out int size), $"find a sector of {region.Id}");
                end = sector + size;
            }

            Demand(region.Erase(slot.PayloadOffset, end - slot.PayloadOffset), $"erase {region.Id}");
            byte[] padded = new byte[end - slot.PayloadOffset];
            padded.AsSpan(payload.Length).Fill(0xFF);
            payload.CopyTo(padded, 0);
            int unit = region.ProgramUnitBytes;
            int count = (payload.Length + unit - 1) / unit * unit;
            Demand(region.Program(slot.PayloadOffset, padded, 0, count), $"program {region.Id}");
            Demand(region.Sync(), $"program {region.Id}");
        }

        private static FlashRegion Find(FlashMap map, RegionId id)
        {
            return map.Find(id) ?? throw new InvalidDataException($"The board has no region {id}.");
        }

        private static void Demand(ResultCode result, string what)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidDataException($"Cannot {what}: {result}.");
            }
        }
    }
}
