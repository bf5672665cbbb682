// Verifies one slot of a code component: envelope, manifest, identity, floor, and every byte of the image, in the
// arrays that will be loaded. It is what the manifest's commands act upon in stage 1. A slot of the component "trust"
// is verified in the same way; its image is one array of data, and what it says is read from that array.
//
// Order: nothing is parsed that was not authenticated, nothing is allocated beyond a named limit or the authenticated
// image size, no byte of the payload is read for a manifest that is not for this device.

using System;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>What was verified of a slot.</summary>
    /// <remarks>One thread; one object for each slot.</remarks>
    public sealed partial class ImageVerifier : ISuitTarget
    {
        private const int MatchesMax = 4;
        private const int IdentityChecks = (1 << SuitCommand.VendorIdentifier) | (1 << SuitCommand.ClassIdentifier);
        private const int ChecksNeeded = IdentityChecks | (1 << SuitCommand.ImageMatch);

        private readonly BootPolicy _policy;
        private readonly DeviceIdentity _identity;
        private readonly ComponentDescription _description;
        private readonly SuitEnvelope _envelope = new SuitEnvelope();
        private readonly SuitAuthenticator _authenticator = new SuitAuthenticator();
        private readonly SuitManifest _manifest = new SuitManifest();
        private int _matches;
        private int _met;

        /// <summary>The slot. What its envelope's header says is true once it was verified.</summary>
        public readonly Slot Slot;

        /// <summary>The trust that the image was verified under.</summary>
        internal readonly Authority[] Trust;

        /// <summary>The trust that the image grants, where it is a trust document; null until it was verified.</summary>
        public Authority[] Granted;

        /// <summary>Size of the image in bytes.</summary>
        internal int ImageBytes;

        /// <summary>Full name of the entry type.</summary>
        internal string TypeName;

        /// <summary>Name of the entry method.</summary>
        internal string MethodName;

        /// <summary>A number that belongs to a refusal: byte offset in the envelope, or index of a chunk.</summary>
        internal int Detail;

        /// <summary>Makes a verifier of a slot.</summary>
        /// <param name="policy">The decisions of the board.</param>
        /// <param name="identity">Who the device is.</param>
        /// <param name="description">The component.</param>
        /// <param name="slot">The slot, its envelope record opened.</param>
        /// <param name="trust">Whom to trust; for a trust document the keys of the board.</param>
        public ImageVerifier(
            BootPolicy policy, DeviceIdentity identity, ComponentDescription description, Slot slot, Authority[] trust)
        {
            _policy = policy;
            _identity = identity;
            _description = description;
            Slot = slot;
            Trust = trust;
        }

        /// <summary>The id of the image whose envelope was authenticated.</summary>
        /// <param name="envelope">The envelope.</param>
        /// <returns>The first 8 bytes of its manifest's digest, as a little-endian number.</returns>
        public static long ImageIdOf(SuitEnvelope envelope)
        {
            return BitConverter.ToInt64(envelope.Buffer, envelope.DigestOffset);
        }

        // The keys that count on this device: those that are trusted, and the device key where the board says so.
        private Authority[] KeysOf()
        {
            if (!_policy.AcceptDeviceMac || _identity.DeviceKey == null)
            {
                return Trust;
            }

            Authority[] authorities = Trust;
            Authority[] all = new Authority[authorities.Length + 1];
            System.Array.Copy(authorities, 0, all, 1, authorities.Length);
            all[0] = new Authority(null, CoseAlgorithm.Hmac256, _identity.DeviceKey, (Permissions)0x7F, null, null);
            return all;
        }

        /// <summary>Verifies who signed the manifest, and what it claims to be; the image is not looked at.</summary>
        /// <param name="floor">The least sequence number that is accepted.</param>
        /// <returns>Ok, or the first reason to refuse the slot.</returns>
        public ResultCode CheckEnvelope(long floor)
        {
            ResultCode result = Slot.ReadBody(out byte[] body);
            if (result == ResultCode.Ok)
            {
                result = _envelope.Parse(body, 0, body.Length);
            }

            if (result == ResultCode.Ok)
            {
                result = _authenticator.Authenticate(_envelope, KeysOf(), _policy.AcceptDeviceMac);
            }

            if (result == ResultCode.Ok)
            {
                result = _manifest.Parse(_envelope);
            }

            return result == ResultCode.Ok ? CheckClaims(floor) : result;
        }

        /// <summary>Verifies everything.</summary>
        /// <param name="floor">The least sequence number that is accepted.</param>
        /// <returns>Ok, or the first reason to refuse the slot.</returns>
        public ResultCode Verify(long floor)
        {
            ResultCode result = CheckEnvelope(floor);
            if (result == ResultCode.Ok)
            {
                result = Process();
            }

            if (result != ResultCode.Ok)
            {
                Clear();
                Detail = Detail != 0 ? Detail : _envelope.ErrorOffset;
            }

            return result;
        }

        private ResultCode CheckClaims(long floor)
        {
            long sequence = _manifest.SequenceNumber;
            if (sequence != Slot.Sequence || ImageIdOf(_envelope) != Slot.Id)
            {
                // The header's hints chose this slot, so they must be true.
                return ResultCode.SlotHeaderInvalid;
            }

            if (sequence < floor)
            {
                return ResultCode.SuitSequenceTooOld;
            }

            return _manifest.ComponentCount == 1 && IsPermitted() ? ResultCode.Ok : ResultCode.SuitPermissionDenied;
        }

        private bool IsPermitted()
        {
            Permissions needed = _description.PermissionsNeeded;
            return needed != 0 && (_authenticator.PermissionsFor(_manifest, 0) & needed) == needed;
        }

        /// <summary>
        /// Computes the decision a second time, from what the first left behind on its way and not from its answers:
        /// an instruction that was skipped there does not help here (A62).
        /// </summary>
        /// <param name="floor">The least sequence number that is accepted.</param>
        /// <returns>Whether everything was verified, and was right.</returns>
        internal bool IsSound(long floor)
        {
            int signers = _authenticator.SignerCount;
            int manifest = _envelope.FindElement(SuitElement.Manifest);
            return signers > 0
                && _authenticator.Witness == signers * CoseVerifier.Valid
                && _envelope.HasDigest(manifest, _envelope.DigestOffset)
                && IsPermitted()
                && _manifest.ComponentStartsWith(0, _description.Id, true)
                && _manifest.SequenceNumber >= floor
                && ImageIdOf(_envelope) == Slot.Id
                && (_met & IdentityChecks) == IdentityChecks
                && _difference == 0
                && _comparedBytes == ImageBytes
                && ImageBytes > 0
                && (Granted == null
                    || (ReadTrust(out Authority[] again) == ResultCode.Ok && again.Length == Granted.Length));
        }

        private bool IsTrust()
        {
            return _description == _policy.Components[ComponentIndex.Trust];
        }

        private ResultCode ReadTrust(out Authority[] granted)
        {
            return TrustDocument.Read(Assemblies[0], _policy, _authenticator, out granted);
        }

        private ResultCode Process()
        {
            SuitProcessor processor = new SuitProcessor();
            ResultCode result = processor.Open(_manifest, this);
            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Validate);
            }

            if (result == ResultCode.Ok && (processor.Parameters[0].Passed & ChecksNeeded) != ChecksNeeded)
            {
                result = ResultCode.SuitManifestIncomplete;
            }

            if (result == ResultCode.Ok && IsTrust())
            {
                return ReadTrust(out Granted);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Load);
            }

            if (result == ResultCode.Ok)
            {
                result = processor.RunSection(SuitElement.Invoke);
            }

            return result == ResultCode.Ok && TypeName == null ? ResultCode.SuitManifestIncomplete : result;
        }

        /// <inheritdoc/>
        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            return component == 0 && processor.Manifest.ComponentStartsWith(0, _description.Id, true)
                ? ResultCode.Ok
                : ResultCode.SuitComponentUnsupported;
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
                    parameters.GetString(command, out byte[] buffer, out int offset, out int bytes);
                    ResultCode result = _identity.Match(command, buffer, offset, bytes);
                    if (result == ResultCode.Ok)
                    {
                        _met |= 1 << command;
                    }

                    return result;

                case SuitCommand.ImageMatch:
                    return MatchImage(parameters);

                case SuitCommand.ComponentSlot:
                    parameters.GetInt(SuitParameter.ComponentSlot, out long slot);
                    return slot < _description.Slots.Length && _description.Slots[(int)slot] == Slot.Region.Id
                        ? ResultCode.Ok
                        : ResultCode.SuitSlotMismatch;

                case SuitCommand.CheckContent:
                    return MatchContent(parameters);

                case SuitCommand.Invoke:
                    return Invoke(parameters);

                default:
                    return ResultCode.SuitCommandUnsupported;
            }
        }

        private ResultCode MatchImage(SuitParameters parameters)
        {
            // Each comparison costs a reading of the image: a manifest may not ask for many.
            if (++_matches > MatchesMax)
            {
                return ResultCode.SuitLimit;
            }

            bool isTrust = IsTrust();
            ResultCode result = parameters.GetInt(SuitParameter.ImageSize, out long size);
            if (result == ResultCode.Ok
                && (size < 1 || size > Slot.PayloadCapacity || size > (isTrust ? TrustDocument.BytesMax : _policy.ImageBytesMax)))
            {
                result = ResultCode.PayloadTooLarge;
            }

            if (result == ResultCode.Ok)
            {
                ImageBytes = (int)size;
                result = ReadImage(isTrust);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            if (parameters.GetString(SuitParameter.ChunkTable, out byte[] buffer, out int offset, out int count) == ResultCode.Ok)
            {
                return VerifyChunks(new ChunkTable(buffer, offset, count, size));
            }

            result = parameters.GetImageDigest(out buffer, out offset);
            return result == ResultCode.Ok ? VerifyDigest(buffer, offset) : result;
        }

        // What it compares is not what will run: it chooses among alternatives, and image-match is demanded all the same.
        private ResultCode MatchContent(SuitParameters parameters)
        {
            parameters.GetInt(SuitParameter.ImageSize, out long size);
            parameters.GetString(SuitParameter.Content, out byte[] content, out int offset, out int count);
            byte[] bytes = new byte[count];
            return ++_matches <= MatchesMax
                && size == count
                && Slot.Region.Read(Slot.PayloadOffset, bytes, 0, count) == ResultCode.Ok
                && ConstantTime.AreEqual(bytes, 0, content, offset, count)
                ? ResultCode.Ok
                : ResultCode.SuitContentMismatch;
        }

        private ResultCode Invoke(SuitParameters parameters)
        {
            ResultCode result = parameters.GetString(SuitParameter.InvokeArguments, out byte[] buffer, out int offset, out int count);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            CborReader reader = new CborReader(buffer, offset, count);
            bool isPair = reader.Read(CborType.Array) == 2;
            TypeName = DeviceIdentity.ReadText(reader);
            MethodName = DeviceIdentity.ReadText(reader);
            return isPair && reader.CheckEnd() == ResultCode.Ok ? ResultCode.Ok : ResultCode.SuitInvokeArgumentsInvalid;
        }

        /// <inheritdoc/>
        public ResultCode AcceptParameter(int parameter, CborReader reader)
        {
            return ResultCode.SuitParameterUnsupported;
        }
    }
}
