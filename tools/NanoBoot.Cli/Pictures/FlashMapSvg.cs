// The flash map as SVG: a strip of cells a region, a cell a sector. The fill says what is in it and how full it is, the line
// below how worn it is, the band above which chunks stand in more than one slot. Colours come from the page's style, so
// that one picture serves light and dark.

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
            .map{--ink:#1f2933;--faint:#5d6977;--Erased:#eceff3;--Written:#8d99a8;--Envelope:#c2571a;--Image:#3b78c2;--Shared:#1f9d77;--cool:#dfe5eb;--hot:#d64545}
            @media (prefers-color-scheme:dark){.map{--ink:#e4e9ef;--faint:#93a1b0;--Erased:#252c34;--Written:#6d7a89;--Envelope:#f08c4a;--Image:#5a9be6;--Shared:#3fc99a;--cool:#39434e;--hot:#f06a6a}}
            .map text{font:12px system-ui,sans-serif;fill:var(--ink)}.map .faint{fill:var(--faint)}
            """;

        private const string StandaloneStyle =
            """
            .map{background:#fff}@media (prefers-color-scheme:dark){.map{background:#12161b}}
            """;

        private const int LabelWidth = 150;
        private const int CellsPerRow = 64;
        private const int Cell = 12;
        private const int CellHeight = 15;
        private const int BandHeight = 4;
        private const int WearHeight = 3;
        private const int TextHeight = 18;
        private const int RowGap = 3;
        private const int RegionGap = 9;
        private const int Margin = 10;
        private const int LegendHeight = 30;
        private const int WearScaleLeast = 10;
        private const int LetterWidth = 7;

        /// <summary>Draws the map.</summary>
        /// <param name="picture">What to draw.</param>
        /// <param name="isStandalone">True for a file of its own, false for an element within a page that has <see cref="Style"/>.</param>
        /// <returns>An <c>svg</c> element.</returns>
        public static string Draw(FlashPicture picture, bool isStandalone)
        {
            var body = new StringBuilder();
            IReadOnlySet<string> shared = picture.SharedDigests();
            int most = picture.Regions.Max(region => region.Sectors.Max(sector => sector.EraseCount));
            int y = Margin;
            foreach (RegionPicture region in picture.Regions)
            {
                y = DrawRegion(body, region, shared, Math.Max(WearScaleLeast, most), y) + RegionGap;
            }

            DrawLegend(body, y, most, picture.Regions[0].Sectors[0].SizeBytes);
            y += LegendHeight;
            int width = LabelWidth + (CellsPerRow * Cell) + (2 * Margin);
            string frame = isStandalone
                ? string.Create(CultureInfo.InvariantCulture, $"width=\"{width}\" height=\"{y}\" ")
                : string.Empty;
            string style = isStandalone ? $"<title>Flash map: regions, content, shared chunks, wear</title><style>{Style}{StandaloneStyle}</style>" : string.Empty;
            return string.Create(CultureInfo.InvariantCulture,
                $"<svg xmlns=\"http://www.w3.org/2000/svg\" {frame}class=\"map\" viewBox=\"0 0 {width} {y}\" role=\"img\" aria-label=\"flash map\">{style}{body}</svg>");
        }

        private static int DrawRegion(StringBuilder body, RegionPicture region, IReadOnlySet<string> shared, int wearScale, int y)
        {
            Text(body, Margin, y + 12, EventText.Of(region.Id), "style=\"font-weight:600\"");
            string place = string.Create(CultureInfo.InvariantCulture, $"{(region.IsExternal ? "SPI NOR" : "internal")} {region.StartBytes:x6}");
            Text(body, Margin, y + 28, place, "class=\"faint\"");
            int left = Margin + LabelWidth;
            Text(body, left, y + 12, string.Create(CultureInfo.InvariantCulture, $"{region.SizeBytes / 1024:N0} KB, {region.Text}"), "class=\"faint\"");
            int top = y + TextHeight;
            int offset = 0;
            foreach (SectorPicture[] row in region.Sectors.Chunk(CellsPerRow))
            {
                int bytes = row.Sum(sector => sector.SizeBytes);
                DrawBand(body, region, shared, offset, bytes, row.Length * Cell, top);
                for (int column = 0; column < row.Length; column++)
                {
                    DrawSector(body, row[column], left + (column * Cell), top + BandHeight, wearScale);
                }

                offset += bytes;
                top += BandHeight + CellHeight + WearHeight + 1 + RowGap;
            }

            return top;
        }

        private static void DrawBand(StringBuilder body, RegionPicture region, IReadOnlySet<string> shared, int offset, int bytes, int width, int y)
        {
            double scale = (double)width / bytes;
            foreach (ChunkPicture chunk in region.Chunks)
            {
                int start = Math.Max(chunk.OffsetBytes, offset);
                int end = Math.Min(chunk.OffsetBytes + chunk.LengthBytes, offset + bytes);
                if (start < end)
                {
                    bool isShared = shared.Contains(chunk.Digest);
                    string title = FormattableString.Invariant($"chunk {chunk.Digest[..12]}, {chunk.LengthBytes:N0} bytes{(isShared ? ", in another slot too" : string.Empty)}");
                    Box(body, Margin + LabelWidth + ((start - offset) * scale), y, Math.Max(1, ((end - start) * scale) - 0.8), BandHeight - 1.5, isShared ? "var(--Shared)" : "var(--Image)", title);
                }
            }
        }

        private static void DrawSector(StringBuilder body, SectorPicture sector, int x, int y, int wearScale)
        {
            string title = FormattableString.Invariant($"{sector.Use.ToString().ToLowerInvariant()}: {sector.WrittenBytes:N0} of {sector.SizeBytes:N0} bytes; erased {sector.EraseCount} {(sector.EraseCount == 1 ? "time" : "times")}");
            Box(body, x, y, Cell - 1, CellHeight, "var(--Erased)", title);
            if (sector.WrittenBytes > 0)
            {
                double height = Math.Max(3, (double)CellHeight * sector.WrittenBytes / sector.SizeBytes);
                Box(body, x, y + CellHeight - height, Cell - 1, height, $"var(--{sector.Use})", title);
            }

            int heat = sector.EraseCount * 100 / wearScale;
            Box(body, x, y + CellHeight + 1, Cell - 1, WearHeight, FormattableString.Invariant($"color-mix(in srgb,var(--hot) {heat}%,var(--cool))"), title);
        }

        private static void DrawLegend(StringBuilder body, int y, int most, int sectorBytes)
        {
            int x = Margin;
            Text(body, x, y + 14, string.Create(CultureInfo.InvariantCulture, $"cell: {sectorBytes:N0} bytes"), "class=\"faint\"");
            x += LabelWidth;
            foreach ((SectorUse use, string label) in new[]
            {
                (SectorUse.Envelope, "envelope"), (SectorUse.Image, "image"), (SectorUse.Shared, "shared with another slot"), (SectorUse.Written, "other"), (SectorUse.Erased, "erased"),
            })
            {
                x = Key(body, x, y, $"var(--{use})", label);
            }

            Key(body, x, y, "var(--hot)", string.Create(CultureInfo.InvariantCulture, $"wear; most: {most} {(most == 1 ? "erase" : "erases")}"));
        }

        private static int Key(StringBuilder body, int x, int y, string colour, string label)
        {
            Box(body, x, y + 4, 11, 11, colour, null);
            Text(body, x + 16, y + 14, label, "class=\"faint\"");
            return x + 32 + (label.Length * LetterWidth);
        }

        private static void Box(StringBuilder body, double x, double y, double width, double height, string fill, string? title)
        {
            body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" style=\"fill:{fill}\"");
            body.Append(title is null ? "/>" : $"><title>{title}</title></rect>");
        }

        private static void Text(StringBuilder body, int x, int y, string text, string attributes)
        {
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\" {attributes}>{text}</text>");
        }
    }
}
