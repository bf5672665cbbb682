// nanoboot keys export: writes the C# source from which a board project gets the keys that its stage 1 trusts.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Author.Keys;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Descriptions;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot keys export</c>.</summary>
    internal static class KeysExportCommand
    {
        public static Command Create(CliContext context)
        {
            var keys = new Argument<string[]>("KEY")
            {
                Description = "FILE=PERMISSION[+PERMISSION...][@COMPONENT]; permissions: author, store, apply, approve, qualify, test, trust, or all.",
                Arity = ArgumentArity.ZeroOrMore,
            };
            var trust = new Option<string?>("--trust")
            {
                Description = "Take the keys, and how many roots a trust document needs, from this file (as for 'manifest verify') in place of KEY.", HelpName = "FILE",
            };
            var needed = new Option<byte>("--roots-needed")
            {
                Description = "How many roots (keys that may trust) must sign a trust document.", DefaultValueFactory = _ => 1, HelpName = "N",
            };
            Option<string> output = CommonOptions.Out("The C# file to write; standard output when absent.");
            var csharp = new Option<bool>("--csharp") { Description = "Write C# source (the only form, and the default)." };
            var nameSpace = new Option<string>("--namespace") { Description = "Namespace of the class.", DefaultValueFactory = _ => "NanoBoot.Board" };
            var className = new Option<string>("--class") { Description = "Name of the class.", DefaultValueFactory = _ => "BoardTrust" };
            var noTables = new Option<bool>("--no-tables") { Description = "Leave out the precomputed tables of ES256 keys: smaller, and twice as slow to verify." };
            Option<bool> force = CommonOptions.Force();
            var command = new CliCommand(
                "export",
                "Writes the trust source of a board project: the public keys that its stage 1 accepts, and what each may decide.",
                "nanoboot keys export --csharp author.pub.pem=author+store root.pub=all --out BoardTrust.cs",
                "nanoboot keys export --csharp vendor.pem=author+store+apply@application operator.pem=approve --out BoardTrust.cs",
                "nanoboot keys export --csharp author.pub.pem=author+store+apply root-a.pub.pem=trust root-b.pub.pem=trust --roots-needed 2 --out BoardTrust.cs",
                "nanoboot keys export --csharp --trust trust.yaml --out BoardTrust.cs")
            {
                keys, trust, needed, output, csharp, nameSpace, className, noTables, force,
            };
            return command.Runs(result =>
            {
                (TrustedKey[] trusted, int roots) = ReadKeys(context, result.GetValue(keys)!, result.GetValue(trust), result.GetValue(needed));
                string source = TrustSource.Write(trusted, roots, result.GetValue(nameSpace)!, result.GetValue(className)!, !result.GetValue(noTables));
                if (result.GetValue(output) is string path)
                {
                    context.RequireFolder(path);
                    context.WriteFile(path, Encoding.UTF8.GetBytes(source), result.GetValue(force));
                    context.Out.WriteLine($"Written: {path} ({trusted.Length} {(trusted.Length == 1 ? "key" : "keys")})");
                }
                else
                {
                    context.Out.Write(source);
                }

                return ExitCode.Ok;
            });
        }

        private static (TrustedKey[] Keys, int RootsNeeded) ReadKeys(CliContext context, string[] named, string? file, int needed)
        {
            if ((named.Length == 0) == (file is null))
            {
                throw new CliException(ExitCode.Usage, "give the keys, FILE=PERMISSIONS each, or --trust with the file that names them.");
            }

            if (file is not null)
            {
                FactoryTrust factory = FactoryTrust.Read(context, file);
                return ([.. factory.Keys], factory.RootsNeeded);
            }

            TrustedKey[] keys = [.. named.Select(text => TrustedKey.Parse(context, text))];
            TrustedKey.RequireDistinct(keys);
            int roots = keys.Count(key => key.Permissions.HasFlag(Permissions.Trust));
            return needed == 1 || (needed > 1 && needed <= roots)
                ? (keys, needed)
                : throw new CliException(ExitCode.Usage, $"--roots-needed: from 1 to the number of roots (keys that may trust), which is {roots} here.");
        }
    }

    /// <summary>A key that a device is to trust.</summary>
    /// <param name="Name">File name, for comments.</param>
    /// <param name="Kind">Es256 or HssLms.</param>
    /// <param name="PublicKey">As devices hold it.</param>
    /// <param name="Permissions">What its signature grants.</param>
    /// <param name="Component">First segment of the component ids it is good for, or null for all.</param>
    internal sealed record TrustedKey(string Name, KeyKind Kind, byte[] PublicKey, Permissions Permissions, string? Component)
    {
        private const Permissions All = Permissions.Author | Permissions.Store | Permissions.Apply | Permissions.Approve
            | Permissions.Qualify | Permissions.Test | Permissions.Trust;

        public byte[] KeyId => SigningKey.DefaultKeyId(PublicKey);

        /// <summary>Reads FILE=PERMISSIONS[@COMPONENT].</summary>
        public static TrustedKey Parse(CliContext context, string text)
        {
            int equals = text.LastIndexOf('=');
            if (equals <= 0)
            {
                throw new CliException(ExitCode.Usage, $"'{text}': say what the key may decide, for example {text}=author+store+apply, or {text}=all.");
            }

            string[] grant = text[(equals + 1)..].Split('@', 2);
            return Read(context, text[..equals], ParsePermissions(grant[0], text), grant.Length == 2 ? grant[1] : null);
        }

        /// <summary>Reads the public key of a file.</summary>
        public static TrustedKey Read(CliContext context, string path, Permissions permissions, string? component)
        {
            KeyFile file = KeyLoader.Read(context, path);
            if (file.Kind is KeyKind.Hmac or KeyKind.Kek)
            {
                throw new CliException(ExitCode.Key, $"{path}: a symmetric key; devices trust public keys.");
            }

            byte[] key = file.ReadPublicKey()
                ?? throw new CliException(ExitCode.Key, $"{path}: encrypted; give its public key ('nanoboot keys public {path}').");
            return new TrustedKey(Path.GetFileName(path), file.Kind, key, permissions, component);
        }

        /// <summary>Reads names of permissions, parted by '+'.</summary>
        public static Permissions ParsePermissions(string names, string where)
        {
            Permissions permissions = Permissions.None;
            foreach (string name in names.Split('+'))
            {
                if (name == "all")
                {
                    permissions |= All;
                }
                else if (name.All(char.IsAsciiLetter) && Enum.TryParse(name, ignoreCase: true, out Permissions permission) && permission != Permissions.None)
                {
                    permissions |= permission;
                }
                else
                {
                    throw new CliException(
                        ExitCode.Usage, $"'{where}': '{name}' is no permission; there are author, store, apply, approve, qualify, test, trust, and all.");
                }
            }

            return permissions;
        }

        /// <summary>Names of permissions, parted by '+'.</summary>
        public static string Format(Permissions permissions)
        {
            return string.Join('+', Enum.GetValues<Permissions>().Where(value => value != Permissions.None && permissions.HasFlag(value))
                .Select(value => value.ToString().ToLowerInvariant()));
        }

        /// <summary>Refuses more keys than a device holds, and a key that is named twice.</summary>
        public static void RequireDistinct(IReadOnlyList<TrustedKey> keys)
        {
            if (keys.Count > Authority.CountMax)
            {
                throw new CliException(ExitCode.Usage, $"{keys.Count} keys; a device holds {Authority.CountMax} at most.");
            }

            foreach (IGrouping<string, TrustedKey> group in keys.GroupBy(key => Convert.ToHexStringLower(key.PublicKey)).Where(group => group.Count() > 1))
            {
                // The same key for two components is two authorities; for the same component it is a mistake.
                if (group.Select(key => key.Component).Distinct().Count() != group.Count())
                {
                    throw new CliException(ExitCode.Usage, $"{group.First().Name}: the same key is named twice; join its permissions with '+'.");
                }
            }
        }

        public Authority ToAuthority()
        {
            CoseAlgorithm algorithm = Kind == KeyKind.HssLms ? CoseAlgorithm.HssLms : CoseAlgorithm.Es256;
            return new Authority(KeyId, algorithm, PublicKey, Permissions, Component is null ? null : Encoding.UTF8.GetBytes(Component), null);
        }
    }

    /// <summary>Writes the source.</summary>
    internal static class TrustSource
    {
        private const int BytesPerLine = 16;
        private const int WordsPerLine = 8;

        public static string Write(IReadOnlyList<TrustedKey> keys, int rootsNeeded, string nameSpace, string className, bool hasTables)
        {
            RequireIdentifier(nameSpace.Replace(".", string.Empty, StringComparison.Ordinal), "--namespace");
            RequireIdentifier(className, "--class");
            var source = new StringBuilder();
            source.Append(CultureInfo.InvariantCulture, $$"""
                // The keys that this board's stage 1 trusts. Generated by 'nanoboot keys export'; make it again rather than edit it.

                using NanoBoot.Bootloader.Cose;

                namespace {{nameSpace}}
                {
                    /// <summary>The authorities that are built into this board.</summary>
                    public static class {{className}}
                    {
                        /// <summary>How many roots must sign a trust document.</summary>
                        public const byte RootsNeeded = {{rootsNeeded}};

                        /// <summary>Makes the authorities.</summary>
                        public static Authority[] Create()
                        {
                            return new Authority[]
                            {

                """);
            foreach (TrustedKey key in keys)
            {
                WriteKey(source, key, hasTables && key.Kind == KeyKind.Es256);
            }

            source.Append("""
                            };
                        }
                    }
                }

                """);
            return source.ToString().ReplaceLineEndings("\n");
        }

        private static void WriteKey(StringBuilder source, TrustedKey key, bool hasTable)
        {
            string permissions = string.Join(" | ", TrustedKey.Format(key.Permissions).Split('+').Select(name => $"Permissions.{char.ToUpperInvariant(name[0])}{name[1..]}"));
            string algorithm = key.Kind == KeyKind.HssLms ? "HssLms" : "Es256";
            source.Append(CultureInfo.InvariantCulture, $"                // {key.Name}, key id {Convert.ToHexStringLower(key.KeyId)}{(key.Component is null ? string.Empty : $", for {key.Component}")}\n");
            source.Append("                new Authority(\n");
            WriteBytes(source, key.KeyId, ",\n");
            source.Append(CultureInfo.InvariantCulture, $"                    CoseAlgorithm.{algorithm},\n");
            WriteBytes(source, key.PublicKey, ",\n");
            source.Append(CultureInfo.InvariantCulture, $"                    {permissions},\n");
            if (key.Component is null)
            {
                source.Append("                    null,\n");
            }
            else
            {
                WriteBytes(source, Encoding.UTF8.GetBytes(key.Component), ",\n");
            }

            if (hasTable)
            {
                WriteArray(source, "uint", P256Table.Build(key.PublicKey).Select(value => $"0x{value:x8}"), WordsPerLine, "),\n");
            }
            else
            {
                source.Append("                    null),\n");
            }
        }

        private static void WriteBytes(StringBuilder source, byte[] bytes, string end)
        {
            WriteArray(source, "byte", bytes.Select(value => $"0x{value:x2}"), BytesPerLine, end);
        }

        private static void WriteArray(StringBuilder source, string type, IEnumerable<string> values, int perLine, string end)
        {
            source.Append(CultureInfo.InvariantCulture, $"                    new {type}[]\n                    {{\n");
            foreach (string[] line in values.Chunk(perLine))
            {
                source.Append("                        ").AppendJoin(", ", line).Append(",\n");
            }

            source.Append("                    }").Append(end);
        }

        private static void RequireIdentifier(string name, string option)
        {
            if (name.Length == 0 || !name.All(character => char.IsLetterOrDigit(character) || character == '_') || char.IsDigit(name[0]))
            {
                throw new CliException(ExitCode.Usage, $"{option}: '{name}' is no C# name.");
            }
        }
    }
}
