// nanoboot device map: the flash as a picture, a cell a sector: what is in it, which chunks two slots share, wear.

using System.CommandLine;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Cli.Bench;
using NanoBoot.Cli.Demo;
using NanoBoot.Cli.Pictures;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot device map</c>.</summary>
    internal static class DeviceMapCommand
    {
        private const int Columns = 64;

        public static CliCommand Create(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "The directory of the board." };
            var svg = new Option<string?>("--svg") { Description = "Write the picture as SVG, light and dark by what the viewer prefers.", HelpName = "FILE" };
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "map",
                "Draws the flash: regions, what is in each, chunks that slots share, wear.",
                "nanoboot device map board",
                "nanoboot device map board --svg flash.svg")
            {
                directory, svg, force, json,
            };
            return command.Runs(result =>
            {
                FlashPicture picture = EmulatedBench.Open(context, result.GetValue(directory)!).TakePicture();
                string? path = result.GetValue(svg);
                if (path is not null)
                {
                    context.WriteFile(path, Encoding.UTF8.GetBytes(FlashMapSvg.Draw(picture, isStandalone: true) + "\n"), result.GetValue(force));
                }

                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonArray([.. picture.Regions.Select(Describe)]));
                }
                else if (path is not null)
                {
                    context.Out.WriteLine($"Written: {path}");
                }
                else
                {
                    Print(context, picture);
                }

                return ExitCode.Ok;
            });
        }

        /// <summary>The picture in characters.</summary>
        private static void Print(CliContext context, FlashPicture picture)
        {
            foreach (RegionPicture region in picture.Regions)
            {
                context.Out.WriteLine($"{EventText.Of(region.Id),-13} {region.Text} (erases: {region.Sectors.Sum(sector => sector.EraseCount)}, most {region.Sectors.Max(sector => sector.EraseCount)})");
                foreach (SectorPicture[] line in region.Sectors.Chunk(Columns))
                {
                    context.Out.WriteLine($"{string.Empty,-13} {string.Concat(line.Select(sector => LetterOf(sector.Use)))}");
                }
            }

            context.Out.WriteLine($"One character is a sector of {picture.Regions[0].Sectors[0].SizeBytes} bytes: E envelope, I image, S shared with another slot, # other, . erased.");
        }

        private static char LetterOf(SectorUse use) => use switch
        {
            SectorUse.Envelope => 'E',
            SectorUse.Image => 'I',
            SectorUse.Shared => 'S',
            SectorUse.Written => '#',
            _ => '.',
        };

        private static JsonObject Describe(RegionPicture region) => new()
        {
            ["region"] = EventText.Of(region.Id),
            ["chip"] = region.IsExternal ? "spi-nor" : "internal",
            ["start"] = region.StartBytes,
            ["bytes"] = region.SizeBytes,
            ["content"] = region.Text,
            ["sectors"] = new JsonArray([.. region.Sectors.Select(sector => new JsonObject
            {
                ["use"] = sector.Use.ToString().ToLowerInvariant(), ["written"] = sector.WrittenBytes, ["erases"] = sector.EraseCount,
            })]),
        };
    }
}
