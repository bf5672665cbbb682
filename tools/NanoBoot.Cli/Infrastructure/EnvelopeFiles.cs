using System;
using System.Linq;
using NanoBoot.Author;

namespace NanoBoot.Cli
{
    /// <summary>Reads envelopes of users, with messages that name the file.</summary>
    internal static class EnvelopeFiles
    {
        private const int MaximumBytes = 1024 * 1024;

        /// <summary>Reads an envelope.</summary>
        public static Envelope Read(CliContext context, string path)
        {
            return Parse(path, context.ReadFile(path, "manifest", MaximumBytes));
        }

        /// <summary>Parses an envelope.</summary>
        public static Envelope Parse(string path, byte[] content)
        {
            try
            {
                return Envelope.Parse(content);
            }
            catch (CborException exception)
            {
                string hint = content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xD8, 0x6B]) ? "damaged or cut off" : "no SUIT manifest";
                throw new CliException(ExitCode.BadInput, $"{path}: {hint} ({exception.Message}).");
            }
        }

        /// <summary>The names of a manifest's components.</summary>
        public static string[] Components(Envelope envelope)
        {
            CborNode? components = CborNode.Parse(envelope.Manifest).Find(3)?.ParseContent().Find(2);
            return [.. (components?.Items ?? []).Select(id => new ComponentId([.. id.Items.Select(segment => segment.Bytes)]).ToString())];
        }

        /// <summary>The key ids that signatures name.</summary>
        public static byte[][] Signers(Envelope envelope)
        {
            return [.. envelope.AuthenticationBlocks.Select(block => CborNode.Parse(block))
                .Where(cose => cose.Kind == CborKind.Tag)
                .Select(cose => cose.Items[0].Items[1].Find(4))
                .OfType<CborNode>()
                .Where(id => id.Kind == CborKind.Bytes)
                .Select(id => id.Bytes)];
        }

        /// <summary>The sequence number of a manifest.</summary>
        public static long Sequence(Envelope envelope) => CborNode.Parse(envelope.Manifest).Find(2)?.Integer ?? 0;
    }
}
