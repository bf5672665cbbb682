// One manifest, from its first byte to the envelope in a slot or a refusal with a reason.
//
// Order: bounds, signatures, then everything else; permissions, sequence and every command of the manifest
// before anything happens; identity before the first byte of payload is asked for; the payload before the
// envelope. Until the first verified byte of payload is at hand nothing at all is written.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Updater.Suit;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>The update of one component by one manifest. One object a manifest; one thread.</summary>
    public sealed partial class ManifestUpdate
    {
        private readonly BootContext _boot;
        private readonly int _component;
        private readonly IPayloadDecoder _decoder;
        private ManifestTree _tree;
        private UpdateDevice _device;

        /// <summary>Prepares an update.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="component">The component that the manifest was fetched for.</param>
        /// <param name="decoder">For payloads that are not the image itself; null where every payload is.</param>
        public ManifestUpdate(BootContext boot, int component, IPayloadDecoder decoder)
        {
            _decoder = decoder;
            _boot = boot;
            _component = component;
        }

        /// <summary>What the device knows of its surroundings.</summary>
        public UpdateConditions Conditions;

        /// <summary>Takes images that another loader starts; null where there is none.</summary>
        public IImageReceiver Receiver;

        /// <summary>What is remembered of sources; null for nothing.</summary>
        public UpdateHistory History;

        /// <summary>Sequence number of the manifest, once it is authenticated; else 0.</summary>
        public long Sequence
        {
            get { return _tree == null ? 0 : _tree.Root.Manifest.SequenceNumber; }
        }

        /// <summary>Where a manifest was refused: byte offset in its envelope.</summary>
        public int ErrorOffset
        {
            get { return _tree == null ? 0 : (_tree.Refused ?? _tree.Root).Envelope.ErrorOffset; }
        }

        /// <summary>Where a manifest was refused: keys from the outside in (see <see cref="SuitEnvelope.ErrorElement"/>).</summary>
        public int ErrorElement
        {
            get { return _tree == null ? 0 : (_tree.Refused ?? _tree.Root).Envelope.ErrorElement; }
        }

        /// <summary>The envelope of the root, once a manifest was offered; else null.</summary>
        public SuitEnvelope Envelope
        {
            get { return _tree?.Root.Envelope; }
        }

        /// <summary>The slot that it goes into; None until the manifest fits this device and its payload is asked for.</summary>
        public RegionId SlotId
        {
            get { return _device == null || !_device.IsStarted ? RegionId.None : _device.Choice.Slot.Region.Id; }
        }

        /// <summary>Whether it was stored for a later apply, not installed.</summary>
        public bool IsStored
        {
            get { return _device != null && _device.Choice != null && _device.Choice.IsStoreOnly; }
        }

        /// <summary>Whether the slot looked as if it had been installed before.</summary>
        public bool IsAgain
        {
            get { return _device != null && _device.Choice != null && _device.Choice.IsAgain; }
        }

        /// <summary>Seconds that a server asked to wait, or 0.</summary>
        public int RetryAfterSeconds
        {
            get { return _device == null ? 0 : _device.RetryAfterSeconds; }
        }

        /// <summary>Processes a manifest.</summary>
        /// <param name="bytes">Holds the envelope; changed when it is installed.</param>
        /// <param name="count">Its length.</param>
        /// <param name="connection">For payloads.</param>
        /// <param name="source">Where the manifest came from: relative URIs count from there.</param>
        /// <returns>Ok when it is installed; UpToDate when there is nothing to do; else the reason of the refusal or failure.</returns>
        public ResultCode Run(byte[] bytes, int count, HttpConnection connection, HttpUri source)
        {
            _device = new UpdateDevice(_boot, _component, connection, source, _decoder) { Conditions = Conditions, History = History };

            // From the network no MAC counts: the device key says what this device verified, not what anyone signed.
            Authority[] trust = _boot.Trust ?? _boot.Policy.Trust;
            bool isTrust = _component == ComponentIndex.Trust;
            _device.GoodCopies = isTrust ? FindCopies() : 0;
            _tree = new ManifestTree(trust, false, _device);
            ResultCode result = _tree.Open(bytes, 0, count);
            SuitManifest root = _tree.Root.Manifest;
            bool isStarted = _component < ComponentIndex.Trust && !root.HasSection(SuitElement.Dependencies);
            bool isComplete = root.HasSection(SuitElement.Validate) && (!isStarted || root.HasSection(SuitElement.Invoke));
            if (result == ResultCode.Ok && !isComplete)
            {
                result = ResultCode.SuitManifestIncomplete;
            }

            if (result == ResultCode.Ok && isTrust && _tree.Root.Authenticator.SignerCount < _boot.Policy.RootsNeeded)
            {
                result = ResultCode.TrustRootsMissing;
            }

            // Data is not started: one whose manifest says so all the same is an image for the board's other loader.
            bool isNative = _component == ComponentIndex.Configuration && root.HasSection(SuitElement.Invoke);
            if (result == ResultCode.Ok && isNative)
            {
                result = Receiver == null ? ResultCode.NativeUpdaterMissing : Receiver.Accept(_boot);
            }

            if (result == ResultCode.Ok)
            {
                result = Perform();
                if (result != ResultCode.Ok && _device.IsPassedOver)
                {
                    _device.IsImpatient = true;
                    result = Perform();
                }
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (_device.Choice.IsInstalled && _device.Installer.Writer.ProgrammedBytes == 0)
            {
                return ResultCode.UpToDate;
            }

            result = isNative ? HandOver() : ResultCode.Ok;
            if (result == ResultCode.Ok)
            {
                result = Finish();
            }

            return result == ResultCode.Ok && isTrust ? PutInForce(trust) : result;
        }

        private ResultCode Perform()
        {
            ResultCode result = _tree.RunSection(SuitElement.DependencyResolution);
            if (result == ResultCode.Ok)
            {
                result = _tree.RunSection(SuitElement.PayloadFetch);
            }

            if (result == ResultCode.Ok)
            {
                result = _tree.RunSection(SuitElement.CandidateVerification);
            }

            if (result == ResultCode.Ok)
            {
                result = _tree.RunSection(SuitElement.Install);
            }

            if (result == ResultCode.Ok)
            {
                result = _tree.RunSection(SuitElement.Validate);
            }

            bool isForWantOfPayload = result == ResultCode.SuitImageMismatch || result == ResultCode.SuitTryEachFailed;
            if (isForWantOfPayload && _device.FetchFailure != ResultCode.Ok)
            {
                return _device.FetchFailure;
            }

            return result == ResultCode.Ok && !_device.IsVerified ? ResultCode.SuitManifestIncomplete : result;
        }

        // Before the envelope is written: a cut between the two hands it over once more, and an image that is refused never
        // becomes the one that is confirmed.
        private ResultCode HandOver()
        {
            Slot slot = _device.Choice.Slot;
            ResultCode result = Receiver.Take(_boot, slot.Region, slot.PayloadOffset, _device.ImageBytes);
            if (result == ResultCode.PayloadMalformed || result == ResultCode.SuitImageMismatch || result == ResultCode.ImageRejected)
            {
                _boot.Journal.Components[_component].FailedId = ImageVerifier.ImageIdOf(_device.Manifest.Envelope);
                result = ResultCode.PayloadMalformed;
            }

            return result;
        }

        // Data is not started, so there is no trial: what was verified counts, with the session's own record of the journal.
        private void ConfirmData()
        {
            ComponentState state = _boot.Journal.Components[_component];
            state.Floor = _device.Manifest.SequenceNumber;
            state.ConfirmedId = ImageVerifier.ImageIdOf(_device.Manifest.Envelope);
            state.ConfirmedSlot = SlotId;
            _boot.Journal.SetFailure(_component, ResultCode.Ok, RegionId.None, BootStage.None, 0);
        }

        private ResultCode Finish()
        {
            // Stage 1 needs the signatures and the manifest, which come first in every envelope, and nothing behind them:
            // integrated payloads and severed elements stay away from the slot.
            // (Before the item of the first element stand the head of the map and the key 2.)
            SuitEnvelope envelope = _device.Manifest.Envelope;
            int map = envelope.ItemOffsets[0] - 2;
            if (envelope.FindElement(SuitElement.Manifest) != 1 || envelope.Buffer[map] != (0xA0 | envelope.ElementCount))
            {
                return ResultCode.SuitEnvelopeMalformed;
            }

            envelope.Buffer[map] = 0xA2;
            SectorWriter writer = _device.Installer.Writer;
            ResultCode result = writer.Finish(
                envelope.Buffer,
                envelope.Offset,
                UpdateDevice.StoredBytes(envelope),
                _device.Manifest.SequenceNumber,
                ImageVerifier.ImageIdOf(envelope));
            IBootLog log = _boot.Board;
            log.Write(BootEvent.BytesErased, SlotId, result, writer.ErasedBytes);
            log.Write(BootEvent.BytesProgrammed, SlotId, result, writer.ProgrammedBytes);
            if (result == ResultCode.Ok)
            {
                log.Write(BootEvent.InstallCompleted, SlotId, result, Sequence);
                if (IsStored)
                {
                    _boot.Journal.Opaque[UpdateHistory.StoredOffset] = 1;
                }

                if (_component == ComponentIndex.Configuration)
                {
                    ConfirmData();
                }
            }

            return result;
        }
    }
}
