// Comparison of secrets and digests whose duration says nothing about where they differ.
// Fault model: the loop's end is part of the answer, so that a loop left early does not read as equality.

using System;

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
            // Eight bytes at a time: a byte by itself costs an interpreter almost as much.
            long difference = 0;
            int compared = 0;
            for (; compared < count - 7; compared += 8)
            {
                difference |= BitConverter.ToInt64(left, leftOffset + compared) ^ BitConverter.ToInt64(right, rightOffset + compared);
            }

            for (; compared < count; compared++)
            {
                difference |= (byte)(left[leftOffset + compared] ^ right[rightOffset + compared]);
            }

            return difference == 0 && compared == count && count > 0;
        }
    }
}
