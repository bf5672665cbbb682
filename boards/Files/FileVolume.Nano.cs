// On ESP32 Flush reaches the C library only: littlefs commits a file when it is closed.

using System.IO;

namespace NanoBoot.Files
{
    /// <content>Opening and durability on a board.</content>
    public sealed partial class FileVolume
    {
        private FileStream OpenFile(string path)
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        }

        private static void MakeDurable(FileStream stream)
        {
            stream.Flush();
            stream.Close();
        }
    }
}
