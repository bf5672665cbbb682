// The device as a manifest sees it while it is being installed: one component, one slot that is written to.
//
// A fetch whose source fails is not the end of the manifest: the image then does not match, and a try-each goes
// on with its next alternative. What was fetched so far stays, chunk by chunk. The reason is kept, and reported
// if no alternative succeeds.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Installs what a manifest says into a slot. One object a manifest; one thread.</summary>
    public sealed class UpdateTarget : ISuitTarget
    {
        /// <summary>Directive fetch (draft-ietf-suit-manifest-37 §8.4.10.4).</summary>
        public const int Fetch = 21;

        /// <summary>What must have been met before a byte of payload is fetched.</summary>
        public const int IdentityChecks = (1 << SuitCommand.VendorIdentifier) | (1 << SuitCommand.ClassIdentifier);

        private const int RegionsMax = 12;
        private const int UriBytesMax = HttpUri.CharsMax;

        private readonly BootContext _boot;
        private readonly ComponentDescription _description;
        private readonly SlotChooser _choice;
        private readonly HttpConnection _connection;
        private readonly HttpUri _manifestUri;
        private readonly SectorWriter _writer;
        private int _placedDigestOffset = -1;
        private int _placedBytes;

        /// <summary>Prepares the processing of a manifest.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="component">The component that is updated.</param>
        /// <param name="choice">The slot that it goes into.</param>
        /// <param name="connection">For payloads.</param>
        /// <param name="manifestUri">Where the manifest came from: relative URIs count from there.</param>
        public UpdateTarget(BootContext boot, int component, SlotChooser choice, HttpConnection connection, HttpUri manifestUri)
        {
            _boot = boot;
            _description = boot.Policy.Components[component];
            _choice = choice;
            _connection = connection;
            _manifestUri = manifestUri;
            _writer = new SectorWriter(choice.Slot);
        }

        /// <summary>Looks at the slot. Comes before everything else; reads only.</summary>
        /// <returns>Ok, or a flash code.</returns>
        public ResultCode Open()
        {
            return _writer.Open();
        }

        /// <summary>Writes to the slot, and counts.</summary>
        public SectorWriter Writer
        {
            get { return _writer; }
        }

        /// <summary>Why the last fetch failed, or Ok.</summary>
        public ResultCode FetchFailure { get; private set; }

        /// <summary>Seconds that a server asked to wait, or 0.</summary>
        public int RetryAfterSeconds { get; private set; }

        /// <summary>Whether commands that stage 1 will run are checked: it knows fewer than stage 2.</summary>
        public bool IsForStage1 { get; set; }

        /// <inheritdoc/>
        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            return component == 0 && processor.Manifest.ComponentStartsWith(0, _description.Id, true)
                ? ResultCode.Ok
                : ResultCode.SuitComponentUnsupported;
        }

        /// <inheritdoc/>
        public ResultCode MatchIdentifier(int command, byte[] buffer, int offset)
        {
            return _boot.Identity.Match(command, buffer, offset);
        }

        /// <inheritdoc/>
        public ResultCode MatchSlot(int component, long slot)
        {
            return slot == _choice.SlotNumber ? ResultCode.Ok : ResultCode.SuitSlotMismatch;
        }

        /// <inheritdoc/>
        public ResultCode MatchImage(int component, SuitParameters parameters)
        {
            byte[] digest = null;
            int digestOffset = 0;
            ResultCode result = CheckSize(parameters, out int imageBytes);
            if (result == ResultCode.Ok)
            {
                result = parameters.GetImageDigest(out digest, out digestOffset);
            }

            // What this object has just installed, for these very parameters, is verified; they lie in one buffer.
            if (result != ResultCode.Ok || (digestOffset == _placedDigestOffset && imageBytes == _placedBytes))
            {
                return result;
            }

            if (_writer.SuspectOffset >= 0)
            {
                // It may read well now, and need not later.
                return ResultCode.SuitImageMismatch;
            }

            if (parameters.IsSet(SuitParameter.ChunkTable))
            {
                result = OpenPlan(parameters, imageBytes, out ChunkPlan plan);
                int missing = 0;
                if (result == ResultCode.Ok)
                {
                    PayloadSources none = new PayloadSources(new IPayloadSource[0], _boot.Board.Log);
                    result = new ChunkConverger(plan, _writer, none, imageBytes, _boot.Board.Log, _choice.Slot.Region.Id).Survey(out missing);
                }

                return result == ResultCode.Ok && missing > 0 ? ResultCode.SuitImageMismatch : result;
            }

            return MatchDigest(digest, digestOffset, imageBytes);
        }

        /// <inheritdoc/>
        public ResultCode MatchContent(int component, byte[] buffer, int offset, int count)
        {
            return ResultCode.SuitCommandUnsupported;
        }

        /// <inheritdoc/>
        public ResultCode Invoke(int component, SuitParameters parameters)
        {
            // Stage 1 starts images. That the sequence is there is all that an installation asks of it.
            return ResultCode.SuitCommandForbidden;
        }

        /// <inheritdoc/>
        public ResultCode AcceptParameter(int parameter, CborReader reader)
        {
            return ResultCode.SuitParameterUnsupported;
        }

        /// <inheritdoc/>
        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            if (command != Fetch || IsForStage1)
            {
                return ResultCode.SuitCommandUnsupported;
            }

            SuitParameters parameters = processor.Parameters[component];
            ResultCode result = CheckSize(parameters, out int imageBytes);
            byte[] buffer = null;
            int offset = 0;
            int count = 0;
            if (result == ResultCode.Ok)
            {
                result = parameters.GetString(SuitParameter.Uri, out buffer, out offset, out count);
            }

            if (result != ResultCode.Ok || processor.IsDryRun)
            {
                return result;
            }

            if ((parameters.Passed & IdentityChecks) != IdentityChecks)
            {
                return ResultCode.SuitManifestIncomplete;
            }

            result = OpenSource(processor.Manifest.Envelope, buffer, offset, count, out IPayloadSource source);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            PayloadSources sources = new PayloadSources(new IPayloadSource[] { source }, _boot.Board.Log);
            result = Install(parameters, imageBytes, sources);
            sources.Close();
            FetchFailure = result;
            if (result == ResultCode.Ok)
            {
                parameters.GetImageDigest(out _, out _placedDigestOffset);
                _placedBytes = imageBytes;
            }

            if (source is HttpPayload http && http.RetryAfterSeconds > RetryAfterSeconds)
            {
                RetryAfterSeconds = http.RetryAfterSeconds;
            }

            // A source that failed is left behind; flash that failed is the end.
            bool isSourceFault = result == ResultCode.SuitImageMismatch || result >= ResultCode.NetworkUnreachable;
            return isSourceFault ? ResultCode.Ok : result;
        }

        private ResultCode Install(SuitParameters parameters, int imageBytes, PayloadSources sources)
        {
            IBootLog log = _boot.Board.Log;
            RegionId slotId = _choice.Slot.Region.Id;
            log.Write(BootEvent.InstallStarted, slotId, ResultCode.Ok, imageBytes);
            ResultCode result;
            int fetchedBytes;
            if (parameters.IsSet(SuitParameter.ChunkTable))
            {
                result = OpenPlan(parameters, imageBytes, out ChunkPlan plan);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                OfferSlots(plan);
                ChunkConverger converger = new ChunkConverger(plan, _writer, sources, imageBytes, log, slotId);
                result = converger.Run();
                log.Write(BootEvent.BytesInPlace, slotId, result, converger.InPlaceBytes);
                log.Write(BootEvent.BytesReused, slotId, result, converger.ReusedBytes);
                fetchedBytes = converger.FetchedBytes;
            }
            else
            {
                result = parameters.GetImageDigest(out byte[] digest, out int digestOffset);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                StreamConverger stream = new StreamConverger(_writer, sources, imageBytes, log, slotId);
                result = stream.Run(digest, digestOffset);
                fetchedBytes = stream.FetchedBytes;
            }

            log.Write(BootEvent.BytesFetched, slotId, result, fetchedBytes);
            return result;
        }

        private ResultCode CheckSize(SuitParameters parameters, out int imageBytes)
        {
            imageBytes = 0;
            ResultCode result = parameters.GetInt(SuitParameter.ImageSize, out long size);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            // The digest is what the standard says to be of the image; the table may stand beside it, not for it.
            result = parameters.GetImageDigest(out _, out _);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (size < 1 || size > _choice.Slot.PayloadCapacity || size > _boot.Policy.ImageBytesMax)
            {
                return ResultCode.PayloadTooLarge;
            }

            imageBytes = (int)size;
            return ResultCode.Ok;
        }

        private static ResultCode OpenPlan(SuitParameters parameters, int imageBytes, out ChunkPlan plan)
        {
            plan = null;
            ResultCode result = parameters.GetString(SuitParameter.ChunkTable, out byte[] buffer, out int offset, out int count);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            ChunkTable table = new ChunkTable(buffer, offset, count);
            result = table.Check(imageBytes);
            if (result == ResultCode.Ok)
            {
                plan = new ChunkPlan(table, RegionsMax);
            }

            return result;
        }

        private void OfferSlots(ChunkPlan plan)
        {
            for (int component = 0; component < _boot.Policy.Components.Length; component++)
            {
                ComponentDescription description = _boot.Policy.Components[component];
                for (int i = 0; description != null && i < description.Slots.Length; i++)
                {
                    Slot slot = SlotChooser.Open(_boot, description, i);
                    if (slot != null)
                    {
                        ChunkTableScan.Offer(plan, slot);
                    }
                }
            }
        }

        private ResultCode OpenSource(SuitEnvelope envelope, byte[] buffer, int offset, int count, out IPayloadSource source)
        {
            source = null;
            if (count > 0 && buffer[offset] == '#')
            {
                for (int i = 0; i < envelope.ElementCount; i++)
                {
                    CborReader key = new CborReader(envelope.Buffer, envelope.KeyOffsets[i], envelope.ItemOffsets[i] - envelope.KeyOffsets[i]);
                    if (envelope.Keys[i] == 0 && key.ReadText(out int nameOffset, out int nameCount) == ResultCode.Ok
                        && nameCount == count && ConstantTime.AreEqual(envelope.Buffer, nameOffset, buffer, offset, count))
                    {
                        source = new MemoryPayload(envelope.Buffer, envelope.Offsets[i], envelope.Counts[i]);
                        return ResultCode.Ok;
                    }
                }

                return ResultCode.SuitElementSevered;
            }

            string text = count > UriBytesMax ? null : AsciiText.Read(buffer, offset, count);
            ResultCode result = HttpUri.Parse(text, _manifestUri, out HttpUri uri);
            if (result == ResultCode.Ok)
            {
                source = new HttpPayload(_connection, uri);
            }

            return result;
        }

        private ResultCode MatchDigest(byte[] digest, int digestOffset, int imageBytes)
        {
            Sha256 hash = new Sha256();
            byte[] window = new byte[1024];
            for (int at = 0; at < imageBytes; at += window.Length)
            {
                int count = imageBytes - at < window.Length ? imageBytes - at : window.Length;
                ResultCode result = _writer.Read(at, window, 0, count);
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
