// The tour on one page that needs nothing but itself: figures, the timeline of boots, the flash at four moments,
// the refusals, the transcript. Light and dark by the reader's own setting.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using static NanoBoot.Cli.Pictures.Page;
using System.Text;
using NanoBoot.Cli.Demo;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

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
            WriteTimeline(page, story);
            WriteMaps(page, story);
            WriteRefusals(page, report);
            WriteTranscript(page, story);
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

        private static void WriteTimeline(StringBuilder page, DemoStory story)
        {
            const int rowHeight = 22;
            const int left = 70;
            const int width = 900;
            IGrouping<int, TranscriptEntry>[] boots = story.Transcript.GroupBy(entry => entry.Boot).ToArray();
            page.Append("<h2>Boots</h2><p class=\"faint\">One row a boot. Stage 1 always runs first; what it starts stands behind it.</p><figure>");
            page.Append(CultureInfo.InvariantCulture, $"<svg class=\"line\" viewBox=\"0 0 {width} {(boots.Length * rowHeight) + 8}\" role=\"img\" aria-label=\"timeline of boots\">");
            int y = 4;
            foreach (IGrouping<int, TranscriptEntry> boot in boots)
            {
                page.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{y + 14}\" class=\"faint\">boot {boot.Key}</text>");
                Bar(page, left, y, 110, "var(--stage1)", "stage 1");
                TranscriptEntry started = boot.FirstOrDefault(entry => entry.Event is BootEvent.TrialStarted or BootEvent.ImageStarted);
                bool isCut = boot.Key == story.CutBoot;
                if (started.Event != 0)
                {
                    bool isStage2 = started.Region is RegionId.Stage2A or RegionId.Stage2B;
                    string trial = started.Event == BootEvent.TrialStarted ? ", on trial" : string.Empty;
                    Bar(page, left + 113, y, isCut ? 90 : 150, isStage2 ? "var(--stage2)" : "var(--app)", EventText.Of(started.Region) + trial);
                }

                if (isCut)
                {
                    page.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left + 208} {y} l-6 9 h6 l-4 9 12 -12 h-6 l5 -6 z\" style=\"fill:var(--bad)\"/>");
                }

                page.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + 275}\" y=\"{y + 14}\">{Text(Outcome(boot, isCut))}</text>");
                y += rowHeight;
            }

            page.Append("</svg></figure>");
        }

        private static string Outcome(IEnumerable<TranscriptEntry> boot, bool isCut)
        {
            TranscriptEntry last = boot.LastOrDefault(entry => entry.Event is BootEvent.ManifestRefused or BootEvent.InstallFailed
                or BootEvent.InstallCompleted or BootEvent.ImageConfirmed or BootEvent.UpdateRequested or BootEvent.UpToDate or BootEvent.Stopped);
            if (isCut)
            {
                return "the power is cut during the installation";
            }

            return last.Event == 0 ? "runs" : EventText.Of(last).Split(". ")[0];
        }

        private static void WriteMaps(StringBuilder page, DemoStory story)
        {
            page.Append("<h2>Flash</h2><p class=\"faint\">A cell is a sector; the line below it is its wear; the band above the cells is the chunks of the image in the slot.</p>");
            foreach ((string title, FlashPicture picture) in story.Pictures)
            {
                page.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(title)}</figcaption>{FlashMapSvg.Draw(picture, isStandalone: false)}</figure>");
            }
        }

        private static void WriteRefusals(StringBuilder page, DemoReport report)
        {
            page.Append("<h2>What was refused</h2><table><tr><th>manifest</th><th>result code</th><th>meaning</th><th>slots</th></tr>");
            foreach (DemoRefusal refusal in report.Refusals)
            {
                page.Append(CultureInfo.InvariantCulture,
                    $"<tr><td>{Text(refusal.Name)}</td><td><code>{refusal.Actual}</code> ({refusal.Code})</td><td>{Text(refusal.Reason)}</td><td class=\"{(refusal.SlotsUntouched ? "good" : "bad")}\">{(refusal.SlotsUntouched ? "untouched" : "changed")}</td></tr>");
            }

            page.Append("</table>");
        }

        private static void WriteTranscript(StringBuilder page, DemoStory story)
        {
            page.Append("<h2>Transcript</h2><details><summary>Every event of both stages, as the console prints it, and in words</summary><pre>");
            foreach (TranscriptEntry entry in story.Transcript)
            {
                string line = entry.ToString() ?? string.Empty;
                page.Append(CultureInfo.InvariantCulture, $"{entry.Boot,3}  {line,-26}  {EventText.SpeakerOf(entry),-8} {EventText.Of(entry.Region),-9} {Text(EventText.Of(entry))}\n");
            }

            page.Append("</pre></details>");
        }

        private static void Bar(StringBuilder page, int x, int y, int width, string colour, string label)
        {
            page.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"18\" rx=\"3\" style=\"fill:{colour}\"/>");
            page.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 6}\" y=\"{y + 13}\" style=\"fill:#fff\">{Text(label)}</text>");
        }
    }
}
