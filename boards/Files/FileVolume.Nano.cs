// On ESP32 Flush reaches the C library only: littlefs commits a file when it is closed.

using System.IO;

namespace NanoBoot.Files
{
    /// <content>Durability on a board.</content>
    public sealed partial class FileVolume
    {
        private static void MakeDurable(FileStream stream)
        {
            stream.Flush();
            stream.Close();
        }
    }
}
