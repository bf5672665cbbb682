// nanoboot trust: documents that say whom devices trust beside their roots: rotation and revocation of keys.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Descriptions;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot trust</c>.</summary>
    internal static class TrustCommand
    {
        public static Command Create(CliContext context)
        {
            var command = new CliCommand("trust", "Documents that say whom devices trust beside their roots: to add, rotate and revoke keys.");
            command.Subcommands.Add(CreateCreate(context));
            command.Subcommands.Add(CreateShow(context));
            return command;
        }

        /// <summary>The listing of a document.</summary>
        /// <param name="context">Where it goes.</param>
        /// <param name="document">The document.</param>
        /// <param name="factory">Gives keys their names; null where it is not known.</param>
        public static void Print(CliContext context, TrustDocumentText document, FactoryTrust? factory)
        {
            foreach (Authority authority in document.Authorities)
            {
                string? component = TrustDocumentText.ComponentOf(authority);
                context.Out.WriteLine($"  key {Convert.ToHexStringLower(authority.KeyId)} ({AlgorithmOf(authority)}{NameOf(factory, authority.PublicKey)}) may {TrustedKey.Format(authority.Permissions)}{(component is null ? string.Empty : $" for {component}")}");
            }

            if (document.Authorities.Count == 0)
            {
                context.Out.WriteLine("  nobody beside the roots");
            }

            foreach (byte[] digest in document.RevokedRoots)
            {
                TrustedKey? root = factory?.Roots.FirstOrDefault(key => SHA256.HashData(key.PublicKey).AsSpan().SequenceEqual(digest));
                context.Out.WriteLine($"  revoked: the root {(root is null ? $"whose key has SHA-256 {Convert.ToHexStringLower(digest)}" : $"{Convert.ToHexStringLower(root.KeyId)} ({root.Name})")}");
            }
        }

        /// <summary>A document as facts.</summary>
        public static JsonObject Describe(TrustDocumentText document) => new()
        {
            ["authorities"] = new JsonArray([.. document.Authorities.Select(authority => new JsonObject
            {
                ["keyId"] = Convert.ToHexStringLower(authority.KeyId),
                ["algorithm"] = AlgorithmOf(authority),
                ["publicKey"] = Convert.ToHexStringLower(authority.PublicKey),
                ["permissions"] = TrustedKey.Format(authority.Permissions),
                ["component"] = TrustDocumentText.ComponentOf(authority),
            })]),
            ["revokedRoots"] = new JsonArray([.. document.RevokedRoots.Select(digest => JsonValue.Create(Convert.ToHexStringLower(digest)))]),
        };

        private static CliCommand CreateCreate(CliContext context)
        {
            var file = new Argument<string?>("DESCRIPTION") { Description = "The description of the document, YAML or JSON.", Arity = ArgumentArity.ZeroOrOne };
            var trust = new Option<string?>("--trust")
            {
                Description = "The keys that are built into the devices (as for 'manifest verify'): the document is checked against them.", HelpName = "FILE",
            };
            var init = new Option<string?>("--init") { Description = "Write a commented description to start from, and stop.", HelpName = "FILE" };
            Option<string> output = CommonOptions.Out("The trust document to write: the payload of a release of the component trust.");
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "create",
                "Makes a trust document: whom devices trust beside their roots, as a whole. Release it as the component 'trust', signed by roots.",
                "nanoboot trust create --init authorities.yaml",
                "nanoboot trust create authorities.yaml --trust trust.yaml --out trust.bin")
            {
                file, trust, init, output, force, json,
            };
            return command.Runs(result =>
            {
                if (result.GetValue(init) is string template)
                {
                    context.WriteFile(template, Encoding.UTF8.GetBytes(TrustDocumentText.Template.ReplaceLineEndings("\n")), result.GetValue(force));
                    context.Out.WriteLine($"Written: {template}. Edit it, then: nanoboot trust create {template} --trust trust.yaml --out trust.bin");
                    return ExitCode.Ok;
                }

                string description = result.GetValue(file)
                    ?? throw new CliException(ExitCode.Usage, "give the description of the document; --init authorities.yaml writes one to start from.");
                string factoryFile = result.GetValue(trust)
                    ?? throw new CliException(ExitCode.Usage, "--trust: name the file of the keys that are built into the devices.");
                string path = result.GetValue(output) ?? throw new CliException(ExitCode.Usage, "--out: say where the document goes.");
                return Run(context, description, FactoryTrust.Read(context, factoryFile), path, result.GetValue(force), result.GetValue(json));
            });
        }

        private static int Run(CliContext context, string description, FactoryTrust factory, string path, bool isForced, bool isJson)
        {
            TrustDocumentText text = TrustDocumentText.Read(context, description, factory);
            byte[] document;
            try
            {
                document = text.ToWriter().Encode();
            }
            catch (InvalidOperationException exception)
            {
                throw new CliException(ExitCode.BadInput, $"{description}: {exception.Message}");
            }

            context.WriteFile(path, document, isForced);
            string lost = TrustedKey.Format(Lost(text, factory));
            if (isJson)
            {
                JsonObject facts = Describe(text);
                facts.Insert(0, "written", path);
                facts.Insert(1, "bytes", document.Length);
                facts.Add("nobodyGrants", lost);
                context.WriteJson(facts);
                return ExitCode.Ok;
            }

            context.Out.WriteLine($"Written: {path}, {document.Length} bytes. Devices will trust:");
            Print(context, text, factory);
            int left = factory.Roots.Count - text.RevokedRoots.Count;
            context.Out.WriteLine($"  and {left} {(left == 1 ? "root" : "roots")} of {factory.Roots.Count}; {factory.RootsNeeded} must sign it.");
            if (lost.Length != 0)
            {
                context.Out.WriteLine($"Note: nobody grants {lost} any more.");
            }

            return ExitCode.Ok;
        }

        /// <summary>Permissions that somebody grants now, and nobody afterwards.</summary>
        private static Permissions Lost(TrustDocumentText text, FactoryTrust factory)
        {
            IEnumerable<TrustedKey> left = factory.Roots.Where(root => !text.RevokedRoots.Any(digest => digest.AsSpan().SequenceEqual(SHA256.HashData(root.PublicKey))));
            Permissions after = left.Select(key => key.Permissions).Concat(text.Authorities.Select(authority => authority.Permissions)).Aggregate(Permissions.None, (all, one) => all | one);
            return factory.Keys.Aggregate(Permissions.None, (all, key) => all | key.Permissions) & ~after;
        }

        private static CliCommand CreateShow(CliContext context)
        {
            var file = new Argument<string>("FILE") { Description = "A trust document." };
            var trust = new Option<string?>("--trust") { Description = "The keys that are built into the devices: gives roots their names.", HelpName = "FILE" };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand("show", "Shows whom a trust document lets devices trust.", "nanoboot trust show trust.bin")
            {
                file, trust, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(file)!;
                byte[] document = context.ReadFile(path, "trust document", TrustDocument.BytesMax);
                TrustDocumentText text = TrustDocumentText.Parse(path, document);
                FactoryTrust? factory = result.GetValue(trust) is string name ? FactoryTrust.Read(context, name) : null;
                if (result.GetValue(json))
                {
                    JsonObject facts = Describe(text);
                    facts.Insert(0, "bytes", document.Length);
                    context.WriteJson(facts);
                }
                else
                {
                    context.Out.WriteLine($"{path}: trust document, {document.Length} bytes. Beside their roots devices trust:");
                    Print(context, text, factory);
                }

                return ExitCode.Ok;
            });
        }

        private static string AlgorithmOf(Authority authority) => authority.Algorithm switch
        {
            CoseAlgorithm.Es256 or CoseAlgorithm.Esp256 => "es256",
            CoseAlgorithm.HssLms => "hss-lms",
            _ => $"algorithm {(int)authority.Algorithm}",
        };

        private static string NameOf(FactoryTrust? factory, byte[] publicKey)
        {
            TrustedKey? key = factory?.Keys.FirstOrDefault(known => known.PublicKey.AsSpan().SequenceEqual(publicKey));
            return key is null ? string.Empty : $", {key.Name}";
        }
    }
}
