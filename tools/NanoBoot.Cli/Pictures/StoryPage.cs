// The tour of the demo on one page: figures, the timeline of boots, the flash at four moments, the refusals, the transcript.

using System;
using System.Collections.Generic;
using System.Globalization;
using static NanoBoot.Cli.Pictures.Page;
using System.Text;
using NanoBoot.Cli.Demo;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>Writes the page of a <see cref="DemoStory"/>.</summary>
    internal static class StoryPage
    {
        /// <summary>Makes the page.</summary>
        /// <param name="story">What happened.</param>
        /// <returns>An HTML document without any reference to the outside.</returns>
        public static string Write(DemoStory story)
        {
            DemoReport report = story.Report;
            var page = new StringBuilder();
            Page.Begin(page, "nanoBoot: an update, with a power cut", FlashMapSvg.Style);
            page.Append("<h1>An update, with a power cut in the middle</h1>");
            page.Append(CultureInfo.InvariantCulture,
                $"<p class=\"{(report.Succeeded ? "good" : "bad")}\">{(report.Succeeded ? "Everything happened as claimed." : "Not everything happened as claimed.")} <span class=\"faint\">Repeat with <code>nanoboot demo --seed {Text(report.Seed)}</code>.</span></p>");
            WriteCards(page, report);
            StoryPieces.WriteTimeline(page, story.Transcript, new HashSet<int> { story.CutBoot });
            StoryPieces.WriteTransfers(page, story.Transcript);
            StoryPieces.WriteMaps(page, story.Pictures);
            WriteRefusals(page, report);
            StoryPieces.WriteTranscript(page, story.Transcript);
            return Page.End(page);
        }

        private static void WriteCards(StringBuilder page, DemoReport report)
        {
            DemoUpdate update = report.Update;
            page.Append("<div class=\"cards\">");
            Card(page, update.Result.Application, $"application, confirmed, in {update.Result.Slot}");
            Card(page, Number(update.PayloadBytes), "bytes of payload");
            Card(page, Number(update.UntilCut.PayloadBytesSent), "bytes fetched until the cut");
            Card(page, Number(update.AfterCut.PayloadBytesSent), "bytes fetched after it");
            Card(page, Number(update.BytesInPlace), "bytes found in place after the cut");
            Card(page, Number(update.UntilCut.BytesProgrammed + update.AfterCut.BytesProgrammed), "bytes programmed in all");
            Card(page, report.Boots.ToString(CultureInfo.InvariantCulture), "boots");
            Card(page, report.Refusals.Count.ToString(CultureInfo.InvariantCulture), "manifests refused");
            page.Append("</div>");
        }

        private static void WriteRefusals(StringBuilder page, DemoReport report)
        {
            page.Append("<h2>What was refused</h2><div class=\"wide\"><table><tr><th>manifest</th><th>result code</th><th>meaning</th><th>slots</th></tr>");
            foreach (DemoRefusal refusal in report.Refusals)
            {
                page.Append(CultureInfo.InvariantCulture,
                    $"<tr><td>{Text(refusal.Name)}</td><td><code>{refusal.Actual}</code> ({refusal.Code})</td><td>{Text(refusal.Reason)}</td><td class=\"{(refusal.SlotsUntouched ? "good" : "bad")}\">{(refusal.SlotsUntouched ? "untouched" : "changed")}</td></tr>");
            }

            page.Append("</table></div>");
        }
    }
}
