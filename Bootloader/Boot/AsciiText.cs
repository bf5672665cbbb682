// Names and addresses in manifests and identity are printable ASCII here: no decoder is needed, and nothing that
// looks alike, or turns the line around, reaches a log.

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Text of printable ASCII.</summary>
    public static class AsciiText
    {
        /// <summary>Longest text.</summary>
        public const int BytesMax = 1024;

        /// <summary>Makes a string of bytes.</summary>
        /// <param name="data">Holds the text.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <returns>The string; null when it is empty, longer than <see cref="BytesMax"/>, or has other than 0x21 to 0x7E.</returns>
        public static string Read(byte[] data, int offset, int count)
        {
            if (count < 1 || count > BytesMax)
            {
                return null;
            }

            char[] text = new char[count];
            for (int i = 0; i < count; i++)
            {
                byte character = data[offset + i];
                if (character < 0x21 || character > 0x7E)
                {
                    return null;
                }

                text[i] = (char)character;
            }

            return new string(text);
        }
    }
}
