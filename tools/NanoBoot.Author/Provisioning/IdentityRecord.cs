// The identity record of a device, as its maker writes it once (docs/SPEC-flash.md).

using System;
using System.Collections.Generic;

namespace NanoBoot.Author
{
    /// <summary>What a device is told about itself at provisioning.</summary>
    public sealed class IdentityRecord
    {
        /// <summary>Length of a device key in bytes.</summary>
        public const int DeviceKeyBytes = 32;

        /// <summary>The vendor id: UUIDv5 of the vendor's domain (RFC 9124 section 3.4).</summary>
        public required Guid VendorId { get; init; }

        /// <summary>The vendor's private enterprise number, for manifests that name the vendor so. Null for none.</summary>
        public uint? VendorEnterpriseNumber { get; init; }

        /// <summary>The class ids, one or more: what kinds of manifests this device takes.</summary>
        public required IReadOnlyList<Guid> ClassIds { get; init; }

        /// <summary>The id of this one device.</summary>
        public required Guid DeviceId { get; init; }

        /// <summary>A secret of this device, <see cref="DeviceKeyBytes"/> long: authenticates its reports. Null for none.</summary>
        public byte[]? DeviceKey { get; init; }

        /// <summary>Where stage 2 looks for manifests. Null for none.</summary>
        public string? ManifestUri { get; init; }

        /// <summary>The record's body: a CBOR map.</summary>
        /// <exception cref="InvalidOperationException">There is no class id, or the key has another length.</exception>
        public byte[] Encode()
        {
            if (ClassIds.Count == 0)
            {
                throw new InvalidOperationException("A device needs one class id at least.");
            }

            if (DeviceKey is not null && DeviceKey.Length != DeviceKeyBytes)
            {
                throw new InvalidOperationException($"A device key has {DeviceKeyBytes} bytes, this one {DeviceKey.Length}.");
            }

            CborMap map = new CborMap()
                .Add(1, writer => writer.WriteBytes(Uuid.ToBytes(VendorId)))
                .Add(2, WriteClasses)
                .Add(3, writer => writer.WriteBytes(Uuid.ToBytes(DeviceId)));
            if (DeviceKey is not null)
            {
                map.Add(4, writer => writer.WriteBytes(DeviceKey));
            }

            if (ManifestUri is not null)
            {
                map.Add(5, writer => writer.WriteText(ManifestUri));
            }

            if (VendorEnterpriseNumber is uint number)
            {
                map.Add(6, writer => writer.WriteBytes(ParameterSet.Base128(number)));
            }

            return map.Encode();
        }

        private void WriteClasses(CborWriter writer)
        {
            writer.StartArray(ClassIds.Count);
            foreach (Guid id in ClassIds)
            {
                writer.WriteBytes(Uuid.ToBytes(id));
            }
        }
    }
}
