// Milliseconds that never fall, made of a clock that may be set: the platform has no other one.

namespace NanoBoot.Board
{
    /// <summary>Counts time by the differences of a wall clock, without its jumps.</summary>
    /// <remarks>Safe for several threads. A jump is a difference that is negative or above <see cref="JumpMs"/>; what
    /// passed meanwhile is lost. So it is to be asked more often than that, which the supervisor does.</remarks>
    public sealed class UptimeClock
    {
        /// <summary>From here on a difference is a jump.</summary>
        public const int JumpMs = 600000;

        private readonly object _lock = new object();
        private long _lastMs;
        private long _uptimeMs;

        /// <summary>Starts at 0.</summary>
        /// <param name="wallMs">What the wall clock says, in milliseconds.</param>
        public UptimeClock(long wallMs)
        {
            _lastMs = wallMs;
        }

        /// <summary>Takes a reading of the wall clock.</summary>
        /// <param name="wallMs">What it says, in milliseconds.</param>
        /// <returns>Milliseconds since the start.</returns>
        public long Advance(long wallMs)
        {
            lock (_lock)
            {
                long passed = wallMs - _lastMs;
                _lastMs = wallMs;
                if (passed > 0 && passed <= JumpMs)
                {
                    _uptimeMs += passed;
                }

                return _uptimeMs;
            }
        }
    }
}
