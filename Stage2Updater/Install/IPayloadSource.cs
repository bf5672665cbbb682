// Where the bytes of a payload come from: a server, an envelope, a broadcast. None is trusted.

using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>Gives bytes of a payload by their position. What it gives is verified by who asked.</summary>
    /// <remarks>Not thread safe; never throws.</remarks>
    public interface IPayloadSource
    {
        /// <summary>Reads bytes of the payload.</summary>
        /// <param name="position">Offset of the first byte within the payload.</param>
        /// <param name="runBytes">How many bytes from there will be asked for in order, at least
        /// <paramref name="count"/>: so that a source can fetch them in one request.</param>
        /// <param name="buffer">Where the bytes go.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="count">Number of bytes, all of which are read.</param>
        /// <returns>Ok, or why this source cannot deliver them.</returns>
        ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count);

        /// <summary>Ends what is under way. The source may be read again.</summary>
        void Close();
    }
}
