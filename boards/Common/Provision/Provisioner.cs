// Writes the first content of a device's regions. What it writes it looks at first, as stage 1 will: an envelope that
// no key of this board signed, a manifest for another device or with nothing to start, or an identity that does not parse,
// is not written. The bytes of the image are the author's tool's to compare: here they are in memory once already.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Board
{
    /// <summary>Fills the regions of a new device.</summary>
    /// <remarks>One thread. A device that loses power meanwhile is provisioned again from the start.</remarks>
    public sealed class Provisioner
    {
        private readonly FlashMap _map;
        private readonly BootPolicy _policy;
        private readonly IBootLog _log;
        private readonly DeviceIdentity _identity = new DeviceIdentity();
        private Authority[] _trust;

        /// <summary>Makes a provisioner.</summary>
        /// <param name="map">The board's regions.</param>
        /// <param name="policy">The board's decisions, with its keys.</param>
        /// <param name="log">Told what is written.</param>
        public Provisioner(FlashMap map, BootPolicy policy, IBootLog log)
        {
            _map = map;
            _policy = policy;
            _trust = policy.Trust;
            _log = log;
        }

        /// <summary>Begins: the device forgets floors, trials and failures, and its slots are empty.</summary>
        /// <returns>Ok, or why the map or a region is unusable.</returns>
        public ResultCode EraseJournal()
        {
            ResultCode result = _map.Check();
            for (int i = 0; i < _map.Regions.Length && result == ResultCode.Ok; i++)
            {
                // Journal and identity whole; of a slot its envelope: that alone makes it a candidate.
                FlashRegion region = _map.Regions[i];
                bool isSlot = region.SizeBytes > BoardLayout.JournalBytes;
                result = region.Erase(0, isSlot ? BoardLayout.EnvelopeBytes : region.SizeBytes);
                if (result == ResultCode.Ok)
                {
                    result = region.Sync();
                }
            }

            return result;
        }

        /// <summary>Writes the identity.</summary>
        /// <param name="body">The CBOR map (docs/SPEC-flash.md).</param>
        /// <returns>Ok, or why not.</returns>
        public ResultCode WriteIdentity(byte[] body)
        {
            ResultCode result = _identity.Parse(body);
            return result == ResultCode.Ok ? WriteRecord(RegionId.Identity, FlashRecord.IdentityMagic, body) : result;
        }

        /// <summary>Writes the keys that payloads are encrypted for.</summary>
        /// <param name="body">The CBOR array (docs/SPEC-flash.md); empty for no keys, and then nothing is written.</param>
        /// <returns>Ok, or why not.</returns>
        public ResultCode WritePayloadKeys(byte[] body)
        {
            return body.Length == 0 ? ResultCode.Ok : WriteRecord(RegionId.PayloadKeys, FlashRecord.PayloadKeysMagic, body);
        }

        /// <summary>
        /// Writes a trust document, both copies, and puts it in force: what is written after it must be signed as it says, as
        /// stage 1 will demand. To be called after <see cref="WriteIdentity"/>.
        /// </summary>
        /// <param name="envelope">The envelope, signed by the roots; empty for no document, and then nothing is written.</param>
        /// <param name="document">The document.</param>
        /// <returns>Ok, or why stage 1 would refuse it.</returns>
        public ResultCode WriteTrust(byte[] envelope, byte[] document)
        {
            if (envelope.Length == 0)
            {
                return ResultCode.Ok;
            }

            ResultCode result = WriteImage(RegionId.TrustB, envelope, document);
            if (result == ResultCode.Ok)
            {
                result = WriteImage(RegionId.Trust, envelope, document);
            }

            return result == ResultCode.Ok ? PutInForce() : result;
        }

        /// <summary>Writes an image into a slot. To be called after <see cref="WriteIdentity"/>.</summary>
        /// <param name="id">The slot.</param>
        /// <param name="envelope">The signed envelope.</param>
        /// <param name="payload">The bundle.</param>
        /// <returns>Ok, or why not.</returns>
        public ResultCode WriteImage(RegionId id, byte[] envelope, byte[] payload)
        {
            SuitEnvelope parsed = new SuitEnvelope();
            SuitManifest manifest = new SuitManifest();
            ResultCode result = parsed.Parse(envelope, 0, envelope.Length);
            if (result == ResultCode.Ok)
            {
                result = new SuitAuthenticator().Authenticate(parsed, _trust, false);
            }

            if (result == ResultCode.Ok)
            {
                result = manifest.Parse(parsed);
            }

            if (result == ResultCode.Ok)
            {
                result = CheckManifest(_identity, manifest, !IsTrust(id));
            }

            if (result == ResultCode.Ok)
            {
                result = WriteSlot(SlotOf(id), manifest, envelope, payload);
            }

            _log.Write(BootEvent.BytesProgrammed, id, result, payload.Length);
            return result;
        }

        /// <summary>Runs a manifest as stage 1 will, all but the bytes of the image.</summary>
        /// <param name="identity">The device's.</param>
        /// <param name="manifest">The manifest.</param>
        /// <param name="isStarted">Whether its image is one that stage 1 starts.</param>
        /// <returns>Ok, or why stage 1 would refuse it: made for another vendor or class, or it does not say what is started.</returns>
        public static ResultCode CheckManifest(DeviceIdentity identity, SuitManifest manifest, bool isStarted)
        {
            ManifestRun run = new ManifestRun(identity);
            SuitProcessor processor = new SuitProcessor();
            ResultCode result = processor.Open(manifest, run);
            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Validate);
            }

            if (result == ResultCode.Ok && isStarted)
            {
                result = processor.RunSection(SuitElement.Load);
            }

            if (result == ResultCode.Ok && isStarted)
            {
                result = processor.RunSection(SuitElement.Invoke);
            }

            return result == ResultCode.Ok && !run.IsComplete(isStarted) ? ResultCode.SuitManifestIncomplete : result;
        }

        /// <summary>
        /// Confirms an image that was written, as its trial would: for stage 2. Without that, a device that meets no
        /// network in its first days uses up the trial of the only updater that it has.
        /// </summary>
        /// <param name="component">A <see cref="ComponentIndex"/>.</param>
        /// <param name="id">Its slot.</param>
        /// <returns>Ok, or why the slot or the journal is unusable.</returns>
        public ResultCode Confirm(int component, RegionId id)
        {
            Slot slot = SlotOf(id);
            BootJournal journal = new BootJournal(_map.Find(RegionId.Journal));
            ResultCode result = slot.Open();
            if (result == ResultCode.Ok)
            {
                result = journal.Open();
            }

            if (result != ResultCode.Ok && result != ResultCode.JournalEmpty)
            {
                return result;
            }

            ComponentState state = journal.Components[component];
            state.ConfirmedId = slot.Id;
            state.ConfirmedSlot = id;
            state.Floor = slot.Sequence;
            return journal.Commit();
        }

        // By the code that stage 1 verifies it with.
        private ResultCode PutInForce()
        {
            Slot slot = SlotOf(RegionId.Trust);
            slot.Open();
            ImageVerifier verifier = new ImageVerifier(_policy, _identity, _policy.Components[ComponentIndex.Trust], slot, _policy.Trust);
            ResultCode result = verifier.Verify(0);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            _trust = verifier.Granted;
            return Confirm(ComponentIndex.Trust, RegionId.Trust);
        }

        private Slot SlotOf(RegionId id)
        {
            return new Slot(_map.Find(id), IsTrust(id) ? _policy.Components[ComponentIndex.Trust].EnvelopeAreaBytes : BoardLayout.EnvelopeBytes);
        }

        private static bool IsTrust(RegionId id)
        {
            return id == RegionId.Trust || id == RegionId.TrustB;
        }

        private ResultCode WriteRecord(RegionId id, int magic, byte[] body)
        {
            FlashRegion region = _map.Find(id);
            RecordWriter record = new RecordWriter(region, region.SizeBytes, magic);
            ResultCode result = record.Erase();
            if (result == ResultCode.Ok)
            {
                result = record.Write(body, 0, body.Length, 0, 0);
            }

            _log.Write(BootEvent.BytesProgrammed, id, result, body.Length);
            return result;
        }

        private static ResultCode WriteSlot(Slot slot, SuitManifest manifest, byte[] envelope, byte[] payload)
        {
            byte[] imageId = new byte[8];
            System.Array.Copy(manifest.Envelope.Buffer, manifest.Envelope.DigestOffset, imageId, 0, imageId.Length);
            if (payload.Length > slot.Region.SizeBytes - slot.PayloadOffset)
            {
                return ResultCode.FlashOutOfRange;
            }

            RecordWriter record = new RecordWriter(slot);
            ResultCode result = record.Erase();
            if (result == ResultCode.Ok)
            {
                result = slot.Region.Erase(slot.PayloadOffset, slot.Region.SizeBytes - slot.PayloadOffset);
            }

            if (result == ResultCode.Ok)
            {
                result = slot.Region.Program(slot.PayloadOffset, payload, 0, payload.Length);
            }

            if (result == ResultCode.Ok)
            {
                result = slot.Region.Sync();
            }

            if (result == ResultCode.Ok)
            {
                result = record.Write(
                    envelope, 0, envelope.Length, manifest.SequenceNumber, BitConverter.ToInt64(imageId, 0));
            }

            return result;
        }

        // What a manifest asks of the device; the image is taken as it is.
        private sealed class ManifestRun : ISuitTarget
        {
            private const int IdentityChecks = (1 << SuitCommand.VendorIdentifier) | (1 << SuitCommand.ClassIdentifier);

            private readonly DeviceIdentity _identity;
            private int _met;
            private bool _isInvoked;

            internal ManifestRun(DeviceIdentity identity)
            {
                _identity = identity;
            }

            internal bool IsComplete(bool isStarted)
            {
                const int Needed = IdentityChecks | (1 << SuitCommand.ImageMatch);
                return (_met & Needed) == Needed && (_isInvoked || !isStarted);
            }

            public ResultCode AcceptComponent(SuitProcessor processor, int component)
            {
                return component == 0 ? ResultCode.Ok : ResultCode.SuitComponentUnsupported;
            }

            public ResultCode AcceptParameter(int parameter, CborReader reader)
            {
                return ResultCode.SuitParameterUnsupported;
            }

            public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
            {
                SuitParameters parameters = processor.Parameters[component];
                ResultCode result = ResultCode.Ok;
                switch (command)
                {
                    case SuitCommand.VendorIdentifier:
                    case SuitCommand.ClassIdentifier:
                    case SuitCommand.DeviceIdentifier:
                        parameters.GetString(command, out byte[] buffer, out int offset, out int count);
                        result = _identity.Match(command, buffer, offset, count);
                        break;

                    case SuitCommand.ImageMatch:
                    case SuitCommand.ComponentSlot:
                    case SuitCommand.CheckContent:
                        break;

                    case SuitCommand.Invoke:
                        _isInvoked = parameters.GetString(SuitParameter.InvokeArguments, out _, out _, out _) == ResultCode.Ok;
                        return ResultCode.Ok;

                    default:
                        return ResultCode.SuitCommandUnsupported;
                }

                _met |= result == ResultCode.Ok ? 1 << command : 0;
                return result;
            }
        }
    }
}
