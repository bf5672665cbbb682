// nanoboot keys: makes keys, shows what is in a key file, writes public keys and the trust source of a board project.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot keys</c>.</summary>
    internal static class KeysCommand
    {
        private const string DefaultHssParameters = "H10/W4";

        public static Command Create(CliContext context)
        {
            var command = new CliCommand("keys", "Makes keys, shows them, writes their public parts.");
            command.Subcommands.Add(CreateNew(context));
            command.Subcommands.Add(CreateShow(context));
            command.Subcommands.Add(CreatePublic(context));
            command.Subcommands.Add(KeysExportCommand.Create(context));
            return command;
        }

        private static CliCommand CreateNew(CliContext context)
        {
            var file = new Argument<string>("FILE") { Description = "The key file to write; readable by you alone." };
            var kind = new Option<string>("--kind", "-k")
            {
                Description = "es256 (ECDSA on P-256), hss-lms (hash-based, safe against quantum computers), hmac, or kek (AES key encryption key).",
                DefaultValueFactory = _ => "es256",
            };
            kind.AcceptOnlyFromAmong("es256", "hss-lms", "hmac", "kek");
            var parameters = new Option<string>("--parameters", "-p")
            {
                Description = "Of an HSS/LMS key: levels of height and width, top first, for example H10/W4, H5/W8/192 or H10/W4,H10/W4.",
                DefaultValueFactory = _ => DefaultHssParameters,
            };
            var bits = new Option<int>("--bits") { Description = "Length of a kek: 128, 192 or 256.", DefaultValueFactory = _ => 128 };
            bits.AcceptOnlyFromAmong("128", "192", "256");
            var encrypt = new Option<bool>("--encrypt", "-e") { Description = "Encrypt the key under a passphrase." };
            var seed = new Option<string?>("--seed")
            {
                Description = "Make the key out of this text, the same each time. For demonstrations and tests: who knows the text has the key.",
            };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "new",
                "Makes a key.",
                "nanoboot keys new author.pem",
                "nanoboot keys new author.pem --encrypt --passphrase-file passphrase.txt",
                "nanoboot keys new root.hss --kind hss-lms --parameters H10/W4")
            {
                file, kind, parameters, bits, encrypt, seed, passphraseFile, force, json,
            };
            return command.Runs(result =>
            {
                KeyFile.TryParseKind(result.GetValue(kind), out KeyKind chosen);
                string path = result.GetValue(file)!;
                context.RequireAbsent(path, result.GetValue(force));
                string? passphrase = result.GetValue(encrypt) ? KeyLoader.NewPassphrase(context, result.GetValue(passphraseFile)) : null;
                var request = new NewKey(context, path, chosen, passphrase, result.GetValue(seed), result.GetValue(force));
                request.Write(result.GetValue(parameters)!, result.GetValue(bits));
                return Show(context, path, passphrase, result.GetValue(json), isNew: true);
            });
        }

        private static CliCommand CreateShow(CliContext context)
        {
            var file = new Argument<string>("FILE") { Description = "A key file, secret or public." };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "show",
                "Shows what a key file holds: kind, key id, public key, signatures left. Never a secret.",
                "nanoboot keys show author.pem",
                "nanoboot keys show root.hss --json")
            {
                file, passphraseFile, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(file)!;
                KeyFile key = KeyLoader.Read(context, path);
                bool needsPassphrase = key.IsEncrypted && key.Kind == KeyKind.Es256;
                string? passphrase = needsPassphrase ? KeyLoader.Passphrase(context, key, result.GetValue(passphraseFile)) : null;
                return Show(context, path, passphrase, result.GetValue(json), isNew: false);
            });
        }

        private static CliCommand CreatePublic(CliContext context)
        {
            var file = new Argument<string>("FILE") { Description = "A key file." };
            Option<string> output = CommonOptions.Out("Where the public key goes; standard output when absent.");
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> force = CommonOptions.Force();
            var command = new CliCommand(
                "public",
                "Writes the public part of a key: PEM for ES256, JSON for HSS/LMS.",
                "nanoboot keys public author.pem --out author.pub.pem")
            {
                file, output, passphraseFile, force,
            };
            return command.Runs(result =>
            {
                KeyFile key = KeyLoader.Read(context, result.GetValue(file)!);
                string text = key.WritePublic(KeyLoader.Passphrase(context, key, result.GetValue(passphraseFile)));
                if (result.GetValue(output) is string path)
                {
                    context.WriteFile(path, Encoding.UTF8.GetBytes(text), result.GetValue(force));
                    context.Out.WriteLine($"Written: {path}");
                }
                else
                {
                    context.Out.Write(text);
                }

                return ExitCode.Ok;
            });
        }

        private static int Show(CliContext context, string path, string? passphrase, bool isJson, bool isNew)
        {
            JsonObject facts = Describe(context, KeyLoader.Read(context, path), path, passphrase);
            if (isJson)
            {
                context.WriteJson(facts);
                return ExitCode.Ok;
            }

            if (isNew)
            {
                context.Out.WriteLine($"Written: {path}");
            }

            foreach (KeyValuePair<string, JsonNode?> fact in facts)
            {
                context.Out.WriteLine($"{fact.Key + ":",-16} {fact.Value}");
            }

            return ExitCode.Ok;
        }

        private static JsonObject Describe(CliContext context, KeyFile key, string path, string? passphrase)
        {
            var facts = new JsonObject
            {
                ["file"] = path,
                ["kind"] = KeyFile.NameOf(key.Kind),
                ["holds"] = key.Kind is KeyKind.Hmac or KeyKind.Kek ? "secret key" : key.IsPublic ? "public key" : "private key",
                ["encrypted"] = key.IsEncrypted,
            };
            byte[]? publicKey = key.ReadPublicKey();
            if (publicKey is null)
            {
                using SigningKey opened = key.OpenSigningKey(passphrase, markDirectory: null);
                publicKey = opened.PublicKey;
            }

            facts["keyId"] = Convert.ToHexStringLower(publicKey.Length == 0 ? key.KeyId : SigningKey.DefaultKeyId(publicKey));
            if (publicKey.Length != 0)
            {
                facts["publicKey"] = Convert.ToHexStringLower(publicKey);
            }

            if (key.Kind == KeyKind.HssLms)
            {
                facts["parameters"] = key.Parameters;
                if (!key.IsPublic)
                {
                    facts["signaturesLeft"] = HssSigningKey.ReadSignaturesLeft(
                        LmsParameters.Parse(key.Parameters!), publicKey, key.StatePath, KeyLoader.MarkDirectory(context));
                }
            }

            return facts;
        }

        /// <summary>What is to be made, and where.</summary>
        private sealed record NewKey(CliContext Context, string FilePath, KeyKind Kind, string? Passphrase, string? Seed, bool IsForced)
        {
            public void Write(string parameters, int bits)
            {
                switch (Kind)
                {
                    case KeyKind.Es256:
                        using (EcdsaSigningKey key = Seed is null
                            ? EcdsaSigningKey.Generate()
                            : EcdsaSigningKey.FromSeed(Encoding.UTF8.GetBytes(Seed), "nanoboot keys new"))
                        {
                            WriteText(key.ExportPem(Passphrase));
                        }

                        break;
                    case KeyKind.HssLms:
                        WriteHss(parameters);
                        break;
                    default:
                        WriteText(KeyFile.Write(Kind, Secret(Kind == KeyKind.Hmac ? 32 : bits / 8), Passphrase));
                        break;
                }
            }

            /// <summary>All three or none. The state comes first: a key without one would be refused, one without a key harms nobody.</summary>
            private void WriteHss(string parameters)
            {
                IReadOnlyList<LmsParameters> levels = ParseParameters(parameters);
                string full = Context.PathOf(FilePath);
                Context.RequireAbsent(FilePath + ".state", IsForced);
                HssKey key = Generate(levels, Secret(HssKey.SeedBytes));
                byte[] text = Encoding.UTF8.GetBytes(KeyFile.Write(KeyKind.HssLms, key.Seed.ToArray(), Passphrase, key));
                AtomicFile.Write([(full + ".state", HssSigningKey.NewState(key)), (full + ".tree", key.TopNodes.ToArray()), (full, text)], isSecret: true);
            }

            private HssKey Generate(IReadOnlyList<LmsParameters> levels, byte[] seed)
            {
                long leaves = 1L << levels[0].Height;
                return ProgressLine.Run(Context, $"Computing {LmsParameters.Format(levels)}", leaves, progress => HssKey.Create(levels, seed, progress));
            }

            private static IReadOnlyList<LmsParameters> ParseParameters(string parameters)
            {
                try
                {
                    return LmsParameters.Parse(parameters);
                }
                catch (FormatException exception)
                {
                    throw new CliException(ExitCode.Usage, $"--parameters: {exception.Message}");
                }
            }

            private byte[] Secret(int count)
            {
                return Seed is null
                    ? RandomNumberGenerator.GetBytes(count)
                    : SHA256.HashData(Encoding.UTF8.GetBytes(Seed)).AsSpan(0, count).ToArray();
            }

            private void WriteText(string text)
            {
                Context.WriteFile(FilePath, Encoding.UTF8.GetBytes(text), IsForced, isSecret: true);
            }
        }
    }
}
