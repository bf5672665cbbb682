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
        private const int UriLabel = 5;
        private const int NumberLabel = 6;

        /// <summary>The vendor id.</summary>
        public byte[] VendorId;

        /// <summary>The vendor's private enterprise number as a relative OID, for manifests that name it. Null where it was not
        /// provisioned.</summary>
        internal byte[] VendorNumber;

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
        internal ResultCode Read(FlashRegion region)
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
            int pairs = (int)reader.Read(CborType.Map);
            long previous = 0;
            while (reader.Next(ref pairs))
            {
                long label = reader.Read(CborType.UnsignedInteger);
                if (label <= previous || label > NumberLabel)
                {
                    reader.Refuse(ResultCode.IdentityInvalid);
                }

                previous = label;
                ReadValue(reader, (int)label);
            }

            return reader.CheckEnd() == ResultCode.Ok && VendorId != null && ClassIds != null && DeviceId != null
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

        // After an error what it sets is of no use, and of no harm: the identity is refused.
        private void ReadValue(CborReader reader, int label)
        {
            int count = IdBytes;
            switch (label)
            {
                case VendorLabel:
                    VendorId = ReadBytes(reader, count, count);
                    break;

                case ClassesLabel:
                    count = (int)reader.Read(CborType.Array);
                    if (count < 1 || count > ClassesMax)
                    {
                        reader.Refuse(ResultCode.IdentityInvalid);
                        count = 0;
                    }

                    ClassIds = new byte[count][];
                    for (int i = 0; reader.Next(ref count); i++)
                    {
                        ClassIds[i] = ReadBytes(reader, IdBytes, IdBytes);
                    }

                    break;

                case DeviceLabel:
                    DeviceId = ReadBytes(reader, count, count);
                    break;

                case KeyLabel:
                    DeviceKey = ReadBytes(reader, KeyBytes, KeyBytes);
                    break;

                case UriLabel:
                    ManifestUri = ReadText(reader);
                    break;

                default:
                    VendorNumber = ReadBytes(reader, 0, int.MaxValue);
                    break;
            }
        }

        // A byte string of its own; one of another length is refused.
        internal static byte[] ReadBytes(CborReader reader, int bytesMin, int bytesMax)
        {
            int offset = reader.ReadString(CborType.ByteString, out int count);
            if (count < bytesMin || count > bytesMax)
            {
                reader.Refuse(ResultCode.CborTooLarge);
                count = 0;
            }

            byte[] bytes = new byte[count];
            Array.Copy(reader.Buffer, offset, bytes, 0, count);
            return bytes;
        }

        // A text of printable ASCII; other text, and none, is refused.
        internal static string ReadText(CborReader reader)
        {
            int offset = reader.ReadString(CborType.TextString, out int count);
            string text = AsciiText.Read(reader.Buffer, offset, count);
            if (text == null)
            {
                reader.Refuse(ResultCode.CborTooLarge);
            }

            return text;
        }
    }
}
