// Random numbers that are the same on every machine and runtime: a case is known by seed and number.

namespace NanoBoot.Fuzz
{
    /// <summary>SplitMix64.</summary>
    internal sealed class FuzzRandom
    {
        private ulong _state;

        public FuzzRandom(ulong seed, ulong number)
        {
            _state = seed * 0x9E3779B97F4A7C15UL ^ (number + 1) * 0xD1B54A32D192ED03UL;
        }

        public ulong NextUInt64()
        {
            ulong value = _state += 0x9E3779B97F4A7C15UL;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
            return value ^ (value >> 31);
        }

        /// <summary>0 to limit - 1.</summary>
        public int Next(int limit) => (int)(NextUInt64() % (ulong)limit);

        /// <summary>True once in so many.</summary>
        public bool OneIn(int count) => Next(count) == 0;

        public byte[] Bytes(int count)
        {
            byte[] bytes = new byte[count];
            for (int i = 0; i < count; i++)
            {
                bytes[i] = (byte)NextUInt64();
            }

            return bytes;
        }
    }
}
