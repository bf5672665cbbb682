using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Cli.Descriptions;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest create</c>.</summary>
    internal static class ManifestCreateCommand
    {
        public static Command Create(CliContext context)
        {
            var file = new Argument<string?>("RELEASE")
            {
                Description = "The description of the release, YAML or JSON.", Arity = ArgumentArity.ZeroOrOne,
            };
            Option<string> output = CommonOptions.Out("The manifest to write.");
            var init = new Option<string?>("--init") { Description = "Write a commented description to start from, and stop.", HelpName = "FILE" };
            var schema = new Option<bool>("--schema") { Description = "Print the JSON schema of descriptions, and stop." };
            var sequence = new Option<long?>("--sequence") { Description = "The sequence number, in place of the one in the description." };
            var payload = new Option<string?>("--payload") { Description = "The payload, in place of the one in the description.", HelpName = "FILE" };
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "create",
                "Creates the manifest of a release from its description. The same description gives the same bytes.",
                "nanoboot manifest create --init release.yaml",
                "nanoboot manifest create release.yaml --out application.suit",
                "nanoboot manifest create release.yaml --sequence 42 --payload build/application.bin --out application.suit")
            {
                file, output, init, schema, sequence, payload, force, json,
            };
            return command.Runs(result =>
            {
                if (result.GetValue(schema))
                {
                    context.Out.Write(ReadSchema());
                    return ExitCode.Ok;
                }

                if (result.GetValue(init) is string template)
                {
                    context.WriteFile(template, Encoding.UTF8.GetBytes(ReleaseDescription.Template.ReplaceLineEndings("\n")), result.GetValue(force));
                    context.Out.WriteLine($"Written: {template}. Edit it, then: nanoboot manifest create {template} --out application.suit");
                    return ExitCode.Ok;
                }

                string description = result.GetValue(file)
                    ?? throw new CliException(ExitCode.Usage, "give the description of the release; --init release.yaml writes one to start from.");
                string path = result.GetValue(output) ?? throw new CliException(ExitCode.Usage, "--out: say where the manifest goes.");
                return Run(context, description, path, result.GetValue(sequence), result.GetValue(payload), result.GetValue(force), result.GetValue(json));
            });
        }

        private static int Run(CliContext context, string description, string path, long? sequence, string? payload, bool isForced, bool isJson)
        {
            var payloads = new List<string>();
            ManifestBuilder builder = ReleaseDescription.Read(
                context, description, context.ReadText(description, "description of a release"), sequence, payload, payloads);
            Envelope envelope;
            try
            {
                envelope = builder.Build();
            }
            catch (InvalidOperationException exception)
            {
                throw new CliException(ExitCode.BadInput, $"{description}: {exception.Message}");
            }

            byte[] encoded = envelope.Encode();
            context.WriteFile(path, encoded, isForced);
            string components = string.Join(", ", builder.Components.Select(component => component.Id));
            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["written"] = path,
                    ["bytes"] = encoded.Length,
                    ["sequence"] = builder.SequenceNumber,
                    ["manifestDigest"] = Convert.ToHexStringLower(envelope.ManifestDigest.AsSpan(4)),
                    ["components"] = new JsonArray([.. builder.Components.Select(component => new JsonObject
                    {
                        ["id"] = component.Id.ToString(),
                        ["payloadBytes"] = component.PayloadSizeBytes,
                        ["sha256"] = Convert.ToHexStringLower(component.PayloadDigest),
                        ["chunks"] = builder.Profile == ManifestProfile.Standard ? 0 : Chunker.ReadTable(component.ChunkTable).Count,
                        ["uris"] = new JsonArray([.. component.Uris.Select(uri => JsonValue.Create(uri))]),
                    })]),
                });
            }
            else
            {
                context.Out.WriteLine($"Written: {path}, {encoded.Length} bytes: {components}, sequence {builder.SequenceNumber}. Not signed yet: nanoboot manifest sign {path} --key KEY");
                foreach (ManifestComponent component in builder.Components)
                {
                    if (ReleaseDescription.Doubt(component) is string doubt)
                    {
                        context.Out.WriteLine(doubt);
                    }
                }
            }

            return ExitCode.Ok;
        }

        private static string ReadSchema()
        {
            using Stream stream = typeof(ManifestCreateCommand).Assembly.GetManifestResourceStream("release.schema.json")!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
