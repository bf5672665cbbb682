// AES (FIPS 197) with keys of 128, 192 and 256 bits, one block after the other: what the modes are made of.
// Encryption is by one table of doubled words, made at construction: a word kept twice in 64 bits rotates by one shift,
// and a table that is computed costs no room in the image. Decryption serves key unwrapping only: byte by byte.
// Not constant in time where it is managed: the table's lines are those of a device without a cache that others share.

using System;

namespace NanoBoot.Encryption
{
    /// <summary>One AES key. Not safe for use by several threads at once.</summary>
    public sealed class AesCipher
    {
        /// <summary>Length of a block in bytes.</summary>
        public const int BlockBytes = 16;

        private const int Polynomial = 0x11B;
        private const ulong Twice = 0x100000001;
        private const ulong Low = 0xFFFFFFFF;

        private readonly byte[] _key;
        private readonly byte[] _substitution = new byte[256];
        private readonly ulong[] _table = new ulong[256];
        private readonly ulong[] _roundKeys;
        private readonly int _rounds;

        /// <summary>Expands a key.</summary>
        /// <param name="key">16, 24 or 32 bytes; see <see cref="IsKey"/>. It is kept, not copied.</param>
        public AesCipher(byte[] key)
        {
            _key = key;
            MakeTables();
            int keyWords = key.Length / 4;
            _rounds = keyWords + 6;
            ulong[] words = new ulong[4 * (_rounds + 1)];
            uint constant = 1;
            for (int i = 0; i < words.Length; i++)
            {
                if (i < keyWords)
                {
                    words[i] = ReadWord(key, 4 * i);
                    continue;
                }

                ulong word = words[i - 1];
                if (i % keyWords == 0)
                {
                    // Rotated by a byte: the upper byte of the doubled word's shift comes from its other half.
                    word = Substitute((word * Twice) >> 24) ^ (constant << 24);
                    constant = (uint)MultiplyByX((int)constant);
                }
                else if (keyWords == 8 && i % keyWords == 4)
                {
                    word = Substitute(word);
                }

                words[i] = words[i - keyWords] ^ word;
            }

            _roundKeys = words;
        }

        /// <summary>Whether an array has the length of a key.</summary>
        public static bool IsKey(byte[] key)
        {
            return key != null && (key.Length == 16 || key.Length == 24 || key.Length == 32);
        }

        /// <summary>Encrypts a whole array in place.</summary>
        /// <param name="blocks">A multiple of <see cref="BlockBytes"/>.</param>
        public void Encrypt(byte[] blocks)
        {
            if (!AesEngine.TryEncrypt(_key, blocks))
            {
                for (int offset = 0; offset < blocks.Length; offset += BlockBytes)
                {
                    EncryptBlock(blocks, offset);
                }
            }
        }

        private void EncryptBlock(byte[] block, int offset)
        {
            ulong[] keys = _roundKeys;
            ulong[] table = _table;
            ulong low = Low;
            ulong a = ReadWord(block, offset) ^ keys[0], b = ReadWord(block, offset + 4) ^ keys[1];
            ulong c = ReadWord(block, offset + 8) ^ keys[2], d = ReadWord(block, offset + 12) ^ keys[3];
            int last = 4 * _rounds;
            int k = 4;
            for (; k < last; k += 4)
            {
                ulong e = (table[(int)(a >> 24)] ^ (table[(int)(b >> 16) & 255] >> 8)
                    ^ (table[(int)(c >> 8) & 255] >> 16) ^ (table[(int)d & 255] >> 24) ^ keys[k]) & low;
                ulong f = (table[(int)(b >> 24)] ^ (table[(int)(c >> 16) & 255] >> 8)
                    ^ (table[(int)(d >> 8) & 255] >> 16) ^ (table[(int)a & 255] >> 24) ^ keys[k + 1]) & low;
                ulong g = (table[(int)(c >> 24)] ^ (table[(int)(d >> 16) & 255] >> 8)
                    ^ (table[(int)(a >> 8) & 255] >> 16) ^ (table[(int)b & 255] >> 24) ^ keys[k + 2]) & low;
                d = (table[(int)(d >> 24)] ^ (table[(int)(a >> 16) & 255] >> 8)
                    ^ (table[(int)(b >> 8) & 255] >> 16) ^ (table[(int)c & 255] >> 24) ^ keys[k + 3]) & low;
                a = e;
                b = f;
                c = g;
            }

            WriteLast(block, offset, a, b, c, d, keys[k]);
            WriteLast(block, offset + 4, b, c, d, a, keys[k + 1]);
            WriteLast(block, offset + 8, c, d, a, b, keys[k + 2]);
            WriteLast(block, offset + 12, d, a, b, c, keys[k + 3]);
        }

        private void WriteLast(byte[] block, int offset, ulong a, ulong b, ulong c, ulong d, ulong key)
        {
            byte[] substitution = _substitution;
            block[offset] = (byte)(substitution[(int)(a >> 24)] ^ (int)(key >> 24));
            block[offset + 1] = (byte)(substitution[(int)(b >> 16) & 255] ^ (int)(key >> 16));
            block[offset + 2] = (byte)(substitution[(int)(c >> 8) & 255] ^ (int)(key >> 8));
            block[offset + 3] = (byte)(substitution[(int)d & 255] ^ (int)key);
        }

        /// <summary>Decrypts one block in place.</summary>
        /// <param name="block">Where it is, from the first byte of the array.</param>
        public void DecryptBlock(byte[] block)
        {
            byte[] inverse = new byte[256];
            for (int i = 0; i < inverse.Length; i++)
            {
                inverse[_substitution[i]] = (byte)i;
            }

            byte[] shifted = new byte[BlockBytes];
            for (int round = _rounds; round >= 0; round--)
            {
                for (int i = 0; i < BlockBytes; i++)
                {
                    block[i] ^= (byte)(_roundKeys[4 * round + i / 4] >> (24 - 8 * (i & 3)));
                }

                if (round < _rounds && round > 0)
                {
                    UnmixColumns(block);
                }

                if (round > 0)
                {
                    // Row r moves r columns to the right.
                    for (int i = 0; i < BlockBytes; i++)
                    {
                        shifted[(i + 4 * (i & 3)) % BlockBytes] = inverse[block[i]];
                    }

                    Array.Copy(shifted, 0, block, 0, BlockBytes);
                }
            }
        }

        private static void UnmixColumns(byte[] block)
        {
            for (int column = 0; column < BlockBytes; column += 4)
            {
                // (14, 11, 13, 9) is (2, 3, 1, 1) times (5, 0, 4, 0): first the latter, then as encryption does.
                int even = MultiplyByX(MultiplyByX(block[column] ^ block[column + 2]));
                int odd = MultiplyByX(MultiplyByX(block[column + 1] ^ block[column + 3]));
                int a = block[column] ^ even, b = block[column + 1] ^ odd;
                int c = block[column + 2] ^ even, d = block[column + 3] ^ odd;
                int all = a ^ b ^ c ^ d;
                block[column] = (byte)(a ^ all ^ MultiplyByX(a ^ b));
                block[column + 1] = (byte)(b ^ all ^ MultiplyByX(b ^ c));
                block[column + 2] = (byte)(c ^ all ^ MultiplyByX(c ^ d));
                block[column + 3] = (byte)(d ^ all ^ MultiplyByX(d ^ a));
            }
        }

        private void MakeTables()
        {
            // All powers of 3, and of its inverse beside them.
            int power = 1;
            int inverse = 1;
            _substitution[0] = 0x63;
            for (int i = 0; i < 255; i++)
            {
                power ^= MultiplyByX(power);
                inverse ^= inverse << 1;
                inverse ^= inverse << 2;
                inverse ^= inverse << 4;
                inverse &= 255;
                if ((inverse & 0x80) != 0)
                {
                    inverse ^= 0x09;
                }

                int spread = inverse * 0x101;
                _substitution[power] = (byte)(0x63 ^ spread ^ (spread >> 4) ^ (spread >> 5) ^ (spread >> 6) ^ (spread >> 7));
            }

            for (int i = 0; i < 256; i++)
            {
                int value = _substitution[i];
                int doubled = MultiplyByX(value);
                _table[i] = (uint)((doubled << 24) | (value << 16) | (value << 8) | (doubled ^ value)) * Twice;
            }
        }

        private static int MultiplyByX(int value)
        {
            value <<= 1;
            return value > 255 ? value ^ Polynomial : value;
        }

        private ulong Substitute(ulong word)
        {
            byte[] substitution = _substitution;
            return ((ulong)substitution[(int)(word >> 24) & 255] << 24) | ((ulong)substitution[(int)(word >> 16) & 255] << 16)
                | ((ulong)substitution[(int)(word >> 8) & 255] << 8) | substitution[(int)word & 255];
        }

        private static ulong ReadWord(byte[] bytes, int offset)
        {
            return ((ulong)bytes[offset] << 24) | ((ulong)bytes[offset + 1] << 16)
                | ((ulong)bytes[offset + 2] << 8) | bytes[offset + 3];
        }
    }
}
