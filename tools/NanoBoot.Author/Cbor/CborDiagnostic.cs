// CBOR diagnostic notation (RFC 8949, section 8; <<...>> for embedded CBOR as in RFC 8610, appendix G).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>Writes CBOR as text.</summary>
    public static class CborDiagnostic
    {
        private const int LineCharacters = 100;

        /// <summary>Writes an item.</summary>
        /// <param name="node">The item.</param>
        /// <param name="opensEmbedded">True to open byte strings that hold CBOR arrays, maps or tags.</param>
        public static string Format(CborNode node, bool opensEmbedded = true)
        {
            ArgumentNullException.ThrowIfNull(node);
            var text = new StringBuilder();
            Write(text, node, opensEmbedded, 0);
            return text.ToString();
        }

        private static void Write(StringBuilder text, CborNode node, bool opensEmbedded, int indent)
        {
            string flat = Flat(node, opensEmbedded);
            if (flat.Length + indent <= LineCharacters)
            {
                text.Append(flat);
                return;
            }

            switch (node.Kind)
            {
                case CborKind.Tag:
                    text.Append(node.Tag).Append('(');
                    Write(text, node.Items[0], opensEmbedded, indent);
                    text.Append(')');
                    break;
                case CborKind.Array:
                    WriteList(text, '[', ']', indent, node.Items.Select<CborNode, Action>(item => () => Write(text, item, opensEmbedded, indent + 2)));
                    break;
                case CborKind.Map:
                    WriteList(text, '{', '}', indent, node.Entries.Select<(CborNode Key, CborNode Value), Action>(entry => () =>
                    {
                        text.Append(Flat(entry.Key, opensEmbedded)).Append(": ");
                        Write(text, entry.Value, opensEmbedded, indent + 2);
                    }));
                    break;
                case CborKind.Bytes when opensEmbedded && Embedded(node) is CborNode content:
                    text.Append("<< ");
                    Write(text, content, opensEmbedded, indent);
                    text.Append(" >>");
                    break;
                default:
                    text.Append(flat);
                    break;
            }
        }

        private static void WriteList(StringBuilder text, char open, char close, int indent, IEnumerable<Action> writes)
        {
            text.Append(open);
            string separator = "\n";
            foreach (Action write in writes)
            {
                text.Append(separator).Append(' ', indent + 2);
                write();
                separator = ",\n";
            }

            text.Append('\n').Append(' ', indent).Append(close);
        }

        private static string Flat(CborNode node, bool opensEmbedded)
        {
            return node.Kind switch
            {
                CborKind.Integer => $"{node.Integer}",
                CborKind.Text => Quote(node.Text),
                CborKind.Bool => node.Integer != 0 ? "true" : "false",
                CborKind.Null => "null",
                CborKind.Array => $"[{string.Join(", ", node.Items.Select(item => Flat(item, opensEmbedded)))}]",
                CborKind.Map => $"{{{string.Join(", ", node.Entries.Select(entry => $"{Flat(entry.Key, opensEmbedded)}: {Flat(entry.Value, opensEmbedded)}"))}}}",
                CborKind.Tag => $"{node.Tag}({Flat(node.Items[0], opensEmbedded)})",
                CborKind.Bytes when opensEmbedded && Embedded(node) is CborNode content => $"<< {Flat(content, opensEmbedded)} >>",
                CborKind.Bytes => $"h'{Convert.ToHexStringLower(node.Bytes)}'",
                _ => $"simple(h'{Convert.ToHexStringLower(node.Encoded.Span)}')",
            };
        }

        /// <summary>What is in a byte string, if that is CBOR beyond doubt: an array, a map or a tag, to the last byte.</summary>
        private static CborNode? Embedded(CborNode node)
        {
            return node.Bytes.Length > 1 && node.TryParseContent(out CborNode? content)
                && content!.Kind is CborKind.Array or CborKind.Map or CborKind.Tag ? content : null;
        }

        private static string Quote(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (char character in text)
            {
                quoted.Append(character switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\n' => "\\n",
                    < ' ' => $"\\u{(int)character:x4}",
                    _ => character.ToString(),
                });
            }

            return quoted.Append('"').ToString();
        }
    }
}
