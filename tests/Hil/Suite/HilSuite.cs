// The scenarios, in order: each leaves the device as the next one finds it. They know a device by its console alone.

using System;
using System.Collections.Generic;
using System.Globalization;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Hil
{
    /// <summary>What became of one scenario.</summary>
    /// <param name="Target">The device.</param>
    /// <param name="Scenario">What was done.</param>
    /// <param name="Failure">Null when it went as it should; else what was awaited, and what came last.</param>
    /// <param name="Lines">Lines of the console that were read.</param>
    public sealed record HilResult(string Target, string Scenario, string? Failure, int Lines);

    /// <summary>Runs the scenarios on a target.</summary>
    public sealed class HilSuite
    {
        private readonly ITarget _target;
        private readonly Releases _releases;
        private readonly Uri _server;
        private readonly int _timeoutMs;
        private readonly Action<string> _trace;
        private int _lines;
        private string _last = "";

        /// <summary>Makes a suite.</summary>
        /// <param name="target">The device.</param>
        /// <param name="releases">What is published.</param>
        /// <param name="server">Where the device finds it.</param>
        /// <param name="timeoutMs">How long to wait for a line before a scenario has failed.</param>
        /// <param name="trace">Told every line.</param>
        public HilSuite(ITarget target, Releases releases, Uri server, int timeoutMs, Action<string> trace)
        {
            _target = target;
            _releases = releases;
            _server = server;
            _timeoutMs = timeoutMs;
            _trace = trace;
        }

        /// <summary>Runs all; a scenario after a failed one is run too.</summary>
        public IReadOnlyList<HilResult> Run()
        {
            return
            [
                Scenario("first boot: verified, started on trial, confirmed", FirstBoot),
                Scenario("second boot: started as confirmed, no trial", SecondBoot),
                Scenario("update without a network: reported, the application goes on", WithoutNetwork),
                Scenario("update: installed, on trial, confirmed", Update),
                Scenario("power cut in the middle of an update: resumed, confirmed", CutUpdate),
                Scenario("manifest of a stranger: refused, the application goes on", Stranger),
            ];
        }

        private HilResult Scenario(string name, Action run)
        {
            _lines = 0;
            _last = "(nothing)";
            string? failure = null;
            try
            {
                _target.PowerOff();
                run();
            }
            catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
            {
                // The device did not do it, or the bench did not (a command of its ended with an error).
                failure = exception.Message + "; last line: " + _last;
            }

            failure ??= SwitchOff();
            return new HilResult(_target.Name, name, failure, _lines);
        }

        private string? SwitchOff()
        {
            try
            {
                _target.PowerOff();
                return null;
            }
            catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
            {
                return exception.Message;
            }
        }

        private void FirstBoot()
        {
            _target.SetNetwork(false);
            _target.Provision(_releases.First(_server));
            _target.PowerOn();
            Await("SlotVerified in app.a", l => l.Event == BootEvent.SlotVerified && l.Region == RegionId.ApplicationA);
            Await("TrialStarted", l => l.Event == BootEvent.TrialStarted);
            Await("ImageConfirmed with floor 1", l => l.Event == BootEvent.ImageConfirmed && l.Value == 1);
        }

        private void SecondBoot()
        {
            _target.SetNetwork(false);
            _target.PowerOn();
            Await("ImageStarted, sequence 1", l => l.Event == BootEvent.ImageStarted && l.Value == 1, BootEvent.TrialStarted);
        }

        private void WithoutNetwork()
        {
            _target.SetNetwork(false);
            _releases.Publish(2);
            _target.PowerOn();
            Await("Stage2Started", l => l.Event == BootEvent.Stage2Started);
            Await("NetworkFailed", l => l.Event == BootEvent.NetworkFailed);
            Await("ImageStarted, sequence 1", l => l.Event == BootEvent.ImageStarted && l.Value == 1, BootEvent.InstallStarted);
        }

        private void Update()
        {
            _target.SetNetwork(true);
            _target.PowerOn();
            Await("ManifestAccepted, sequence 2", l => l.Event == BootEvent.ManifestAccepted && l.Value == 2);
            Await("InstallCompleted", l => l.Event == BootEvent.InstallCompleted);
            Await("TrialStarted", l => l.Event == BootEvent.TrialStarted);
            Await("ImageConfirmed with floor 2", l => l.Event == BootEvent.ImageConfirmed && l.Value == 2);
        }

        private void CutUpdate()
        {
            _target.SetNetwork(true);
            _releases.Publish(3);
            _target.PowerOn();
            Await("InstallStarted", l => l.Event == BootEvent.InstallStarted);
            _target.PowerOff();
            _target.PowerOn();
            Await("InstallCompleted", l => l.Event == BootEvent.InstallCompleted);
            Await("ImageConfirmed with floor 3", l => l.Event == BootEvent.ImageConfirmed && l.Value == 3);
        }

        private void Stranger()
        {
            _target.SetNetwork(true);
            _releases.Publish(4, isStranger: true);
            _target.PowerOn();
            Await("ManifestRefused with KeyUnknown", l => l.Event == BootEvent.ManifestRefused && l.Result == ResultCode.KeyUnknown);
            Await("ImageStarted, sequence 3", l => l.Event == BootEvent.ImageStarted && l.Value == 3, BootEvent.InstallStarted);
        }

        private void Await(string what, Func<ConsoleLine, bool> isIt, BootEvent forbidden = 0)
        {
            while (_target.ReadLine(_timeoutMs) is string text)
            {
                _trace(text);
                if (!ConsoleLine.TryParse(text, out ConsoleLine line))
                {
                    continue;
                }

                _lines++;
                _last = text;
                if (forbidden != 0 && line.Event == forbidden)
                {
                    throw new TimeoutException(forbidden + " while waiting for " + what);
                }

                if (isIt(line))
                {
                    return;
                }
            }

            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"no {what} within {_timeoutMs} ms"));
        }
    }
}
