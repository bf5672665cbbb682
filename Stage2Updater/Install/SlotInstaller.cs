// Puts the image that a manifest describes into one slot, and the envelope behind it.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Install
{
    /// <summary>The installation into one slot. One object a session and slot; one thread.</summary>
    public sealed class SlotInstaller
    {
        private const int RegionsMax = 12;
        private const int WindowBytes = 1024;

        /// <summary>Writes to the slot, and counts.</summary>
        public readonly SectorWriter Writer;

        private readonly BootContext _boot;
        private readonly Slot _slot;
        private byte[] _placed;
        private int _placedDigestOffset;
        private int _placedBytes;

        /// <summary>Prepares an installation; nothing is written.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="slot">The slot; not one that runs.</param>
        public SlotInstaller(BootContext boot, Slot slot)
        {
            _boot = boot;
            _slot = slot;
            Writer = new SectorWriter(slot) { Journal = boot.Journal };
        }

        /// <summary>Looks at the slot. Comes before everything else; reads only.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Open()
        {
            return Writer.Open();
        }

        /// <summary>Checks what a manifest says of the size of the image.</summary>
        /// <param name="parameters">What it has set.</param>
        /// <param name="imageBytes">The size.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitParameterMissing"/> without size or digest;
        /// <see cref="ResultCode.PayloadTooLarge"/>.</returns>
        public ResultCode CheckSize(SuitParameters parameters, out int imageBytes)
        {
            imageBytes = 0;
            ResultCode result = parameters.GetInt(SuitParameter.ImageSize, out long size);
            if (result == ResultCode.Ok)
            {
                // The digest is the standard's; the chunk table may stand beside it, not for it.
                result = parameters.GetImageDigest(out _, out _);
            }

            if (result == ResultCode.Ok && (size < 1 || size > _slot.PayloadCapacity || size > _boot.Policy.ImageBytesMax))
            {
                result = ResultCode.PayloadTooLarge;
            }

            imageBytes = result == ResultCode.Ok ? (int)size : 0;
            return result;
        }

        /// <summary>Says whether the slot holds the image. Reads only.</summary>
        /// <param name="parameters">Size, digest, and the chunk table if there is one.</param>
        /// <returns>Ok, <see cref="ResultCode.SuitImageMismatch"/>, or why it cannot be said.</returns>
        public ResultCode Match(SuitParameters parameters)
        {
            byte[] digest = null;
            int digestOffset = 0;
            ResultCode result = CheckSize(parameters, out int imageBytes);
            if (result == ResultCode.Ok)
            {
                result = parameters.GetImageDigest(out digest, out digestOffset);
            }

            // What this object has just installed for these very parameters is verified.
            bool isPlaced = digest == _placed && digestOffset == _placedDigestOffset && imageBytes == _placedBytes;
            if (result != ResultCode.Ok || isPlaced)
            {
                return result;
            }

            if (Writer.SuspectOffset >= 0)
            {
                // It may read well now, and need not later.
                return ResultCode.SuitImageMismatch;
            }

            if (!parameters.IsSet(SuitParameter.ChunkTable))
            {
                return MatchDigest(digest, digestOffset, imageBytes);
            }

            result = OpenPlan(parameters, imageBytes, out ChunkPlan plan);
            int missing = 0;
            if (result == ResultCode.Ok)
            {
                result = new ChunkConverger(plan, Writer, null, imageBytes, _boot.Board, _slot.Region.Id).Survey(out missing);
            }

            return missing > 0 ? ResultCode.SuitImageMismatch : result;
        }

        /// <summary>Says whether the slot holds an image of these very bytes. Reads only.</summary>
        /// <param name="parameters">The size of the image.</param>
        /// <param name="content">Holds the bytes.</param>
        /// <param name="offset">The first of them.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, <see cref="ResultCode.SuitContentMismatch"/>, or why it cannot be said.</returns>
        public ResultCode MatchContent(SuitParameters parameters, byte[] content, int offset, int count)
        {
            byte[] held = new byte[count];
            ResultCode result = CheckSize(parameters, out int imageBytes);
            if (result == ResultCode.Ok)
            {
                result = imageBytes == count && Writer.SuspectOffset < 0 ? Writer.Read(0, held, 0, count) : ResultCode.SuitContentMismatch;
            }

            return result == ResultCode.Ok && !ConstantTime.AreEqual(held, 0, content, offset, count)
                ? ResultCode.SuitContentMismatch
                : result;
        }

        /// <summary>Makes the slot hold the image.</summary>
        /// <param name="parameters">Size, digest, and the chunk table if there is one.</param>
        /// <param name="source">Where the payload is to be had.</param>
        /// <returns>Ok when the slot holds it, read back; else why not.</returns>
        public ResultCode Install(SuitParameters parameters, IPayloadSource source)
        {
            IBootLog log = _boot.Board;
            RegionId slotId = _slot.Region.Id;
            ResultCode result = CheckSize(parameters, out int imageBytes);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            log.Write(BootEvent.InstallStarted, slotId, ResultCode.Ok, imageBytes);
            PayloadSources sources = new PayloadSources(new IPayloadSource[] { source }, log);
            parameters.GetImageDigest(out byte[] digest, out int digestOffset);
            int fetchedBytes;
            if (parameters.IsSet(SuitParameter.ChunkTable))
            {
                result = OpenPlan(parameters, imageBytes, out ChunkPlan plan);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                OfferSlots(plan);
                ChunkConverger converger = new ChunkConverger(plan, Writer, sources, imageBytes, log, slotId);
                result = converger.Run();
                fetchedBytes = converger.FetchedBytes;
                log.Write(BootEvent.BytesInPlace, slotId, result, converger.InPlaceBytes);
                log.Write(BootEvent.BytesReused, slotId, result, converger.ReusedBytes);
            }
            else
            {
                StreamConverger stream = new StreamConverger(Writer, sources, imageBytes, log, slotId);
                result = stream.Run(digest, digestOffset);
                fetchedBytes = stream.FetchedBytes;
            }

            sources.Close();
            log.Write(BootEvent.BytesFetched, slotId, result, fetchedBytes);
            if (result == ResultCode.Ok)
            {
                _placed = digest;
                _placedDigestOffset = digestOffset;
                _placedBytes = imageBytes;
            }

            return result;
        }

        private static ResultCode OpenPlan(SuitParameters parameters, int imageBytes, out ChunkPlan plan)
        {
            // A table that were not set would have no bytes, and be refused as such.
            parameters.GetString(SuitParameter.ChunkTable, out byte[] buffer, out int offset, out int count);
            ChunkTable table = new ChunkTable(buffer, offset, count, imageBytes);
            plan = table.Count > 0 ? new ChunkPlan(table, RegionsMax) : null;
            return plan != null ? ResultCode.Ok : ResultCode.SuitChunkTableInvalid;
        }

        private void OfferSlots(ChunkPlan plan)
        {
            ComponentDescription[] components = _boot.Policy.Components;
            for (int component = 0; component < components.Length; component++)
            {
                for (int i = 0; components[component] != null && i < components[component].Slots.Length; i++)
                {
                    ChunkTableScan.Offer(plan, SlotChooser.Open(_boot, components[component], components[component].Slots[i]));
                }
            }

            ChunkTableScan.Offer(plan, SlotChooser.OpenStaging(_boot));
        }

        private ResultCode MatchDigest(byte[] digest, int digestOffset, int imageBytes)
        {
            Sha256 hash = new Sha256();
            byte[] window = new byte[WindowBytes];
            for (int at = 0; at < imageBytes; at += WindowBytes)
            {
                int count = imageBytes - at < WindowBytes ? imageBytes - at : WindowBytes;
                ResultCode result = Writer.Read(at, window, 0, count);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                hash.Update(window, 0, count);
            }

            hash.Finish(window, 0);
            return ConstantTime.AreEqual(window, 0, digest, digestOffset, Sha256.DigestBytes)
                ? ResultCode.Ok
                : ResultCode.SuitImageMismatch;
        }
    }
}
