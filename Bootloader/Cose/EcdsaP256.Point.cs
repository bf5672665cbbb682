// Points of EcdsaP256 in Jacobian coordinates, with y^2 = x^3 - 3x + b; a point with z = 0 is the one at infinity.
// Invariants, in multiples of p: |x| <= 5, |y| <= 3.2, z between -0.3 and 1.3, and all three carried.
// Each addition looks at its z for zero, which finds every exceptional case at the price of two comparisons.

using System;

namespace NanoBoot.Bootloader.Cose
{
    public sealed partial class EcdsaP256
    {
        // The signed comb: each digit of a scalar is 1 or -1, and a column takes one of each tooth.
        private const int Teeth = 5;
        private const int Columns = 52;
        private const int Entries = 1 << (Teeth - 1);
        private const int EntryLength = 2 * Limbs;
        private const int TableLength = Entries * EntryLength;

        // A key without a table has windows of three bits: digits 1, 3 and their opposites.
        private const int WindowBits = 3;
        private const int WindowDigits = 260;

        // The last digit of the comb's digits, bit 260, is always 1.
        private const long CombBit = 1 << 28;

        // What _numbers has at which place: constants, the running sum, scratch, the point to be added, the key and three
        // times the key.
        private const int Prime = 0;
        private const int Order = 1;
        private const int PrimeSquare = 2;
        private const int OrderOne = 3;
        private const int CurveB = 4;
        private const int SumX = 5;
        private const int SumY = 6;
        private const int SumZ = 7;
        private const int Scratch = 8;
        private const int Spare = Scratch + 4;
        private const int PointX = Spare + 1;
        private const int PointY = PointX + 1;
        private const int KeyX = PointY + 1;
        private const int KeyY = KeyX + 1;
        private const int TripleX = KeyY + 1;
        private const int NumberCount = TripleX + 2;

        // One array of numbers takes less room in an image than a field for each.
        private readonly long[][] _numbers = new long[NumberCount][];

        /// <summary>The sum becomes generatorScalar * G + keyScalar * Q; both are odd and less than 2^259.</summary>
        private void Sum(long[] generatorScalar, long[] keyScalar, uint[] keyTable)
        {
            int i = Columns - 1;
            sbyte[] digits = null;
            generatorScalar[Limbs - 1] |= CombBit;
            if (keyTable == null)
            {
                MakeTriple();
                digits = DigitsOf(keyScalar);
                i = WindowDigits - 1;
                while (i > Columns && digits[i] == 0)
                {
                    i--;
                }
            }
            else
            {
                keyScalar[Limbs - 1] |= CombBit;
            }

            // Before the first addition there is nothing to double.
            for (int top = i; i >= 0; i--)
            {
                if (i < top)
                {
                    DoubleSum();
                }

                if (i < Columns)
                {
                    AddColumn(Constants, generatorScalar, i);
                }

                if (digits == null)
                {
                    AddColumn(keyTable, keyScalar, i);
                }
                else if (digits[i] != 0)
                {
                    int digit = digits[i];
                    int index = digit == 1 || digit == -1 ? KeyX : TripleX;
                    long[] y = _numbers[index + 1], signedY = _numbers[PointY];
                    Add(signedY, y, digit < 0 ? -2 : 0, y);
                    AddToSum(_numbers[index], signedY);
                }
            }
        }

        /// <summary>The odd digits between -3 and 3 of a scalar, with at least two of 0 after each.</summary>
        private static sbyte[] DigitsOf(long[] scalar)
        {
            sbyte[] digits = new sbyte[WindowDigits];
            int carry = 0;
            int bit = 0;
            while (bit < WindowDigits)
            {
                if (Bit(scalar, bit) == carry)
                {
                    bit++;
                    continue;
                }

                int window = 0;
                for (int i = WindowBits - 1; i >= 0; i--)
                {
                    window = (window << 1) + Bit(scalar, bit + i);
                }

                window += carry;
                carry = window >> (WindowBits - 1);
                digits[bit] = (sbyte)(window - (carry << WindowBits));
                bit += WindowBits;
            }

            return digits;
        }

        /// <summary>Makes three times the key, affine; the sum is infinite before and after.</summary>
        private void MakeTriple()
        {
            long[][] n = _numbers;
            long[] keyX = n[KeyX], keyY = n[KeyY], x = n[TripleX], y = n[TripleX + 1], inverse = n[PointX], t0 = n[Scratch];
            AddToSum(keyX, keyY);
            DoubleSum();
            AddToSum(keyX, keyY);
            long[] z = n[SumZ], primeSquare = n[PrimeSquare];

            // 1 / (2^261 z), as yet up to 27 p; the two products make it 2^261 / z, and small.
            inverse[0] = 1;
            Invert(z, inverse, n[Prime], PrimeInverse);
            Multiply(inverse, inverse, primeSquare, 0, 0, null);
            Multiply(inverse, inverse, primeSquare, 0, 0, null);
            Multiply(t0, inverse, inverse, 0, 0, null);
            Multiply(x, n[SumX], t0, 0, 0, null);
            Multiply(t0, t0, inverse, 0, 0, null);
            Multiply(y, n[SumY], t0, 0, 0, null);
            Array.Clear(z, 0, Limbs);
        }

        private void DoubleSum()
        {
            long[][] n = _numbers;
            long[] x = n[SumX], y = n[SumY], z = n[SumZ];
            long[] t0 = n[Scratch], t1 = n[Scratch + 1], t2 = n[Scratch + 2], t3 = n[Scratch + 3];
            Multiply(t0, z, z, 0, 0, null);
            Add(t1, x, -1, t0);
            Add(t0, x, 1, t0);
            Multiply(t1, t1, t0, 0, 0, null);

            // m = x^2 - z^4, and 3m is the slope's numerator.
            Add(t0, t1, 2, t1);
            Add(t2, y, 1, y);
            Multiply(z, t2, z, 0, 0, null);

            // 2y^2, then 4xy^2.
            Multiply(t2, t2, y, 0, 0, null);
            Add(t3, t2, 1, t2);
            Multiply(t3, t3, x, 0, 0, null);
            Multiply(x, t0, t1, 3, -2, t3);
            Add(t3, t3, -1, x);
            Multiply(t2, t2, t2, 0, 0, null);
            Multiply(y, t0, t3, 1, -2, t2);
        }

        /// <summary>Adds an affine point to the sum.</summary>
        private void AddToSum(long[] pointX, long[] pointY)
        {
            long[][] n = _numbers;
            long[] x = n[SumX], y = n[SumY], z = n[SumZ], newZ = n[Spare];
            long[] t0 = n[Scratch], t1 = n[Scratch + 1], t2 = n[Scratch + 2], t3 = n[Scratch + 3];
            Multiply(t0, z, z, 0, 0, null);
            Multiply(t1, pointX, t0, 0, 0, null);
            Multiply(t0, t0, z, 0, 0, null);
            Multiply(t0, t0, pointY, 0, 0, null);

            // The differences of the abscissae and of the ordinates.
            Add(t1, t1, -1, x);
            Add(t0, t0, -1, y);
            Multiply(newZ, z, t1, 0, 0, null);
            if (((newZ[0] + 1) & LimbMask) <= 1 && IsZero(newZ))
            {
                AddExceptional(pointX, pointY);
                return;
            }

            n[SumZ] = newZ;
            n[Spare] = z;
            Multiply(t2, t1, t1, 0, 0, null);
            Multiply(t1, t1, t2, 0, 0, null);
            Multiply(t2, t2, x, 0, 0, null);
            Add(t3, t1, 2, t2);
            Multiply(x, t0, t0, 1, -1, t3);
            Add(t2, t2, -1, x);
            Multiply(t1, t1, y, 0, 0, null);
            Multiply(y, t0, t2, 1, -1, t1);
        }

        /// <summary>The sum is infinite, or is the point or its opposite; the scratch has the difference of the ordinates.</summary>
        private void AddExceptional(long[] pointX, long[] pointY)
        {
            long[][] n = _numbers;
            long[] z = n[SumZ], t0 = n[Scratch], primeSquare = n[PrimeSquare];
            bool wasInfinite = IsZero(z);
            Multiply(t0, t0, primeSquare, 0, 0, null);
            bool isSame = IsZero(t0);
            Array.Clear(z, 0, Limbs);
            if (wasInfinite || isSame)
            {
                z[0] = 1;
                Multiply(z, z, primeSquare, 0, 0, null);
                Array.Copy(pointX, 0, n[SumX], 0, Limbs);
                Array.Copy(pointY, 0, n[SumY], 0, Limbs);
                if (!wasInfinite)
                {
                    DoubleSum();
                }
            }
        }

        /// <summary>Adds what a table has for one column of a scalar.</summary>
        private void AddColumn(uint[] table, long[] scalar, int column)
        {
            // The lowest bit stands for the odd scalar's own: digits begin at bit 1, and the last one is 1.
            int index = 0;
            for (int bit = column + (Teeth - 1) * Columns + 1; bit > 0; bit -= Columns)
            {
                index = (index << 1) | ((int)(scalar[bit / LimbBits] >> (bit % LimbBits)) & 1);
            }

            // The table has only the half of the sums whose last tooth counts 1.
            long sign = 1;
            if (index < Entries)
            {
                index = ~index;
                sign = -1;
            }

            index = (index & (Entries - 1)) * EntryLength;
            long[] x = _numbers[PointX], y = _numbers[PointY];
            Load(table, index, 1, x);
            Load(table, index + Limbs, sign, y);
            AddToSum(x, y);
        }

        private static int Bit(long[] scalar, int bit)
        {
            return (int)(scalar[bit / LimbBits] >> (bit % LimbBits)) & 1;
        }

        private static void Load(uint[] table, int offset, long sign, long[] number)
        {
            for (int i = 0; i < Limbs; i++)
            {
                number[i] = sign * table[offset + i];
            }
        }
    }
}
