// Encrypted payloads as the updater meets them: the manifest gives the encryption info for them. What they are when they
// are decrypted (the image itself, or a packed payload) is the next decoder's business.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Updater.Suit;

namespace NanoBoot.Stage2Encryption
{
    /// <summary>The decoder of encrypted payloads.</summary>
    public sealed class EncryptedPayloads : IPayloadDecoder
    {
        private readonly PayloadKey[] _keys;
        private readonly IPayloadDecoder _next;

        /// <summary>Makes a decoder.</summary>
        /// <param name="keys">The keys of this device: of its flash (<see cref="PayloadKey.Read"/>), or of a board that keeps
        /// them elsewhere.</param>
        /// <param name="next">For payloads that are packed, whether or not they are encrypted; null where none is.</param>
        public EncryptedPayloads(PayloadKey[] keys, IPayloadDecoder next)
        {
            _keys = keys;
            _next = next;
        }

        /// <inheritdoc/>
        public ResultCode Open(BootContext boot, Slot slot, SuitParameters parameters, string path, IWirePayload wire, out IPayloadSource source)
        {
            source = null;
            DecryptedPayload decrypted = null;
            if (parameters.IsSet(UpdateParameter.EncryptionInfo))
            {
                ContentKey key = new ContentKey();
                parameters.GetString(UpdateParameter.EncryptionInfo, out byte[] buffer, out int offset, out int count);
                ResultCode result = key.Open(buffer, offset, count, _keys);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                decrypted = new DecryptedPayload(wire, key);
                wire = decrypted;
            }

            ResultCode opened = _next == null ? ResultCode.Ok : _next.Open(boot, slot, parameters, path, wire, out source);
            if (source == null && decrypted != null && opened == ResultCode.Ok)
            {
                source = decrypted;
                parameters.GetInt(SuitParameter.ImageSize, out long imageBytes);
                if (!parameters.IsSet(SuitParameter.ChunkTable) && imageBytes <= boot.Policy.ImageBytesMax)
                {
                    decrypted.TaggedBytes = (int)imageBytes;
                }
            }

            return opened;
        }
    }
}
