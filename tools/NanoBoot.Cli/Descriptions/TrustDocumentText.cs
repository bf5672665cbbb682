// Trust documents as people write them, and back.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Commands;

namespace NanoBoot.Cli.Descriptions
{
    /// <summary>The content of a trust document.</summary>
    /// <param name="Authorities">Whom devices trust beside their roots.</param>
    /// <param name="RevokedRoots">SHA-256 of the public keys of roots that count no more.</param>
    internal sealed record TrustDocumentText(IReadOnlyList<Authority> Authorities, IReadOnlyList<byte[]> RevokedRoots)
    {
        /// <summary>What <c>trust create --init</c> writes.</summary>
        public const string Template = """
            # Whom devices trust beside their roots: the whole list, not a change. Who is not in it is trusted no more.
            # 'nanoboot trust create this.yaml --trust trust.yaml --out trust.bin' makes the document of it.

            authorities:
              - key: author.pub.pem         # a key file; its public part is all that is read
                may: author+store           # author, store, apply, approve, qualify, test; never trust: only roots have that
              - key: operator.pub
                may: apply
                component: application      # absent: good for all components

            # Roots that count no more. They cannot sign this document; as many as a document needs must be left.
            # revokedRoots: [old-root.pub.pem]

            """;

        /// <summary>Reads a description, and checks it against the keys that are built into the devices.</summary>
        public static TrustDocumentText Read(CliContext context, string file, FactoryTrust factory)
        {
            YamlMap map = YamlMap.Parse(file, context.ReadText(file, "description of a trust document"));
            string directory = Path.GetDirectoryName(context.PathOf(file))!;
            var keys = new List<TrustedKey>();
            foreach (YamlMap entry in map.Maps("authorities"))
            {
                string path = Path.Combine(directory, entry.RequireText("key"));
                Permissions permissions = FactoryTrust.ReadPermissions(entry, "may");
                if (permissions.HasFlag(Permissions.Trust))
                {
                    throw entry.ErrorAt("may", $"'{string.Join('+', entry.Texts("may"))}' grants trust, which only roots have, and they are built into the device; leave it out.");
                }

                TrustedKey key = TrustedKey.Read(context, path, permissions, entry.Text("component"));
                if (factory.Roots.Any(root => root.PublicKey.AsSpan().SequenceEqual(key.PublicKey)))
                {
                    throw entry.ErrorAt("key", $"'{key.Name}' is a root of {factory.File}; a root keeps what the board gives it. Name another key.");
                }

                keys.Add(key);
                entry.Finish();
            }

            var revoked = new List<TrustedKey>();
            foreach (string path in map.Texts("revokedRoots"))
            {
                TrustedKey key = TrustedKey.Read(context, Path.Combine(directory, path), Permissions.Trust, null);
                if (!factory.Roots.Any(root => root.PublicKey.AsSpan().SequenceEqual(key.PublicKey)))
                {
                    throw map.ErrorAt("revokedRoots", $"'{key.Name}' is no root of {factory.File}; there are: {Names(factory.Roots)}.");
                }

                revoked.Add(key);
            }

            map.Finish();

            // Who wrote an empty list meant it; who wrote none forgot it.
            if (keys.Count == 0 && !map.Keys.Contains("authorities"))
            {
                throw map.ErrorAt("authorities", "'authorities' is missing; it is the whole list of keys that are trusted beside the roots.");
            }

            RequireLeft(map, factory, revoked, keys.Count);
            TrustedKey.RequireDistinct(keys);
            return new TrustDocumentText([.. keys.Select(key => key.ToAuthority())], [.. revoked.Select(key => SHA256.HashData(key.PublicKey))]);
        }

        /// <summary>Reads a document.</summary>
        /// <exception cref="CliException">It is none.</exception>
        public static TrustDocumentText Parse(string file, byte[] document)
        {
            try
            {
                CborNode root = CborNode.Parse(document);
                if (root.Kind == CborKind.Map && root.Find(1)?.Integer == TrustDocument.Format && root.Find(2) is { Kind: CborKind.Array } authorities)
                {
                    var text = new TrustDocumentText(
                        [.. authorities.Items.Select(ReadAuthority)],
                        [.. (root.Find(3)?.Items ?? []).Select(digest => digest.Bytes)]);
                    if (text.ToWriter().EncodeUnchecked().AsSpan().SequenceEqual(document))
                    {
                        return text;
                    }
                }
            }
            catch (Exception exception) when (exception is CborException or InvalidOperationException or ArgumentException)
            {
                // Told below.
            }

            throw new CliException(ExitCode.BadInput, $"{file}: no trust document, or a damaged one; 'nanoboot trust create' makes one.");
        }

        /// <summary>The writer of this content.</summary>
        public TrustDocumentWriter ToWriter()
        {
            var writer = new TrustDocumentWriter();
            foreach (Authority authority in Authorities)
            {
                writer.Add(authority);
            }

            foreach (byte[] digest in RevokedRoots)
            {
                writer.RevokeRootDigest(digest);
            }

            return writer;
        }

        /// <summary>The name of a component prefix, or null.</summary>
        public static string? ComponentOf(Authority authority) => authority.ComponentPrefix is null ? null : Encoding.UTF8.GetString(authority.ComponentPrefix);

        private static void RequireLeft(YamlMap map, FactoryTrust factory, List<TrustedKey> revoked, int authorities)
        {
            if (factory.Roots.Count == 0)
            {
                throw new CliException(ExitCode.BadInput, $"{factory.File}: has no root, a key that may 'trust'; without one no device takes a trust document.");
            }

            int left = factory.Roots.Count(root => !revoked.Exists(key => key.PublicKey.AsSpan().SequenceEqual(root.PublicKey)));
            if (left < factory.RootsNeeded)
            {
                throw map.ErrorAt("revokedRoots", left == 0
                    ? $"the last root cannot be revoked; of {Names(factory.Roots)} one must be left."
                    : $"{left} {(left == 1 ? "root" : "roots")} would be left, and a trust document needs {factory.RootsNeeded}.");
            }

            if (authorities > TrustDocument.AuthoritiesMax || authorities + left > Authority.CountMax)
            {
                int most = Math.Min(TrustDocument.AuthoritiesMax, Authority.CountMax - left);
                throw map.ErrorAt("authorities", $"{authorities} authorities; beside {left} {(left == 1 ? "root" : "roots")} a device holds {most} at most.");
            }
        }

        private static string Names(IEnumerable<TrustedKey> keys) => string.Join(", ", keys.Select(key => key.Name));

        private static Authority ReadAuthority(CborNode node)
        {
            IReadOnlyList<CborNode> fields = node.Items;
            return new Authority(
                fields[0].Bytes,
                (CoseAlgorithm)(int)fields[1].Integer,
                fields[2].Bytes,
                (Permissions)(int)fields[3].Integer,
                fields[4].Kind == CborKind.Bytes ? fields[4].Bytes : null,
                null);
        }
    }
}
