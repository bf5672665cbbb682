// Bytes of text, for tests that run on both platforms.

using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    /// <summary>Small helpers that exist on neither platform in the same form.</summary>
    internal static class Bytes
    {
        /// <summary>Bytes of hexadecimal text.</summary>
        public static byte[] Hex(string text)
        {
            byte[] bytes = new byte[text.Length / 2];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)((Digit(text[2 * i]) << 4) | Digit(text[(2 * i) + 1]));
            }

            return bytes;
        }

        /// <summary>Bytes of ASCII text.</summary>
        public static byte[] Ascii(string text)
        {
            byte[] bytes = new byte[text.Length];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)text[i];
            }

            return bytes;
        }

        /// <summary>Asserts that two arrays are equal, and says where they are not.</summary>
        public static void AreEqual(byte[] expected, byte[] actual)
        {
            Assert.AreEqual(expected.Length, actual.Length, "length");
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual((int)expected[i], (int)actual[i], "byte " + i.ToString());
            }
        }

        private static int Digit(char digit)
        {
            return digit <= '9' ? digit - '0' : digit - 'a' + 10;
        }
    }
}
