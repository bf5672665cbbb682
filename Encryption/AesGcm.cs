// AES-GCM (SP 800-38D), decryption only, as a stream: the tag comes last.
// What was decrypted is nobody's word before Finish has said so: it may lie in a slot, but not be started.
// GHASH by a table of sixteen multiples of its key, four bits at a step.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Encryption
{
    /// <summary>One message that is decrypted. Not safe for use by several threads at once.</summary>
    public sealed class AesGcm
    {
        /// <summary>Length of a tag in bytes.</summary>
        public const int TagBytes = 16;

        /// <summary>Length of the nonce that COSE uses, in bytes. Other lengths work too.</summary>
        public const int NonceBytes = 12;

        private readonly AesCipher _cipher;
        private readonly AesCtr _stream;
        private readonly byte[] _first = new byte[AesCipher.BlockBytes];
        private readonly byte[] _hash = new byte[AesCipher.BlockBytes];
        private readonly ulong[] _upper = new ulong[16];
        private readonly ulong[] _lower = new ulong[16];
        private int _pending;
        private long _associatedBytes;
        private long _messageBytes;

        /// <summary>Begins a message.</summary>
        /// <param name="cipher">The key.</param>
        /// <param name="nonce">The nonce, at least one byte.</param>
        /// <param name="associated">What is authenticated beside the message; empty for nothing.</param>
        public AesGcm(AesCipher cipher, byte[] nonce, byte[] associated)
        {
            _cipher = cipher;
            byte[] key = new byte[AesCipher.BlockBytes];
            cipher.Encrypt(key);
            MakeTable(ReadLong(key, 0), ReadLong(key, 8));

            if (nonce.Length == NonceBytes)
            {
                Array.Copy(nonce, 0, _first, 0, NonceBytes);
                _first[AesCipher.BlockBytes - 1] = 1;
            }
            else
            {
                Hash(nonce, 0, nonce.Length);
                HashLengths(0, nonce.Length);
                Array.Copy(_hash, 0, _first, 0, AesCipher.BlockBytes);
                Array.Clear(_hash, 0, AesCipher.BlockBytes);
            }

            _stream = new AesCtr(cipher, _first, 4);
            _stream.Seek(AesCipher.BlockBytes);
            Hash(associated, 0, associated.Length);
            Pad();
            _associatedBytes = associated.Length;
        }

        /// <summary>Decrypts the next bytes of the message in place.</summary>
        /// <param name="data">Where they are.</param>
        /// <param name="offset">First byte.</param>
        /// <param name="count">Number of bytes.</param>
        public void Decrypt(byte[] data, int offset, int count)
        {
            Hash(data, offset, count);
            _messageBytes += count;
            _stream.Apply(data, offset, count);
        }

        /// <summary>Ends the message and checks its tag.</summary>
        /// <param name="tag">Where the tag is, <see cref="TagBytes"/> bytes.</param>
        /// <param name="offset">Its first byte.</param>
        /// <returns><see cref="ResultCode.Ok"/> or <see cref="ResultCode.DecryptionFailed"/>.</returns>
        public ResultCode Finish(byte[] tag, int offset)
        {
            HashLengths(_associatedBytes, _messageBytes);
            byte[] mask = new byte[TagBytes];
            Array.Copy(_first, 0, mask, 0, TagBytes);
            _cipher.Encrypt(mask);
            for (int i = 0; i < TagBytes; i++)
            {
                mask[i] ^= _hash[i];
            }

            return ConstantTime.AreEqual(mask, 0, tag, offset, TagBytes) ? ResultCode.Ok : ResultCode.DecryptionFailed;
        }

        private void Hash(byte[] data, int offset, int count)
        {
            byte[] hash = _hash;
            int pending = _pending;
            int end = offset + count;
            while (offset < end)
            {
                hash[pending++] ^= data[offset++];
                if (pending == AesCipher.BlockBytes)
                {
                    MultiplyHash();
                    pending = 0;
                }
            }

            _pending = pending;
        }

        private void Pad()
        {
            if (_pending != 0)
            {
                MultiplyHash();
                _pending = 0;
            }
        }

        private void HashLengths(long firstBytes, long secondBytes)
        {
            Pad();
            byte[] lengths = new byte[AesCipher.BlockBytes];
            WriteLong((ulong)firstBytes << 3, lengths, 0);
            WriteLong((ulong)secondBytes << 3, lengths, 8);
            Hash(lengths, 0, lengths.Length);
        }

        /// <summary>Entry i is the hash key times i, where the highest of the four bits is the polynomial 1.</summary>
        private void MakeTable(ulong upper, ulong lower)
        {
            for (int entry = 8; entry > 0; entry >>= 1)
            {
                _upper[entry] = upper;
                _lower[entry] = lower;
                ulong carry = lower & 1;
                lower = (lower >> 1) | (upper << 63);
                upper = (upper >> 1) ^ (carry * 0xE100000000000000);
            }

            for (int entry = 3; entry < 16; entry++)
            {
                // The lowest bit that is set, and the rest: both stand in the table already.
                int bit = entry & -entry;
                _upper[entry] = _upper[bit] ^ _upper[entry ^ bit];
                _lower[entry] = _lower[bit] ^ _lower[entry ^ bit];
            }
        }

        private void MultiplyHash()
        {
            byte[] hash = _hash;
            ulong[] uppers = _upper, lowers = _lower;
            ulong upper = 0, lower = 0;
            for (int step = 2 * AesCipher.BlockBytes - 1; step >= 0; step--)
            {
                // Times x^4: the four bits that leave come back by the polynomial.
                int leaving = (int)lower & 15;
                lower = (lower >> 4) | (upper << 60);
                upper = (upper >> 4)
                    ^ ((ulong)(((leaving & 1) * 0x1C2) ^ ((leaving & 2) * 0x1C2) ^ ((leaving & 4) * 0x1C2) ^ ((leaving & 8) * 0x1C2)) << 52);
                int entry = (step & 1) != 0 ? hash[step >> 1] & 15 : hash[step >> 1] >> 4;
                upper ^= uppers[entry];
                lower ^= lowers[entry];
            }

            WriteLong(upper, hash, 0);
            WriteLong(lower, hash, 8);
        }

        private static ulong ReadLong(byte[] bytes, int offset)
        {
            ulong value = 0;
            for (int i = 0; i < 8; i++)
            {
                value = (value << 8) | bytes[offset + i];
            }

            return value;
        }

        private static void WriteLong(ulong value, byte[] bytes, int offset)
        {
            for (int i = 7; i >= 0; i--)
            {
                bytes[offset + i] = (byte)value;
                value >>= 8;
            }
        }
    }
}
