// What FileFlash needs of a file volume: small numbered files, one open at a time. Everything that volumes differ
// in (when data is durable, what a missing file means) is said here.

using NanoBoot.Hal;

namespace NanoBoot.Files
{
    /// <summary>A file volume that holds small files with numbers.</summary>
    /// <remarks>Not thread safe. At most one file is open.</remarks>
    public interface IFileVolume
    {
        /// <summary>Opens a file for reading and writing. None is open.</summary>
        /// <param name="file">Its number.</param>
        /// <param name="isCreate">Whether it is made when it is not there.</param>
        /// <param name="lengthBytes">Its length; -1 when it is not there and not made, and then nothing is open.</param>
        /// <returns>Ok, <see cref="ResultCode.VolumeFull"/> or <see cref="ResultCode.VolumeError"/>.</returns>
        ResultCode Open(int file, bool isCreate, out int lengthBytes);

        /// <summary>Reads bytes of the open file that are there.</summary>
        /// <param name="position">Position of the first.</param>
        /// <param name="buffer">Where they go.</param>
        /// <param name="offset">Index in <paramref name="buffer"/> of the first.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok or <see cref="ResultCode.VolumeError"/>.</returns>
        ResultCode Read(int position, byte[] buffer, int offset, int count);

        /// <summary>Writes bytes of the open file, at its end or before it. Durable after <see cref="Close"/> only.</summary>
        /// <param name="position">Position of the first; at most the length of the file.</param>
        /// <param name="buffer">The bytes.</param>
        /// <param name="offset">Index in <paramref name="buffer"/> of the first.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, <see cref="ResultCode.VolumeFull"/> or <see cref="ResultCode.VolumeError"/>.</returns>
        ResultCode Write(int position, byte[] buffer, int offset, int count);

        /// <summary>Closes the open file and makes what was written durable.</summary>
        /// <returns>Ok, <see cref="ResultCode.VolumeFull"/> or <see cref="ResultCode.VolumeError"/>.</returns>
        ResultCode Close();

        /// <summary>Deletes a file, durably. It is not open. Ok when there is none.</summary>
        /// <param name="file">Its number.</param>
        /// <returns>Ok or <see cref="ResultCode.VolumeError"/>.</returns>
        ResultCode Delete(int file);
    }
}
