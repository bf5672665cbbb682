// A small generator whose sequence is the same on every host and version: replays depend on it.

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

        /// <summary>A byte whose bits are set with a probability of <paramref name="sixteenths"/> / 16.</summary>
        /// <param name="sixteenths">0 to 16.</param>
        /// <returns>The byte.</returns>
        public byte Bits(int sixteenths)
        {
            ulong random = Next();
            int bits = 0;
            for (int i = 0; i < 8; i++)
            {
                bits = (bits << 1) | ((int)(random & 15) < sixteenths ? 1 : 0);
                random >>= 4;
            }

            return (byte)bits;
        }
    }
}
