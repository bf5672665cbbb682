// A run of an emulated board on one page.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using NanoBoot.Emulator.Device;
using static NanoBoot.Cli.Pictures.Page;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>What a page about a run needs.</summary>
    /// <param name="Board">The directory of the board.</param>
    /// <param name="Outcome">How it ended.</param>
    /// <param name="IsGood">Whether that is as it should be.</param>
    /// <param name="Transcript">Every event.</param>
    /// <param name="CutBoots">The boots that a power failure ended.</param>
    /// <param name="FlashOperations">Flash operations of the whole run.</param>
    /// <param name="Before">The flash before the run.</param>
    /// <param name="After">The flash after it.</param>
    internal sealed record DeviceRun(
        string Board,
        string Outcome,
        bool IsGood,
        IReadOnlyList<TranscriptEntry> Transcript,
        IReadOnlySet<int> CutBoots,
        long FlashOperations,
        FlashPicture Before,
        FlashPicture After);

    /// <summary>Writes the page of <c>nanoboot device run --report</c>.</summary>
    internal static class DevicePage
    {
        /// <summary>Makes the page.</summary>
        /// <param name="run">The run.</param>
        public static string Write(DeviceRun run)
        {
            Transfer[] transfers = [.. Transfer.Read(run.Transcript)];
            var page = new StringBuilder();
            Begin(page, $"nanoBoot: {run.Board}", FlashMapSvg.Style);
            page.Append(CultureInfo.InvariantCulture, $"<h1>A run of {Text(run.Board)}</h1><p class=\"{(run.IsGood ? "good" : "bad")}\">{Text(run.Outcome)}</p>");
            page.Append("<div class=\"cards\">");
            Card(page, Number(run.Transcript.Select(entry => entry.Boot).Distinct().Count()), "boots");
            Card(page, Number(run.CutBoots.Count), run.CutBoots.Count == 1 ? "power cut" : "power cuts");
            Card(page, Number(run.FlashOperations), "flash operations");
            Card(page, Number(transfers.Length), transfers.Length == 1 ? "installation" : "installations");
            Card(page, Number(transfers.Sum(transfer => transfer.FetchedBytes)), "bytes fetched");
            Card(page, Number(transfers.Sum(transfer => transfer.InPlaceBytes + transfer.CopiedBytes)), "bytes reused");
            Card(page, Number(transfers.Sum(transfer => transfer.ProgrammedBytes)), "bytes programmed");
            Card(page, Number(transfers.Sum(transfer => transfer.ErasedBytes)), "bytes erased");
            page.Append("</div>");
            StoryPieces.WriteTimeline(page, run.Transcript, run.CutBoots);
            StoryPieces.WriteTransfers(page, run.Transcript);
            StoryPieces.WriteMaps(page, [("Before", run.Before), ("After", run.After)]);
            StoryPieces.WriteTranscript(page, run.Transcript);
            return End(page);
        }
    }
}
