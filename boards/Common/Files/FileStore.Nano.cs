// The regions as files on the internal volume, for boards whose firmware has one.

using NanoBoot.Files;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Board
{
    /// <summary>Opens the store.</summary>
    public static class FileStore
    {
        /// <summary>Opens the files of the regions on drive I:, one a sector.</summary>
        /// <param name="sizeBytes">Size of all regions together.</param>
        /// <returns>The store.</returns>
        public static IFlash Open(int sizeBytes)
        {
            return new FileFlash(new FileVolume("I:\\nb"), BoardLayout.SectorBytes, sizeBytes / BoardLayout.SectorBytes);
        }
    }
}
