// What the demo application does about updates, every so often: it looks whether it may, asks whether there is something
// new, and only then has the device restart for it. A pattern to copy.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace DemoApplication
{
    /// <summary>The application's side of updates.</summary>
    internal sealed class UpdateRoutine
    {
        // The probe is a hint, and a hint may be wrong: now and then the updater itself looks.
        private const int ChecksPerRequest = 10;
        private const int SettleMs = 30000;

        private readonly BootContext _boot;
        private readonly UpdateClient _client;
        private readonly ReleaseProbe _probe;
        private int _checks;

        internal UpdateRoutine(BootContext boot)
        {
            _boot = boot;
            _client = new UpdateClient(boot);
            _probe = new ReleaseProbe(boot);

            // Who has just started measures first.
            _client.Defer(SettleMs);
        }

        /// <summary>To be called every so often. Does not return when an update is asked for.</summary>
        /// <param name="reason">The reason that is recorded with the request.</param>
        internal void Check(ushort reason)
        {
            // This board knows neither the time of day nor a battery.
            if (!_client.MayUpdate(UpdateClient.Unknown, UpdateClient.Unknown))
            {
                return;
            }

            _checks++;
            ResultCode news = _probe.Check();
            bool isQuiet = news == ResultCode.TryLater || (news == ResultCode.UpToDate && _checks % ChecksPerRequest != 0);
            if (!isQuiet && _probe.Request(reason) == ResultCode.Ok)
            {
                _boot.Restart();
            }
        }
    }
}
