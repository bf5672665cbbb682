// nanoboot bundle: looks into payloads, and makes them of assemblies.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot bundle</c>.</summary>
    internal static class BundleCommand
    {
        private const int DefaultHeapBytes = 80 * 1024;

        public static Command Create(CliContext context)
        {
            var command = new CliCommand("bundle", "Looks into payloads, and makes them of assemblies.");
            command.Subcommands.Add(CreateInspect(context));
            command.Subcommands.Add(CreateMake(context));
            command.Subcommands.Add(CreatePack(context));
            return command;
        }

        private static CliCommand CreateInspect(CliContext context)
        {
            var files = new Argument<string[]>("FILE")
            {
                Description = "A bundle, a deployment image, .pe files, .NET assemblies, an MCUboot image, a packed payload, or an encrypted one.",
                Arity = ArgumentArity.OneOrMore,
            };
            Option<string[]> resident = Resident();
            var manifest = new Option<string?>("--manifest") { Description = "The manifest of an encrypted payload.", HelpName = "FILE" };
            var key = new Option<string?>("--key") { Description = "The key that decrypts it: a kek, or the private key of the recipient.", HelpName = "FILE" };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "inspect",
                "Shows what is in a payload: assemblies, versions, references, sizes, the order to load them, what is missing.",
                "nanoboot bundle inspect application.bin",
                "nanoboot bundle inspect App.pe Library.pe --resident mscorlib.pe --json",
                "nanoboot bundle inspect payload.bin --manifest application.suit --key fleet.kek")
            {
                files, resident, manifest, key, passphraseFile, json,
            };
            return command.Runs(result =>
            {
                var inspection = new BundleInspection(ReadAssemblies(context, result.GetValue(resident) ?? []));
                foreach (string file in result.GetValue(files)!)
                {
                    byte[] content = context.ReadFile(file, "payload");
                    if (result.GetValue(manifest) is string manifestFile && result.GetValue(key) is string keyFile)
                    {
                        content = EncryptedPayloads.Decrypt(context, content, manifestFile, keyFile, result.GetValue(passphraseFile));
                    }

                    inspection.Add(file, content);
                }

                JsonObject facts = inspection.ToJson();
                if (result.GetValue(json))
                {
                    context.WriteJson(facts);
                }
                else
                {
                    inspection.Print(context.Out);
                }

                return inspection.IsUsable ? ExitCode.Ok : ExitCode.Refused;
            });
        }

        private static CliCommand CreateMake(CliContext context)
        {
            var output = new Argument<string>("OUT") { Description = "The payload to write." };
            var files = new Argument<string[]>("FILE") { Description = "The assemblies, in any order.", Arity = ArgumentArity.OneOrMore };
            Option<string[]> resident = Resident();
            var heap = new Option<int>("--heap")
            {
                Description = "Managed heap of the board in bytes; the estimate of what the bundle takes must be below.",
                DefaultValueFactory = _ => DefaultHeapBytes,
            };
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "make",
                "Makes a payload of assemblies: puts them in order, and checks that the device can load them.",
                "nanoboot bundle make application.bin App.pe Library.pe --resident mscorlib.pe",
                "nanoboot bundle make application.bin App.dll Library.dll")
            {
                output, files, resident, heap, force, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(output)!;
                string[] residentFiles = result.GetValue(resident) ?? [];
                var inspection = new BundleInspection(ReadAssemblies(context, residentFiles));
                foreach (string file in result.GetValue(files)!)
                {
                    byte[] content = context.ReadFile(file, "assembly");
                    RequireConverted(context, file, content);
                    inspection.Add(file, content);
                }

                inspection.RequireUsable(residentFiles.Length != 0, result.GetValue(heap));
                byte[] bundle = Bundle.Concatenate(inspection.InOrder());
                context.WriteFile(path, bundle, result.GetValue(force));
                if (result.GetValue(json))
                {
                    JsonObject facts = inspection.ToJson();
                    facts["written"] = path;
                    facts["bytes"] = bundle.Length;
                    context.WriteJson(facts);
                }
                else
                {
                    inspection.Print(context.Out);
                    context.Out.WriteLine($"Written: {path}, {bundle.Length} bytes, {Chunker.Cut(bundle).Count} chunks");
                }

                return ExitCode.Ok;
            });
        }

        // The emulator runs assemblies of .NET, a board what the metadata processor made of them; it leaves both in one folder.
        private static void RequireConverted(CliContext context, string file, byte[] content)
        {
            string converted = Path.ChangeExtension(file, ".pe");
            if (content.AsSpan().StartsWith("MZ"u8) && converted != file && File.Exists(context.PathOf(converted)))
            {
                throw new CliException(ExitCode.BadInput, $"{file}: no board takes it; give {converted} beside it.");
            }
        }

        private static CliCommand CreatePack(CliContext context)
        {
            var file = new Argument<string>("IMAGE") { Description = "The payload." };
            var from = new Option<string?>("--from") { Description = "The image that devices have now: only what differs is packed, for those devices alone.", HelpName = "FILE" };
            var output = new Option<string>("--out", "-o") { Description = "The packed payload.", Required = true, HelpName = "FILE" };
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "pack",
                "Packs a payload for the way to the device: compressed, or as the difference to an earlier image. Name it as 'packed' in the release.",
                "nanoboot bundle pack application.bin --out application.nbz",
                "nanoboot bundle pack application-1.1.bin --from application-1.0.bin --out application.nbd")
            {
                file, from, output, force, json,
            };
            return command.Runs(result =>
            {
                byte[] image = context.ReadFile(result.GetValue(file)!, "payload");
                byte[]? precursor = result.GetValue(from) is string former ? context.ReadFile(former, "earlier image") : null;
                IReadOnlyList<int> chunks = Chunker.Cut(image);
                byte[] packed = precursor is null
                    ? PackedPayloads.Compress(image, chunks)
                    : PackedPayloads.Differentiate(precursor, image, chunks);
                if (!PackedPayloads.Unpack(packed, precursor).AsSpan().SequenceEqual(image))
                {
                    throw new CliException(ExitCode.Internal, "the packed payload does not unpack to the image; please report it.");
                }

                string path = result.GetValue(output)!;
                context.WriteFile(path, packed, result.GetValue(force));
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject { ["written"] = path, ["bytes"] = packed.Length, ["imageBytes"] = image.Length, ["differential"] = precursor is not null });
                    return ExitCode.Ok;
                }

                context.Out.WriteLine($"Written: {path}, {packed.Length} bytes instead of {image.Length} ({100L * packed.Length / image.Length} %).");
                return ExitCode.Ok;
            });
        }

        private static Option<string[]> Resident() => new("--resident", "-r")
        {
            Description = "Assemblies that are deployed with stage 1 (.pe files or whole deployment images).",
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
        };

        private static List<AssemblyDescription> ReadAssemblies(CliContext context, string[] files)
        {
            var assemblies = new List<AssemblyDescription>();
            foreach (string file in files)
            {
                byte[] content = context.ReadFile(file, "assembly");
                var parts = Bundle.Split(content);
                if (parts.Count == 0)
                {
                    throw new CliException(ExitCode.BadInput, $"{file}: no assemblies in it; give .pe files with --resident.");
                }

                assemblies.AddRange(parts.Select(part => AssemblyDescription.Read(content.AsSpan(part.OffsetBytes, part.LengthBytes))));
            }

            return assemblies;
        }
    }
}
