// The precomputed tables with which a device verifies ES256 signatures of keys that it knew when it was built.
// The layout is the one of EcdsaP256 in the bootloader: a signed comb of five teeth, 52 columns apart. Entry m is
//     2^208 Q + sum over j = 0..3 of (bit j of m ? 1 : -1) 2^(52 j) Q,
// as x and y in Montgomery form (times 2^261), nine limbs of 29 bits each, the lowest first.
// Public keys only: nothing here need be constant in time.

using System;
using System.Numerics;

namespace NanoBoot.Author.Keys
{
    /// <summary>Makes the table of a P-256 public key.</summary>
    public static class P256Table
    {
        /// <summary>Words of a table.</summary>
        public const int Length = Entries * 2 * Limbs;

        private const int Limbs = 9;
        private const int LimbBits = 29;
        private const int Teeth = 5;
        private const int Columns = 52;
        private const int Entries = 1 << (Teeth - 1);
        private const int CoordinateBytes = 32;

        private static readonly BigInteger Prime = Parse("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        private static readonly BigInteger B = Parse("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

        /// <summary>Makes the table of a key.</summary>
        /// <param name="publicKey">x and y, 32 bytes each, big-endian.</param>
        /// <returns><see cref="Length"/> words.</returns>
        /// <exception cref="ArgumentException">The key is not a point of the curve.</exception>
        public static uint[] Build(byte[] publicKey)
        {
            ArgumentNullException.ThrowIfNull(publicKey);
            if (publicKey.Length != 2 * CoordinateBytes)
            {
                throw new ArgumentException("A P-256 public key has 64 bytes: x and y.", nameof(publicKey));
            }

            Point point = new(
                new BigInteger(publicKey.AsSpan(0, CoordinateBytes), isUnsigned: true, isBigEndian: true),
                new BigInteger(publicKey.AsSpan(CoordinateBytes), isUnsigned: true, isBigEndian: true));
            if (point.X >= Prime || point.Y >= Prime || Modulo(point.Y * point.Y - (point.X * point.X - 3) * point.X - B) != 0)
            {
                throw new ArgumentException("The public key is not a point of P-256.", nameof(publicKey));
            }

            Point[] teeth = new Point[Teeth];
            for (int tooth = 0; tooth < Teeth; tooth++)
            {
                teeth[tooth] = point;
                for (int i = 0; i < Columns; i++)
                {
                    point = Add(point, point);
                }
            }

            uint[] table = new uint[Length];
            for (int entry = 0; entry < Entries; entry++)
            {
                // The sums are multiples of the point by odd numbers less than the order: none is infinite.
                Point sum = teeth[Teeth - 1];
                for (int tooth = 0; tooth < Teeth - 1; tooth++)
                {
                    Point term = teeth[tooth];
                    sum = Add(sum, ((entry >> tooth) & 1) != 0 ? term : new Point(term.X, Prime - term.Y));
                }

                WriteLimbs(sum.X, table, entry * 2 * Limbs);
                WriteLimbs(sum.Y, table, entry * 2 * Limbs + Limbs);
            }

            return table;
        }

        private static void WriteLimbs(BigInteger coordinate, uint[] table, int offset)
        {
            BigInteger rest = Modulo(coordinate << (Limbs * LimbBits));
            for (int i = 0; i < Limbs; i++)
            {
                table[offset + i] = (uint)(rest & ((1 << LimbBits) - 1));
                rest >>= LimbBits;
            }
        }

        private static Point Add(Point left, Point right)
        {
            BigInteger slope = left == right
                ? 3 * (left.X * left.X - 1) * Invert(2 * left.Y)
                : (right.Y - left.Y) * Invert(right.X - left.X);
            BigInteger x = Modulo(slope * slope - left.X - right.X);
            return new Point(x, Modulo(slope * (left.X - x) - left.Y));
        }

        private static BigInteger Invert(BigInteger value)
        {
            return BigInteger.ModPow(Modulo(value), Prime - 2, Prime);
        }

        private static BigInteger Modulo(BigInteger value)
        {
            BigInteger rest = value % Prime;
            return rest.Sign < 0 ? rest + Prime : rest;
        }

        private static BigInteger Parse(string hex)
        {
            return new BigInteger(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
        }

        private readonly record struct Point(BigInteger X, BigInteger Y);
    }
}
