// How payloads reach the slot: from the envelope, from the manifest, from a server; decoded on the way where need be.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Updater.Suit;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <content>Payloads.</content>
    public sealed partial class UpdateDevice
    {
        /// <inheritdoc/>
        public ResultCode Fetch(SuitProcessor processor, int component)
        {
            SuitParameters parameters = processor.Parameters[component];
            if (processor.Manifest != Manifest || (parameters.Passed & IdentityChecks) != IdentityChecks)
            {
                return ResultCode.SuitManifestIncomplete;
            }

            Start();
            if (Choice.IsInstalled && Installer.Match(parameters) == ResultCode.Ok)
            {
                // Nothing to fetch, which is how most polls end.
                return ResultCode.Ok;
            }

            ResultCode result = parameters.GetString(SuitParameter.Uri, out byte[] uri, out int offset, out int count);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            SuitEnvelope envelope = processor.Manifest.Envelope;
            int element = EnvelopePayloads.Find(envelope, uri, offset, count);
            string path = AsciiText.Read(uri, offset, count);
            HttpUri target = null;
            HttpPayload http = null;
            IPayloadSource source = null;
            IWirePayload wire = null;
            if (element >= 0)
            {
                MemoryPayload memory = new MemoryPayload(envelope.Buffer, envelope.Offsets[element], envelope.Counts[element]);
                source = memory;
                wire = memory;
            }
            else
            {
                result = HttpUri.Parse(path, _manifestUri, out target);
                if (result == ResultCode.Ok && History != null && !IsImpatient && History.IsPutOff(target))
                {
                    IsPassedOver = true;
                    FetchFailure = ResultCode.TryLater;
                    return ResultCode.Ok;
                }

                http = result == ResultCode.Ok ? new HttpPayload(_connection, target) : null;
                source = http;
                wire = http;
            }

            if (result == ResultCode.Ok)
            {
                result = Decode(parameters, path, wire, ref source);
            }

            if (result == ResultCode.Ok)
            {
                result = Installer.Install(parameters, source);
                if (http != null && http.IsAsked)
                {
                    NoteSource(target, result);
                }
            }

            if (http != null && http.RetryAfterSeconds > RetryAfterSeconds)
            {
                RetryAfterSeconds = http.RetryAfterSeconds;
            }

            // A source that failed is left behind; flash that failed is the end.
            FetchFailure = result;
            return result == ResultCode.SuitImageMismatch || result >= ResultCode.NetworkUnreachable ? ResultCode.Ok : result;
        }

        /// <inheritdoc/>
        public ResultCode FetchDependency(SuitProcessor processor, int component, out byte[] envelope, out int count)
        {
            envelope = null;
            count = 0;
            ResultCode result = processor.Parameters[component].GetString(SuitParameter.Uri, out byte[] uri, out int offset, out int uriBytes);
            if (result == ResultCode.Ok)
            {
                result = HttpUri.Parse(AsciiText.Read(uri, offset, uriBytes), _manifestUri, out HttpUri target);
                if (result == ResultCode.Ok)
                {
                    result = _connection.Get(target, -1, 0, null);
                }
            }

            if (result == ResultCode.Ok && _connection.Status != 200)
            {
                result = ResultCode.HttpStatus;
            }

            return result == ResultCode.Ok ? _connection.ReadWhole(Updater.ManifestBytesMax, out envelope, out count) : result;
        }

        /// <inheritdoc/>
        public ResultCode Write(SuitProcessor processor, int component, byte[] content, int offset, int count)
        {
            SuitParameters parameters = processor.Parameters[component];
            if (processor.Manifest != Manifest || (parameters.Passed & IdentityChecks) != IdentityChecks)
            {
                return ResultCode.SuitManifestIncomplete;
            }

            Start();
            MemoryPayload memory = new MemoryPayload(content, offset, count);
            IPayloadSource payload = memory;
            ResultCode result = Decode(parameters, string.Empty, memory, ref payload);
            return result == ResultCode.Ok ? Installer.Install(parameters, payload) : result;
        }

        private ResultCode Decode(SuitParameters parameters, string path, IWirePayload wire, ref IPayloadSource source)
        {
            IPayloadSource decoded = null;
            ResultCode result = _decoder == null
                ? ResultCode.Ok
                : _decoder.Open(_boot, Choice.Slot, parameters, path, wire, out decoded);
            if (decoded != null)
            {
                source = decoded;
            }
            else if (result == ResultCode.Ok && parameters.IsSet(UpdateParameter.EncryptionInfo))
            {
                result = ResultCode.NotSupported;
            }

            return result;
        }

        // Payload that suits another device, and flash that fails, are no fault of who serves it.
        private void NoteSource(HttpUri source, ResultCode result)
        {
            bool isFailure = result == ResultCode.SuitImageMismatch
                || (result >= ResultCode.NetworkUnreachable && result != ResultCode.PrecursorMismatch && result != ResultCode.PayloadTooLarge);
            if (History != null && (isFailure || result == ResultCode.Ok))
            {
                History.Note(source, isFailure, _boot.Identity.DeviceId);
            }
        }

        private void Start()
        {
            if (!IsStarted && !Choice.IsInstalled)
            {
                _boot.Board.Write(BootEvent.ManifestAccepted, Choice.Slot.Region.Id, ResultCode.Ok, Manifest.SequenceNumber);
            }

            IsStarted = true;
        }
    }
}
