// Several sources of one payload, tried in order: when one fails, the next goes on where it ended (A10).

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>The sources of a payload, in the order of the manifest.</summary>
    public sealed class PayloadSources
    {
        /// <summary>How often a source whose connection drops is asked again without having delivered anything.</summary>
        public const int RetriesMax = 2;

        private readonly IPayloadSource[] _sources;
        private readonly IBootLog _log;
        private int _index;
        private int _retriesLeft = RetriesMax;

        /// <summary>Takes the sources of a payload.</summary>
        /// <param name="sources">The sources, best first; may be empty.</param>
        /// <param name="log">Told of each source that fails.</param>
        public PayloadSources(IPayloadSource[] sources, IBootLog log)
        {
            _sources = sources;
            _log = log;
            LastFailure = ResultCode.SourcesExhausted;
        }

        /// <summary>Why the last source failed.</summary>
        public ResultCode LastFailure;

        /// <summary>Whether a source is left to ask.</summary>
        public bool HasNext
        {
            get { return _index < _sources.Length; }
        }

        /// <summary>The result to report when no source is left: the reason of the only one, or that all failed.</summary>
        public ResultCode Outcome
        {
            get { return _sources.Length == 1 ? LastFailure : ResultCode.SourcesExhausted; }
        }

        /// <summary>Reads from the source whose turn it is. See <see cref="IPayloadSource.Read"/>.</summary>
        /// <param name="position">Offset of the first byte within the payload.</param>
        /// <param name="runBytes">How many bytes from there will be asked for in order.</param>
        /// <param name="buffer">Where the bytes go.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="count">Number of bytes.</param>
        /// <returns>Ok, or the source's own reason: then <see cref="Failed"/> is to be called.</returns>
        public ResultCode Read(int position, int runBytes, byte[] buffer, int offset, int count)
        {
            return _sources[_index].Read(position, runBytes, buffer, offset, count);
        }

        /// <summary>Says that the last bytes read were the right ones.</summary>
        public void Succeeded()
        {
            _retriesLeft = RetriesMax;
        }

        /// <summary>Says that the source failed: it is asked again after a dropped connection, else the next one is.</summary>
        /// <param name="reason">Why.</param>
        public void Failed(ResultCode reason)
        {
            LastFailure = reason;
            _log.Write(BootEvent.SourceFailed, RegionId.None, reason, _index);
            _sources[_index].Close();
            bool isDropped = reason == ResultCode.TransferTruncated || reason == ResultCode.NetworkUnreachable;
            if (!isDropped || _retriesLeft-- <= 0)
            {
                _index++;
                _retriesLeft = RetriesMax;
            }
        }

        /// <summary>Closes all sources.</summary>
        public void Close()
        {
            for (int i = 0; i < _sources.Length; i++)
            {
                _sources[i].Close();
            }
        }
    }
}
