// CBOR as a tree that can be bent: heads may be longer than needed, lengths may lie, byte strings may hold trees. It is
// written apart from the reader under test, and so serves as its opposite: whatever that reader takes, this one must be
// able to write back, byte by byte, in the deterministic form.

using System;
using System.Collections.Generic;
using System.IO;

namespace NanoBoot.Fuzz
{
    /// <summary>One item.</summary>
    internal sealed class CborTree
    {
        /// <summary>0 to 7.</summary>
        public int Major { get; set; }

        /// <summary>Value, tag or simple value.</summary>
        public ulong Argument { get; set; }

        /// <summary>Content of a string that holds no tree.</summary>
        public byte[] Content { get; set; } = [];

        /// <summary>Items of an array, keys and values of a map in turn, the item of a tag, or that in a byte string.</summary>
        public List<CborTree> Items { get; } = [];

        /// <summary>A byte string that holds one item.</summary>
        public bool IsWrapped { get; set; }

        /// <summary>Bytes that the head has beyond its shortest form: 0 to 3 steps.</summary>
        public int HeadSteps { get; set; }

        /// <summary>What the head says beyond the truth.</summary>
        public long Lie { get; set; }

        /// <summary>Whether the length is indefinite.</summary>
        public bool IsIndefinite { get; set; }

        /// <summary>Parses deterministic CBOR, byte strings that hold a whole array, map or tag as trees.</summary>
        public static CborTree? TryParse(ReadOnlySpan<byte> bytes, bool unwrap)
        {
            int position = 0;
            CborTree? tree = Read(bytes, ref position, 0, unwrap);
            return position == bytes.Length ? tree : null;
        }

        /// <summary>Deep copy.</summary>
        public CborTree Clone()
        {
            var copy = new CborTree
            {
                Major = Major, Argument = Argument, Content = (byte[])Content.Clone(), IsWrapped = IsWrapped,
                HeadSteps = HeadSteps, Lie = Lie, IsIndefinite = IsIndefinite,
            };
            foreach (CborTree item in Items)
            {
                copy.Items.Add(item.Clone());
            }

            return copy;
        }

        /// <summary>All nodes, this one first.</summary>
        public void Collect(List<CborTree> nodes)
        {
            nodes.Add(this);
            foreach (CborTree item in Items)
            {
                item.Collect(nodes);
            }
        }

        /// <summary>The encoded item.</summary>
        public byte[] Encode()
        {
            using var stream = new MemoryStream();
            Write(stream);
            return stream.ToArray();
        }

        /// <summary>Says whether bytes are one item in deterministic form (RFC 8949 §4.2.1), strings not looked into.</summary>
        public static bool IsDeterministic(ReadOnlySpan<byte> bytes)
        {
            CborTree? tree = TryParse(bytes, false);
            return tree is not null && tree.HasOrderedKeys() && tree.Encode().AsSpan().SequenceEqual(bytes);
        }

        private bool HasOrderedKeys()
        {
            for (int i = 2; Major == 5 && i < Items.Count; i += 2)
            {
                if (Items[i - 2].Encode().AsSpan().SequenceCompareTo(Items[i].Encode()) >= 0)
                {
                    return false;
                }
            }

            return Items.TrueForAll(item => item.HasOrderedKeys());
        }

        /// <summary>The items one after the other: what a byte string holds that is a tree.</summary>
        public byte[] EncodeItems()
        {
            using var stream = new MemoryStream();
            foreach (CborTree item in Items)
            {
                item.Write(stream);
            }

            return stream.ToArray();
        }

        private static CborTree? Read(ReadOnlySpan<byte> bytes, ref int position, int depth, bool unwrap)
        {
            if (position >= bytes.Length || depth > 40)
            {
                return null;
            }

            var tree = new CborTree { Major = bytes[position] >> 5 };
            int information = bytes[position++] & 31;
            int count = information < 24 ? 0 : information < 28 ? 1 << (information - 24) : -1;
            if (count < 0 || count > bytes.Length - position)
            {
                return null;
            }

            ulong argument = count == 0 ? (ulong)information : 0;
            for (int i = 0; i < count; i++)
            {
                argument = argument << 8 | bytes[position++];
            }

            tree.Argument = argument;
            ulong left = (ulong)(bytes.Length - position);
            switch (tree.Major)
            {
                case 2 or 3:
                    if (argument > left)
                    {
                        return null;
                    }

                    tree.Content = bytes.Slice(position, (int)argument).ToArray();
                    position += (int)argument;
                    CborTree? inner = unwrap && tree.Major == 2 && argument > 1 ? TryParse(tree.Content, unwrap) : null;
                    if (inner is { Major: >= 4 and <= 6 })
                    {
                        tree.IsWrapped = true;
                        tree.Items.Add(inner);
                    }

                    return tree;

                case 4 or 5 or 6:
                    ulong items = tree.Major == 6 ? 1 : tree.Major == 5 ? argument * 2 : argument;
                    if (items > left)
                    {
                        return null;
                    }

                    for (ulong i = 0; i < items; i++)
                    {
                        CborTree? item = Read(bytes, ref position, depth + 1, unwrap);
                        if (item is null)
                        {
                            return null;
                        }

                        tree.Items.Add(item);
                    }

                    return tree;

                default:
                    return tree;
            }
        }

        private void Write(MemoryStream stream)
        {
            byte[] content = IsWrapped ? EncodeItems() : Content;
            ulong argument = Major switch
            {
                2 or 3 => (ulong)content.Length,
                4 => (ulong)Items.Count,
                5 => (ulong)(Items.Count / 2),
                _ => Argument,
            };
            WriteHead(stream, argument + (ulong)Lie);
            if (Major is 2 or 3)
            {
                if (IsIndefinite)
                {
                    stream.WriteByte((byte)(Major << 5 | Math.Min(content.Length, 23)));
                    stream.Write(content, 0, Math.Min(content.Length, 23));
                }
                else
                {
                    stream.Write(content);
                }
            }
            else
            {
                foreach (CborTree item in Items)
                {
                    item.Write(stream);
                }
            }

            if (IsIndefinite)
            {
                stream.WriteByte(0xFF);
            }
        }

        private void WriteHead(MemoryStream stream, ulong argument)
        {
            if (IsIndefinite)
            {
                stream.WriteByte((byte)(Major << 5 | 31));
                return;
            }

            int step = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65536 ? 2 : argument <= uint.MaxValue ? 3 : 4;
            step = Math.Min(4, step + HeadSteps);
            if (step == 0)
            {
                stream.WriteByte((byte)(Major << 5 | (int)argument));
                return;
            }

            stream.WriteByte((byte)(Major << 5 | (23 + step)));
            for (int shift = ((1 << (step - 1)) * 8) - 8; shift >= 0; shift -= 8)
            {
                stream.WriteByte((byte)(argument >> shift));
            }
        }
    }
}
