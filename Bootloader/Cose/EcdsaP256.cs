// ECDSA over P-256 with SHA-256 (FIPS 186-5), verification only.
// A key that was known when the board's project was built comes with a table for the signed comb, as the generator
// does: 52 doublings and 104 additions. Any other key costs 256 doublings, and a window of its own in place of the comb.
// There is no secret here, so nothing needs constant time. The final comparison is x = r z^2, without a division.
// Fault model: the answer is a failure until the comparison has succeeded twice; a sum that was not computed is the
// point at infinity, which never compares equal.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>
    /// Verifies ES256 signatures. Safe for use by several threads: all scratch belongs to the call.
    /// </summary>
    public sealed partial class EcdsaP256
    {
        /// <summary>Length of a public key in bytes: x, then y, both big-endian.</summary>
        public const int PublicKeyBytes = 64;

        /// <summary>Length of a signature in bytes: r, then s, both big-endian.</summary>
        public const int SignatureBytes = 64;

        private const int NumberBytes = 32;

        private EcdsaP256()
        {
            for (int i = 0; i < NumberCount; i++)
            {
                _numbers[i] = new long[Limbs];
                if (i <= CurveB)
                {
                    Load(Constants, FirstRow + i * Limbs, 1, _numbers[i]);
                }
            }
        }

        /// <summary>Verifies a signature over a digest.</summary>
        /// <param name="publicKey">The key, <see cref="PublicKeyBytes"/> bytes.</param>
        /// <param name="fixedTable">
        /// The table of this very key, as the author's tools make it; null for a key that has none. With a table the key's
        /// own bytes are not looked at: a board takes both from the same generated source.
        /// </param>
        /// <param name="digest">SHA-256 of the message, 32 bytes.</param>
        /// <param name="signature">Where the signature is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <param name="witness"><see cref="CoseVerifier.Valid"/> when the signature is valid, by a comparison of its own:
        /// for the second computation of the decision to start (A62, A63).</param>
        /// <returns>
        /// <see cref="ResultCode.Ok"/>, <see cref="ResultCode.KeyInvalid"/>, <see cref="ResultCode.SignatureMalformed"/>
        /// or <see cref="ResultCode.SignatureInvalid"/>.
        /// </returns>
        public static ResultCode Verify(
            byte[] publicKey, uint[] fixedTable, byte[] digest, byte[] signature, int offset, int count, out int witness)
        {
            witness = 0;
            if (count != SignatureBytes)
            {
                return ResultCode.SignatureMalformed;
            }

            if (publicKey.Length != PublicKeyBytes || (fixedTable != null && fixedTable.Length != TableLength))
            {
                return ResultCode.KeyInvalid;
            }

            EcdsaP256 curve = new EcdsaP256();
            if (fixedTable == null && !curve.TakeKey(FromBytes(publicKey, 0), FromBytes(publicKey, NumberBytes)))
            {
                return ResultCode.KeyInvalid;
            }

            long[] r = FromBytes(signature, offset);
            long[] s = FromBytes(signature, offset + NumberBytes);
            if (!curve.IsScalar(r) || !curve.IsScalar(s))
            {
                return ResultCode.SignatureInvalid;
            }

            // u1 = digest / s and u2 = r / s; Invert's scale makes up for the Montgomery division of Quotient.
            long[] inverse = curve._numbers[OrderOne];
            Invert(s, inverse, curve._numbers[Order], OrderInverse);
            long[] generatorScalar = curve.Quotient(FromBytes(digest, 0), inverse);
            long[] keyScalar = curve.Quotient(r, inverse);
            curve.Sum(generatorScalar, keyScalar, fixedTable);

            // The abscissa was reduced modulo n to make r, and n is less than p.
            if (!curve.HasAbscissa(r))
            {
                Add(r, r, 1, curve._numbers[Order]);
                if (!IsLess(r, curve._numbers[Prime]) || !curve.HasAbscissa(r))
                {
                    return ResultCode.SignatureInvalid;
                }
            }

            if (curve.HasAbscissa(r))
            {
                witness = CoseVerifier.Valid;
            }

            return curve.HasAbscissa(r) ? ResultCode.Ok : ResultCode.SignatureInvalid;
        }

        private static long[] FromBytes(byte[] bytes, int offset)
        {
            // One limb more, so that a window may look beyond the upper end.
            long[] number = new long[Limbs + 1];
            long bits = 0;
            int count = 0;
            int limb = 0;
            for (int i = NumberBytes - 1; i >= 0; i--)
            {
                bits |= (long)bytes[offset + i] << count;
                count += 8;
                if (count >= LimbBits)
                {
                    number[limb++] = bits & LimbMask;
                    bits >>= LimbBits;
                    count -= LimbBits;
                }
            }

            number[limb] = bits;
            return number;
        }

        private bool IsScalar(long[] number)
        {
            return !IsZero(number) && IsLess(number, _numbers[Order]);
        }

        /// <summary>Takes the key in Montgomery form; false where it is not a point of the curve.</summary>
        private bool TakeKey(long[] x, long[] y)
        {
            long[][] n = _numbers;
            if (!IsLess(x, n[Prime]) || !IsLess(y, n[Prime]))
            {
                return false;
            }

            long[] t0 = n[Scratch], primeSquare = n[PrimeSquare];
            n[KeyX] = x;
            n[KeyY] = y;
            Multiply(x, x, primeSquare, 0, 0, null);
            Multiply(y, y, primeSquare, 0, 0, null);
            Multiply(t0, x, x, 0, 0, null);
            Multiply(t0, t0, x, 1, -3, x);
            Add(t0, t0, 1, n[CurveB]);
            Multiply(t0, y, y, 1, -1, t0);
            Multiply(t0, t0, primeSquare, 0, 0, null);
            return IsZero(t0);
        }

        /// <summary>number * inverse / 2^261 mod n, as an odd number between 0 and 4 n.</summary>
        private long[] Quotient(long[] number, long[] inverse)
        {
            long[] order = _numbers[Order];
            long[] product = new long[Limbs + 1];
            for (int i = 0; i < Limbs; i++)
            {
                Combine(product, inverse, 1, number[i], 0, 1 << LimbBits, order, OrderInverse);
            }

            // It lies between -n and 2 n. Combining both with nothing carries them.
            Add(product, product, (product[0] & 1) == 0 ? 1 : 2, order);
            Combine(inverse, product, 1 << LimbBits, 0, 0, 1 << LimbBits, order, OrderInverse);
            return product;
        }

        /// <summary>Whether the sum is a point with this abscissa.</summary>
        private bool HasAbscissa(long[] abscissa)
        {
            long[][] n = _numbers;
            long[] z = n[SumZ], t0 = n[Scratch], t1 = n[Scratch + 1], primeSquare = n[PrimeSquare];
            Multiply(t0, abscissa, primeSquare, 0, 0, null);
            Multiply(t1, z, z, 0, 0, null);
            Multiply(t0, t0, t1, 1, -1, n[SumX]);
            Multiply(t0, t0, primeSquare, 0, 0, null);
            return IsZero(t0) && !IsZero(z);
        }
    }
}
