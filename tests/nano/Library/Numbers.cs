// The first assembly of the whole-boot test's bundle: what the application needs is loaded before it.

namespace NanoBoot.Nano.Library
{
    /// <summary>Numbers that the application adds up.</summary>
    public static class Numbers
    {
        private static readonly byte[] s_table = { 1, 1, 2, 3, 5, 8, 13, 21, 34, 55 };

        /// <summary>Their sum.</summary>
        public static int Sum()
        {
            int sum = 0;
            foreach (byte number in s_table)
            {
                sum += number;
            }

            return sum;
        }
    }
}
