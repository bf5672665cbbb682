// Installing is convergence: make each chunk of the slot match the signed table (docs/DESIGN.md).
//
// The slot itself is the record of progress, so an installation can end at any instruction and go on from
// there. A sector whose chunks all match is neither fetched nor erased. Every other sector is composed in
// memory of chunks that were verified there, and only then erased and programmed, once.
//
// Memory: one sector, one chunk, four bytes a chunk. A chunk that spans sectors stays in its buffer until
// its last byte is written.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>Converges the payload of one slot to a chunk table.</summary>
    public sealed class ChunkConverger
    {
        private const int PassesMax = 2;
        private const int LooksMax = 2;

        private readonly ChunkPlan _plan;
        private readonly SectorWriter _writer;
        private readonly PayloadSources _sources;
        private readonly IBootLog _log;
        private readonly RegionId _slotId;
        private readonly int _imageBytes;
        private readonly byte[] _sector = new byte[SectorWriter.SectorBytesMax];
        private readonly byte[] _chunk = new byte[ChunkTable.ChunkBytesMax];
        private int _held = -1;

        /// <summary>Prepares the installation of an image.</summary>
        /// <param name="plan">The chunks, and where each can be had.</param>
        /// <param name="writer">Writes to the slot; opened.</param>
        /// <param name="sources">Where missing chunks come from.</param>
        /// <param name="imageBytes">Size of the image; the chunks add up to it, and it fits into the slot.</param>
        /// <param name="log">Told of progress.</param>
        /// <param name="slotId">Names the slot in the log.</param>
        public ChunkConverger(ChunkPlan plan, SectorWriter writer, PayloadSources sources, int imageBytes, IBootLog log, RegionId slotId)
        {
            _plan = plan;
            _writer = writer;
            _sources = sources;
            _imageBytes = imageBytes;
            _log = log;
            _slotId = slotId;
        }

        /// <summary>Bytes of chunks that were in place before.</summary>
        public int InPlaceBytes;

        /// <summary>Bytes of chunks copied from other images of this device.</summary>
        public int ReusedBytes;

        /// <summary>Bytes of chunks fetched from sources.</summary>
        public int FetchedBytes;

        /// <summary>Makes every chunk match. May be called again after a failure, in this session or another.</summary>
        /// <returns>Ok when the slot holds the image, read back; else why not, and then nothing unverified was written.</returns>
        public ResultCode Run()
        {
            InPlaceBytes = -1;
            ResultCode result = Survey(out int missing);
            for (int pass = 0; result == ResultCode.Ok && pass < PassesMax; pass++)
            {
                if (missing == 0 && _writer.SuspectOffset < 0)
                {
                    return ResultCode.Ok;
                }

                result = Pass();
                if (result == ResultCode.Ok)
                {
                    // What is handed over is what the flash says at the end, not what was meant to be written (A46).
                    result = Survey(out missing);
                }
            }

            return result == ResultCode.Ok && missing > 0 ? ResultCode.FlashReadUnstable : result;
        }

        /// <summary>Counts the chunks that are not in place. Reads only.</summary>
        /// <param name="missing">How many.</param>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Survey(out int missing)
        {
            missing = 0;
            int position = 0;
            int inPlaceBytes = 0;
            _held = -1;
            for (int i = 0; i < _plan.Count; i++)
            {
                int length = _plan.Table.LengthOf(i);
                bool isRight = false;
                for (int look = 0; look < LooksMax && !isRight; look++)
                {
                    // Noise on the way from the chip is no damage (A74): one more look before a sector is given up.
                    ResultCode result = _writer.Read(position, _chunk, 0, length);
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }

                    isRight = _plan.Verify(i, _chunk);
                }

                if (isRight)
                {
                    _plan.SetPlace(i, ChunkPlan.InPlace);
                    inPlaceBytes += length;
                }
                else
                {
                    missing++;
                    if (_plan.PlaceOf(i) == ChunkPlan.InPlace)
                    {
                        _plan.SetPlace(i, ChunkPlan.Missing);
                    }
                }

                position += length;
            }

            if (InPlaceBytes < 0)
            {
                InPlaceBytes = inPlaceBytes;
            }

            return ResultCode.Ok;
        }

        private ResultCode Pass()
        {
            ResultCode result = ResultCode.Ok;
            int suspect = _writer.SuspectOffset;
            if (suspect >= 0 && suspect < _imageBytes)
            {
                // First of all, while its mark stands.
                result = Walk(suspect, suspect + 1);
            }

            if (result == ResultCode.Ok)
            {
                result = _writer.EraseSuspect();
            }

            return result == ResultCode.Ok ? Walk(0, _imageBytes) : result;
        }

        /// <summary>Goes through the sectors that begin within a range of the payload, in order.</summary>
        private ResultCode Walk(int position, int limit)
        {
            int chunk = 0;
            int chunkStart = 0;
            while (position < limit)
            {
                ResultCode result = _writer.GetSector(position, out int sectorBytes);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                int end = _imageBytes - position < sectorBytes ? _imageBytes : position + sectorBytes;
                while (chunkStart + _plan.Table.LengthOf(chunk) <= position)
                {
                    chunkStart += _plan.Table.LengthOf(chunk++);
                }

                if (position == _writer.SuspectOffset || !IsInPlace(chunk, chunkStart, end))
                {
                    result = Rebuild(chunk, chunkStart, position, end, sectorBytes);
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }

                    _log.Write(BootEvent.InstallProgress, _slotId, ResultCode.Ok, end);
                }

                position += sectorBytes;
            }

            return ResultCode.Ok;
        }

        private bool IsInPlace(int chunk, int chunkStart, int end)
        {
            while (chunkStart < end)
            {
                if (_plan.PlaceOf(chunk) != ChunkPlan.InPlace)
                {
                    return false;
                }

                chunkStart += _plan.Table.LengthOf(chunk++);
            }

            return true;
        }

        private ResultCode Rebuild(int chunk, int chunkStart, int position, int end, int sectorBytes)
        {
            int firstChunk = chunk;
            int firstStart = chunkStart;
            while (chunkStart < end)
            {
                int length = _plan.Table.LengthOf(chunk);
                ResultCode result = Bring(chunk, chunkStart, length);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                int from = chunkStart > position ? chunkStart : position;
                int to = chunkStart + length < end ? chunkStart + length : end;
                Array.Copy(_chunk, from - chunkStart, _sector, from - position, to - from);
                chunkStart += length;
                chunk++;
            }

            ResultCode written = _writer.Write(position, sectorBytes, _sector, end - position);
            if (written != ResultCode.Ok)
            {
                return written;
            }

            // A chunk that goes on in the next sector is in place only when that sector is.
            for (chunkStart = firstStart; firstChunk < chunk; firstChunk++)
            {
                chunkStart += _plan.Table.LengthOf(firstChunk);
                if (chunkStart <= end && _plan.PlaceOf(firstChunk) != ChunkPlan.InPlace)
                {
                    _plan.SetPlace(firstChunk, ChunkPlan.InPlace);
                }
            }

            return ResultCode.Ok;
        }

        /// <summary>Brings a chunk into its buffer, verified: from the slot, another image, or a source.</summary>
        private ResultCode Bring(int chunk, int chunkStart, int length)
        {
            if (_held == chunk)
            {
                return ResultCode.Ok;
            }

            _held = -1;
            int place = _plan.PlaceOf(chunk);
            if (place == ChunkPlan.InPlace
                && _writer.Read(chunkStart, _chunk, 0, length) == ResultCode.Ok && _plan.Verify(chunk, _chunk))
            {
                _held = chunk;
                return ResultCode.Ok;
            }

            if (place >= 0 && _plan.ReadPlace(chunk, _chunk))
            {
                ReusedBytes += length;
                _held = chunk;
                return ResultCode.Ok;
            }

            _plan.SetPlace(chunk, ChunkPlan.Missing);
            ResultCode result = Fetch(chunk, chunkStart, length);
            if (result == ResultCode.Ok)
            {
                FetchedBytes += length;
                _held = chunk;
            }

            return result;
        }

        private ResultCode Fetch(int chunk, int chunkStart, int length)
        {
            int runBytes = 0;
            for (int i = chunk; i < _plan.Count && _plan.PlaceOf(i) == ChunkPlan.Missing; i++)
            {
                runBytes += _plan.Table.LengthOf(i);
            }

            while (_sources.HasNext)
            {
                ResultCode result = _sources.Read(chunkStart, runBytes, _chunk, 0, length);
                if (result == ResultCode.Ok && !_plan.Verify(chunk, _chunk))
                {
                    result = ResultCode.PayloadChunkMismatch;
                }

                if (result == ResultCode.Ok)
                {
                    _sources.Succeeded();
                    return ResultCode.Ok;
                }

                _sources.Failed(result);
            }

            return _sources.Outcome;
        }
    }
}
