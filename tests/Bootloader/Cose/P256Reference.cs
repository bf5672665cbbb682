// P-256 as the textbook has it, in affine coordinates over BigInteger: what the tests compare the verifier with.

using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace NanoBoot.Bootloader.Tests.Cose
{
    /// <summary>Points of P-256; null is the point at infinity.</summary>
    internal static class P256Reference
    {
        public static readonly BigInteger Prime = Parse("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        public static readonly BigInteger Order = Parse("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        public static readonly BigInteger B = Parse("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

        /// <summary>A multiple of the generator, by the runtime's own arithmetic.</summary>
        public static Point? Multiply(BigInteger factor)
        {
            factor %= Order;
            if (factor.IsZero)
            {
                return null;
            }

            using ECDsa key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = ToBytes(factor) });
            ECPoint point = key.ExportParameters(false).Q;
            return new Point(new BigInteger(point.X, true, true), new BigInteger(point.Y, true, true));
        }

        public static Point? Multiply(BigInteger factor, Point? point)
        {
            Point? sum = null;
            for (BigInteger rest = factor; rest > 0; rest >>= 1)
            {
                sum = rest.IsEven ? sum : Add(sum, point);
                point = Add(point, point);
            }

            return sum;
        }

        public static Point? Add(Point? left, Point? right)
        {
            if (left == null || right == null)
            {
                return left ?? right;
            }

            Point p = left.Value;
            Point q = right.Value;
            if (p.X == q.X && (p.Y + q.Y) % Prime == 0)
            {
                return null;
            }

            BigInteger slope = p == q ? (3 * p.X * p.X - 3) * Invert(2 * p.Y) : (q.Y - p.Y) * Invert(q.X - p.X);
            BigInteger x = Modulo(slope * slope - p.X - q.X);
            return new Point(x, Modulo(slope * (p.X - x) - p.Y));
        }

        /// <summary>A point with this abscissa, or null.</summary>
        public static Point? FromAbscissa(BigInteger x)
        {
            BigInteger square = Modulo(x * x * x - 3 * x + B);
            BigInteger y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
            return y * y % Prime == square ? new Point(x, y) : null;
        }

        public static byte[] ToBytes(BigInteger number)
        {
            byte[] bytes = new byte[32];
            byte[] shortest = number.ToByteArray(isUnsigned: true, isBigEndian: true);
            shortest.CopyTo(bytes, bytes.Length - shortest.Length);
            return bytes;
        }

        public static byte[] ToBytes(Point point)
        {
            byte[] bytes = new byte[64];
            ToBytes(point.X).CopyTo(bytes, 0);
            ToBytes(point.Y).CopyTo(bytes, 32);
            return bytes;
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
            return BigInteger.Parse("0" + hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        public readonly record struct Point(BigInteger X, BigInteger Y);
    }
}
