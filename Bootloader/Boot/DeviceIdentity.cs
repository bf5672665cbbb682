// Who the device is: written once at provisioning, into the identity region (docs/SPEC-flash.md).

using System;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>The identity of a device.</summary>
    /// <remarks>Read once a start. The arrays must not be changed.</remarks>
    public sealed class DeviceIdentity
    {
        /// <summary>Size of vendor, class and device ids: UUIDs (RFC 9124 §3.4).</summary>
        public const int IdBytes = 16;

        /// <summary>Size of the device key.</summary>
        public const int KeyBytes = 32;

        /// <summary>Most class ids of a device.</summary>
        public const int ClassesMax = 8;

        private const int VendorLabel = 1;
        private const int ClassesLabel = 2;
        private const int DeviceLabel = 3;
        private const int KeyLabel = 4;
        private const int NumberLabel = 6;

        /// <summary>The vendor id.</summary>
        public byte[] VendorId;

        /// <summary>The vendor's private enterprise number as a relative OID, for manifests that name it. Null where it was not
        /// provisioned.</summary>
        public byte[] VendorNumber;

        /// <summary>The class ids, one or more.</summary>
        public byte[][] ClassIds;

        /// <summary>The device id.</summary>
        public byte[] DeviceId;

        /// <summary>The device key: a secret of this device. Null where it was not provisioned.</summary>
        public byte[] DeviceKey;

        /// <summary>Where stage 2 looks for manifests. Null where it was not provisioned.</summary>
        public string ManifestUri;

        /// <summary>Reads the identity.</summary>
        /// <param name="region">The identity region.</param>
        /// <returns>Ok, or <see cref="ResultCode.IdentityInvalid"/>.</returns>
        public ResultCode Read(FlashRegion region)
        {
            if (region == null)
            {
                return ResultCode.IdentityInvalid;
            }

            FlashRecord record = new FlashRecord(region, region.SizeBytes, FlashRecord.IdentityMagic);
            if (record.Open() != ResultCode.Ok || record.ReadBody(out byte[] body) != ResultCode.Ok)
            {
                return ResultCode.IdentityInvalid;
            }

            return Parse(body);
        }

        /// <summary>Reads the CBOR map of the identity.</summary>
        /// <param name="body">The map, and nothing else.</param>
        /// <returns>Ok, or <see cref="ResultCode.IdentityInvalid"/>.</returns>
        public ResultCode Parse(byte[] body)
        {
            CborReader reader = new CborReader(body, 0, body.Length);
            ResultCode result = reader.ReadMapHeader(out int pairs);
            long previous = 0;
            for (int i = 0; i < pairs && result == ResultCode.Ok; i++)
            {
                result = reader.ReadUInt(out long label);
                if (result != ResultCode.Ok || label <= previous || label > NumberLabel)
                {
                    return ResultCode.IdentityInvalid;
                }

                previous = label;
                result = ReadValue(reader, body, (int)label);
            }

            return result == ResultCode.Ok && reader.Remaining == 0 && VendorId != null && ClassIds != null && DeviceId != null
                ? ResultCode.Ok
                : ResultCode.IdentityInvalid;
        }

        /// <summary>Compares an id of a manifest.</summary>
        /// <param name="command">The condition: vendor, class or device identifier.</param>
        /// <param name="buffer">Holds the id.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length: 16, or that of a vendor's enterprise number.</param>
        /// <returns>Ok, or the mismatch.</returns>
        public ResultCode Match(int command, byte[] buffer, int offset, int count)
        {
            if (command == SuitCommand.VendorIdentifier)
            {
                byte[] own = count == IdBytes ? VendorId : VendorNumber;
                return own != null && own.Length == count && ConstantTime.AreEqual(own, 0, buffer, offset, count)
                    ? ResultCode.Ok
                    : ResultCode.SuitVendorMismatch;
            }

            if (command == SuitCommand.DeviceIdentifier)
            {
                return ConstantTime.AreEqual(DeviceId, 0, buffer, offset, IdBytes) ? ResultCode.Ok : ResultCode.SuitDeviceMismatch;
            }

            for (int i = 0; i < ClassIds.Length; i++)
            {
                if (ConstantTime.AreEqual(ClassIds[i], 0, buffer, offset, IdBytes))
                {
                    return ResultCode.Ok;
                }
            }

            return ResultCode.SuitClassMismatch;
        }

        private ResultCode ReadValue(CborReader reader, byte[] body, int label)
        {
            switch (label)
            {
                case VendorLabel:
                    return ReadBytes(reader, body, IdBytes, out VendorId);

                case ClassesLabel:
                    ResultCode result = reader.ReadArrayHeader(out int classes);
                    if (result != ResultCode.Ok || classes < 1 || classes > ClassesMax)
                    {
                        return ResultCode.IdentityInvalid;
                    }

                    ClassIds = new byte[classes][];
                    for (int i = 0; i < classes && result == ResultCode.Ok; i++)
                    {
                        result = ReadBytes(reader, body, IdBytes, out ClassIds[i]);
                    }

                    return result;

                case DeviceLabel:
                    return ReadBytes(reader, body, IdBytes, out DeviceId);

                case KeyLabel:
                    return ReadBytes(reader, body, KeyBytes, out DeviceKey);

                case NumberLabel:
                    return ReadBytes(reader, body, 0, out VendorNumber);

                default:
                    result = reader.ReadText(out int offset, out int count);
                    if (result == ResultCode.Ok)
                    {
                        ManifestUri = AsciiText.Read(body, offset, count);
                    }

                    return ManifestUri == null ? ResultCode.IdentityInvalid : result;
            }
        }

        private static ResultCode ReadBytes(CborReader reader, byte[] body, int size, out byte[] bytes)
        {
            // Size 0: as many as there are.
            bytes = null;
            if (reader.ReadBytes(out int offset, out int count) != ResultCode.Ok || (size != 0 && count != size))
            {
                return ResultCode.IdentityInvalid;
            }

            bytes = new byte[count];
            Array.Copy(body, offset, bytes, 0, count);
            return ResultCode.Ok;
        }
    }
}
