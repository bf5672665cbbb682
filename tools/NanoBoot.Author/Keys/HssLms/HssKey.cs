// An HSS key (RFC 8554, section 6): a tree of trees. The lower trees' secrets derive from the leaf above them, so the
// whole key is one seed, and a lower tree is signed with the same bytes each time it is made again.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace NanoBoot.Author
{
    /// <summary>The secret of an HSS key and its top tree.</summary>
    public sealed class HssKey
    {
        private readonly LmsTree _top;
        private readonly byte[] _seed;

        private HssKey(IReadOnlyList<LmsParameters> levels, byte[] seed, LmsTree top)
        {
            Levels = levels;
            _seed = seed;
            _top = top;
        }

        /// <summary>Bytes of a seed.</summary>
        public const int SeedBytes = 32;

        /// <summary>The levels, top first.</summary>
        public IReadOnlyList<LmsParameters> Levels { get; }

        /// <summary>How often the key signs in all.</summary>
        public ulong Capacity => 1UL << Levels.Sum(level => level.Height);

        /// <summary>The HSS public key: u32 number of levels, LMS public key of the top tree.</summary>
        public byte[] PublicKey
        {
            get
            {
                byte[] key = new byte[4 + Levels[0].PublicKeyBytes];
                BinaryPrimitives.WriteInt32BigEndian(key, Levels.Count);
                _top.PublicKey.CopyTo(key, 4);
                return key;
            }
        }

        /// <summary>Nodes of the top tree: public values, kept so that opening a key is quick.</summary>
        public ReadOnlySpan<byte> TopNodes => _top.Nodes;

        /// <summary>The secret.</summary>
        public ReadOnlySpan<byte> Seed => _seed;

        /// <summary>Makes a key out of a seed.</summary>
        /// <param name="levels">The levels, top first.</param>
        /// <param name="seed">32 secret bytes.</param>
        /// <param name="progress">Told how many leaves of the top tree are done.</param>
        /// <param name="cancellationToken">Ends the computation.</param>
        public static HssKey Create(
            IReadOnlyList<LmsParameters> levels, byte[] seed, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
        {
            (byte[] identifier, byte[] treeSeed) = Expand(levels, seed);
            return new HssKey(levels, seed, LmsTree.Create(levels[0], identifier, treeSeed, progress, cancellationToken));
        }

        /// <summary>Opens a key with nodes that were kept.</summary>
        /// <param name="levels">The levels, top first.</param>
        /// <param name="seed">32 secret bytes.</param>
        /// <param name="topNodes">What <see cref="TopNodes"/> was.</param>
        /// <param name="publicKey">The public key that must come out.</param>
        /// <returns>The key, or null when the nodes do not belong to it.</returns>
        public static HssKey? Open(IReadOnlyList<LmsParameters> levels, byte[] seed, byte[] topNodes, byte[] publicKey)
        {
            ArgumentNullException.ThrowIfNull(publicKey);
            (byte[] identifier, byte[] treeSeed) = Expand(levels, seed);
            LmsTree? top = LmsTree.FromNodes(levels[0], identifier, treeSeed, topNodes, publicKey.AsSpan(4));
            return top is null ? null : new HssKey(levels, seed, top);
        }

        /// <summary>Signs with one number. A number must never sign two messages; callers reserve it first.</summary>
        internal byte[] Sign(ulong number, ReadOnlySpan<byte> message)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Capacity);
            var signature = new List<byte>();
            Span<byte> count = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(count, Levels.Count - 1);
            signature.AddRange(count);

            LmsTree tree = _top;
            int heightBelow = Levels.Sum(level => level.Height) - Levels[0].Height;
            for (int level = 1; level < Levels.Count; level++)
            {
                uint leaf = LeafOf(number, heightBelow, tree);
                (byte[] identifier, byte[] seed) = tree.DeriveChild(leaf, Levels[level].HashBytes);
                LmsTree child = LmsTree.Create(Levels[level], identifier, seed);
                byte[] publicKey = child.PublicKey;
                signature.AddRange(tree.Sign(leaf, publicKey));
                signature.AddRange(publicKey);
                tree = child;
                heightBelow -= Levels[level].Height;
            }

            signature.AddRange(tree.Sign(LeafOf(number, 0, tree), message));
            return [.. signature];
        }

        private static uint LeafOf(ulong number, int heightBelow, LmsTree tree)
        {
            return (uint)((number >> heightBelow) & ((ulong)tree.Leaves - 1));
        }

        private static (byte[] Identifier, byte[] Seed) Expand(IReadOnlyList<LmsParameters> levels, byte[] seed)
        {
            ArgumentNullException.ThrowIfNull(levels);
            ArgumentNullException.ThrowIfNull(seed);
            if (seed.Length != SeedBytes || levels.Count == 0)
            {
                throw new ArgumentException("A seed has 32 bytes, a key one level or more.");
            }

            byte[] salt = Encoding.ASCII.GetBytes(LmsParameters.Format(levels));
            byte[] expanded = HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, LmsTree.IdentifierBytes + levels[0].HashBytes, salt, "nanoBoot HSS key"u8.ToArray());
            return (expanded[..LmsTree.IdentifierBytes], expanded[LmsTree.IdentifierBytes..]);
        }
    }
}
