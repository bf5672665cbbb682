// The tour on one page that needs nothing but itself: figures, the timeline of boots, the flash at four moments,
// the refusals, the transcript. Light and dark by the reader's own setting.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
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
        private const string Style =
            """
            :root{color-scheme:light dark;--back:#fbfcfd;--ink:#1f2933;--faint:#6b7785;--line:#dde3e9;--card:#fff;--good:#2a9d6f;--bad:#c93b3b;--stage1:#7a5cc7;--stage2:#3b78c2;--app:#2a9d6f}
            @media (prefers-color-scheme:dark){:root{--back:#12161b;--ink:#e4e9ef;--faint:#93a1b0;--line:#2c353f;--card:#1a2027;--good:#3fbf8a;--bad:#f06a6a;--stage1:#a58bea;--stage2:#5a9be6;--app:#3fbf8a}}
            *{box-sizing:border-box}
            body{margin:0 auto;max-width:960px;padding:28px 20px 60px;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
            h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 8px}p{margin:4px 0 12px}.faint{color:var(--faint)}
            .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin-top:16px}
            .card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
            .card b{display:block;font-size:20px;font-weight:600}.card span{color:var(--faint);font-size:13px}
            table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line)}
            th,td{text-align:left;padding:7px 10px;border-top:1px solid var(--line);font-size:14px;vertical-align:top}th{color:var(--faint);font-weight:500;border-top:0}
            code{font:13px ui-monospace,monospace}svg{width:100%;height:auto;display:block}
            figure{margin:14px 0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px}figcaption{font-weight:600;margin-bottom:6px}
            details{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}summary{cursor:pointer}
            pre{overflow-x:auto;font:12px/1.5 ui-monospace,monospace}.good{color:var(--good)}.bad{color:var(--bad)}
            .line text{font:12px system-ui,sans-serif;fill:var(--ink)}.line .faint{fill:var(--faint)}
            """;

        /// <summary>Makes the page.</summary>
        /// <param name="story">What happened.</param>
        /// <returns>An HTML document without any reference to the outside.</returns>
        public static string Write(DemoStory story)
        {
            DemoReport report = story.Report;
            var page = new StringBuilder();
            page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
            page.Append(CultureInfo.InvariantCulture, $"<title>nanoBoot: an update, with a power cut</title><style>{Style}{FlashMapSvg.Style}</style></head><body>");
            page.Append("<h1>An update, with a power cut in the middle</h1>");
            page.Append(CultureInfo.InvariantCulture,
                $"<p class=\"{(report.Succeeded ? "good" : "bad")}\">{(report.Succeeded ? "Everything happened as claimed." : "Not everything happened as claimed.")} <span class=\"faint\">Repeat with <code>nanoboot demo --seed {Text(report.Seed)}</code>.</span></p>");
            WriteCards(page, report);
            WriteTimeline(page, story);
            WriteMaps(page, story);
            WriteRefusals(page, report);
            WriteTranscript(page, story);
            page.Append("</body></html>\n");
            return page.ToString();
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

        private static void Card(StringBuilder page, string value, string label)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><b>{Text(value)}</b><span>{Text(label)}</span></div>");
        }

        private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

        private static string Text(string text) => WebUtility.HtmlEncode(text);
    }
}
