// One LMS tree (RFC 8554, sections 4 and 5) whose secrets come from a seed by the method of appendix A. Keeps the
// hashes of all nodes, so that a signature costs one leaf.

using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace NanoBoot.Author
{
    /// <summary>One tree: its identifier, its seed, its nodes. Does not count what it signed: <see cref="HssKey"/> does.</summary>
    internal sealed class LmsTree
    {
        public const int IdentifierBytes = 16;

        /// <summary>Higher trees do not fit into one array, and take days.</summary>
        public const int MaximumHeight = 20;

        private const ushort DomainPublicKey = 0x8080;
        private const ushort DomainMessage = 0x8181;
        private const ushort DomainLeaf = 0x8282;
        private const ushort DomainNode = 0x8383;

        // In place of a chain's number (at most 264) where further secrets are derived from the seed.
        private const ushort DeriveIdentifier = 0xFFFE;
        private const ushort DeriveSeed = 0xFFFD;
        private const ushort DeriveRandomizer = 0xFFFC;

        private readonly byte[] _identifier;
        private readonly byte[] _seed;

        /// <summary>Nodes 1..2^(h+1)-1, each HashBytes long, at their number times that.</summary>
        private readonly byte[] _nodes;

        private LmsTree(LmsParameters parameters, byte[] identifier, byte[] seed, byte[] nodes)
        {
            Parameters = parameters;
            _identifier = identifier;
            _seed = seed;
            _nodes = nodes;
        }

        public LmsParameters Parameters { get; }

        public long Leaves => 1L << Parameters.Height;

        /// <summary>All nodes: public values, worth keeping because they take long to compute.</summary>
        public ReadOnlySpan<byte> Nodes => _nodes;

        /// <summary>u32 type, u32 OTS type, identifier, root.</summary>
        public byte[] PublicKey
        {
            get
            {
                byte[] key = new byte[Parameters.PublicKeyBytes];
                BinaryPrimitives.WriteUInt32BigEndian(key, Parameters.LmsType);
                BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(4), Parameters.OtsType);
                _identifier.CopyTo(key, 8);
                Node(1).CopyTo(key.AsSpan(24));
                return key;
            }
        }

        /// <summary>Computes a tree. Progress counts leaves.</summary>
        public static LmsTree Create(
            LmsParameters parameters, byte[] identifier, byte[] seed, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
        {
            if (parameters.Height > MaximumHeight)
            {
                throw new NotSupportedException(
                    $"{parameters}: keys are made up to H{MaximumHeight}; put two levels one under the other instead, for example H10/W4,H15/W4.");
            }

            long leaves = 1L << parameters.Height;
            var tree = new LmsTree(parameters, identifier, seed, new byte[2 * leaves * parameters.HashBytes]);
            long done = 0;
            Parallel.For(0, leaves, new ParallelOptions { CancellationToken = cancellationToken }, leaf =>
            {
                tree.ComputeLeaf((uint)leaf);
                long count = Interlocked.Increment(ref done);
                if ((count & 0xFF) == 0 || count == leaves)
                {
                    progress?.Report(count);
                }
            });
            for (long node = leaves - 1; node >= 1; node--)
            {
                tree.ComputeNode((uint)node);
            }

            return tree;
        }

        /// <summary>Takes nodes that were computed earlier, if their root is the expected one.</summary>
        public static LmsTree? FromNodes(LmsParameters parameters, byte[] identifier, byte[] seed, byte[] nodes, ReadOnlySpan<byte> publicKey)
        {
            if (nodes.Length != 2L * (1L << parameters.Height) * parameters.HashBytes)
            {
                return null;
            }

            var tree = new LmsTree(parameters, identifier, seed, nodes);
            return publicKey.SequenceEqual(tree.PublicKey) ? tree : null;
        }

        /// <summary>Identifier and seed of the tree below one leaf of this tree.</summary>
        public (byte[] Identifier, byte[] Seed) DeriveChild(uint leaf, int seedBytes)
        {
            byte[] identifier = new byte[32];
            byte[] seed = new byte[32];
            Derive(leaf, DeriveIdentifier, identifier);
            Derive(leaf, DeriveSeed, seed);
            return (identifier[..IdentifierBytes], seed[..seedBytes]);
        }

        /// <summary>Signs with one leaf. The same leaf must never sign two messages.</summary>
        public byte[] Sign(uint leaf, ReadOnlySpan<byte> message)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leaf, Leaves);
            byte[] signature = new byte[Parameters.SignatureBytes];
            BinaryPrimitives.WriteUInt32BigEndian(signature, leaf);
            int position = 4 + SignOnce(leaf, message, signature.AsSpan(4));
            BinaryPrimitives.WriteUInt32BigEndian(signature.AsSpan(position), Parameters.LmsType);
            position += 4;
            for (long node = Leaves + leaf; node > 1; node >>= 1)
            {
                Node(node ^ 1).CopyTo(signature.AsSpan(position));
                position += Parameters.HashBytes;
            }

            return signature;
        }

        /// <summary>LM-OTS signature (RFC 8554, algorithm 3).</summary>
        private int SignOnce(uint leaf, ReadOnlySpan<byte> message, Span<byte> signature)
        {
            int n = Parameters.HashBytes;
            Span<byte> buffer = stackalloc byte[32];
            BinaryPrimitives.WriteUInt32BigEndian(signature, Parameters.OtsType);
            Span<byte> randomizer = signature.Slice(4, n);
            Derive(leaf, DeriveRandomizer, buffer);
            buffer[..n].CopyTo(randomizer);

            byte[] digits = MakeDigits(leaf, randomizer, message);
            int position = 4 + n;
            for (int chain = 0; chain < Parameters.Chains; chain++)
            {
                Derive(leaf, (ushort)chain, buffer);
                RunChain(leaf, (ushort)chain, 0, digits[chain], buffer);
                buffer[..n].CopyTo(signature[position..]);
                position += n;
            }

            return position;
        }

        /// <summary>The base-2^w digits of the message's hash, the checksum's after them.</summary>
        private byte[] MakeDigits(uint leaf, ReadOnlySpan<byte> randomizer, ReadOnlySpan<byte> message)
        {
            int n = Parameters.HashBytes;
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> head = stackalloc byte[IdentifierBytes + 6];
            WriteHead(head, leaf, DomainMessage);
            hash.AppendData(head);
            hash.AppendData(randomizer);
            hash.AppendData(message);
            Span<byte> q = stackalloc byte[n + 2];
            hash.GetHashAndReset()[..n].CopyTo(q);

            int maximum = (1 << Parameters.Width) - 1;
            int sum = 0;
            for (int index = 0; index < 8 * n / Parameters.Width; index++)
            {
                sum += maximum - Digit(q, index);
            }

            BinaryPrimitives.WriteUInt16BigEndian(q[n..], (ushort)(sum << Parameters.ChecksumShift));
            byte[] digits = new byte[Parameters.Chains];
            for (int index = 0; index < digits.Length; index++)
            {
                digits[index] = (byte)Digit(q, index);
            }

            return digits;
        }

        private int Digit(ReadOnlySpan<byte> bytes, int index)
        {
            int width = Parameters.Width;
            int bit = index * width;
            return (bytes[bit / 8] >> (8 - width - (bit % 8))) & ((1 << width) - 1);
        }

        private void ComputeLeaf(uint leaf)
        {
            int n = Parameters.HashBytes;
            int last = (1 << Parameters.Width) - 1;
            byte[] input = new byte[IdentifierBytes + 6 + (Parameters.Chains * n)];
            WriteHead(input, leaf, DomainPublicKey);
            Span<byte> buffer = stackalloc byte[32];
            for (int chain = 0; chain < Parameters.Chains; chain++)
            {
                Derive(leaf, (ushort)chain, buffer);
                RunChain(leaf, (ushort)chain, 0, last, buffer);
                buffer[..n].CopyTo(input.AsSpan(IdentifierBytes + 6 + (chain * n)));
            }

            Span<byte> leafInput = stackalloc byte[IdentifierBytes + 6 + n];
            SHA256.HashData(input, buffer);
            uint node = (uint)Leaves + leaf;
            WriteHead(leafInput, node, DomainLeaf);
            buffer[..n].CopyTo(leafInput[(IdentifierBytes + 6)..]);
            SHA256.HashData(leafInput, buffer);
            buffer[..n].CopyTo(Node(node));
        }

        private void ComputeNode(uint node)
        {
            int n = Parameters.HashBytes;
            Span<byte> input = stackalloc byte[IdentifierBytes + 6 + (2 * n)];
            Span<byte> digest = stackalloc byte[32];
            WriteHead(input, node, DomainNode);
            Node(2L * node).CopyTo(input[(IdentifierBytes + 6)..]);
            Node((2L * node) + 1).CopyTo(input[(IdentifierBytes + 6 + n)..]);
            SHA256.HashData(input, digest);
            digest[..n].CopyTo(Node(node));
        }

        private void RunChain(uint leaf, ushort chain, int from, int to, Span<byte> value)
        {
            int n = Parameters.HashBytes;
            Span<byte> input = stackalloc byte[IdentifierBytes + 7 + n];
            WriteHead(input, leaf, chain);
            for (int step = from; step < to; step++)
            {
                input[IdentifierBytes + 6] = (byte)step;
                value[..n].CopyTo(input[(IdentifierBytes + 7)..]);
                SHA256.HashData(input, value);
            }
        }

        /// <summary>H(I || q || i || 0xFF || SEED), RFC 8554 appendix A.</summary>
        private void Derive(uint leaf, ushort number, Span<byte> value)
        {
            Span<byte> input = stackalloc byte[IdentifierBytes + 7 + _seed.Length];
            WriteHead(input, leaf, number);
            input[IdentifierBytes + 6] = 0xFF;
            _seed.CopyTo(input[(IdentifierBytes + 7)..]);
            SHA256.HashData(input, value);
        }

        private void WriteHead(Span<byte> input, uint number, ushort domain)
        {
            _identifier.CopyTo(input);
            BinaryPrimitives.WriteUInt32BigEndian(input[IdentifierBytes..], number);
            BinaryPrimitives.WriteUInt16BigEndian(input[(IdentifierBytes + 4)..], domain);
        }

        private Span<byte> Node(long node) => _nodes.AsSpan((int)(node * Parameters.HashBytes), Parameters.HashBytes);
    }
}
