// Arithmetic of EcdsaP256: numbers of nine limbs of 29 bits in 64-bit words, the upper limb signed.
// A product of limbs needs no carry until a column is complete, and on an interpreter a 64-bit operation costs what
// a 32-bit one does. p = 2^256 - 2^224 + 2^192 + 2^96 - 1 is -1 modulo 2^96, so that the Montgomery factor of a
// column is the column itself, and its multiples of p are shifts.
// Invariants: a carried number has limbs 0..7 in 0..2^29-1. Multiply takes one carried factor and one whose limbs
// stay within +-3 * 2^29 (a column then stays within 63 bits), or two within +-2^29 and +-2^30. Its result lies
// between -p and 2p as long as the product of the factors stays within 32 p^2: EcdsaP256.Point.cs keeps the sums.

using System;

namespace NanoBoot.Bootloader.Cose
{
    public sealed partial class EcdsaP256
    {
        private const int Limbs = 9;
        private const int LimbBits = 29;
        private const long LimbMask = (1 << LimbBits) - 1;

        // 26 * 29 division steps are more than the 744 that numbers of 257 bits need.
        private const int DivisionBatches = 26;

        /// <summary>result = left * right / 2^261 mod p; with an addend, times factor, plus addendFactor * addend.</summary>
        private static void Multiply(
            long[] result, long[] left, long[] right, int factor, int addendFactor, long[] addend)
        {
            long t, mask = LimbMask;
            long a0 = left[0], a1 = left[1], a2 = left[2], a3 = left[3], a4 = left[4];
            long a5 = left[5], a6 = left[6], a7 = left[7], a8 = left[8];
            long b0 = right[0], b1 = right[1], b2 = right[2], b3 = right[3], b4 = right[4];
            long b5 = right[5], b6 = right[6], b7 = right[7], b8 = right[8];
            long q0, q1, q2, q3, q4, q5, q6, q7, q8;

            q0 = (t = a0 * b0) & mask;
            q1 = (t = (t >> 29) + a0 * b1 + a1 * b0) & mask;
            q2 = (t = (t >> 29) + a0 * b2 + a1 * b1 + a2 * b0) & mask;
            q3 = (t = (t >> 29) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (q0 << 9)) & mask;
            q4 = (t = (t >> 29) + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (q1 << 9)) & mask;
            q5 = (t = (t >> 29) + a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (q2 << 9)) & mask;
            q6 = (t = (t >> 29) + a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (q3 << 9)
                + (q0 << 18)) & mask;
            q7 = (t = (t >> 29) + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0
                + (q4 << 9) + (q1 << 18) - (q0 << 21)) & mask;
            q8 = (t = (t >> 29) + a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1
                + a8 * b0 + (q5 << 9) + (q2 << 18) - (q1 << 21) + (q0 << 24)) & mask;
            q0 = (t = (t >> 29) + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1
                + (q6 << 9) + (q3 << 18) - (q2 << 21) + (q1 << 24)) & mask;
            q1 = (t = (t >> 29) + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (q7 << 9)
                + (q4 << 18) - (q3 << 21) + (q2 << 24)) & mask;
            q2 = (t = (t >> 29) + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (q8 << 9)
                + (q5 << 18) - (q4 << 21) + (q3 << 24)) & mask;
            q3 = (t = (t >> 29) + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (q6 << 18) - (q5 << 21)
                + (q4 << 24)) & mask;
            q4 = (t = (t >> 29) + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (q7 << 18) - (q6 << 21)
                + (q5 << 24)) & mask;
            q5 = (t = (t >> 29) + a6 * b8 + a7 * b7 + a8 * b6 + (q8 << 18) - (q7 << 21) + (q6 << 24)) & mask;
            q6 = (t = (t >> 29) + a7 * b8 + a8 * b7 - (q8 << 21) + (q7 << 24)) & mask;
            q7 = (t = (t >> 29) + a8 * b8 + (q8 << 24)) & mask;
            q8 = (t >> 29);


            if (addend != null)
            {
                a0 = factor;
                a1 = addendFactor;
                q0 = (t = a0 * q0 + a1 * addend[0]) & mask;
                q1 = (t = (t >> 29) + a0 * q1 + a1 * addend[1]) & mask;
                q2 = (t = (t >> 29) + a0 * q2 + a1 * addend[2]) & mask;
                q3 = (t = (t >> 29) + a0 * q3 + a1 * addend[3]) & mask;
                q4 = (t = (t >> 29) + a0 * q4 + a1 * addend[4]) & mask;
                q5 = (t = (t >> 29) + a0 * q5 + a1 * addend[5]) & mask;
                q6 = (t = (t >> 29) + a0 * q6 + a1 * addend[6]) & mask;
                q7 = (t = (t >> 29) + a0 * q7 + a1 * addend[7]) & mask;
                q8 = (t >> 29) + a0 * q8 + a1 * addend[8];
            }

            result[0] = q0;
            result[1] = q1;
            result[2] = q2;
            result[3] = q3;
            result[4] = q4;
            result[5] = q5;
            result[6] = q6;
            result[7] = q7;
            result[8] = q8;
        }

        /// <summary>result = left + factor * right, without carrying.</summary>
        private static void Add(long[] result, long[] left, int factor, long[] right)
        {
            long f = factor;
            result[0] = left[0] + f * right[0];
            result[1] = left[1] + f * right[1];
            result[2] = left[2] + f * right[2];
            result[3] = left[3] + f * right[3];
            result[4] = left[4] + f * right[4];
            result[5] = left[5] + f * right[5];
            result[6] = left[6] + f * right[6];
            result[7] = left[7] + f * right[7];
            result[8] = left[8] + f * right[8];
        }

        /// <summary>Whether a product is zero: a result of Multiply is 0 or p then.</summary>
        private bool IsZero(long[] value)
        {
            long[] modulus = _numbers[Prime];
            long zero = 0;
            long prime = 0;
            for (int i = 0; i < Limbs; i++)
            {
                zero |= value[i];
                prime |= value[i] ^ modulus[i];
            }

            return zero == 0 || prime == 0;
        }

        /// <summary>Whether left is less than right.</summary>
        private static bool IsLess(long[] left, long[] right)
        {
            long borrow = 0;
            for (int i = 0; i < Limbs; i++)
            {
                borrow = (borrow + left[i] - right[i]) >> LimbBits;
            }

            return borrow < 0;
        }

        /// <summary>
        /// In place (a, b) = (u a + v b, q a + r b) / 2^29 mod m, where negativeInverse = -1/m mod 2^29.
        /// </summary>
        private static void Combine(
            long[] a, long[] b, long u, long v, long q, long r, long[] modulus, long negativeInverse)
        {
            long mask = LimbMask;
            long upper = u * a[0] + v * b[0];
            long lower = q * a[0] + r * b[0];
            long upperFactor = (upper * negativeInverse) & mask;
            long lowerFactor = (lower * negativeInverse) & mask;
            upper = (upper + upperFactor * modulus[0]) >> LimbBits;
            lower = (lower + lowerFactor * modulus[0]) >> LimbBits;
            for (int i = 1; i < Limbs; i++)
            {
                long x = a[i];
                long y = b[i];
                long m = modulus[i];
                upper += u * x + v * y + upperFactor * m;
                lower += q * x + r * y + lowerFactor * m;
                a[i - 1] = upper & mask;
                b[i - 1] = lower & mask;
                upper >>= LimbBits;
                lower >>= LimbBits;
            }

            a[Limbs - 1] = upper;
            b[Limbs - 1] = lower;
        }

        /// <summary>
        /// scale / value mod m, by division steps (Bernstein and Yang) on the lowest limbs, 29 at a time.
        /// Destroys value; the result lies within 27 m and stands in scale's place.
        /// </summary>
        private static void Invert(long[] value, long[] scale, long[] modulus, long negativeInverse)
        {
            long[] f = new long[Limbs];
            long[] d = new long[Limbs];
            Array.Copy(modulus, 0, f, 0, Limbs);
            int delta = 1;
            for (int batch = 0; batch < DivisionBatches; batch++)
            {
                long u = 1, v = 0, q = 0, r = 1, x = f[0], y = value[0];
                for (int step = 0; step < LimbBits; step++)
                {
                    if ((y & 1) != 0)
                    {
                        if (delta > 0)
                        {
                            delta = -delta;
                            long old = x;
                            x = y;
                            y = -old;
                            old = u;
                            u = q;
                            q = -old;
                            old = v;
                            v = r;
                            r = -old;
                        }

                        y += x;
                        q += u;
                        r += v;
                    }

                    delta++;
                    y >>= 1;
                    u <<= 1;
                    v <<= 1;
                }

                Combine(f, value, u, v, q, r, modulus, negativeInverse);
                Combine(d, scale, u, v, q, r, modulus, negativeInverse);
            }

            // f is 1 or -1 now, and d is its sign times scale / value.
            Add(scale, d, f[Limbs - 1] < 0 ? -2 : 0, d);
        }
    }
}
