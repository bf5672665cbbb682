// ECDH over P-256 (SP 800-56A): the shared secret with a sender's ephemeral key, for ECDH-ES.
// The device's key is secret, so every key takes the same steps: a ladder over x and z alone (Brier and Joye), whose
// two points change places by index, not by branch. Simpler and slower than the verifier of signatures in stage 1, which
// has no secret; numbers are alike (nine limbs of 29 bits, Montgomery form).
// The sender's point is checked to be one of the curve: an invalid one would draw the key out bit by bit.

using System;
using NanoBoot.Hal;

namespace NanoBoot.Encryption
{
    /// <summary>Key agreement. Safe for use by several threads: all scratch belongs to the call.</summary>
    public sealed class EcdhP256
    {
        /// <summary>Length of a private key and of the secret in bytes.</summary>
        public const int NumberBytes = 32;

        /// <summary>Length of a public key in bytes: x, then y, both big-endian.</summary>
        public const int PublicKeyBytes = 2 * NumberBytes;

        private const int Limbs = 9;
        private const int LimbBits = 29;
        private const long LimbMask = (1 << LimbBits) - 1;
        private const int UpperLimbBits = 24;
        private const int ScalarBits = 256;

        // p, n, 2^522 mod p (brings a number into Montgomery form), the curve's b in Montgomery form.
        private static readonly uint[] Constants =
        {
            0x1fffffff, 0x1fffffff, 0x1fffffff, 0x000001ff, 0x00000000, 0x00000000, 0x00040000, 0x1fe00000, 0x00ffffff,
            0x1c632551, 0x1dce5617, 0x05e7a13c, 0x0df55b4e, 0x1ffffbce, 0x1fffffff, 0x0003ffff, 0x1fe00000, 0x00ffffff,
            0x00000c00, 0x00000000, 0x1fff0000, 0x1fdfffff, 0x1fbfffff, 0x1fffffff, 0x1fffffff, 0x1ffffffe, 0x00000013,
            0x1897bbfb, 0x1cdf6229, 0x018486c4, 0x01732821, 0x1dad59e0, 0x0abf7212, 0x1a06d110, 0x17721d20, 0x008600c3,
        };

        private readonly long[] _prime = Constant(0);
        private readonly long[] _order = Constant(1);
        private readonly long[] _square = Constant(2);
        private readonly long[] _curveB = Constant(3);
        private readonly long[] _one = new long[Limbs];
        private readonly long[][] _scratch = new long[5][];

        private EcdhP256()
        {
            _one[0] = 1;
            for (int i = 0; i < _scratch.Length; i++)
            {
                _scratch[i] = new long[Limbs];
            }
        }

        /// <summary>Computes the shared secret, the x coordinate.</summary>
        /// <param name="privateKey">This side's key, <see cref="NumberBytes"/> bytes, big-endian.</param>
        /// <param name="publicKey">The other side's key, <see cref="PublicKeyBytes"/> bytes.</param>
        /// <param name="secret">Receives <see cref="NumberBytes"/> bytes; unchanged after a failure.</param>
        /// <returns><see cref="ResultCode.Ok"/> or <see cref="ResultCode.KeyInvalid"/>.</returns>
        public static ResultCode DeriveSecret(byte[] privateKey, byte[] publicKey, byte[] secret)
        {
            if (privateKey.Length != NumberBytes || publicKey.Length != PublicKeyBytes)
            {
                return ResultCode.KeyInvalid;
            }

            EcdhP256 curve = new EcdhP256();
            long[] scalar = FromBytes(privateKey, 0);
            long[] x = FromBytes(publicKey, 0);
            if (IsZero(scalar) || !IsLess(scalar, curve._order) || !curve.TakePoint(x, FromBytes(publicKey, NumberBytes)))
            {
                return ResultCode.KeyInvalid;
            }

            // The same length for every scalar: bit 256 is set after the order was added once or twice.
            AddTo(scalar, curve._order);
            if (scalar[Limbs - 1] >> UpperLimbBits == 0)
            {
                AddTo(scalar, curve._order);
            }

            long[] z = new long[Limbs];
            curve.Ladder(scalar, x, z);
            curve.Invert(z);
            curve.Multiply(x, x, z);
            curve.Multiply(x, x, curve._one);
            curve.Reduce(x);
            if (IsZero(x))
            {
                // An abscissa of zero, or infinity: no honest sender's.
                return ResultCode.KeyInvalid;
            }

            ToBytes(x, secret);
            return ResultCode.Ok;
        }

        /// <summary>Checks a point, and brings its x into Montgomery form.</summary>
        private bool TakePoint(long[] x, long[] y)
        {
            if (!IsLess(x, _prime) || !IsLess(y, _prime))
            {
                return false;
            }

            // y^2 - (x^3 - 3x + b)
            long[] t0 = _scratch[0];
            Multiply(x, x, _square);
            Multiply(y, y, _square);
            Multiply(t0, x, x);
            Multiply(t0, t0, x);
            Combine(t0, t0, -3, x);
            Combine(t0, t0, 1, _curveB);
            Multiply(y, y, y);
            Combine(t0, y, -1, t0);
            Multiply(t0, t0, _square);
            Reduce(t0);
            return IsZero(t0);
        }

        /// <summary>The multiple of a point by a scalar with bit 256 set: x becomes its X, and z its Z.</summary>
        private void Ladder(long[] scalar, long[] x, long[] z)
        {
            long[][] xs = { new long[Limbs], new long[Limbs] };
            long[][] zs = { new long[Limbs], new long[Limbs] };
            Array.Copy(x, 0, xs[0], 0, Limbs);
            Multiply(zs[0], _one, _square);
            Double(xs[0], zs[0], xs[1], zs[1]);
            for (int i = ScalarBits - 1; i >= 0; i--)
            {
                int bit = (int)(scalar[i / LimbBits] >> (i % LimbBits)) & 1;
                AddPoints(xs[bit], zs[bit], xs[1 - bit], zs[1 - bit], x);
                Double(xs[bit], zs[bit], xs[bit], zs[bit]);
            }

            Array.Copy(xs[0], 0, x, 0, Limbs);
            Array.Copy(zs[0], 0, z, 0, Limbs);
        }

        /// <summary>The second point becomes the sum of both; x is that of their difference.</summary>
        private void AddPoints(long[] x1, long[] z1, long[] x2, long[] z2, long[] x)
        {
            long[] u = _scratch[0], v = _scratch[1], t = _scratch[2];
            Multiply(u, x1, z2);
            Multiply(v, x2, z1);
            Multiply(x2, x2, x1);
            Multiply(z2, z2, z1);
            Combine(x2, x2, 3, z2);
            Multiply(x2, x2, x2);
            Multiply(z2, z2, _curveB);
            Combine(t, u, 1, v);
            Multiply(t, t, z2);
            Combine(x2, x2, -4, t);
            Combine(t, u, -1, v);
            Multiply(t, t, t);
            Multiply(z2, t, x);
        }

        /// <summary>Twice the first point; it may be the second.</summary>
        private void Double(long[] x1, long[] z1, long[] x2, long[] z2)
        {
            long[] xx = _scratch[0], zz = _scratch[1], xz = _scratch[2], bzz = _scratch[3], t = _scratch[4];
            Multiply(xx, x1, x1);
            Multiply(zz, z1, z1);
            Multiply(xz, x1, z1);
            Multiply(bzz, zz, _curveB);
            Combine(t, xx, 3, zz);
            Multiply(x2, t, t);
            Multiply(t, bzz, xz);
            Combine(x2, x2, -8, t);
            Combine(t, xx, -3, zz);
            Multiply(t, t, xz);
            Multiply(z2, bzz, zz);
            Combine(z2, z2, 1, t);
            Combine(z2, z2, 3, z2);
        }

        /// <summary>To the power of p - 2.</summary>
        private void Invert(long[] value)
        {
            long[] power = _scratch[0];
            Array.Copy(value, 0, power, 0, Limbs);
            for (int i = ScalarBits - 2; i >= 0; i--)
            {
                // p - 2 has the bits of p, but for bit 1.
                Multiply(power, power, power);
                if (i != 1 && ((_prime[i / LimbBits] >> (i % LimbBits)) & 1) != 0)
                {
                    Multiply(power, power, value);
                }
            }

            Array.Copy(power, 0, value, 0, Limbs);
        }

        /// <summary>result = left * right / 2^261 mod p, between -p and 2p, with all limbs but the upper one carried.</summary>
        private void Multiply(long[] result, long[] left, long[] right)
        {
            long mask = LimbMask;
            long b0 = right[0], b1 = right[1], b2 = right[2], b3 = right[3], b4 = right[4];
            long b5 = right[5], b6 = right[6], b7 = right[7], b8 = right[8];
            long t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0, t5 = 0, t6 = 0, t7 = 0;
            for (int i = 0; i < Limbs; i++)
            {
                // p is -1 modulo 2^96, so that the lowest limb itself is the factor that clears it.
                long x = left[i];
                long lowest = t0 + x * b0;
                long q = lowest & mask;
                t0 = t1 + x * b1 + (lowest >> LimbBits);
                t1 = t2 + x * b2;
                t2 = t3 + x * b3 + (q << 9);
                t3 = t4 + x * b4;
                t4 = t5 + x * b5;
                t5 = t6 + x * b6 + (q << 18);
                t6 = t7 + x * b7 - (q << 21);
                t7 = x * b8 + (q << 24);
            }

            result[0] = t0 & mask;
            result[1] = (t1 += t0 >> LimbBits) & mask;
            result[2] = (t2 += t1 >> LimbBits) & mask;
            result[3] = (t3 += t2 >> LimbBits) & mask;
            result[4] = (t4 += t3 >> LimbBits) & mask;
            result[5] = (t5 += t4 >> LimbBits) & mask;
            result[6] = (t6 += t5 >> LimbBits) & mask;
            result[7] = (t7 += t6 >> LimbBits) & mask;
            result[8] = t7 >> LimbBits;
        }

        /// <summary>result = left + factor * right, carried, and brought near to the range of p.</summary>
        private static void Combine(long[] result, long[] left, int factor, long[] right)
        {
            long carry = 0;
            for (int i = 0; i < Limbs; i++)
            {
                carry += left[i] + factor * right[i];
                result[i] = carry & LimbMask;
                carry >>= LimbBits;
            }

            // 2^256 is 2^224 - 2^192 - 2^96 + 1; what is beyond it is less than 2^6.
            carry = (carry << (LimbBits - UpperLimbBits)) + (result[8] >> UpperLimbBits);
            result[8] &= (1 << UpperLimbBits) - 1;
            result[0] += carry;
            result[3] -= carry << 9;
            result[6] -= carry << 18;
            result[7] += carry << 21;
        }

        /// <summary>Brings a result of Multiply between 0 and p - 1.</summary>
        private void Reduce(long[] number)
        {
            if (number[Limbs - 1] < 0)
            {
                AddTo(number, _prime);
            }

            if (!IsLess(number, _prime))
            {
                long borrow = 0;
                for (int i = 0; i < Limbs; i++)
                {
                    borrow += number[i] - _prime[i];
                    number[i] = borrow & LimbMask;
                    borrow >>= LimbBits;
                }
            }
        }

        private static void AddTo(long[] number, long[] addend)
        {
            long carry = 0;
            for (int i = 0; i < Limbs; i++)
            {
                carry += number[i] + addend[i];
                number[i] = carry & LimbMask;
                carry >>= LimbBits;
            }
        }

        private static bool IsLess(long[] left, long[] right)
        {
            long borrow = 0;
            for (int i = 0; i < Limbs; i++)
            {
                borrow = (borrow + left[i] - right[i]) >> LimbBits;
            }

            return borrow < 0;
        }

        private static bool IsZero(long[] number)
        {
            long any = 0;
            for (int i = 0; i < Limbs; i++)
            {
                any |= number[i];
            }

            return any == 0;
        }

        private static long[] Constant(int index)
        {
            long[] number = new long[Limbs];
            for (int i = 0; i < Limbs; i++)
            {
                number[i] = Constants[index * Limbs + i];
            }

            return number;
        }

        private static long[] FromBytes(byte[] bytes, int offset)
        {
            long[] number = new long[Limbs];
            for (int i = 0; i < 8 * NumberBytes; i++)
            {
                long bit = (bytes[offset + NumberBytes - 1 - (i >> 3)] >> (i & 7)) & 1;
                number[i / LimbBits] |= bit << (i % LimbBits);
            }

            return number;
        }

        private static void ToBytes(long[] number, byte[] bytes)
        {
            Array.Clear(bytes, 0, NumberBytes);
            for (int i = 0; i < 8 * NumberBytes; i++)
            {
                int bit = (int)(number[i / LimbBits] >> (i % LimbBits)) & 1;
                bytes[NumberBytes - 1 - (i >> 3)] |= (byte)(bit << (i & 7));
            }
        }
    }
}
