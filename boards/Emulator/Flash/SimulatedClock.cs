// Time that passes only when a model says so: tests and simulations do not depend on the host's speed.

namespace NanoBoot.Emulator.Flash
{
    /// <summary>A clock that models advance and that never runs by itself.</summary>
    /// <remarks>One per emulated device; reading it from another thread gives some recent value.</remarks>
    public sealed class SimulatedClock
    {
        private long _nowNs;

        /// <summary>Nanoseconds since the start of the simulation; never falls.</summary>
        public long NowNs
        {
            get { return _nowNs; }
        }

        /// <summary>Milliseconds since the start of the simulation; never falls.</summary>
        public long NowMs
        {
            get { return _nowNs / 1_000_000; }
        }

        /// <summary>Lets time pass.</summary>
        /// <param name="durationNs">Nanoseconds; a negative number counts as zero.</param>
        public void Advance(long durationNs)
        {
            if (durationNs > 0)
            {
                _nowNs += durationNs;
            }
        }
    }
}
