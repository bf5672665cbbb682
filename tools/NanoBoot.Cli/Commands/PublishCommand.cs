// nanoboot publish: puts a signed release into a directory that any web server serves.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot publish</c>.</summary>
    internal static class PublishCommand
    {
        public static Command Create(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "The directory; made when it is missing. Any web server or object store serves it." };
            var manifest = new Argument<string>("MANIFEST") { Description = "The signed manifest." };
            var payloads = new Argument<string[]>("PAYLOAD") { Description = "The payloads that it names: the image (the encrypted one, if it is), and packed ones.", Arity = ArgumentArity.OneOrMore };
            var chunks = new Option<bool>("--chunks") { Description = "Store each chunk by its digest too, for delivery without ranges (object stores, broadcast)." };
            Option<bool> force = new("--force", "-f") { Description = "Publish although the directory has a release that is as new or newer, or the manifest is not signed." };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "publish",
                "Publishes a release: payload by digest, manifest by component, an index. Plain files, written so that clients never see half of it.",
                "nanoboot publish www application.suit application.bin",
                "nanoboot publish www application.suit application.enc --json")
            {
                directory, manifest, payloads, chunks, force, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(manifest)!;
                Envelope envelope = EnvelopeFiles.Read(context, path);
                byte[][] contents = [.. result.GetValue(payloads)!.Select(file => context.ReadFile(file, "payload"))];
                string component = SingleComponent(envelope, path);
                string root = context.PathOf(result.GetValue(directory)!);
                RequireFit(envelope, path, contents);
                if (!result.GetValue(force))
                {
                    RequireSignedAndNewer(envelope, path, root, component);
                }

                var publisher = new Publisher(root);
                string manifestPath = publisher.Publish(component, envelope, contents);
                int chunkCount = result.GetValue(chunks) ? contents.Sum(publisher.AddChunks) : 0;
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject
                    {
                        ["directory"] = root,
                        ["manifest"] = manifestPath,
                        ["component"] = component,
                        ["sequence"] = EnvelopeFiles.Sequence(envelope),
                        ["payloads"] = new JsonArray([.. contents.Select(content => JsonValue.Create(Publisher.PayloadPath(content)))]),
                        ["chunks"] = chunkCount,
                    });
                }
                else
                {
                    context.Out.WriteLine($"Published: {component}, sequence {EnvelopeFiles.Sequence(envelope)}");
                    context.Out.WriteLine($"  {manifestPath}");
                    foreach (byte[] content in contents)
                    {
                        context.Out.WriteLine($"  {Publisher.PayloadPath(content)}, {content.Length} bytes");
                    }
                }

                return ExitCode.Ok;
            });
        }

        private static string SingleComponent(Envelope envelope, string path)
        {
            string[] components = EnvelopeFiles.Components(envelope);
            return components.Length == 1
                ? components[0]
                : throw new CliException(ExitCode.BadInput, $"{path}: {components.Length} components; devices ask for one manifest a component, so publish one each.");
        }

        /// <summary>A URI of the payload store must lead to one of the payloads, else devices would find nothing.</summary>
        private static void RequireFit(Envelope envelope, string path, byte[][] contents)
        {
            HashSet<string> names = [.. contents.Select(content => Path.GetFileName(Publisher.PayloadPath(content)))];
            string[] uris = [.. ManifestUris.Find(envelope)];
            foreach (string uri in uris.Select(uri => uri.Split('?')[0]).Where(uri => uri.Contains("payloads/", StringComparison.Ordinal) && Path.GetExtension(uri) is ".bin" or ".nbz" or ".nbd"))
            {
                string name = uri[(uri.LastIndexOf('/') + 1)..];
                if (name.Length == 68 && !names.Contains(name))
                {
                    throw new CliException(
                        ExitCode.BadInput, $"{path}: names {uri}, which none of the payloads given is; give the payload that the manifest was created from.");
                }
            }
        }

        private static void RequireSignedAndNewer(Envelope envelope, string path, string root, string component)
        {
            if (envelope.AuthenticationBlocks.Count == 0)
            {
                throw new CliException(ExitCode.BadInput, $"{path}: not signed; no device would take it. Sign it first: nanoboot manifest sign {path} --key KEY");
            }

            string former = Path.Combine(root, Publisher.ManifestPath(component));
            if (!File.Exists(former))
            {
                return;
            }

            long published = EnvelopeFiles.Sequence(EnvelopeFiles.Parse(former, File.ReadAllBytes(former)));
            if (EnvelopeFiles.Sequence(envelope) <= published)
            {
                throw new CliException(
                    ExitCode.Refused, $"{path}: sequence {EnvelopeFiles.Sequence(envelope)}, and {published} is published already; raise the sequence number, or --force.");
            }
        }
    }
}
