// One manifest, from its first byte to the envelope in a slot or a refusal with a reason.
//
// Order: bounds, signatures, then everything else; identity, permissions, sequence and every command of the
// manifest before the first byte of payload is asked for; the payload before the envelope. Until the first
// verified byte of payload is at hand nothing at all is written.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>The update of one component by one manifest. One object a manifest; one thread.</summary>
    public sealed class ManifestUpdate
    {
        private readonly BootContext _boot;
        private readonly int _component;
        private readonly ComponentDescription _description;
        private readonly SuitEnvelope _envelope = new SuitEnvelope();
        private readonly SuitManifest _manifest = new SuitManifest();

        /// <summary>Prepares an update.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="component">The component that the manifest was fetched for.</param>
        public ManifestUpdate(BootContext boot, int component)
        {
            _boot = boot;
            _component = component;
            _description = boot.Policy.Components[component];
        }

        /// <summary>Sequence number of the manifest, once it is authenticated.</summary>
        public long Sequence
        {
            get { return _manifest.SequenceNumber; }
        }

        /// <summary>Where the manifest was refused: byte offset in the envelope.</summary>
        public int ErrorOffset
        {
            get { return _envelope.ErrorOffset; }
        }

        /// <summary>The slot that it goes into, or None.</summary>
        public RegionId SlotId { get; private set; }

        /// <summary>Seconds that a server asked to wait, or 0.</summary>
        public int RetryAfterSeconds { get; private set; }

        /// <summary>Processes a manifest.</summary>
        /// <param name="bytes">Holds the envelope; changed when it is installed.</param>
        /// <param name="count">Its length.</param>
        /// <param name="connection">For payloads.</param>
        /// <param name="source">Where the manifest came from.</param>
        /// <returns>Ok when it is installed; UpToDate when there is nothing to do; else the reason of the refusal or failure.</returns>
        public ResultCode Run(byte[] bytes, int count, HttpConnection connection, HttpUri source)
        {
            ResultCode result = Admit(bytes, count);
            SlotChooser choice = new SlotChooser(_boot, _component);
            if (result == ResultCode.Ok)
            {
                result = choice.Choose(_manifest.SequenceNumber, ImageVerifier.ImageIdOf(_envelope));
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            SlotId = choice.Slot.Region.Id;
            UpdateTarget target = new UpdateTarget(_boot, _component, choice, connection, source);
            SuitProcessor processor = new SuitProcessor();
            result = target.Open();
            if (result == ResultCode.Ok && StoredBytes() > choice.Slot.Envelope.CapacityBytes)
            {
                result = ResultCode.ManifestTooLarge;
            }

            if (result == ResultCode.Ok)
            {
                result = Rehearse(processor, target);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (!choice.IsInstalled)
            {
                _boot.Board.Log.Write(BootEvent.ManifestAccepted, SlotId, ResultCode.Ok, Sequence);
            }

            result = Perform(processor, target);
            RetryAfterSeconds = target.RetryAfterSeconds;
            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (choice.IsInstalled && target.Writer.ProgrammedBytes == 0)
            {
                return ResultCode.UpToDate;
            }

            return Finish(target.Writer);
        }

        /// <summary>Signatures, then form, then what they grant.</summary>
        private ResultCode Admit(byte[] bytes, int count)
        {
            ResultCode result = _envelope.Parse(bytes, 0, count);
            SuitAuthenticator authenticator = new SuitAuthenticator();
            if (result == ResultCode.Ok)
            {
                // From the network no MAC counts: the device key says what this device verified, not what anyone signed.
                result = authenticator.Authenticate(_envelope, _boot.Policy.Trust, false);
            }

            if (result == ResultCode.Ok)
            {
                result = _manifest.Parse(_envelope);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (_manifest.ComponentCount != 1)
            {
                return ResultCode.SuitTooManyComponents;
            }

            if (!_manifest.ComponentStartsWith(0, _description.Id, true))
            {
                // A release of one component offered in place of another's (A7).
                return ResultCode.SuitComponentUnsupported;
            }

            Permissions needed = _description.PermissionsNeeded;
            return needed != Permissions.None && (authenticator.PermissionsFor(_manifest, 0) & needed) == needed
                ? ResultCode.Ok
                : ResultCode.SuitPermissionDenied;
        }

        /// <summary>Every command is looked at before one has an effect, and identity is checked in earnest.</summary>
        private ResultCode Rehearse(SuitProcessor processor, UpdateTarget target)
        {
            if (!_manifest.HasSection(SuitElement.Validate) || !_manifest.HasSection(SuitElement.Invoke))
            {
                return ResultCode.SuitManifestIncomplete;
            }

            processor.IsDryRun = true;
            ResultCode result = processor.Open(_manifest, target);
            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.PayloadFetch);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Install);
            }

            // What stage 1 would refuse must not be installed: with one slot there would be no way back.
            target.IsForStage1 = true;
            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Validate);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Load);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Invoke);
            }

            target.IsForStage1 = false;
            processor.IsDryRun = false;
            return result;
        }

        private ResultCode Perform(SuitProcessor processor, UpdateTarget target)
        {
            ResultCode result = processor.Open(_manifest, target);
            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.PayloadFetch);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Install);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Validate);
            }

            const int Needed = UpdateTarget.IdentityChecks | (1 << SuitCommand.ImageMatch);
            if (result == ResultCode.Ok && (processor.Parameters[0].Passed & Needed) != Needed)
            {
                result = ResultCode.SuitManifestIncomplete;
            }

            bool isForWantOfPayload = result == ResultCode.SuitImageMismatch || result == ResultCode.SuitTryEachFailed;
            return isForWantOfPayload && target.FetchFailure != ResultCode.Ok ? target.FetchFailure : result;
        }

        /// <summary>Length of the envelope up to the end of the manifest.</summary>
        private int StoredBytes()
        {
            int last = _envelope.FindElement(SuitElement.Manifest);
            return _envelope.Offsets[last] + _envelope.Counts[last] - _envelope.Offset;
        }

        private ResultCode Finish(SectorWriter writer)
        {
            // Stage 1 needs the signatures and the manifest, which come first in every envelope, and nothing behind them:
            // integrated payloads and severed elements stay away from the slot.
            int map = _envelope.KeyOffsets[0] - 1;
            if (_envelope.FindElement(SuitElement.Manifest) != 1 || _envelope.Buffer[map] != (0xA0 | _envelope.ElementCount))
            {
                return ResultCode.SuitEnvelopeMalformed;
            }

            _envelope.Buffer[map] = 0xA2;
            ResultCode result = writer.Finish(
                _envelope.Buffer, _envelope.Offset, StoredBytes(), Sequence, ImageVerifier.ImageIdOf(_envelope));
            IBootLog log = _boot.Board.Log;
            log.Write(BootEvent.BytesErased, SlotId, result, writer.ErasedBytes);
            log.Write(BootEvent.BytesProgrammed, SlotId, result, writer.ProgrammedBytes);
            if (result == ResultCode.Ok)
            {
                log.Write(BootEvent.InstallCompleted, SlotId, result, Sequence);
            }

            return result;
        }
    }
}
