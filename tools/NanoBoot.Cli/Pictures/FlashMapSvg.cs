// The flash map as SVG: a row a region, a cell a sector. The fill says how much is written, the line below how
// worn the sector is, the band above which chunks stand in more than one slot. Colours come from the page's
// style, so that one picture serves light and dark.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using NanoBoot.Cli.Demo;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>Draws a <see cref="FlashPicture"/>.</summary>
    internal static class FlashMapSvg
    {
        /// <summary>The style that the drawing needs; a page includes it once.</summary>
        public const string Style =
            """
            .map{--ink:#1f2933;--faint:#6b7785;--cell:#eef1f4;--edge:#cfd6dd;--written:#3b78c2;--shared:#2a9d6f;--own:#d59a2a;--cool:#d9e2ec;--hot:#d64545}
            @media (prefers-color-scheme:dark){.map{--ink:#e4e9ef;--faint:#93a1b0;--cell:#232a32;--edge:#3a4450;--written:#5a9be6;--shared:#3fbf8a;--own:#e0b050;--cool:#39434e;--hot:#f06a6a}}
            .map text{font:12px system-ui,sans-serif;fill:var(--ink)}.map .faint{fill:var(--faint)}
            """;

        private const int LabelWidth = 220;
        private const int NoteOffset = 92;
        private const int StripWidth = 704;
        private const int CellsPerRow = 64;
        private const int CellHeight = 16;
        private const int BandHeight = 5;
        private const int WearHeight = 3;
        private const int RowGap = 10;
        private const int Margin = 8;
        private const int HeadHeight = 24;
        private const int LegendHeight = 30;

        /// <summary>Draws the map.</summary>
        /// <param name="picture">What to draw.</param>
        /// <param name="isStandalone">True for a file of its own, false for an element within a page that has <see cref="Style"/>.</param>
        /// <returns>An <c>svg</c> element.</returns>
        public static string Draw(FlashPicture picture, bool isStandalone)
        {
            var body = new StringBuilder();
            IReadOnlySet<string> shared = picture.SharedDigests();
            int mostErases = Math.Max(1, picture.Regions.Max(region => region.Sectors.Max(sector => sector.EraseCount)));
            int y = Margin;
            foreach (IGrouping<bool, RegionPicture> chip in picture.Regions.GroupBy(region => region.IsExternal))
            {
                int size = chip.Sum(region => region.SizeBytes);
                Text(body, Margin, y + 14, $"{(chip.Key ? "SPI NOR" : "internal flash")}, {Kilobytes(size)}", isFaint: false, isBold: true);
                y += HeadHeight;
                foreach (RegionPicture region in chip)
                {
                    y = DrawRegion(body, region, shared, mostErases, y);
                }

                y += RowGap;
            }

            DrawLegend(body, y, mostErases);
            y += LegendHeight;
            int width = LabelWidth + StripWidth + (2 * Margin);
            string style = isStandalone ? $"<style>{Style}</style>" : string.Empty;
            return string.Create(CultureInfo.InvariantCulture,
                $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map\" viewBox=\"0 0 {width} {y}\" role=\"img\" aria-label=\"flash map\">{style}{body}</svg>");
        }

        private static int DrawRegion(StringBuilder body, RegionPicture region, IReadOnlySet<string> shared, int mostErases, int y)
        {
            double cell = (double)StripWidth / Math.Max(CellsPerRow, region.Sectors.Count);
            Text(body, Margin, y + BandHeight + 12, EventText.Of(region.Id), isFaint: false, isBold: false);
            string note = region.Sequence is null ? Kilobytes(region.SizeBytes) : string.Create(CultureInfo.InvariantCulture, $"{Kilobytes(region.SizeBytes)}, sequence {region.Sequence}");
            Text(body, Margin + NoteOffset, y + BandHeight + 12, note, isFaint: true, isBold: false);
            foreach (ChunkPicture chunk in region.Chunks)
            {
                double scale = cell * region.Sectors.Count / region.SizeBytes;
                string colour = shared.Contains(chunk.Digest) ? "var(--shared)" : "var(--own)";
                string title = FormattableString.Invariant($"chunk {chunk.Digest[..12]}, {chunk.LengthBytes:N0} bytes");
                Box(body, LabelWidth + (chunk.OffsetBytes * scale), y, Math.Max(1, (chunk.LengthBytes * scale) - 0.7), BandHeight - 1, colour, null, title);
            }

            double x = LabelWidth;
            int top = y + BandHeight;
            foreach (SectorPicture sector in region.Sectors)
            {
                double filled = (double)sector.WrittenBytes / sector.SizeBytes;
                string title = FormattableString.Invariant($"{sector.WrittenBytes:N0} of {sector.SizeBytes:N0} bytes written, erased {sector.EraseCount} times");
                Box(body, x, top, cell - 1, CellHeight, "var(--cell)", "var(--edge)", title);
                if (sector.WrittenBytes > 0)
                {
                    double height = Math.Max(2, CellHeight * filled);
                    Box(body, x, top + CellHeight - height, cell - 1, height, "var(--written)", null, title);
                }

                int heat = sector.EraseCount * 100 / mostErases;
                string wear = FormattableString.Invariant($"color-mix(in srgb,var(--hot) {heat}%,var(--cool))");
                Box(body, x, top + CellHeight + 2, cell - 1, WearHeight, wear, null, title);
                x += cell;
            }

            return top + CellHeight + WearHeight + RowGap;
        }

        private static void DrawLegend(StringBuilder body, int y, int mostErases)
        {
            int x = LabelWidth;
            (string Colour, string Label)[] entries =
            [
                ("var(--written)", "written"),
                ("var(--cell)", "erased"),
                ("var(--shared)", "chunk in several slots"),
                ("var(--own)", "chunk in one slot"),
                ("var(--hot)", string.Create(CultureInfo.InvariantCulture, $"most worn: {mostErases} erases")),
            ];
            foreach ((string colour, string label) in entries)
            {
                Box(body, x, y + 4, 12, 12, colour, "var(--edge)", null);
                Text(body, x + 17, y + 14, label, isFaint: true, isBold: false);
                x += 34 + (label.Length * 7);
            }
        }

        private static void Box(StringBuilder body, double x, double y, double width, double height, string fill, string? stroke, string? title)
        {
            body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" style=\"fill:{fill}");
            body.Append(stroke is null ? "\"" : $";stroke:{stroke};stroke-width:.6\"");
            body.Append(title is null ? "/>" : $"><title>{title}</title></rect>");
        }

        private static void Text(StringBuilder body, int x, int y, string text, bool isFaint, bool isBold)
        {
            string weight = isBold ? " style=\"font-weight:600\"" : string.Empty;
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\"{(isFaint ? " class=\"faint\"" : string.Empty)}{weight}>{text}</text>");
        }

        private static string Kilobytes(int bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024:N0} KB");
    }
}
