// Tells the status tracker how updates end: at once where there is a network, later where there was none.
//
// An installed image is reported twice: when it is installed (the trial is to come), and when it was confirmed or
// had failed. What is to be said later is kept in 16 bytes of the journal; the manifest itself, whose digest the
// report names, is at hand again when the server offers it again. The same refusal of the same manifest is said once.

using System;
using System.Text;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>Reports of a session. One thread.</summary>
    public sealed class Reporter
    {
        /// <summary>Path of the status tracker, relative to the manifest service.</summary>
        public const string Path = "reports";

        private const string ContentType = "application/suit-report+cose";
        private const int BufferBytes = SuitReportWriter.OverheadBytesMax + SuitReportWriter.RecordBytesMax + 256;

        private readonly BootContext _boot;
        private readonly HttpConnection _connection;
        private int _count;

        /// <summary>Prepares the reports of a session.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="connection">For the reports.</param>
        public Reporter(BootContext boot, HttpConnection connection)
        {
            _boot = boot;
            _connection = connection;
        }

        /// <summary>Says what became of a manifest, if that is news.</summary>
        /// <param name="component">A <see cref="ComponentIndex"/>.</param>
        /// <param name="update">The update by the manifest, at its end.</param>
        /// <param name="result">How it ended.</param>
        /// <param name="isRepeated">Whether it ended like this before.</param>
        /// <returns>Whether a report was sent.</returns>
        public bool Tell(int component, ManifestUpdate update, ResultCode result, bool isRepeated)
        {
            SuitEnvelope envelope = update.Envelope;
            if (_boot.Identity.DeviceKey == null || envelope == null)
            {
                return false;
            }

            byte[] digest = new byte[Sha256.DigestBytes];
            long id = 0;
            if (envelope.DigestOffset != 0)
            {
                System.Array.Copy(envelope.Buffer, envelope.DigestOffset, digest, 0, digest.Length);
                id = ImageVerifier.ImageIdOf(envelope);
            }

            byte[] kept = _boot.Journal.Opaque;
            const int At = UpdateHistory.ReportOffset;
            bool isKept = kept[At] == ReportOutcome.Format && kept[At + 1] == component
                && BitConverter.ToInt64(kept, At + ReportOutcome.DigestOffset) == id;
            SuitReportReason reason = SuitReportReasons.Of(result);
            if (result == ResultCode.Ok)
            {
                reason = update.IsStored || component >= ComponentIndex.Trust ? SuitReportReason.Ok : SuitReportReason.InvokePending;
            }
            else if (result == ResultCode.UpToDate || result == ResultCode.ImageRejected)
            {
                ComponentState state = _boot.Journal.Components[component];
                if (!isKept || (state.ConfirmedId != id && state.FailedId != id))
                {
                    return false;
                }

                result = state.FailedId == id ? ResultCode.TrialExhausted : ResultCode.Ok;
                reason = SuitReportReasons.Of(result);
            }
            else if (isRepeated && !isKept)
            {
                return false;
            }

            byte[] outcome = new byte[ReportOutcome.OutcomeBytes];
            ReportOutcome.Write(outcome, 0, result, reason, component, update.ErrorElement & 0xFF, update.ErrorOffset, digest, 0);
            bool isSent = Send(outcome, digest, result);
            if (result == ResultCode.ManifestFrozen)
            {
                // No outcome of an update, and not to be kept like one: if need be it is said in the next session.
                return isSent;
            }

            if (reason == SuitReportReason.InvokePending || !isSent)
            {
                System.Array.Copy(outcome, 0, kept, At, outcome.Length);
            }
            else if (isKept)
            {
                kept[At] = 0;
            }

            return isSent;
        }

        private bool Send(byte[] outcome, byte[] digest, ResultCode result)
        {
            // The number of the journal's record grows with every change, so this number is used once.
            byte[] nonce = new byte[8];
            FlashRecord.WriteNumber(nonce, 0, _boot.Journal.Sequence, 4);
            FlashRecord.WriteNumber(nonce, 4, ++_count, 4);
            byte[] buffer = new byte[BufferBytes];
            SuitReportWriter writer = new SuitReportWriter(buffer, 0, BufferBytes, nonce);
            ResultCode sent = writer.Finish(
                outcome,
                0,
                0,
                Encoding.UTF8.GetBytes(_boot.Identity.ManifestUri),
                digest,
                _boot.Identity.DeviceId,
                _boot.Identity.DeviceKey);
            HttpUri target = null;
            if (sent == ResultCode.Ok)
            {
                sent = HttpUri.Parse(_boot.Identity.ManifestUri, null, out HttpUri service);
                sent = sent == ResultCode.Ok ? HttpUri.Parse(Path, service, out target) : sent;
            }

            if (sent == ResultCode.Ok)
            {
                sent = _connection.Post(target, ContentType, buffer, writer.Offset, writer.Count);
            }

            // Where there is no tracker, nobody waits for the report.
            if (sent == ResultCode.Ok && _connection.Status / 100 != 2 && _connection.Status != 404)
            {
                sent = ResultCode.HttpStatus;
            }

            _boot.Board.Write(BootEvent.Report, RegionId.None, sent, (long)result);
            return sent == ResultCode.Ok;
        }
    }
}
