// Events and codes in words: what the board prints as numbers because words would cost it flash.

using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Xml.Linq;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Demo
{
    /// <summary>Puts events and result codes into words.</summary>
    internal static class EventText
    {
        private static readonly Dictionary<string, string> s_reasons = ReadReasons();

        /// <summary>Who speaks: a stage, or the image that called into stage 1.</summary>
        public static string SpeakerOf(TranscriptEntry entry)
        {
            bool isImage = entry.Event is BootEvent.ImageConfirmed or BootEvent.UpdateRequested or BootEvent.Restarting;
            bool isStage2 = entry.Region is RegionId.Stage2A or RegionId.Stage2B or RegionId.Trust or RegionId.TrustB;
            if ((int)entry.Event >= (int)BootEvent.Stage2Started || (isImage && isStage2))
            {
                return "stage 2";
            }

            return isImage ? "app" : "stage 1";
        }

        /// <summary>A slot or region, for people.</summary>
        public static string Of(RegionId region)
        {
            return region switch
            {
                RegionId.Stage2A => "stage2.a",
                RegionId.Stage2B => "stage2.b",
                RegionId.ApplicationA => "app.a",
                RegionId.ApplicationB => "app.b",
                RegionId.Trust => "trust.a",
                RegionId.TrustB => "trust.b",
                RegionId.Configuration => "config.a",
                RegionId.ConfigurationB => "config.b",
                RegionId.None => "-",
                _ => region.ToString().ToLowerInvariant(),
            };
        }

        /// <summary>What a result code means: the first sentence of its documentation.</summary>
        public static string Of(ResultCode code) => s_reasons.GetValueOrDefault(code.ToString(), code.ToString());

        /// <summary>One line for an event.</summary>
        public static string Of(TranscriptEntry entry)
        {
            string value = entry.Value.ToString("N0", CultureInfo.InvariantCulture);
            return entry.Event switch
            {
                BootEvent.Stage1Started => $"starts; journal record {value}",
                BootEvent.SlotExamined => $"looks at the slot: sequence {value}",
                BootEvent.SlotRefused => entry.Result == ResultCode.SlotEmpty ? "the slot is empty" : $"refuses the slot: {Reason(entry)}",
                BootEvent.SlotVerified => $"signature, identity, floor and all {value} bytes verified",
                BootEvent.TrialStarted => $"starts the image on trial; {value} attempts left after this one",
                BootEvent.ImageStarted => $"starts the confirmed image, sequence {value}",
                BootEvent.ImageConfirmed => $"{(entry.Region is RegionId.Trust or RegionId.TrustB ? "in force" : "confirmed")}: the floor is {value}",
                BootEvent.ImageEnded => $"the image ended: {Reason(entry)}",
                BootEvent.Reverted => $"reverts to the former image: {Reason(entry)}",
                BootEvent.SupervisorRestart => $"no confirm in {value} ms: restarts",
                BootEvent.Stopped => $"stops: {Reason(entry)}",
                BootEvent.JournalWritten => $"journal record {value}",
                BootEvent.UpdateRequested => $"an update check is requested, reason {value}",
                BootEvent.Restarting => "restarts",
                BootEvent.FaultDetected => "two computations of one decision differ: restarts",
                BootEvent.Stage2Started => $"starts, sequence {value}",
                BootEvent.ManifestFetched => $"manifest fetched: {value} bytes",
                BootEvent.ManifestAccepted => $"manifest accepted: sequence {value}",
                BootEvent.ManifestRefused => $"manifest refused: {Reason(entry)}",
                BootEvent.InstallStarted => $"installs {value} bytes",
                BootEvent.InstallProgress => $"{value} bytes in place",
                BootEvent.BytesInPlace => $"{value} bytes were in place",
                BootEvent.BytesReused => $"{value} bytes copied from another slot",
                BootEvent.BytesFetched => $"{value} bytes fetched",
                BootEvent.InstallCompleted => $"installed: sequence {value}",
                BootEvent.InstallFailed => $"installation failed: {Reason(entry)}",
                BootEvent.UpToDate => $"nothing newer than sequence {value}",
                BootEvent.NetworkFailed => $"no network: {Reason(entry)}",
                BootEvent.Report => entry.Result == ResultCode.Ok ? $"reported: {(ResultCode)entry.Value}" : $"the report is kept for later: {Reason(entry)}",
                BootEvent.SourceFailed => $"a source failed: {Reason(entry)}",
                BootEvent.BytesProgrammed => $"{value} bytes programmed",
                BootEvent.BytesErased => $"{value} bytes erased",
                _ => $"{entry.Event} {value}",
            };
        }

        private static string Reason(TranscriptEntry entry) => $"{entry.Result} ({(int)entry.Result}). {Of(entry.Result)}";

        // The compiler writes the documentation beside the assembly; where it was not delivered the names must do.
        private static Dictionary<string, string> ReadReasons()
        {
            var reasons = new Dictionary<string, string>();
            string path = Path.ChangeExtension(typeof(ResultCode).Assembly.Location, ".xml");
            if (!File.Exists(path))
            {
                return reasons;
            }

            const string prefix = "F:NanoBoot.Hal.ResultCode.";
            foreach (XElement member in XDocument.Load(path).Descendants("member"))
            {
                string name = (string?)member.Attribute("name") ?? string.Empty;
                string text = member.Element("summary")?.Value.Trim() ?? string.Empty;
                if (name.StartsWith(prefix, System.StringComparison.Ordinal))
                {
                    reasons[name[prefix.Length..]] = text.Split(" Reaction: ")[0];
                }
            }

            return reasons;
        }
    }
}
