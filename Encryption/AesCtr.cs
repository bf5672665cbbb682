// AES in counter mode (SP 800-38A; RFC 9459 for COSE): the counter block is 16 bytes and counts blocks.
// Encryption and decryption are the same, and any offset can be sought: an interrupted download goes on where it was.
// It says nothing about who made the data: what it decrypts is checked by digest before it is used.

using System;

namespace NanoBoot.Encryption
{
    /// <summary>One stream under one key and counter block. Not safe for use by several threads at once.</summary>
    public sealed class AesCtr
    {
        /// <summary>Length of the initial counter block in bytes.</summary>
        public const int InitialBytes = AesCipher.BlockBytes;

        // Blocks that are encrypted at a time: a native call takes an array.
        private const int BufferBytes = 16 * AesCipher.BlockBytes;

        private readonly AesCipher _cipher;
        private readonly byte[] _initial;
        private readonly int _counterBytes;
        private readonly byte[] _stream = new byte[BufferBytes];
        private long _position;
        private int _used;

        /// <summary>Begins a stream at its first byte.</summary>
        /// <param name="cipher">The key.</param>
        /// <param name="initial">The counter block of the first block, <see cref="InitialBytes"/> bytes; kept, not copied.</param>
        /// <param name="counterBytes">How many of its last bytes count: 16, or 4 in GCM.</param>
        public AesCtr(AesCipher cipher, byte[] initial, int counterBytes = InitialBytes)
        {
            _cipher = cipher;
            _initial = initial;
            _counterBytes = counterBytes;
            Seek(0);
        }

        /// <summary>Continues at an offset of the stream.</summary>
        /// <param name="offsetBytes">The offset, from 0.</param>
        public void Seek(long offsetBytes)
        {
            _used = (int)offsetBytes & (AesCipher.BlockBytes - 1);
            _position = offsetBytes - _used;
            Fill();
        }

        /// <summary>Encrypts or decrypts the next bytes of the stream in place.</summary>
        /// <param name="data">Where they are.</param>
        /// <param name="offset">First byte.</param>
        /// <param name="count">Number of bytes.</param>
        public void Apply(byte[] data, int offset, int count)
        {
            byte[] stream = _stream;
            int used = _used;
            int end = offset + count;
            while (offset < end)
            {
                if (used == BufferBytes)
                {
                    Fill();
                    used = 0;
                }

                int stop = end - offset < BufferBytes - used ? end : offset + BufferBytes - used;
                while (offset < stop)
                {
                    data[offset++] ^= stream[used++];
                }
            }

            _used = used;
        }

        /// <summary>Makes the stream's next bytes, from _position on, which is a multiple of a block.</summary>
        private void Fill()
        {
            byte[] stream = _stream;
            long block = _position / AesCipher.BlockBytes;
            for (int offset = 0; offset < BufferBytes; offset += AesCipher.BlockBytes)
            {
                Array.Copy(_initial, 0, stream, offset, InitialBytes);
                long carry = block++;
                for (int i = offset + InitialBytes - 1; carry != 0 && i >= offset + InitialBytes - _counterBytes; i--)
                {
                    carry += stream[i];
                    stream[i] = (byte)carry;
                    carry >>= 8;
                }
            }

            _position += BufferBytes;
            _cipher.Encrypt(stream);
        }
    }
}
