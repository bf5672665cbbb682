using System;
using System.CommandLine;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest encrypt</c>.</summary>
    internal static class ManifestEncryptCommand
    {
        public static Command Create(CliContext context)
        {
            var file = new Argument<string>("PAYLOAD") { Description = "The payload to encrypt." };
            var recipients = new Option<string[]>("--for")
            {
                Description = "Who can decrypt: a kek, or the public P-256 key of a device; several are possible.",
                Required = true, HelpName = "KEY", AllowMultipleArgumentsPerToken = true,
            };
            var algorithm = new Option<string>("--algorithm")
            {
                Description = "a128ctr or a256ctr (a device resumes anywhere), a128gcm or a256gcm (the whole payload at once).",
                DefaultValueFactory = _ => "a128ctr",
            };
            algorithm.AcceptOnlyFromAmong("a128ctr", "a256ctr", "a128gcm", "a256gcm");
            var output = new Option<string>("--out", "-o")
            {
                Description = "The encrypted payload; the encryption info goes beside it, with .cose added.", Required = true, HelpName = "FILE",
            };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "encrypt",
                "Encrypts a payload. Name the result as 'encrypted' in the description of the release, then create the manifest.",
                "nanoboot manifest encrypt application.bin --for fleet.kek --out application.enc",
                "nanoboot manifest encrypt application.bin --for device.pub.pem --algorithm a128gcm --out application.enc")
            {
                file, recipients, algorithm, output, passphraseFile, force, json,
            };
            return command.Runs(result =>
            {
                byte[] payload = context.ReadFile(result.GetValue(file)!, "payload");
                string path = result.GetValue(output)!;
                context.RequireAbsent(path, result.GetValue(force));
                PayloadRecipient[] all = [.. result.GetValue(recipients)!.Select(key => EncryptedPayloads.OpenRecipient(context, key, result.GetValue(passphraseFile)))];
                EncryptedPayload encrypted = PayloadEncryption.Encrypt(
                    payload, Enum.Parse<ContentAlgorithm>(result.GetValue(algorithm)!, ignoreCase: true), all);
                context.WriteFiles([(path + ".cose", encrypted.EncryptionInfo), (path, encrypted.Ciphertext)], result.GetValue(force));
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject
                    {
                        ["written"] = path, ["bytes"] = encrypted.Ciphertext.Length, ["encryptionInfo"] = path + ".cose", ["recipients"] = all.Length,
                    });
                    return ExitCode.Ok;
                }

                context.Out.WriteLine($"Written: {path}, {encrypted.Ciphertext.Length} bytes, and {path}.cose; for {all.Length} {(all.Length == 1 ? "recipient" : "recipients")}.");
                return ExitCode.Ok;
            });
        }
    }
}
