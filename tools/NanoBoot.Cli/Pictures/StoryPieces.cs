// What a page about a device consists of: the timeline of its boots, where the bytes of each installation came from, the
// flash at some moments, the transcript.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using NanoBoot.Cli.Demo;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using static NanoBoot.Cli.Pictures.Page;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>Pieces of pages about a device.</summary>
    internal static class StoryPieces
    {
        private const int Width = 900;

        /// <summary>A row a boot: who ran, and how it ended.</summary>
        /// <param name="page">Gets the text.</param>
        /// <param name="transcript">Every event.</param>
        /// <param name="cutBoots">The boots that a power failure ended.</param>
        public static void WriteTimeline(StringBuilder page, IReadOnlyList<TranscriptEntry> transcript, IReadOnlySet<int> cutBoots)
        {
            const int rowHeight = 22;
            const int left = 70;
            IGrouping<int, TranscriptEntry>[] boots = [.. transcript.GroupBy(entry => entry.Boot)];
            page.Append("<h2>Boots</h2><p class=\"faint\">One row a boot. Stage 1 always runs first; what it starts stands behind it.</p><figure>");
            page.Append(CultureInfo.InvariantCulture, $"<svg class=\"line\" viewBox=\"0 0 {Width} {(boots.Length * rowHeight) + 8}\" role=\"img\" aria-label=\"timeline of boots\">");
            int y = 4;
            foreach (IGrouping<int, TranscriptEntry> boot in boots)
            {
                page.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{y + 14}\" class=\"faint\">boot {boot.Key}</text>");
                Bar(page, left, y, 90, "var(--stage1)", "stage 1");
                TranscriptEntry started = boot.FirstOrDefault(entry => entry.Event is BootEvent.TrialStarted or BootEvent.ImageStarted);
                bool isCut = cutBoots.Contains(boot.Key);
                if (started.Event != 0)
                {
                    bool isStage2 = started.Region is RegionId.Stage2A or RegionId.Stage2B;
                    string trial = started.Event == BootEvent.TrialStarted ? ", on trial" : string.Empty;
                    Bar(page, left + 93, y, isCut ? 130 : 160, isStage2 ? "var(--stage2)" : "var(--app)", EventText.Of(started.Region) + trial);
                }

                if (isCut)
                {
                    int x = started.Event == 0 ? left + 97 : left + 228;
                    page.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x} {y} l-6 9 h6 l-4 9 12 -12 h-6 l5 -6 z\" style=\"fill:var(--bad)\"/>");
                }

                page.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + 268}\" y=\"{y + 14}\">{Text(Outcome(boot, isCut))}</text>");
                y += rowHeight;
            }

            page.Append("</svg></figure>");
        }

        /// <summary>For each installation a bar: bytes that were in place, copied, fetched.</summary>
        /// <param name="page">Gets the text.</param>
        /// <param name="transcript">Every event.</param>
        public static void WriteTransfers(StringBuilder page, IReadOnlyList<TranscriptEntry> transcript)
        {
            Transfer[] transfers = [.. Transfer.Read(transcript)];
            if (transfers.Length == 0)
            {
                return;
            }

            page.Append("<h2>Where the bytes came from</h2><p class=\"legend faint\"><i style=\"background:var(--faint)\"></i>in place already<i style=\"background:var(--app)\"></i>copied from another slot<i style=\"background:var(--stage2)\"></i>fetched</p><figure>");
            page.Append(CultureInfo.InvariantCulture, $"<svg class=\"line\" viewBox=\"0 0 {Width} {(transfers.Length * 46) - 12}\" role=\"img\" aria-label=\"bytes fetched and reused\">");
            int y = 0;
            foreach (Transfer transfer in transfers)
            {
                string text = FormattableString.Invariant($"boot {transfer.Boot}, {EventText.Of(transfer.Region)}: {transfer.TotalBytes:N0} bytes; {transfer.InPlaceBytes:N0} in place, {transfer.CopiedBytes:N0} copied, {transfer.FetchedBytes:N0} fetched; {transfer.ProgrammedBytes:N0} programmed, {transfer.ErasedBytes:N0} erased");
                page.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{y + 12}\">{text}</text>");
                double scale = (double)Width / Math.Max(1, transfer.InPlaceBytes + transfer.CopiedBytes + transfer.FetchedBytes);
                double x = 0;
                foreach ((long bytes, string colour) in new[] { (transfer.InPlaceBytes, "var(--faint)"), (transfer.CopiedBytes, "var(--app)"), (transfer.FetchedBytes, "var(--stage2)") })
                {
                    if (bytes > 0)
                    {
                        page.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y + 18}\" width=\"{Math.Max(1, (bytes * scale) - 2):0.##}\" height=\"14\" rx=\"3\" style=\"fill:{colour}\"/>");
                        x += bytes * scale;
                    }
                }

                y += 46;
            }

            page.Append("</svg></figure>");
        }

        /// <summary>The flash at some moments.</summary>
        /// <param name="page">Gets the text.</param>
        /// <param name="pictures">The moments.</param>
        public static void WriteMaps(StringBuilder page, IReadOnlyList<(string Title, FlashPicture Picture)> pictures)
        {
            page.Append("<h2>Flash</h2><p class=\"faint\">A cell is a sector, filled as far as it is written; the line below it is its wear; the band above the cells is the chunks of the image in the slot.</p>");
            foreach ((string title, FlashPicture picture) in pictures)
            {
                page.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(title)}</figcaption>{FlashMapSvg.Draw(picture, isStandalone: false)}</figure>");
            }
        }

        /// <summary>Every event, folded.</summary>
        /// <param name="page">Gets the text.</param>
        /// <param name="transcript">Every event.</param>
        public static void WriteTranscript(StringBuilder page, IReadOnlyList<TranscriptEntry> transcript)
        {
            page.Append("<h2>Transcript</h2><details><summary>Every event of both stages, as the console prints it, and in words</summary><pre>");
            foreach (TranscriptEntry entry in transcript)
            {
                string line = entry.ToString() ?? string.Empty;
                page.Append(CultureInfo.InvariantCulture, $"{entry.Boot,3}  {line,-26}  {EventText.SpeakerOf(entry),-8} {EventText.Of(entry.Region),-9} {Text(EventText.Of(entry))}\n");
            }

            page.Append("</pre></details>");
        }

        private static string Outcome(IEnumerable<TranscriptEntry> boot, bool isCut)
        {
            if (isCut)
            {
                bool isInstalling = boot.Any(entry => entry.Event == BootEvent.InstallStarted) && boot.All(entry => entry.Event != BootEvent.InstallCompleted);
                return isInstalling ? "the power is cut during the installation" : "the power is cut";
            }

            TranscriptEntry last = boot.LastOrDefault(entry => entry.Event is BootEvent.ManifestRefused or BootEvent.InstallFailed or BootEvent.NetworkFailed
                or BootEvent.InstallCompleted or BootEvent.ImageConfirmed or BootEvent.UpdateRequested or BootEvent.UpToDate or BootEvent.Reverted
                or BootEvent.SupervisorRestart or BootEvent.ImageEnded or BootEvent.Stopped);
            return last.Event == 0 ? "runs" : EventText.Of(last).Split(". ")[0];
        }

        private static void Bar(StringBuilder page, int x, int y, int width, string colour, string label)
        {
            page.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"18\" rx=\"3\" style=\"fill:{colour}\"/>");
            page.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 6}\" y=\"{y + 13}\" style=\"fill:var(--bar)\">{Text(label)}</text>");
        }
    }

    /// <summary>Where the bytes of one installation came from.</summary>
    internal sealed record Transfer(
        int Boot, RegionId Region, long TotalBytes, long InPlaceBytes, long CopiedBytes, long FetchedBytes, long ProgrammedBytes, long ErasedBytes)
    {
        /// <summary>The installations that told their figures, in order.</summary>
        public static IEnumerable<Transfer> Read(IReadOnlyList<TranscriptEntry> transcript)
        {
            foreach (IGrouping<(int Boot, RegionId Region), TranscriptEntry> group in transcript.GroupBy(entry => (entry.Boot, entry.Region)))
            {
                if (group.Any(entry => entry.Event == BootEvent.BytesFetched))
                {
                    yield return new Transfer(
                        group.Key.Boot,
                        group.Key.Region,
                        Sum(group, BootEvent.InstallStarted),
                        Sum(group, BootEvent.BytesInPlace),
                        Sum(group, BootEvent.BytesReused),
                        Sum(group, BootEvent.BytesFetched),
                        Sum(group, BootEvent.BytesProgrammed),
                        Sum(group, BootEvent.BytesErased));
                }
            }
        }

        private static long Sum(IEnumerable<TranscriptEntry> entries, BootEvent which) => entries.Where(entry => entry.Event == which).Sum(entry => entry.Value);
    }
}
