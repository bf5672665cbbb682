using System;
using System.CommandLine;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Bootloader.Suit;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest sign</c>.</summary>
    internal static class ManifestSignCommand
    {
        public static Command Create(CliContext context)
        {
            var file = new Argument<string>("MANIFEST") { Description = "The manifest; signatures of several parties stand side by side." };
            var key = new Option<string>("--key", "-k") { Description = "The key file; with --signer the public key.", Required = true, HelpName = "FILE" };
            var signer = new Option<string?>("--signer")
            {
                Description = "A command that gets the bytes to sign on standard input and gives the signature back on standard output (ECDSA: r||s or DER).",
                HelpName = "COMMAND",
            };
            var algorithm = new Option<string>("--algorithm") { Description = "How an ECDSA signature is labelled: es256 or esp256.", DefaultValueFactory = _ => "es256" };
            algorithm.AcceptOnlyFromAmong("es256", "esp256");
            Option<string> output = CommonOptions.Out("Where the signed manifest goes; in place when absent.");
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "sign",
                "Adds a signature to a manifest. Run it again for each party.",
                "nanoboot manifest sign application.suit --key author.pem",
                "nanoboot manifest sign application.suit --key root.hss --out signed.suit",
                "nanoboot manifest sign application.suit --key hsm.pub.pem --signer ./hsm-sign.sh")
            {
                file, key, signer, algorithm, output, passphraseFile, force, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(file)!;
                string? target = result.GetValue(output);
                Envelope envelope = EnvelopeFiles.Read(context, path);
                if (target is not null)
                {
                    context.RequireAbsent(target, result.GetValue(force));
                }

                SigningAlgorithm chosen = result.GetValue(algorithm) == "esp256" ? SigningAlgorithm.Esp256 : SigningAlgorithm.Es256;
                using SigningKey signing = KeyLoader.OpenSigningKey(
                    context, result.GetValue(key)!, result.GetValue(passphraseFile), result.GetValue(signer), chosen);
                RequireNew(envelope, signing, path);
                envelope.Sign(signing);
                context.WriteFile(target ?? path, envelope.Encode(), isForced: true);
                int count = envelope.AuthenticationBlocks.Count;
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject
                    {
                        ["written"] = target ?? path, ["keyId"] = Convert.ToHexStringLower(signing.KeyId), ["signatures"] = count,
                        ["signaturesLeft"] = (signing as HssSigningKey)?.SignaturesLeft,
                    });
                    return ExitCode.Ok;
                }

                string left = signing is HssSigningKey hss ? $" {hss.SignaturesLeft} signatures left." : string.Empty;
                context.Out.WriteLine(
                    $"Signed: {target ?? path}, by key {Convert.ToHexStringLower(signing.KeyId)}; {count} {(count == 1 ? "signature" : "signatures")} now.{left}");
                return ExitCode.Ok;
            });
        }

        /// <summary>A second signature by the same key says nothing, and a device takes only so many.</summary>
        private static void RequireNew(Envelope envelope, SigningKey key, string path)
        {
            if (envelope.AuthenticationBlocks.Count >= SuitAuthenticator.MaxBlocks)
            {
                throw new CliException(ExitCode.Refused, $"{path}: has {SuitAuthenticator.MaxBlocks} signatures, more than devices look at are not added.");
            }

            if (EnvelopeFiles.Signers(envelope).Any(id => id.AsSpan().SequenceEqual(key.KeyId)))
            {
                throw new CliException(ExitCode.Refused, $"{path}: signed by key {Convert.ToHexStringLower(key.KeyId)} already.");
            }
        }
    }
}
