// Parameter sets of LMS and LM-OTS (RFC 8554, tables 1 and 2; RFC 9858) with SHA-256 and SHA-256/192, by name.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>One level of an HSS key: the tree's height, the Winternitz width, the length of a hash.</summary>
    /// <param name="Height">Height of the tree: 5, 10, 15, 20 or 25. It signs 2^height times.</param>
    /// <param name="Width">Winternitz width in bits: 1, 2, 4 or 8. Wider: shorter signatures, slower verification.</param>
    /// <param name="HashBytes">32 for SHA-256, 24 for SHA-256/192.</param>
    public sealed record LmsParameters(int Height, int Width, int HashBytes)
    {
        /// <summary>The LMS type number.</summary>
        public uint LmsType => (HashBytes == 32 ? 5u : 10u) + (uint)((Height / 5) - 1);

        /// <summary>The LM-OTS type number.</summary>
        public uint OtsType => (HashBytes == 32 ? 1u : 5u) + (uint)Math.Log2(Width);

        /// <summary>Number of hash chains, p.</summary>
        public int Chains => MessageChains + ChecksumChains;

        /// <summary>Bits that the checksum is shifted left by, ls.</summary>
        public int ChecksumShift => 16 - (ChecksumChains * Width);

        /// <summary>Bytes of an LM-OTS signature.</summary>
        public int OtsSignatureBytes => 4 + HashBytes + (Chains * HashBytes);

        /// <summary>Bytes of an LMS signature.</summary>
        public int SignatureBytes => 4 + OtsSignatureBytes + 4 + (Height * HashBytes);

        /// <summary>Bytes of an LMS public key.</summary>
        public int PublicKeyBytes => 4 + 4 + 16 + HashBytes;

        private int MessageChains => 8 * HashBytes / Width;

        private int ChecksumChains
        {
            get
            {
                int maximum = MessageChains * ((1 << Width) - 1);
                return (((int)Math.Log2(maximum)) / Width) + 1;
            }
        }

        /// <summary>The name of one level, for example "H10/W4" or "H10/W4/192".</summary>
        public override string ToString() => HashBytes == 32 ? $"H{Height}/W{Width}" : $"H{Height}/W{Width}/192";

        /// <summary>The name of the levels of a key, top first: "H10/W4,H5/W8".</summary>
        /// <param name="levels">The levels.</param>
        public static string Format(IEnumerable<LmsParameters> levels) => string.Join(',', levels);

        /// <summary>Reads names of levels.</summary>
        /// <param name="names">1 to 8 levels, top first, parted by commas: "H10/W4", "H10/W4/192", "H5/W8,H10/W4".</param>
        /// <exception cref="FormatException">A name is unknown, or the levels do not fit together.</exception>
        public static IReadOnlyList<LmsParameters> Parse(string names)
        {
            ArgumentNullException.ThrowIfNull(names);
            LmsParameters[] levels = [.. names.Split(',').Select(name => ParseLevel(name.Trim()))];
            if (levels.Length > 8)
            {
                throw new FormatException("HSS has at most 8 levels.");
            }

            if (levels.Any(level => level.HashBytes != levels[0].HashBytes))
            {
                throw new FormatException("All levels have the same hash: all with /192, or none.");
            }

            return levels.Sum(level => level.Height) <= 60
                ? levels
                : throw new FormatException("The heights of all levels add up to 60 at most.");
        }

        private static LmsParameters ParseLevel(string name)
        {
            string[] parts = name.ToUpperInvariant().Split('/');
            if (parts.Length is 2 or 3
                && TryParse(parts[0], 'H', out int height) && height is 5 or 10 or 15 or 20 or 25
                && TryParse(parts[1], 'W', out int width) && width is 1 or 2 or 4 or 8
                && (parts.Length == 2 || parts[2] is "192" or "256"))
            {
                return new LmsParameters(height, width, parts.Length == 3 && parts[2] == "192" ? 24 : 32);
            }

            throw new FormatException(
                $"'{name}' is no parameter set; one level is H5|H10|H15|H20|H25 / W1|W2|W4|W8, with /192 for SHA-256/192, for example H10/W4.");
        }

        private static bool TryParse(string part, char letter, out int value)
        {
            value = 0;
            return part.Length > 1 && part[0] == letter
                && int.TryParse(part.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }
    }
}
