using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest sever</c>.</summary>
    internal static class ManifestSeverCommand
    {
        public static Command Create(CliContext context)
        {
            var file = new Argument<string>("MANIFEST") { Description = "The manifest." };
            var elements = new Option<string[]>("--element")
            {
                Description = "What to take out: text, install, payload-fetch, coswid, dependency-resolution, candidate-verification, manufacturer-usage-description. All that can be, when absent.",
                AllowMultipleArgumentsPerToken = true,
            };
            Option<string> output = CommonOptions.Out("Where the result goes; in place when absent.");
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "sever",
                "Takes severable elements out of an envelope. Their digests stay in the manifest, and signatures stay valid.",
                "nanoboot manifest sever application.suit --element text --out small.suit")
            {
                file, elements, output, force, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(file)!;
                Envelope envelope = EnvelopeFiles.Read(context, path);
                int before = envelope.Encode().Length;
                string[] names = result.GetValue(elements) ?? [];
                List<SuitElement> chosen = names.Length == 0
                    ? [.. envelope.SeverableElements.Keys.Select(number => (SuitElement)number)]
                    : [.. names.Select(Parse)];
                foreach (SuitElement element in chosen)
                {
                    if (!envelope.Remove(element))
                    {
                        throw new CliException(ExitCode.BadInput, $"{path}: {NameOf(element)} does not stand in the envelope; it was severed before, or is a part of the manifest itself.");
                    }
                }

                string target = result.GetValue(output) ?? path;
                byte[] encoded = envelope.Encode();
                context.WriteFile(target, encoded, result.GetValue(force) || target == path);
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject
                    {
                        ["written"] = target, ["bytes"] = encoded.Length, ["bytesBefore"] = before,
                        ["severed"] = new JsonArray([.. chosen.Select(element => JsonValue.Create(NameOf(element)))]),
                    });
                    return ExitCode.Ok;
                }

                string what = chosen.Count == 0 ? "nothing to sever" : $"without {string.Join(", ", chosen.Select(NameOf))}";
                context.Out.WriteLine($"Written: {target}, {encoded.Length} bytes instead of {before}, {what}.");
                return ExitCode.Ok;
            });
        }

        private static SuitElement Parse(string name)
        {
            foreach (SuitElement element in Enum.GetValues<SuitElement>())
            {
                if (ManifestWriter.IsSeverable(element) && NameOf(element) == name)
                {
                    return element;
                }
            }

            throw new CliException(ExitCode.Usage, $"--element: '{name}' is no severable element.");
        }

        private static string NameOf(SuitElement element) => ManifestListing.Hyphenate(element.ToString());
    }
}
