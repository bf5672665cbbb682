// SHA-256 (FIPS 180-4), written for an interpreter where an instruction costs the same whatever its width.
// Each 32-bit word is kept twice in one 64-bit local (x * 0x1_0000_0001), so that a rotation is one shift;
// only the low half of a sum is meaningful, and it is doubled again when it becomes a word.
// The eight working variables change roles instead of values, eight rounds to an iteration, and the message
// schedule lives in sixteen locals whose halves change places: arrays cost five times as much as locals.
// Invariant: _pending holds as many bytes as the length so far has modulo 64.

using System;

namespace NanoBoot.Hal.Crypto
{
    /// <summary>
    /// Incremental SHA-256. Not safe for use by several threads at once; allocates only when constructed.
    /// </summary>
    public sealed class Sha256
    {
        /// <summary>Length of a digest in bytes.</summary>
        public const int DigestBytes = 32;

        /// <summary>Length of a block in bytes.</summary>
        public const int BlockBytes = 64;

        /// <summary>Words of the state.</summary>
        public const int StateWords = 8;

        /// <summary>Words of a block.</summary>
        public const int BlockWords = 16;

        private const int LengthOffset = BlockBytes - 8;

        // One array costs less flash than two: the initial state, then the round constants.
        private const int FirstRound = StateWords;
        private const int EndOfRounds = FirstRound + 64;

        private static readonly uint[] Constants =
        {
            0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
            0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
            0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
            0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
            0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
            0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
            0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
            0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
            0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
        };

        private readonly uint[] _state = new uint[StateWords];
        private readonly uint[] _block = new uint[BlockWords];
        private readonly byte[] _pending = new byte[BlockBytes];
        private long _lengthBytes;

        /// <summary>Creates a hash over nothing yet.</summary>
        public Sha256()
        {
            Reset();
        }

        /// <summary>Forgets all input; the next byte is the first one.</summary>
        public void Reset()
        {
            Array.Copy(Constants, 0, _state, 0, StateWords);
            _lengthBytes = 0;
        }

        /// <summary>Appends bytes to the input.</summary>
        /// <param name="data">Where they are.</param>
        /// <param name="offset">First byte, from 0.</param>
        /// <param name="count">Number of bytes, from 0. A range outside of the array throws, as array accesses do.</param>
        public void Update(byte[] data, int offset, int count)
        {
            while (count > 0)
            {
                int used = (int)_lengthBytes & (BlockBytes - 1);
                int part = BlockBytes - used;
                if (part > count)
                {
                    part = count;
                }

                if (part == BlockBytes)
                {
                    CompressBytes(data, offset);
                }
                else
                {
                    Array.Copy(data, offset, _pending, used, part);
                    if (used + part == BlockBytes)
                    {
                        CompressBytes(_pending, 0);
                    }
                }

                _lengthBytes += part;
                offset += part;
                count -= part;
            }
        }

        /// <summary>Writes the digest of all input since the last reset, and resets.</summary>
        /// <param name="digest">Receives <see cref="DigestBytes"/> bytes.</param>
        /// <param name="offset">Where in <paramref name="digest"/>.</param>
        public void Finish(byte[] digest, int offset)
        {
            byte[] pending = _pending;
            int used = (int)_lengthBytes & (BlockBytes - 1);
            pending[used++] = 0x80;
            Array.Clear(pending, used, BlockBytes - used);
            if (used > LengthOffset)
            {
                CompressBytes(pending, 0);
                Array.Clear(pending, 0, BlockBytes);
            }

            long bits = _lengthBytes << 3;
            for (int i = BlockBytes - 1; i >= LengthOffset; i--)
            {
                pending[i] = (byte)bits;
                bits >>= 8;
            }

            CompressBytes(pending, 0);
            WordsToBytes(_state, StateWords, digest, offset);
            Reset();
        }

        /// <summary>Writes words as big-endian bytes.</summary>
        /// <param name="words">The words.</param>
        /// <param name="wordCount">How many of them, from the first.</param>
        /// <param name="bytes">Receives four bytes for each.</param>
        /// <param name="offset">Where in <paramref name="bytes"/>.</param>
        public static void WordsToBytes(uint[] words, int wordCount, byte[] bytes, int offset)
        {
            for (int i = 0; i < wordCount; i++)
            {
                uint word = words[i];
                bytes[offset] = (byte)(word >> 24);
                bytes[offset + 1] = (byte)(word >> 16);
                bytes[offset + 2] = (byte)(word >> 8);
                bytes[offset + 3] = (byte)word;
                offset += 4;
            }
        }

        /// <summary>Reads big-endian words.</summary>
        /// <param name="bytes">The bytes.</param>
        /// <param name="offset">The first of them.</param>
        /// <param name="words">Receives the words.</param>
        /// <param name="wordCount">How many words.</param>
        public static void BytesToWords(byte[] bytes, int offset, uint[] words, int wordCount)
        {
            for (int i = 0; i < wordCount; i++)
            {
                words[i] = ((uint)bytes[offset] << 24) | ((uint)bytes[offset + 1] << 16)
                    | ((uint)bytes[offset + 2] << 8) | bytes[offset + 3];
                offset += 4;
            }
        }

        /// <summary>
        /// The compression function on words: what hash chains of one block each are made of.
        /// </summary>
        /// <param name="initial">The chaining value of <see cref="StateWords"/> words; null for that of an empty hash.</param>
        /// <param name="block">The <see cref="BlockWords"/> words of the block, not changed.</param>
        /// <param name="result">Receives the new chaining value; may be <paramref name="initial"/>.</param>
        public static void Compress(uint[] initial, uint[] block, uint[] result)
        {
            // The first four locals have the shortest instructions: those that are used most.
            ulong low = 0xFFFFFFFF;
            ulong twice = low + 2;
            if (initial == null)
            {
                initial = Constants;
            }

            ulong a = initial[0] * twice, b = initial[1] * twice, c = initial[2] * twice, d = initial[3] * twice;
            ulong e = initial[4] * twice, f = initial[5] * twice, g = initial[6] * twice, h = initial[7] * twice;

            uint[] k = Constants;
            ulong w0 = block[0] * twice, w1 = block[1] * twice, w2 = block[2] * twice, w3 = block[3] * twice;
            ulong w4 = block[4] * twice, w5 = block[5] * twice, w6 = block[6] * twice, w7 = block[7] * twice;
            ulong w8 = block[8] * twice, w9 = block[9] * twice, w10 = block[10] * twice, w11 = block[11] * twice;
            ulong w12 = block[12] * twice, w13 = block[13] * twice, w14 = block[14] * twice, w15 = block[15] * twice;

            int t = FirstRound;
            while (true)
            {
                h += ((e ^ (e >> 5) ^ (e >> 19)) >> 6) + (g ^ (e & (f ^ g))) + k[t] + w0;
                d = ((d + h) & low) * twice;
                h = ((h + ((a >> 2) ^ (a >> 13) ^ (a >> 22)) + ((a & b) | (c & (a | b)))) & low) * twice;
                g += ((d ^ (d >> 5) ^ (d >> 19)) >> 6) + (f ^ (d & (e ^ f))) + k[t + 1] + w1;
                c = ((c + g) & low) * twice;
                g = ((g + ((h >> 2) ^ (h >> 13) ^ (h >> 22)) + ((h & a) | (b & (h | a)))) & low) * twice;
                f += ((c ^ (c >> 5) ^ (c >> 19)) >> 6) + (e ^ (c & (d ^ e))) + k[t + 2] + w2;
                b = ((b + f) & low) * twice;
                f = ((f + ((g >> 2) ^ (g >> 13) ^ (g >> 22)) + ((g & h) | (a & (g | h)))) & low) * twice;
                e += ((b ^ (b >> 5) ^ (b >> 19)) >> 6) + (d ^ (b & (c ^ d))) + k[t + 3] + w3;
                a = ((a + e) & low) * twice;
                e = ((e + ((f >> 2) ^ (f >> 13) ^ (f >> 22)) + ((f & g) | (h & (f | g)))) & low) * twice;
                d += ((a ^ (a >> 5) ^ (a >> 19)) >> 6) + (c ^ (a & (b ^ c))) + k[t + 4] + w4;
                h = ((h + d) & low) * twice;
                d = ((d + ((e >> 2) ^ (e >> 13) ^ (e >> 22)) + ((e & f) | (g & (e | f)))) & low) * twice;
                c += ((h ^ (h >> 5) ^ (h >> 19)) >> 6) + (b ^ (h & (a ^ b))) + k[t + 5] + w5;
                g = ((g + c) & low) * twice;
                c = ((c + ((d >> 2) ^ (d >> 13) ^ (d >> 22)) + ((d & e) | (f & (d | e)))) & low) * twice;
                b += ((g ^ (g >> 5) ^ (g >> 19)) >> 6) + (a ^ (g & (h ^ a))) + k[t + 6] + w6;
                f = ((f + b) & low) * twice;
                b = ((b + ((c >> 2) ^ (c >> 13) ^ (c >> 22)) + ((c & d) | (e & (c | d)))) & low) * twice;
                a += ((f ^ (f >> 5) ^ (f >> 19)) >> 6) + (h ^ (f & (g ^ h))) + k[t + 7] + w7;
                e = ((e + a) & low) * twice;
                a = ((a + ((b >> 2) ^ (b >> 13) ^ (b >> 22)) + ((b & c) | (d & (b | c)))) & low) * twice;

                t += 8;
                if (t == EndOfRounds)
                {
                    break;
                }

                if (t < EndOfRounds - 8)
                {
                    w0 = ((w0 + ((w1 >> 7) ^ (w1 >> 18) ^ (w1 >> 35)) + w9 + (((w14 ^ (w14 >> 2)) >> 17) ^ (w14 >> 42))) & low) * twice;
                    w1 = ((w1 + ((w2 >> 7) ^ (w2 >> 18) ^ (w2 >> 35)) + w10 + (((w15 ^ (w15 >> 2)) >> 17) ^ (w15 >> 42))) & low) * twice;
                    w2 = ((w2 + ((w3 >> 7) ^ (w3 >> 18) ^ (w3 >> 35)) + w11 + (((w0 ^ (w0 >> 2)) >> 17) ^ (w0 >> 42))) & low) * twice;
                    w3 = ((w3 + ((w4 >> 7) ^ (w4 >> 18) ^ (w4 >> 35)) + w12 + (((w1 ^ (w1 >> 2)) >> 17) ^ (w1 >> 42))) & low) * twice;
                    w4 = ((w4 + ((w5 >> 7) ^ (w5 >> 18) ^ (w5 >> 35)) + w13 + (((w2 ^ (w2 >> 2)) >> 17) ^ (w2 >> 42))) & low) * twice;
                    w5 = ((w5 + ((w6 >> 7) ^ (w6 >> 18) ^ (w6 >> 35)) + w14 + (((w3 ^ (w3 >> 2)) >> 17) ^ (w3 >> 42))) & low) * twice;
                    w6 = ((w6 + ((w7 >> 7) ^ (w7 >> 18) ^ (w7 >> 35)) + w15 + (((w4 ^ (w4 >> 2)) >> 17) ^ (w4 >> 42))) & low) * twice;
                    w7 = ((w7 + ((w8 >> 7) ^ (w8 >> 18) ^ (w8 >> 35)) + w0 + (((w5 ^ (w5 >> 2)) >> 17) ^ (w5 >> 42))) & low) * twice;
                }

                ulong swap = w0; w0 = w8; w8 = swap;
                swap = w1; w1 = w9; w9 = swap;
                swap = w2; w2 = w10; w10 = swap;
                swap = w3; w3 = w11; w11 = swap;
                swap = w4; w4 = w12; w12 = swap;
                swap = w5; w5 = w13; w13 = swap;
                swap = w6; w6 = w14; w14 = swap;
                swap = w7; w7 = w15; w15 = swap;
            }

            result[0] = initial[0] + (uint)a;
            result[1] = initial[1] + (uint)b;
            result[2] = initial[2] + (uint)c;
            result[3] = initial[3] + (uint)d;
            result[4] = initial[4] + (uint)e;
            result[5] = initial[5] + (uint)f;
            result[6] = initial[6] + (uint)g;
            result[7] = initial[7] + (uint)h;
        }

        private void CompressBytes(byte[] bytes, int offset)
        {
            BytesToWords(bytes, offset, _block, BlockWords);
            Compress(_state, _block, _state);
        }
    }
}
