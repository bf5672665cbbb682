// nanoboot device map: the flash as a picture, one square a sector: what is in it, which chunks two slots share, wear.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Security;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Cli.Bench;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot device map</c>.</summary>
    internal static class DeviceMapCommand
    {
        public static CliCommand Create(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "The directory of the board." };
            var svg = new Option<string?>("--svg") { Description = "Write the picture as SVG, light and dark by what the viewer prefers.", HelpName = "FILE" };
            Option<bool> force = CommonOptions.Force();
            var command = new CliCommand(
                "map",
                "Draws the flash: regions, what is in each, chunks that slots share, wear.",
                "nanoboot device map board",
                "nanoboot device map board --svg flash.svg")
            {
                directory, svg, force,
            };
            return command.Runs(result =>
            {
                EmulatedBench bench = EmulatedBench.Open(context, result.GetValue(directory)!);
                FlashPicture picture = FlashPicture.Take(bench);
                if (result.GetValue(svg) is string path)
                {
                    context.WriteFile(path, Encoding.UTF8.GetBytes(picture.ToSvg()), result.GetValue(force));
                    context.Out.WriteLine($"Written: {path}");
                }
                else
                {
                    picture.Print(context.Out);
                }

                return ExitCode.Ok;
            });
        }
    }

    /// <summary>What a sector holds.</summary>
    internal enum SectorUse
    {
        /// <summary>Erased.</summary>
        Erased,

        /// <summary>Written, and not known as anything else.</summary>
        Written,

        /// <summary>An envelope.</summary>
        Envelope,

        /// <summary>An image's bytes that no other slot has.</summary>
        Image,

        /// <summary>An image's bytes that another slot has too.</summary>
        Shared,
    }

    /// <summary>The flash of a board at one moment.</summary>
    internal sealed class FlashPicture
    {
        private const int Columns = 32;
        private const int Cell = 18;
        private const int Pitch = 20;
        private const int Left = 150;

        private readonly List<(RegionContent Content, SectorUse[] Uses, int[] Wear)> _regions = [];
        private int _sectorBytes;

        public static FlashPicture Take(EmulatedBench bench)
        {
            var picture = new FlashPicture { _sectorBytes = bench.Memory.Layout.SectorBytes };
            IReadOnlyList<RegionContent> contents = RegionContent.Read(bench);
            Dictionary<RegionContent, ChunkEntry[]> chunks = contents.ToDictionary(content => content, ChunksOf);
            int[] inside = bench.WearOf(bench.Memory.Internal);
            int[] outside = bench.WearOf(bench.Memory.External);
            foreach (RegionContent content in contents)
            {
                HashSet<string> elsewhere = [.. chunks.Where(other => other.Key != content).SelectMany(other => other.Value).Select(chunk => Convert.ToHexString(chunk.Digest))];
                EmulatedFlash chip = content.IsExternal ? bench.Memory.External : bench.Memory.Internal;
                int first = content.StartBytes / picture._sectorBytes;
                int count = content.SizeBytes / picture._sectorBytes;
                SectorUse[] uses = [.. Enumerable.Range(0, count).Select(sector => picture.UseOf(chip, content, sector, chunks[content], elsewhere))];
                picture._regions.Add((content, uses, (content.IsExternal ? outside : inside)[first..(first + count)]));
            }

            return picture;
        }

        /// <summary>The picture in characters: E envelope, I image, S shared with another slot, # written, . erased.</summary>
        public void Print(System.IO.TextWriter output)
        {
            foreach ((RegionContent content, SectorUse[] uses, int[] wear) in _regions)
            {
                output.WriteLine($"{content.Name,-10} {content.Text} (erases: {wear.Sum()}, most {wear.Max()})");
                foreach (SectorUse[] line in uses.Chunk(Columns * 2))
                {
                    output.WriteLine("           " + string.Concat(line.Select(use => use switch
                    {
                        SectorUse.Envelope => 'E',
                        SectorUse.Image => 'I',
                        SectorUse.Shared => 'S',
                        SectorUse.Written => '#',
                        _ => '.',
                    })));
                }
            }

            output.WriteLine($"One character is a sector of {_sectorBytes} bytes: E envelope, I image, S shared with another slot, # written, . erased.");
        }

        public string ToSvg()
        {
            var body = new StringBuilder();
            int y = 54;
            int most = Math.Max(1, _regions.Max(region => region.Wear.Max()));
            foreach ((RegionContent content, SectorUse[] uses, int[] wear) in _regions)
            {
                y = AddRegion(body, content, uses, wear, most, y);
            }

            int width = Left + (Columns * Pitch) + 24;
            return string.Create(CultureInfo.InvariantCulture, $$"""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{width}} {{y + 40}}" width="{{width}}" height="{{y + 40}}" role="img" aria-labelledby="title">
                <title id="title">Flash map: regions, content and wear</title>
                <style>
                :root { color-scheme: light dark; }
                svg { background: #ffffff; font: 12px system-ui, sans-serif; }
                text { fill: #1d2433; } .quiet { fill: #5b6478; } .title { font-size: 16px; font-weight: 600; }
                .Erased { fill: #eceff4; } .Written { fill: #9aa5b8; } .Envelope { fill: #c2410c; } .Image { fill: #2563eb; } .Shared { fill: #0d9488; } .wear { fill: #b91c1c; }
                @media (prefers-color-scheme: dark) {
                svg { background: #12161f; } text { fill: #e6eaf2; } .quiet { fill: #98a2b5; }
                .Erased { fill: #232a38; } .Written { fill: #5f6b80; } .Envelope { fill: #fb923c; } .Image { fill: #60a5fa; } .Shared { fill: #2dd4bf; } .wear { fill: #f87171; }
                }
                </style>
                <text class="title" x="16" y="28">Flash map</text>
                <text class="quiet" x="{{Left}}" y="28">one square is a sector of {{_sectorBytes}} bytes; the bar in it is wear, full at {{most}} {{(most == 1 ? "erase" : "erases")}}</text>
                {{body}}{{Legend(y)}}</svg>

                """).ReplaceLineEndings("\n");
        }

        private static int AddRegion(StringBuilder body, RegionContent content, SectorUse[] uses, int[] wear, int most, int y)
        {
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"16\" y=\"{y + 13}\">{Escape(content.Name)}</text>\n");
            body.Append(CultureInfo.InvariantCulture, $"<text class=\"quiet\" x=\"16\" y=\"{y + 29}\">{(content.IsExternal ? "SPI NOR" : "internal")} {content.StartBytes:x6}</text>\n");
            body.Append(CultureInfo.InvariantCulture, $"<text class=\"quiet\" x=\"{Left}\" y=\"{y + 13}\">{Escape(content.Text)}</text>\n");
            int top = y + 20;
            for (int sector = 0; sector < uses.Length; sector++)
            {
                int x = Left + (sector % Columns * Pitch);
                int row = top + (sector / Columns * Pitch);
                double height = Math.Round(4.0 * wear[sector] / most, 2);
                body.Append(CultureInfo.InvariantCulture, $"<rect class=\"{uses[sector]}\" x=\"{x}\" y=\"{row}\" width=\"{Cell}\" height=\"{Cell}\" rx=\"2\"><title>{Escape(content.Name)} sector {sector}: {uses[sector].ToString().ToLowerInvariant()}, {wear[sector]} erases</title></rect>");
                if (wear[sector] != 0)
                {
                    body.Append(CultureInfo.InvariantCulture, $"<rect class=\"wear\" x=\"{x}\" y=\"{row + Cell - height}\" width=\"{Cell}\" height=\"{height}\"/>");
                }
            }

            return top + (((uses.Length + Columns - 1) / Columns) * Pitch) + 12;
        }

        private static string Legend(int y)
        {
            var legend = new StringBuilder();
            int x = Left;
            foreach ((SectorUse use, string text) in new[]
            {
                (SectorUse.Envelope, "envelope"), (SectorUse.Image, "image"), (SectorUse.Shared, "shared with another slot"), (SectorUse.Written, "written"), (SectorUse.Erased, "erased"),
            })
            {
                legend.Append(CultureInfo.InvariantCulture, $"<rect class=\"{use}\" x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"2\"/><text x=\"{x + 18}\" y=\"{y + 11}\">{text}</text>\n");
                x += 44 + (text.Length * 7);
            }

            return legend.ToString();
        }

        private static string Escape(string text) => SecurityElement.Escape(text)!;

        private static ChunkEntry[] ChunksOf(RegionContent content)
        {
            if (content.Envelope is null)
            {
                return [];
            }

            CborNode? table = ManifestUris.FindParameters(content.Envelope, SuitParameter.ChunkTable).FirstOrDefault();
            return table is null ? [] : [.. Chunker.ReadTable(table.Bytes)];
        }

        private SectorUse UseOf(EmulatedFlash chip, RegionContent content, int sector, ChunkEntry[] chunks, HashSet<string> elsewhere)
        {
            if (!chip.Array.AnyWritten(content.StartBytes + (sector * _sectorBytes), _sectorBytes))
            {
                return SectorUse.Erased;
            }

            int start = (sector * _sectorBytes) - content.EnvelopeAreaBytes;
            if (content.Envelope is null || chunks.Length == 0)
            {
                return SectorUse.Written;
            }

            if (start < 0)
            {
                return SectorUse.Envelope;
            }

            ChunkEntry[] here = [.. chunks.Where(chunk => chunk.OffsetBytes < start + _sectorBytes && chunk.OffsetBytes + chunk.LengthBytes > start)];
            return here.Length == 0 ? SectorUse.Written
                : here.All(chunk => elsewhere.Contains(Convert.ToHexString(chunk.Digest))) ? SectorUse.Shared
                : SectorUse.Image;
        }
    }
}
