// Encodes one block of a packed payload in the fewest bits, by dynamic programming over all ways that are considered:
// every literal, every copy within the block, and copies from the old image on the distances that occur in the block.

using System;
using System.Collections.Generic;

namespace NanoBoot.Author
{
    /// <summary>Encodes blocks.</summary>
    internal sealed class BlockEncoder
    {
        private const int LiteralBits = 9;
        private const int DiagonalsMax = 12;

        private readonly int _windowBits;
        private readonly int _lengthBits;
        private readonly PrecursorIndex? _precursor;

        /// <summary>Makes an encoder; with an old image it writes differential blocks.</summary>
        public BlockEncoder(int windowBits, int lengthBits, PrecursorIndex? precursor)
        {
            _windowBits = windowBits;
            _lengthBits = lengthBits;
            _precursor = precursor;
        }

        // A copy from this block: kind, distance, length.
        private int BackBits => (_precursor == null ? 1 : 2) + _windowBits + _lengthBits;

        /// <summary>Encodes a block of an image.</summary>
        public byte[] Encode(byte[] image, int start, int length)
        {
            int[] diagonals = _precursor == null ? [0] : Diagonals(image, start, length);
            (int[] backLength, int[] backDistance) = FindInBlock(image.AsSpan(start, length));
            int[][] runs = new int[diagonals.Length][];
            for (int index = 0; index < diagonals.Length; index++)
            {
                runs[index] = Runs(image, start, length, diagonals[index]);
            }

            Step[,] steps = Solve(length, diagonals, backLength, runs);
            return Write(image, start, length, diagonals, backDistance, steps);
        }

        private int[] Diagonals(byte[] image, int start, int length)
        {
            var diagonals = new List<int> { 0 };
            foreach (int diagonal in _precursor!.FindDiagonals(image, start, length, DiagonalsMax))
            {
                if (diagonal != 0 && Math.Abs((long)diagonal) < 1 << 22)
                {
                    diagonals.Add(diagonal);
                }
            }

            return [.. diagonals];
        }

        /// <summary>How far the old image equals the block, from each byte of the block on.</summary>
        private int[] Runs(byte[] image, int start, int length, int diagonal)
        {
            int[] runs = new int[length + 1];
            byte[] old = _precursor?.Image ?? [];
            for (int index = length - 1; index >= 0; index--)
            {
                int from = start + index + diagonal;
                runs[index] = from >= 0 && from < old.Length && old[from] == image[start + index] ? runs[index + 1] + 1 : 0;
            }

            return runs;
        }

        /// <summary>The longest copy within the block that each byte can start, and its distance.</summary>
        private (int[] Length, int[] Distance) FindInBlock(ReadOnlySpan<byte> block)
        {
            int[] lengths = new int[block.Length];
            int[] distances = new int[block.Length];
            int longest = 1 << _lengthBits;
            int furthest = 1 << _windowBits;
            for (int index = 1; index < block.Length; index++)
            {
                int limit = Math.Min(longest, block.Length - index);
                for (int distance = 1; distance <= Math.Min(index, furthest) && lengths[index] < limit; distance++)
                {
                    int length = 0;
                    while (length < limit && block[index - distance + length] == block[index + length])
                    {
                        length++;
                    }

                    if (length > lengths[index])
                    {
                        lengths[index] = length;
                        distances[index] = distance;
                    }
                }
            }

            return (lengths, distances);
        }

        private Step[,] Solve(int length, int[] diagonals, int[] backLength, int[][] runs)
        {
            var steps = new Step[length + 1, diagonals.Length];
            for (int index = length - 1; index >= 0; index--)
            {
                for (int current = 0; current < diagonals.Length; current++)
                {
                    var best = new Step(LiteralBits + steps[index + 1, current].Bits, StepKind.Literal, 1, current);
                    for (int count = 2; count <= backLength[index]; count++)
                    {
                        best = best.OrCheaper(BackBits + steps[index + count, current].Bits, StepKind.Back, count, current);
                    }

                    for (int next = 0; _precursor != null && next < diagonals.Length; next++)
                    {
                        best = WithCopies(best, steps, index, diagonals, current, next, runs[next][index]);
                    }

                    steps[index, current] = best;
                }
            }

            return steps;
        }

        /// <summary>Copies on a diagonal, in the lengths that may pay: all of the run, and what fewer groups can say.</summary>
        private static Step WithCopies(Step best, Step[,] steps, int index, int[] diagonals, int current, int next, int run)
        {
            if (run == 0)
            {
                return best;
            }

            int head = 3 + (current == next ? 0 : BitWriter.NumberBits(Zigzag(diagonals[next] - diagonals[current])));
            foreach (int count in (ReadOnlySpan<int>)[run, run - 1, run - 2, Math.Min(run, 256), Math.Min(run, 16)])
            {
                if (count > 0)
                {
                    int bits = head + BitWriter.NumberBits(count - 1) + steps[index + count, next].Bits;
                    best = best.OrCheaper(bits, StepKind.Copy, count, next);
                }
            }

            return best;
        }

        private byte[] Write(byte[] image, int start, int length, int[] diagonals, int[] backDistance, Step[,] steps)
        {
            var writer = new BitWriter();
            int current = 0;
            int index = 0;
            while (index < length)
            {
                Step step = steps[index, current];
                switch (step.Kind)
                {
                    case StepKind.Literal:
                        writer.Write(0x100 | image[start + index], LiteralBits);
                        break;
                    case StepKind.Back:
                        writer.Write(0, _precursor == null ? 1 : 2);
                        writer.Write(backDistance[index] - 1, _windowBits);
                        writer.Write(step.Count - 1, _lengthBits);
                        break;
                    default:
                        writer.Write(1, 2);
                        writer.Write(step.Diagonal == current ? 0 : 1, 1);
                        if (step.Diagonal != current)
                        {
                            writer.WriteNumber(Zigzag(diagonals[step.Diagonal] - diagonals[current]));
                        }

                        writer.WriteNumber(step.Count - 1);
                        break;
                }

                current = step.Diagonal;
                index += step.Count;
            }

            return writer.ToArray();
        }

        private static int Zigzag(int value) => (value << 1) ^ (value >> 31);

        private enum StepKind : byte
        {
            Literal,
            Back,
            Copy,
        }

        /// <summary>The best next item from a position: what it costs with all that follows, and what it is.</summary>
        private readonly record struct Step(int Bits, StepKind Kind, int Count, int Diagonal)
        {
            public Step OrCheaper(int bits, StepKind kind, int count, int diagonal)
            {
                return bits < Bits ? new Step(bits, kind, count, diagonal) : this;
            }
        }
    }
}
