// Finds where parts of a new image stand in an old one.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>An old image, indexed by its sequences of four bytes.</summary>
    internal sealed class PrecursorIndex
    {
        private const int GramBytes = 4;
        private const int CandidatesMax = 256;

        private readonly byte[] _image;
        private readonly Dictionary<uint, int> _last = [];
        private readonly int[] _before;

        /// <summary>Indexes an image.</summary>
        public PrecursorIndex(byte[] image)
        {
            _image = image;
            _before = new int[image.Length];
            for (int position = 0; position + GramBytes <= image.Length; position++)
            {
                uint gram = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(position));
                _before[position] = _last.TryGetValue(gram, out int before) ? before : -1;
                _last[gram] = position;
            }
        }

        /// <summary>The image.</summary>
        public byte[] Image => _image;

        /// <summary>
        /// The distances, old position less new position, at which most of a block is found in the old image.
        /// </summary>
        /// <param name="image">The new image.</param>
        /// <param name="start">Where the block begins.</param>
        /// <param name="length">Its length.</param>
        /// <param name="count">How many distances at most.</param>
        public int[] FindDiagonals(byte[] image, int start, int length, int count)
        {
            var found = new Dictionary<int, int>();
            int position = start;
            int end = start + length;
            int diagonal = 0;
            while (position < end)
            {
                (int from, int matched) = FindLongest(image, position, end, diagonal);
                if (matched < GramBytes)
                {
                    position++;
                    continue;
                }

                diagonal = from - position;
                found[diagonal] = found.GetValueOrDefault(diagonal) + matched;
                position += matched;
            }

            return found.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(count).Select(pair => pair.Key).ToArray();
        }

        /// <summary>How many bytes are equal from two positions on.</summary>
        public int CountEqual(byte[] image, int position, int end, int from)
        {
            if (from < 0 || from >= _image.Length)
            {
                return 0;
            }

            return image.AsSpan(position, end - position).CommonPrefixLength(_image.AsSpan(from));
        }

        /// <summary>The longest match; of equally long ones that on the diagonal of the match before, else the latest.</summary>
        private (int From, int Length) FindLongest(byte[] image, int position, int end, int diagonal)
        {
            int best = CountEqual(image, position, end, position + diagonal);
            int bestFrom = position + diagonal;
            if (position + GramBytes > end
                || !_last.TryGetValue(BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(position)), out int from))
            {
                return (bestFrom, best);
            }

            for (int candidate = 0; candidate < CandidatesMax && from >= 0; candidate++)
            {
                int length = CountEqual(image, position, end, from);
                if (length > best)
                {
                    best = length;
                    bestFrom = from;
                }

                from = _before[from];
            }

            return (bestFrom, best);
        }
    }
}
