// Installs a payload whose manifest has no chunk table (the standard profile).
//
// The only digest is that of the whole image, so bytes are written before they can be verified, into a slot
// that has no envelope and so is not a candidate for anything. The envelope follows only if the digest of
// all that was written, and read back, is the one in the manifest.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>Fills the payload of one slot from a stream.</summary>
    public sealed class StreamConverger
    {
        private readonly SectorWriter _writer;
        private readonly PayloadSources _sources;
        private readonly IBootLog _log;
        private readonly RegionId _slotId;
        private readonly int _imageBytes;
        private readonly byte[] _sector = new byte[SectorWriter.SectorBytesMax];
        private readonly Sha256 _hash = new Sha256();

        /// <summary>Prepares the installation of an image.</summary>
        /// <param name="writer">Writes to the slot; opened.</param>
        /// <param name="sources">Where the payload comes from.</param>
        /// <param name="imageBytes">Size of the image; it fits into the slot.</param>
        /// <param name="log">Told of progress.</param>
        /// <param name="slotId">Names the slot in the log.</param>
        public StreamConverger(SectorWriter writer, PayloadSources sources, int imageBytes, IBootLog log, RegionId slotId)
        {
            _writer = writer;
            _sources = sources;
            _imageBytes = imageBytes;
            _log = log;
            _slotId = slotId;
        }

        /// <summary>Bytes fetched from sources.</summary>
        public int FetchedBytes;

        /// <summary>Fetches and writes the image, from the first source whose image has the digest.</summary>
        /// <param name="digest">Holds the SHA-256 digest of the image.</param>
        /// <param name="digestOffset">Index of its first byte.</param>
        /// <returns>Ok when the slot holds the image; else why not.</returns>
        public ResultCode Run(byte[] digest, int digestOffset)
        {
            byte[] actual = new byte[Sha256.DigestBytes];
            while (_sources.HasNext)
            {
                _hash.Reset();
                bool isFlashError = false;
                ResultCode result = Pass(ref isFlashError);
                if (isFlashError)
                {
                    return result;
                }

                if (result == ResultCode.Ok)
                {
                    _hash.Finish(actual, 0);
                    if (ConstantTime.AreEqual(actual, 0, digest, digestOffset, Sha256.DigestBytes))
                    {
                        return _writer.EraseSuspect();
                    }

                    result = ResultCode.SuitImageMismatch;
                }

                _sources.Failed(result);
            }

            return _sources.Outcome;
        }

        private ResultCode Pass(ref bool isFlashError)
        {
            int position = 0;
            while (position < _imageBytes)
            {
                isFlashError = true;
                ResultCode result = _writer.GetSector(position, out int sectorBytes);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                int count = _imageBytes - position < sectorBytes ? _imageBytes - position : sectorBytes;
                isFlashError = false;
                result = _sources.Read(position, _imageBytes - position, _sector, 0, count);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                FetchedBytes += count;
                _hash.Update(_sector, 0, count);
                isFlashError = true;
                result = _writer.Write(position, sectorBytes, _sector, count);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                _log.Write(BootEvent.InstallProgress, _slotId, ResultCode.Ok, position + count);
                position += sectorBytes;
            }

            isFlashError = false;
            return ResultCode.Ok;
        }
    }
}
