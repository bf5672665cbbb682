using System.Collections.Generic;
using System.Linq;
using NanoBoot.Author;

namespace NanoBoot.Cli
{
    /// <summary>Walks the sequences of a manifest.</summary>
    internal static class ManifestUris
    {
        /// <summary>Every URI that a sequence sets.</summary>
        public static IEnumerable<string> Find(Envelope envelope)
        {
            return FindParameters(envelope, SuitParameter.Uri).Where(value => value.Kind == CborKind.Text).Select(value => value.Text);
        }

        /// <summary>Every value of a parameter that a sequence sets, in the manifest and outside of it.</summary>
        public static IEnumerable<CborNode> FindParameters(Envelope envelope, SuitParameter parameter)
        {
            CborNode manifest = CborNode.Parse(envelope.Manifest);
            IEnumerable<byte[]> sequences = manifest.Entries.Where(entry => entry.Key.Integer != 3).Select(entry => entry.Value)
                .Where(value => value.Kind == CborKind.Bytes).Select(value => value.Bytes)
                .Concat(envelope.SeverableElements.Values);
            if (manifest.Find(3)?.ParseContent().Find(4) is { Kind: CborKind.Bytes } shared)
            {
                sequences = sequences.Append(shared.Bytes);
            }

            return sequences.SelectMany(sequence => FindIn(sequence, parameter));
        }

        private static IEnumerable<CborNode> FindIn(byte[] encoded, SuitParameter parameter)
        {
            CborNode sequence;
            try
            {
                sequence = CborNode.Parse(encoded);
            }
            catch (CborException)
            {
                yield break;
            }

            for (int index = 0; sequence.Kind == CborKind.Array && index + 1 < sequence.Items.Count; index += 2)
            {
                CborNode argument = sequence.Items[index + 1];
                if (argument.Kind == CborKind.Map && argument.Find((long)parameter) is CborNode value)
                {
                    yield return value;
                }

                IEnumerable<byte[]> nested = argument.Kind switch
                {
                    CborKind.Array => argument.Items.Where(item => item.Kind == CborKind.Bytes).Select(item => item.Bytes),
                    CborKind.Bytes => [argument.Bytes],
                    _ => [],
                };
                foreach (CborNode found in nested.SelectMany(inner => FindIn(inner, parameter)))
                {
                    yield return found;
                }
            }
        }
    }
}
