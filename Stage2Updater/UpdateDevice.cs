// The device as the manifests of an update see it: one component, and the slot that is written to.
//
// A fetch whose source fails is not the end of the manifest: the image then does not match, and a try-each goes
// on with its next alternative. What was fetched so far stays, chunk by chunk. The reason is kept, and reported
// if no alternative succeeds.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Updater.Suit;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>What the manifests of one update act upon. One object an update; one thread.</summary>
    public sealed partial class UpdateDevice : IUpdateDevice
    {
        /// <summary>What must have been met before a byte of payload is fetched.</summary>
        public const int IdentityChecks = (1 << SuitCommand.VendorIdentifier) | (1 << SuitCommand.ClassIdentifier);

        private readonly BootContext _boot;
        private readonly int _component;
        private readonly ComponentDescription _description;
        private readonly HttpConnection _connection;
        private readonly HttpUri _manifestUri;
        private readonly IPayloadDecoder _decoder;
        private SuitProcessor _processor;

        /// <summary>Prepares an update.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="component">The component that is updated.</param>
        /// <param name="connection">For payloads.</param>
        /// <param name="manifestUri">Where the manifest came from: relative URIs count from there.</param>
        /// <param name="decoder">For payloads that are not the image itself; null where every payload is.</param>
        public UpdateDevice(BootContext boot, int component, HttpConnection connection, HttpUri manifestUri, IPayloadDecoder decoder)
        {
            _decoder = decoder;
            _boot = boot;
            _component = component;
            _description = boot.Policy.Components[component];
            _connection = connection;
            _manifestUri = manifestUri;
        }

        /// <summary>What the device knows of its surroundings.</summary>
        public UpdateConditions Conditions;

        /// <summary>What is remembered of sources; null for nothing.</summary>
        public UpdateHistory History;

        /// <summary>Whether sources that failed of late are asked all the same: no other one delivered.</summary>
        public bool IsImpatient;

        /// <summary>Whether a source was passed over because it failed of late.</summary>
        public bool IsPassedOver;

        /// <summary>The manifest that describes the image: its envelope goes into the slot. Null before one was accepted.</summary>
        public SuitManifest Manifest;

        /// <summary>Where it goes; null before it was accepted.</summary>
        public SlotChooser Choice;

        /// <summary>Puts it there; null before it was accepted.</summary>
        public SlotInstaller Installer;

        /// <summary>See <see cref="SlotChooser.GoodCopies"/>.</summary>
        public int GoodCopies;

        /// <summary>Whether a manifest fits this device, and its payload was asked for.</summary>
        public bool IsStarted;

        /// <summary>Why the last fetch failed, or Ok.</summary>
        public ResultCode FetchFailure;

        /// <summary>Seconds that a server asked to wait, or 0.</summary>
        public int RetryAfterSeconds;

        /// <summary>Whether identity and image of the accepted manifest were checked, in earnest.</summary>
        public bool IsVerified
        {
            get
            {
                const int Needed = IdentityChecks | (1 << SuitCommand.ImageMatch);
                return _processor != null && (_processor.Parameters[0].Passed & Needed) == Needed;
            }
        }

        /// <summary>Size of the image that the accepted manifest describes; 0 when it does not say.</summary>
        public int ImageBytes
        {
            get
            {
                Installer.CheckSize(_processor.Parameters[0], out int imageBytes);
                return imageBytes;
            }
        }

        /// <inheritdoc/>
        public void SetManifest(SuitProcessor processor)
        {
            // One component: what is asked of it is the same whichever manifest asks.
        }

        /// <inheritdoc/>
        public ResultCode AcceptComponent(SuitProcessor processor, int component, Permissions granted)
        {
            SuitManifest manifest = processor.Manifest;
            if (!manifest.ComponentStartsWith(component, _description.Id, true))
            {
                // Another component's release offered in place of this one's (A7), or none of this device.
                return ResultCode.SuitComponentUnsupported;
            }

            Permissions needed = _description.PermissionsNeeded;
            Permissions lacking = needed & ~granted;
            if (needed == Permissions.None || (lacking != Permissions.None && lacking != Permissions.Apply))
            {
                return ResultCode.SuitPermissionDenied;
            }

            if (manifest == Manifest)
            {
                return ResultCode.Ok;
            }

            // Stage 1 runs manifests of one component; and one image goes into one slot.
            if (Manifest != null || manifest.ComponentCount != 1)
            {
                return ResultCode.SuitTooManyComponents;
            }

            SlotChooser choice = new SlotChooser(_boot, _component);
            choice.GoodCopies = GoodCopies;
            ResultCode result = choice.Choose(
                manifest.SequenceNumber, ImageVerifier.ImageIdOf(manifest.Envelope), lacking != Permissions.None);
            SlotInstaller installer = result == ResultCode.Ok ? new SlotInstaller(_boot, choice.Slot) : null;
            if (result == ResultCode.Ok)
            {
                result = installer.Open();
            }

            if (result == ResultCode.Ok && StoredBytes(manifest.Envelope) > choice.Slot.CapacityBytes)
            {
                result = ResultCode.ManifestTooLarge;
            }

            if (result == ResultCode.Ok)
            {
                _processor = processor;
                Manifest = manifest;
                Choice = choice;
                Installer = installer;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode MatchIdentifier(int command, byte[] buffer, int offset, int count)
        {
            return _boot.Identity.Match(command, buffer, offset, count);
        }

        /// <inheritdoc/>
        public ResultCode MatchSlot(int component, long slot)
        {
            return Choice != null && slot == Choice.SlotNumber ? ResultCode.Ok : ResultCode.SuitSlotMismatch;
        }

        /// <inheritdoc/>
        public ResultCode MatchImage(int component, SuitParameters parameters)
        {
            return Installer == null ? ResultCode.SuitImageMismatch : Installer.Match(parameters);
        }

        /// <inheritdoc/>
        public ResultCode MatchContent(int component, byte[] buffer, int offset, int count)
        {
            return Installer == null ? ResultCode.SuitContentMismatch : Installer.MatchContent(_processor.Parameters[0], buffer, offset, count);
        }

        /// <inheritdoc/>
        public ResultCode Change(SuitProcessor processor, int command, int component, int source)
        {
            // One component: there is nothing to copy from, to swap with, or to do without.
            return ResultCode.SuitCommandUnsupported;
        }

        /// <inheritdoc/>
        public ResultCode CheckEvent(int waitEvent, CborReader value)
        {
            return Conditions.CheckEvent(waitEvent, value, GetTimeSeconds());
        }

        /// <inheritdoc/>
        public long GetTimeSeconds()
        {
            return _boot.Board.SecureTimeSeconds;
        }

        /// <inheritdoc/>
        public long GetBatteryMilliwattHours()
        {
            return Conditions.Get(UpdateConditions.Battery);
        }

        /// <inheritdoc/>
        public int[] GetVersion(SuitProcessor processor, int component)
        {
            // What the manifest of the confirmed image said of itself.
            ComponentState state = _boot.Journal.Components[_component];
            Slot slot = SlotChooser.Open(_boot, _description, state.ConfirmedSlot);
            if (slot == null || slot.Open() != ResultCode.Ok || slot.Id != state.ConfirmedId
                || slot.ReadBody(out byte[] body) != ResultCode.Ok)
            {
                return null;
            }

            SuitEnvelope envelope = new SuitEnvelope();
            SuitManifest manifest = new SuitManifest();
            if (envelope.Parse(body, 0, body.Length) != ResultCode.Ok
                || new SuitAuthenticator().Authenticate(envelope, _boot.Trust ?? _boot.Policy.Trust, false) != ResultCode.Ok
                || manifest.Parse(envelope) != ResultCode.Ok)
            {
                return null;
            }

            manifest.FindSection(SuitElement.SetVersion, out int offset, out int count);
            return VersionMatch.ReadNumbers(new CborReader(body, offset, count));
        }

        /// <summary>Length of an envelope up to the end of its manifest: what stage 1 needs of it.</summary>
        /// <param name="envelope">The envelope, parsed.</param>
        /// <returns>The length in bytes.</returns>
        public static int StoredBytes(SuitEnvelope envelope)
        {
            int last = envelope.FindElement(SuitElement.Manifest);
            return envelope.Offsets[last] + envelope.Counts[last] - envelope.Offset;
        }
    }
}
