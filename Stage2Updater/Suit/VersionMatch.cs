// The parameter version: [comparison, [+ int]] in a byte string (draft-ietf-suit-update-management-14).
//
// Versions are compared number by number until the list of the manifest is used up: [1, 2] says nothing about the third.
// A negative number is a pre-release (-1 release candidate, -2 beta, -3 alpha): [2, 0, -1, 1] is older than [2, 0, 0].

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Checks and evaluates the parameter version.</summary>
    public static class VersionMatch
    {
        /// <summary>How many numbers a version may have.</summary>
        public const int MaxNumbers = 8;

        private const int Greater = 1;
        private const int GreaterOrEqual = 2;
        private const int Equal = 3;
        private const int LesserOrEqual = 4;
        private const int Lesser = 5;

        /// <summary>Reads the pair of comparison and version.</summary>
        /// <param name="reader">Stands at the array.</param>
        /// <param name="comparison">1 &gt;, 2 &gt;=, 3 =, 4 &lt;=, 5 &lt;.</param>
        /// <param name="version">The numbers.</param>
        /// <returns>Ok, or why it is refused.</returns>
        public static ResultCode Read(CborReader reader, out int comparison, out int[] version)
        {
            comparison = 0;
            version = null;
            int items;
            long type = 0;
            ResultCode result = reader.ReadArrayHeader(out items);
            if (result == ResultCode.Ok)
            {
                result = items == 2 ? reader.ReadUInt(out type) : ResultCode.SuitParameterInvalid;
            }

            if (result == ResultCode.Ok && (type < Greater || type > Lesser))
            {
                result = ResultCode.SuitParameterInvalid;
            }

            comparison = (int)type;
            return result == ResultCode.Ok ? ReadNumbers(reader, out version) : result;
        }

        /// <summary>Reads a version: an array of integers, the first not negative.</summary>
        /// <param name="reader">Stands at the array.</param>
        /// <param name="version">The numbers, 1 to <see cref="MaxNumbers"/>.</param>
        /// <returns>Ok, or why it is refused.</returns>
        public static ResultCode ReadNumbers(CborReader reader, out int[] version)
        {
            version = null;
            int items;
            ResultCode result = reader.ReadArrayHeader(out items);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (items < 1 || items > MaxNumbers)
            {
                return ResultCode.SuitParameterInvalid;
            }

            int[] numbers = new int[items];
            for (int i = 0; i < items; i++)
            {
                long number;
                result = reader.ReadInt(out number);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (number > int.MaxValue || number < (i == 0 ? 0 : -3))
                {
                    return ResultCode.SuitParameterInvalid;
                }

                numbers[i] = (int)number;
            }

            version = numbers;
            return ResultCode.Ok;
        }

        /// <summary>Evaluates the condition.</summary>
        /// <param name="installed">The version that is installed; null when nobody knows.</param>
        /// <param name="comparison">What it must be.</param>
        /// <param name="version">Than which version.</param>
        /// <returns>Whether it is so. Never for an unknown version.</returns>
        public static bool IsMet(int[] installed, int comparison, int[] version)
        {
            if (installed == null)
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

            switch (comparison)
            {
                case Greater:
                    return order > 0;
                case GreaterOrEqual:
                    return order >= 0;
                case Equal:
                    return order == 0;
                case LesserOrEqual:
                    return order <= 0;
                default:
                    return order < 0;
            }
        }
    }
}
