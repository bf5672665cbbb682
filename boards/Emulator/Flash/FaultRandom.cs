// A small generator whose sequence is the same on every host and version: replays depend on it.

using System;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>SplitMix64: a seed in, well-mixed numbers out. Not for keys.</summary>
    public struct FaultRandom
    {
        private ulong _state;

        /// <summary>Starts a sequence.</summary>
        /// <param name="seed">Any number; equal seeds give equal sequences.</param>
        public FaultRandom(ulong seed)
        {
            _state = seed;
        }

        /// <summary>The next 64 bits.</summary>
        /// <returns>Any value.</returns>
        public ulong Next()
        {
            _state += 0x9E3779B97F4A7C15UL;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }

        /// <summary>A number below a bound.</summary>
        /// <param name="bound">At least 1.</param>
        /// <returns>0 to <paramref name="bound"/> - 1.</returns>
        public int Below(int bound)
        {
            return (int)((Next() >> 32) * (ulong)bound >> 32);
        }

        /// <summary>Fills bytes whose bits are set with one of three probabilities.</summary>
        /// <param name="destination">The bytes.</param>
        /// <param name="density">What share of the bits is set.</param>
        public void Fill(Span<byte> destination, BitDensity density)
        {
            for (int i = 0; i < destination.Length; i += 8)
            {
                ulong bits = Next();
                if (density == BitDensity.Few)
                {
                    bits &= Next() & Next() & Next();
                }
                else if (density == BitDensity.Most)
                {
                    bits |= Next() | Next() | Next();
                }

                int here = Math.Min(8, destination.Length - i);
                for (int j = 0; j < here; j++)
                {
                    destination[i + j] = (byte)bits;
                    bits >>= 8;
                }
            }
        }
    }

    /// <summary>Shares of bits.</summary>
    public enum BitDensity
    {
        /// <summary>One in sixteen.</summary>
        Few,

        /// <summary>One in two.</summary>
        Half,

        /// <summary>Fifteen in sixteen.</summary>
        Most,
    }
}
