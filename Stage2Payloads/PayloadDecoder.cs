// Packed payloads as the updater meets them: by the extension of their URI, with the images of this device as precursors.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>The decoder of packed payloads. Stateless.</summary>
    public sealed class PayloadDecoder : IPayloadDecoder
    {
        private const int SlotsMax = 8;

        // Parameter 3 with a SUIT_Digest of SHA-256; after its 32 bytes the key of parameter 14.
        private const int HeadBytes = 7;
        private const int PatternBytes = HeadBytes + Sha256.DigestBytes + 6;
        private const int WindowBytes = 256;

        /// <inheritdoc/>
        public ResultCode Open(BootContext boot, Slot slot, SuitParameters parameters, string path, IWirePayload wire, out IPayloadSource source)
        {
            source = null;
            if (!PackedPayload.IsNamedBy(path))
            {
                return ResultCode.Ok;
            }

            ResultCode result = parameters.GetImageDigest(out byte[] digest, out int digestOffset);
            if (result == ResultCode.Ok)
            {
                source = new PackedPayload(wire, digest, digestOffset, FindImages(boot, slot));
            }

            return result;
        }

        private static Precursor[] FindImages(BootContext boot, Slot target)
        {
            Precursor[] found = new Precursor[SlotsMax];
            int count = 0;
            for (int component = 0; component < boot.Policy.Components.Length; component++)
            {
                ComponentDescription description = boot.Policy.Components[component];
                for (int i = 0; description != null && i < description.Slots.Length && count < SlotsMax; i++)
                {
                    Slot slot = SlotChooser.Open(boot, description, description.Slots[i]);
                    Precursor image = slot == null || slot.Region.Id == target.Region.Id ? null : FindImage(slot);
                    if (image != null)
                    {
                        found[count++] = image;
                    }
                }
            }

            Precursor[] images = new Precursor[count];
            System.Array.Copy(found, 0, images, 0, count);
            return images;
        }

        // What the slot's manifest says of its image, found by the bytes before it: a hint, like any precursor, since
        // every chunk that is made of it is verified.
        private static Precursor FindImage(Slot slot)
        {
            if (slot.Open() != ResultCode.Ok)
            {
                return null;
            }

            byte[] window = new byte[WindowBytes];
            FlashRegion region = slot.Region;
            int end = FlashRecord.BodyOffset + slot.BodyBytes;
            for (int start = FlashRecord.BodyOffset; start < end; start += WindowBytes - PatternBytes + 1)
            {
                int count = end - start < WindowBytes ? end - start : WindowBytes;
                if (region.Read(start, window, 0, count) != ResultCode.Ok)
                {
                    return null;
                }

                for (int i = 0; i <= count - PatternBytes; i++)
                {
                    int sizeBytes = SizeAt(window, i);
                    if (sizeBytes > 0 && sizeBytes <= slot.PayloadCapacity)
                    {
                        byte[] digest = new byte[Sha256.DigestBytes];
                        System.Array.Copy(window, i + HeadBytes, digest, 0, digest.Length);
                        return new Precursor(region, slot.PayloadOffset, sizeBytes, digest);
                    }
                }
            }

            return null;
        }

        private static int SizeAt(byte[] window, int i)
        {
            bool isHead = window[i] == 3 && window[i + 1] == 0x58 && window[i + 2] == 0x24 && window[i + 3] == 0x82
                && window[i + 4] == 0x2F && window[i + 5] == 0x58 && window[i + 6] == 0x20;
            int size = i + HeadBytes + Sha256.DigestBytes;
            if (!isHead || window[size] != 14)
            {
                return 0;
            }

            // An unsigned number of two or four bytes: smaller images are no precursors worth the name.
            return window[size + 1] == 0x19 ? (window[size + 2] << 8) | window[size + 3]
                : window[size + 1] == 0x1A ? (window[size + 2] << 24) | (window[size + 3] << 16) | (window[size + 4] << 8) | window[size + 5]
                : 0;
        }
    }
}
