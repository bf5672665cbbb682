// Files on a volume of the platform: I: with littlefs on a board, any directory on a desktop.
// Exceptions end here: nothing above knows of them.

using System;
using System.IO;
using NanoBoot.Hal;

namespace NanoBoot.Files
{
    /// <summary>Numbered files in a directory.</summary>
    /// <remarks>The platform does not say how much room is left, nor in a usable way why a write failed; a write or a
    /// close that fails is reported as a full volume, all else as an error of the volume.</remarks>
    public sealed partial class FileVolume : IFileVolume
    {
        private readonly string _prefix;
        private FileStream _stream;

        /// <summary>Names the files; nothing is touched yet.</summary>
        /// <param name="prefix">Directory (which is there) and beginning of the names, such as <c>I:\nb</c>; the
        /// number follows.</param>
        public FileVolume(string prefix)
        {
            _prefix = prefix;
        }

        /// <inheritdoc/>
        public ResultCode Open(int file, bool isCreate, out int lengthBytes)
        {
            lengthBytes = -1;
            FileStream stream = null;
            try
            {
                string path = _prefix + file.ToString();
                if (!isCreate && !File.Exists(path))
                {
                    return ResultCode.Ok;
                }

                stream = OpenFile(path);
                lengthBytes = (int)stream.Length;
                _stream = stream;
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Abandon(stream);
                return isCreate ? ResultCode.VolumeFull : ResultCode.VolumeError;
            }
        }

        /// <inheritdoc/>
        public ResultCode Read(int position, byte[] buffer, int offset, int count)
        {
            try
            {
                _stream.Seek(position, SeekOrigin.Begin);

                // A volume may give less than what is asked for at once; that it gives nothing is an error.
                while (count > 0)
                {
                    int here = _stream.Read(buffer, offset, count);
                    if (here <= 0)
                    {
                        return ResultCode.VolumeError;
                    }

                    offset += here;
                    count -= here;
                }

                return ResultCode.Ok;
            }
            catch (Exception)
            {
                return ResultCode.VolumeError;
            }
        }

        /// <inheritdoc/>
        public ResultCode Write(int position, byte[] buffer, int offset, int count)
        {
            try
            {
                _stream.Seek(position, SeekOrigin.Begin);
                _stream.Write(buffer, offset, count);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                return ResultCode.VolumeFull;
            }
        }

        /// <inheritdoc/>
        public ResultCode Close()
        {
            FileStream stream = _stream;
            _stream = null;
            try
            {
                MakeDurable(stream);
                return ResultCode.Ok;
            }
            catch (Exception)
            {
                Abandon(stream);
                return ResultCode.VolumeFull;
            }
        }

        /// <inheritdoc/>
        public ResultCode Delete(int file)
        {
            try
            {
                string path = _prefix + file.ToString();
                if (File.Exists(path))
                {
                    File.Delete(path);
                }

                return ResultCode.Ok;
            }
            catch (Exception)
            {
                return ResultCode.VolumeError;
            }
        }

        // What failed is not to keep its file open: the next one could not open it.
        private static void Abandon(FileStream stream)
        {
            try
            {
                if (stream != null)
                {
                    stream.Close();
                }
            }
            catch (Exception)
            {
                // The failure is reported already.
            }
        }
    }
}
