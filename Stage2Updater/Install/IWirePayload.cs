// The bytes of a payload as they come over the wire or out of an envelope, before anything is unpacked.

using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>Gives stored bytes by their position: what <see cref="IPayloadSource"/> gives, of a payload that may be packed.</summary>
    /// <remarks>A type of its own, so that a packed payload cannot hold a packed payload: unpacking never recurses.
    /// A source of the image that comes as it is has both. Not thread safe; never throws.</remarks>
    public interface IWirePayload
    {
        /// <summary>Reads stored bytes.</summary>
        /// <param name="position">Offset of the first byte within the payload as it is stored.</param>
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
