// nanoboot demo: the tour.

using System;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using NanoBoot.Cli.Demo;
using NanoBoot.Cli.Pictures;
using Spectre.Console;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot demo</c>.</summary>
    internal static class DemoCommand
    {
        private static readonly JsonSerializerOptions s_camelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

        public static Command Create(CliContext context)
        {
            Option<bool> json = CommonOptions.Json();
            var directory = new Option<string?>("--dir")
            {
                Description = "Keep the flash images and the published files in this directory; it must be empty or not exist.",
                HelpName = "DIRECTORY",
            };
            var seed = new Option<string?>("--seed")
            {
                Description = "Make keys, identities and the power cut from this text: the same seed gives the same tour.",
                HelpName = "TEXT",
            };
            var page = new Option<string?>("--report")
            {
                Description = "Write the story to this file: one self-contained HTML page with timeline and flash maps.",
                HelpName = "FILE.html",
            };
            var command = new CliCommand(
                "demo",
                "An emulated board takes a signed update over HTTP, loses its power in the middle, resumes, and refuses four manifests.",
                "nanoboot demo",
                "nanoboot demo --seed 7 --dir demo-files",
                "nanoboot demo --report demo.html",
                "nanoboot demo --json");
            command.Options.Add(json);
            command.Options.Add(directory);
            command.Options.Add(seed);
            command.Options.Add(page);
            return command.Runs((result, cancellation) => RunAsync(
                context, result.GetValue(directory), result.GetValue(seed), result.GetValue(page), result.GetValue(json), cancellation));
        }

        private static async Task<int> RunAsync(
            CliContext context, string? directory, string? seed, string? page, bool isJson, CancellationToken cancellation)
        {
            if (page is not null)
            {
                // Looked at before the tour, not after it.
                context.RequireAbsent(page, isForced: true);
            }

            string path = directory is null ? Directory.CreateTempSubdirectory("nanoboot-demo-").FullName : Prepare(context, directory);
            seed ??= RandomNumberGenerator.GetInt32(1, int.MaxValue).ToString(CultureInfo.InvariantCulture);
            try
            {
                var watch = Stopwatch.StartNew();
                using var tour = new DemoTour(path, seed, isJson ? new SilentObserver() : new ConsoleObserver(context.Console));
                DemoStory story = await tour.RunAsync(cancellation).ConfigureAwait(false);
                DemoReport report = story.Report;
                if (page is not null)
                {
                    context.WriteFile(page, Encoding.UTF8.GetBytes(StoryPage.Write(story)), isForced: true);
                }

                if (isJson)
                {
                    context.WriteJson(JsonSerializer.SerializeToNode(report, s_camelCase)!);
                }
                else
                {
                    Summarise(context.Console, report, watch.Elapsed, directory);
                }

                return report.Succeeded ? ExitCode.Ok : ExitCode.Internal;
            }
            finally
            {
                if (directory is null)
                {
                    Directory.Delete(path, recursive: true);
                }
            }
        }

        private static string Prepare(CliContext context, string directory)
        {
            string path = context.PathOf(directory);
            if (File.Exists(path) || (Directory.Exists(path) && Directory.GetFileSystemEntries(path).Length != 0))
            {
                throw new CliException(ExitCode.InputOutput, $"{directory}: is there and not empty; give another directory for the demo's files.");
            }

            Directory.CreateDirectory(path);
            return path;
        }

        private static void Summarise(IAnsiConsole console, DemoReport report, TimeSpan elapsed, string? directory)
        {
            DemoUpdate update = report.Update;
            console.WriteLine();
            console.Write(new Rule("[bold]Result[/]") { Justification = Justify.Left });
            var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns(string.Empty, string.Empty);
            table.AddRow("application", Markup.Escape($"{update.Result.Application} in {update.Result.Slot}, confirmed; floor {update.Result.Floor}"));
            table.AddRow("power cut", Markup.Escape(FormattableString.Invariant(
                $"flash operation {update.PowerCut.OperationIndex}: a {update.PowerCut.Operation} at 0x{update.PowerCut.AddressBytes:x} of {update.PowerCut.Chip}, {update.PowerCut.Form}")));
            table.AddRow("payload", Bytes(update.PayloadBytes));
            table.AddRow("until the cut", Attempt(update.UntilCut));
            table.AddRow("after the cut", Attempt(update.AfterCut));
            table.AddRow("found in place", $"{Bytes(update.BytesInPlace)}; copied from another slot: {Bytes(update.BytesReused)}");
            foreach (DemoRefusal refusal in report.Refusals)
            {
                table.AddRow(Markup.Escape($"refused: {refusal.Name}"), Markup.Escape($"{refusal.Actual} ({refusal.Code})"));
            }

            table.AddRow("boots", report.Boots.ToString(CultureInfo.InvariantCulture));
            console.Write(table);
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[{(report.Succeeded ? "green" : "red")}]{(report.Succeeded ? "Everything happened as claimed" : "Not everything happened as claimed: see ✗ above")}[/], in {elapsed.TotalSeconds:0.0} s. Repeat with --seed {report.Seed}.");
            if (directory is not null)
            {
                console.MarkupLineInterpolated($"Flash images: internal.bin, spi-nor.bin; published files: www; reports: reports, all in {directory}.");
            }
        }

        private static string Attempt(DemoAttempt attempt)
        {
            return $"fetched {Bytes(attempt.PayloadBytesSent)} in {attempt.PayloadRequests} {(attempt.PayloadRequests == 1 ? "request" : "requests")}, programmed {Bytes(attempt.BytesProgrammed)}, erased {Bytes(attempt.BytesErased)}";
        }

        private static string Bytes(long count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} bytes");
    }
}
