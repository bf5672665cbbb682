// An encrypted payload as a source of its plaintext, byte for byte at the same place: any part of it can be asked for,
// so that an interrupted installation goes on where it was, and what is at hand is not fetched again.
//
// What comes out is nobody's word: whoever asked verifies it, by the digests of the plaintext in the signed manifest.
// Where these are of chunks they prove more than a tag over the whole, and before anything is written; the tag of
// AES-GCM is then not asked for. Without a chunk table the payload is read whole and in order, and the tag is checked.

using NanoBoot.Encryption;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Encryption
{
    /// <summary>Decrypts a payload on the way. Not thread safe; never throws.</summary>
    public sealed class DecryptedPayload : IPayloadSource, IWirePayload
    {
        private readonly IWirePayload _source;
        private readonly ContentKey _key;
        private readonly AesCtr _stream;
        private readonly int _streamStart;
        private AesGcm _message;
        private int _messageAt;

        /// <summary>Length of the plaintext where the tag of AES-GCM is to be checked, which is then read whole and in order; 0
        /// where digests of chunks are checked instead.</summary>
        public int TaggedBytes;

        /// <summary>Makes a source of the plaintext out of a source of the ciphertext.</summary>
        /// <param name="source">The ciphertext; closed with this one.</param>
        /// <param name="key">The content key, opened.</param>
        public DecryptedPayload(IWirePayload source, ContentKey key)
        {
            _source = source;
            _key = key;
            if (key.Associated == null)
            {
                _stream = new AesCtr(key.Cipher, key.Iv);
                return;
            }

            // GCM is counter mode from the second block on, of which the first is the nonce and the number 1.
            byte[] first = new byte[AesCipher.BlockBytes];
            System.Array.Copy(key.Iv, 0, first, 0, AesGcm.NonceBytes);
            first[AesCipher.BlockBytes - 1] = 1;
            _stream = new AesCtr(key.Cipher, first, 4);
            _streamStart = AesCipher.BlockBytes;
        }

        /// <inheritdoc/>
        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            bool isTagged = TaggedBytes != 0 && _key.Associated != null;
            ResultCode result = _source.Read(position, isTagged ? TaggedBytes - position + AesGcm.TagBytes : runBytes, buffer, offset, count);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (!isTagged)
            {
                _stream.Seek((long)position + _streamStart);
                _stream.Apply(buffer, offset, count);
                return ResultCode.Ok;
            }

            if (position == 0)
            {
                _message = new AesGcm(_key.Cipher, _key.Iv, _key.Associated);
                _messageAt = 0;
            }

            if (position != _messageAt)
            {
                // Out of order there is no tag to check.
                return ResultCode.DecryptionFailed;
            }

            _message.Decrypt(buffer, offset, count);
            _messageAt += count;
            return _messageAt == TaggedBytes ? CheckTag() : ResultCode.Ok;
        }

        /// <inheritdoc/>
        public void Close()
        {
            _source.Close();
        }

        private ResultCode CheckTag()
        {
            byte[] tag = new byte[AesGcm.TagBytes];
            ResultCode result = _source.Read(TaggedBytes, AesGcm.TagBytes, tag, 0, AesGcm.TagBytes);
            return result == ResultCode.Ok ? _message.Finish(tag, 0) : result;
        }
    }
}
