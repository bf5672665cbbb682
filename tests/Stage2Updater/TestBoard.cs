// A board for tests of single parts: a clock that the test moves, a log that keeps every event.

using System.Collections.Generic;
using System.Linq;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Tests
{
    internal sealed record LoggedEvent(BootEvent Event, RegionId Region, ResultCode Result, long Value);

    internal sealed class TestBoard : IBoard
    {
        public List<LoggedEvent> Events { get; } = new();

        public FlashMap Flash { get; set; } = null!;

        public long UptimeMs { get; set; }

        public long SecureTimeSeconds => -1;

        public void Restart()
        {
            throw new System.InvalidOperationException("Nothing under test restarts.");
        }

        public void Sleep(int durationMs)
        {
            UptimeMs += durationMs;
        }

        public ResultCode ConnectNetwork(int timeoutMs)
        {
            return ResultCode.Ok;
        }

        public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
        {
            Events.Add(new LoggedEvent(bootEvent, region, result, value));
        }

        public IEnumerable<ResultCode> ResultsOf(BootEvent bootEvent)
        {
            return Events.Where(e => e.Event == bootEvent).Select(e => e.Result);
        }
    }
}
