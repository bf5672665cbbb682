using System.CommandLine;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest show</c>.</summary>
    internal static class ManifestShowCommand
    {
        public static Command Create(CliContext context)
        {
            var file = new Argument<string>("MANIFEST") { Description = "The manifest." };
            var diagnostic = new Option<bool>("--diag") { Description = "CBOR diagnostic notation instead of a listing." };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "show",
                "Shows what a manifest says: who signed it, every element, every command.",
                "nanoboot manifest show application.suit",
                "nanoboot manifest show application.suit --diag")
            {
                file, diagnostic, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(file)!;
                byte[] content = context.ReadFile(path, "manifest");
                if (result.GetValue(diagnostic))
                {
                    try
                    {
                        context.Out.WriteLine(CborDiagnostic.Format(CborNode.Parse(content)));
                    }
                    catch (CborException exception)
                    {
                        throw new CliException(ExitCode.BadInput, $"{path}: no deterministic CBOR ({exception.Message}).");
                    }

                    return ExitCode.Ok;
                }

                Envelope envelope = EnvelopeFiles.Parse(path, content);
                if (result.GetValue(json))
                {
                    context.WriteJson(ManifestListing.ToJson(envelope, content.Length));
                    return ExitCode.Ok;
                }

                foreach (string line in ManifestListing.Make(envelope, content.Length))
                {
                    context.Out.WriteLine(line);
                }

                return ExitCode.Ok;
            });
        }
    }
}
