// The parameter version: [comparison, [+ int]] in a byte string (draft-ietf-suit-update-management-14).
//
// Versions are compared number by number until the list of the manifest is used up: [1, 2] says nothing about the third.
// A negative number is a pre-release (-1 release candidate, -2 beta, -3 alpha): [2, 0, -1, 1] is older than [2, 0, 0].

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Checks and evaluates the parameter version.</summary>
    internal static class VersionMatch
    {
        /// <summary>How many numbers a version may have.</summary>
        public const int MaxNumbers = 8;

        private const int Greater = 1;
        private const int GreaterOrEqual = 2;
        private const int LesserOrEqual = 4;
        private const int Lesser = 5;

        /// <summary>Reads the pair of comparison and version. The reader has the error, if there is one.</summary>
        /// <param name="reader">Stands at the array.</param>
        /// <param name="comparison">1 &gt;, 2 &gt;=, 3 =, 4 &lt;=, 5 &lt;.</param>
        /// <returns>The numbers; null after an error.</returns>
        public static int[] Read(CborReader reader, out int comparison)
        {
            if (reader.Read(CborType.Array) != 2)
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
            }

            long type = reader.Read(CborType.UnsignedInteger);
            if (type < Greater || type > Lesser)
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
            }

            comparison = (int)type;
            return ReadNumbers(reader);
        }

        /// <summary>Reads a version: an array of integers, the first not negative. The reader has the error, if there is one.</summary>
        /// <param name="reader">Stands at the array.</param>
        /// <returns>The numbers, 1 to <see cref="MaxNumbers"/>; null after an error.</returns>
        public static int[] ReadNumbers(CborReader reader)
        {
            int items = (int)reader.Read(CborType.Array);
            if (items < 1 || items > MaxNumbers)
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
                return null;
            }

            int[] numbers = new int[items];
            for (int i = 0; reader.Next(ref items); i++)
            {
                long number = reader.ReadInt();
                if (number > int.MaxValue || number < (i == 0 ? 0 : -3))
                {
                    reader.Refuse(ResultCode.SuitParameterInvalid);
                }

                numbers[i] = (int)number;
            }

            return reader.Error == ResultCode.Ok ? numbers : null;
        }

        /// <summary>Evaluates the condition.</summary>
        /// <param name="installed">The version that is installed; null when nobody knows.</param>
        /// <param name="comparison">What it must be.</param>
        /// <param name="version">Than which version; null for one that could not be read.</param>
        /// <returns>Whether it is so. Never for an unknown version.</returns>
        public static bool IsMet(int[] installed, int comparison, int[] version)
        {
            if (installed == null || version == null)
            {
                return false;
            }

            int order = 0;
            for (int i = 0; i < version.Length && order == 0; i++)
            {
                // A number that is not there counts as 0: so a pre-release is older than its release, written short.
                int number = i < installed.Length ? installed[i] : 0;
                order = number < version[i] ? -1 : number > version[i] ? 1 : 0;
            }

            return order == 0 ? comparison != Greater && comparison != Lesser
                : order > 0 ? comparison <= GreaterOrEqual : comparison >= LesserOrEqual;
        }
    }
}
