// Comparison of secrets and digests whose duration says nothing about where they differ.
// Fault model: the loop's end is part of the answer, so that a loop left early does not read as equality.

namespace NanoBoot.Hal.Crypto
{
    /// <summary>Comparison that looks at every byte.</summary>
    public static class ConstantTime
    {
        /// <summary>Compares two ranges of bytes.</summary>
        /// <param name="left">One array.</param>
        /// <param name="leftOffset">First byte in it.</param>
        /// <param name="right">The other array.</param>
        /// <param name="rightOffset">First byte in it.</param>
        /// <param name="count">Number of bytes; 0 or less compares nothing, and is no equality.</param>
        /// <returns>True when <paramref name="count"/> is at least 1 and all bytes are the same.</returns>
        public static bool AreEqual(byte[] left, int leftOffset, byte[] right, int rightOffset, int count)
        {
            int difference = 0;
            int compared = 0;
            while (compared < count)
            {
                difference |= left[leftOffset + compared] ^ right[rightOffset + compared];
                compared++;
            }

            return difference == 0 && compared == count && count > 0;
        }
    }
}
