// Bends envelopes: bytes, items, lengths, keys; and, for half of them, signs the result again, so that what lies behind
// the signature is reached.

using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Fuzz
{
    /// <summary>Makes the input of one case.</summary>
    internal sealed class Mutator
    {
        private const int MaxInputBytes = 40000;

        private static readonly ulong[] Numbers =
        [
            0, 1, 2, 3, 4, 5, 7, 12, 13, 14, 15, 16, 18, 20, 23, 24, 31, 32, 33, 64, 99, 255, 256, 257, 65535, 65536, 0x7FFFFFFF, 0x80000000,
            0xFFFFFFFF, 0x100000000, 0x10000000E, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ulong.MaxValue,
        ];

        private readonly Corpus _corpus;

        public Mutator(Corpus corpus)
        {
            _corpus = corpus;
        }

        /// <summary>Makes an input.</summary>
        /// <param name="random">The numbers of the case.</param>
        /// <param name="isSigned">Whether the manifest was signed again, with the right key.</param>
        public byte[] Make(FuzzRandom random, out bool isSigned)
        {
            isSigned = false;
            int choice = random.Next(_corpus.Envelopes.Length);
            if (random.OneIn(8))
            {
                return MutateBytes((byte[])_corpus.Envelopes[choice].Clone(), random);
            }

            CborTree tree = _corpus.Trees[choice].Clone();
            CborTree map = tree.Items[0];
            isSigned = random.OneIn(2);

            // Signed anew: bend the manifest, or an element, and then make the wrapper true. Else bend anything.
            CborTree target = isSigned ? map.Items[3] : tree;
            int count = 1 + random.Next(random.OneIn(4) ? 8 : 2);
            for (int i = 0; i < count; i++)
            {
                MutateNode(target, random);
            }

            if (isSigned && random.OneIn(6))
            {
                // Bytes of the manifest, beyond what a tree can say.
                byte[] bytes = MutateBytes(target.IsWrapped ? target.EncodeItems() : target.Content, random);
                target.IsWrapped = false;
                target.Items.Clear();
                target.Content = bytes;
            }

            if (isSigned)
            {
                Sign(map, random);
            }

            byte[] input = tree.Encode();
            return input.Length > MaxInputBytes ? input[..MaxInputBytes] : input;
        }

        private static byte[] MutateBytes(byte[] bytes, FuzzRandom random)
        {
            int count = 1 + random.Next(4);
            for (int i = 0; i < count && bytes.Length > 0; i++)
            {
                int position = random.Next(bytes.Length);
                switch (random.Next(6))
                {
                    case 0:
                        bytes[position] ^= (byte)(1 << random.Next(8));
                        break;
                    case 1:
                        bytes[position] = (byte)random.NextUInt64();
                        break;
                    case 2:
                        bytes = bytes[..position];
                        break;
                    case 3:
                        bytes = [.. bytes[..position], .. random.Bytes(1 + random.Next(9)), .. bytes[position..]];
                        break;
                    case 4:
                        int end = Math.Min(bytes.Length, position + 1 + random.Next(9));
                        bytes = [.. bytes[..position], .. bytes[end..]];
                        break;
                    default:
                        int source = random.Next(bytes.Length);
                        int length = Math.Min(bytes.Length - Math.Max(source, position), 1 + random.Next(32));
                        Array.Copy(bytes, source, bytes, position, length);
                        break;
                }
            }

            return bytes;
        }

        private void MutateNode(CborTree root, FuzzRandom random)
        {
            var nodes = new List<CborTree>();
            root.Collect(nodes);
            CborTree node = nodes[random.Next(nodes.Count)];
            switch (random.Next(14))
            {
                case 0:
                    node.Argument = Numbers[random.Next(Numbers.Length)];
                    break;
                case 1:
                    node.Argument += (ulong)(random.Next(5) - 2);
                    break;
                case 2:
                    node.Major = random.Next(8);
                    break;
                case 3:
                    node.HeadSteps = 1 + random.Next(3);
                    break;
                case 4:
                    node.Lie = random.OneIn(2) ? random.Next(9) - 4 : (long)Numbers[random.Next(Numbers.Length)];
                    break;
                case 5:
                    node.IsIndefinite = true;
                    break;
                case 6:
                    node.Content = random.Bytes(random.Next(40));
                    break;
                case 7 when node.Items.Count > 0:
                    node.Items.RemoveAt(random.Next(node.Items.Count));
                    break;
                case 8 when node.Items.Count > 0:
                    node.Items.Insert(random.Next(node.Items.Count + 1), node.Items[random.Next(node.Items.Count)].Clone());
                    break;
                case 9 when node.Items.Count > 1:
                    int left = random.Next(node.Items.Count);
                    int right = random.Next(node.Items.Count);
                    (node.Items[left], node.Items[right]) = (node.Items[right], node.Items[left]);
                    break;
                case 10 when node.Major == 5 && node.Items.Count > 1:
                    // A whole pair: once more, away, or a new one.
                    int pair = random.Next(node.Items.Count / 2) * 2;
                    if (random.OneIn(2))
                    {
                        node.Items.RemoveRange(pair, 2);
                    }
                    else
                    {
                        node.Items.InsertRange(pair, [node.Items[pair].Clone(), node.Items[pair + 1].Clone()]);
                        node.Items[pair].Argument = Numbers[random.Next(Numbers.Length)];
                    }

                    break;
                case 11:
                    Replace(node, _corpus.Nodes[random.Next(_corpus.Nodes.Length)].Clone());
                    break;
                case 12:
                    Wrap(node, random);
                    break;
                default:
                    if (node.Content.Length > 0)
                    {
                        node.Content[random.Next(node.Content.Length)] ^= (byte)(1 << random.Next(8));
                    }
                    else
                    {
                        node.Argument ^= 1UL << random.Next(64);
                    }

                    break;
            }
        }

        private static void Replace(CborTree node, CborTree by)
        {
            node.Major = by.Major;
            node.Argument = by.Argument;
            node.Content = by.Content;
            node.IsWrapped = by.IsWrapped;
            node.Items.Clear();
            node.Items.AddRange(by.Items);
        }

        // One item becomes a nest of arrays, tags, byte strings or sequences around itself.
        private static void Wrap(CborTree node, FuzzRandom random)
        {
            int depth = 1 + random.Next(random.OneIn(4) ? 24 : 4);
            int form = random.Next(4);
            for (int i = 0; i < depth; i++)
            {
                var inner = new CborTree();
                Replace(inner, node);
                node.Items.Clear();
                node.Content = [];
                node.IsWrapped = form >= 2;
                node.Major = form switch { 0 => 4, 1 => 6, _ => 2 };
                if (form == 3)
                {
                    // run-sequence around run-sequence: [32, bstr]
                    var sequence = new CborTree { Major = 4 };
                    sequence.Items.Add(new CborTree { Major = 0, Argument = 32 });
                    sequence.Items.Add(inner);
                    inner = sequence;
                }

                node.Items.Add(inner);
            }
        }

        // Makes digest and MAC true for the manifest as it is now, and the digests of severed elements, sometimes.
        private static void Sign(CborTree map, FuzzRandom random)
        {
            CborTree manifest = map.Items[3];
            for (int i = 4; i + 1 < map.Items.Count && random.OneIn(2); i += 2)
            {
                Correct(manifest, map.Items[i], map.Items[i + 1]);
            }

            byte[] digest = ManifestMaker.Digest(SHA256.HashData(manifest.Encode()));
            byte[] wrapper = CborValue.Encode(new object?[] { digest, ManifestMaker.Mac(digest) });
            CborTree element = map.Items[1];
            element.IsWrapped = false;
            element.Items.Clear();
            element.Major = 2;
            element.Content = wrapper;
        }

        private static void Correct(CborTree manifest, CborTree key, CborTree element)
        {
            if (!manifest.IsWrapped || manifest.Items.Count == 0 || key.Major != 0)
            {
                return;
            }

            List<CborTree> members = manifest.Items[0].Items;
            for (int i = 0; i + 1 < members.Count; i += 2)
            {
                if (members[i].Major == 0 && members[i].Argument == key.Argument && members[i + 1].Major == 4 && members[i + 1].Items.Count == 2)
                {
                    members[i + 1].Items[1].Content = SHA256.HashData(element.Encode());
                }
            }
        }
    }
}
