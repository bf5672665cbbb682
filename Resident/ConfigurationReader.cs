// The configuration of a device: a component that is data. Stage 2 installs and confirms it like an image; nothing starts
// it, so nobody verifies it at boot: it is verified here, each time it is read, by stage 1's own code.
//
// What is handed out is the array that was verified, read once (A23). Order: nothing is parsed that was not authenticated;
// nothing of the payload is read for a manifest that is not for this device, or below the floor.
// Fault model: any content of the region; power cuts while stage 2 writes it: then it is absent, or the former one.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Resident
{
    /// <summary>Reads the confirmed configuration. One thread.</summary>
    public sealed class ConfigurationReader : ISuitTarget
    {
        /// <summary>Largest configuration that is read, in bytes.</summary>
        public const int DataBytesMax = 65536;

        private const int ChecksNeeded =
            (1 << SuitCommand.VendorIdentifier) | (1 << SuitCommand.ClassIdentifier) | (1 << SuitCommand.ImageMatch);

        private readonly BootContext _boot;
        private readonly ComponentDescription _description;
        private Slot _slot;

        /// <summary>The configuration; null before it was read, and when it is refused. The caller's to keep.</summary>
        public byte[] Data;

        /// <summary>Sequence number of its manifest.</summary>
        public long Sequence;

        /// <summary>Makes a reader.</summary>
        /// <param name="boot">The start of this device.</param>
        public ConfigurationReader(BootContext boot)
        {
            _boot = boot;
            _description = boot.Policy.Components[ComponentIndex.Configuration];
        }

        /// <summary>Reads and verifies the configuration.</summary>
        /// <returns>Ok; <see cref="ResultCode.NotSupported"/> on a board without one; <see cref="ResultCode.SlotEmpty"/> when there
        /// is none, or not again since an update was cut: the next session of stage 2 brings it; or why it is refused.</returns>
        public ResultCode Read()
        {
            Data = null;
            Sequence = 0;
            if (_description == null)
            {
                return ResultCode.NotSupported;
            }

            ComponentState state = _boot.Journal.Components[ComponentIndex.Configuration];
            for (int i = 0; i < _description.Slots.Length; i++)
            {
                FlashRegion region = _boot.Board.Flash.Find(_description.Slots[i]);
                _slot = region == null ? null : new Slot(region, _description.EnvelopeAreaBytes);
                bool isConfirmed = _slot != null && _slot.Check() == ResultCode.Ok && _slot.Open() == ResultCode.Ok
                    && _slot.Id == state.ConfirmedId && state.ConfirmedId != 0;
                if (isConfirmed)
                {
                    ResultCode result = Verify(state.Floor);
                    Data = result == ResultCode.Ok ? Data : null;
                    return result;
                }
            }

            return ResultCode.SlotEmpty;
        }

        private ResultCode Verify(long floor)
        {
            SuitEnvelope envelope = new SuitEnvelope();
            SuitManifest manifest = new SuitManifest();
            SuitAuthenticator authenticator = new SuitAuthenticator();
            ResultCode result = _slot.ReadBody(out byte[] body);
            if (result == ResultCode.Ok)
            {
                result = envelope.Parse(body, 0, body.Length);
            }

            if (result == ResultCode.Ok)
            {
                result = _boot.Trust == null ? ResultCode.TrustInvalid : authenticator.Authenticate(envelope, _boot.Trust, false);
            }

            if (result == ResultCode.Ok)
            {
                result = manifest.Parse(envelope);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            Sequence = manifest.SequenceNumber;
            if (Sequence < floor)
            {
                return ResultCode.SuitSequenceTooOld;
            }

            if (manifest.ComponentCount != 1
                || (authenticator.PermissionsFor(manifest, 0) & _description.PermissionsNeeded) != _description.PermissionsNeeded)
            {
                return ResultCode.SuitPermissionDenied;
            }

            SuitProcessor processor = new SuitProcessor();
            result = processor.Open(manifest, this);
            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Validate);
            }

            return result == ResultCode.Ok && (processor.Parameters[0].Passed & ChecksNeeded) != ChecksNeeded
                ? ResultCode.SuitManifestIncomplete
                : result;
        }

        /// <inheritdoc/>
        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            return component == 0 && processor.Manifest.ComponentStartsWith(0, _description.Id, true)
                ? ResultCode.Ok
                : ResultCode.SuitComponentUnsupported;
        }

        /// <inheritdoc/>
        public ResultCode AcceptParameter(int parameter, CborReader reader)
        {
            return ResultCode.SuitParameterUnsupported;
        }

        /// <inheritdoc/>
        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            SuitParameters parameters = processor.Parameters[component];
            switch (command)
            {
                case SuitCommand.VendorIdentifier:
                case SuitCommand.ClassIdentifier:
                case SuitCommand.DeviceIdentifier:
                    parameters.GetString(command, out byte[] buffer, out int offset, out int count);
                    return _boot.Identity.Match(command, buffer, offset, count);

                case SuitCommand.ImageMatch:
                    return MatchImage(parameters);

                case SuitCommand.ComponentSlot:
                    parameters.GetInt(SuitParameter.ComponentSlot, out long slot);
                    return slot < _description.Slots.Length && _description.Slots[(int)slot] == _slot.Region.Id
                        ? ResultCode.Ok
                        : ResultCode.SuitSlotMismatch;

                default:
                    return ResultCode.SuitCommandUnsupported;
            }
        }

        // The digest over the whole: a configuration is small, and every manifest has it.
        private ResultCode MatchImage(SuitParameters parameters)
        {
            if (Data != null)
            {
                // Once: what was handed out must be what was compared.
                return ResultCode.SuitLimit;
            }

            ResultCode result = parameters.GetInt(SuitParameter.ImageSize, out long size);
            if (result == ResultCode.Ok && (size < 1 || size > _slot.PayloadCapacity || size > DataBytesMax))
            {
                result = ResultCode.PayloadTooLarge;
            }

            byte[] digest = null;
            int digestOffset = 0;
            if (result == ResultCode.Ok)
            {
                result = parameters.GetImageDigest(out digest, out digestOffset);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            Data = new byte[(int)size];
            result = _slot.Region.Read(_slot.PayloadOffset, Data, 0, Data.Length);
            byte[] actual = new byte[Sha256.DigestBytes];
            Sha256 hash = new Sha256();
            hash.Update(Data, 0, Data.Length);
            hash.Finish(actual, 0);
            bool isSame = ConstantTime.AreEqual(actual, 0, digest, digestOffset, Sha256.DigestBytes);
            return result == ResultCode.Ok && !isSame ? ResultCode.SuitImageMismatch : result;
        }
    }
}
