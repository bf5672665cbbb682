// A session of the updater: from the network to a restart.
//
// It runs alone, in a fresh runtime, because someone asked for an update or because the application cannot run.
// Whatever happens, it ends in a restart: into a new image, into its own successor, or back into the application.
// The request is cleared with the same journal record that says what became of it.

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater
{
    /// <summary>The updater of a start. One thread.</summary>
    public sealed class Updater
    {
        /// <summary>Largest envelope that is taken, in bytes: integrated payloads included.</summary>
        public const int ManifestBytesMax = 16384;

        /// <summary>Longest wait for the network, in milliseconds.</summary>
        public const int NetworkTimeoutMs = 60000;

        /// <summary>Longest sleep at a time, in milliseconds.</summary>
        private const int SleepMs = 60000;

        private readonly BootContext _boot;
        private readonly HttpConnection _connection;
        private readonly UpdateHistory _history;
        private readonly Reporter _reporter;
        private readonly IPayloadDecoder _decoder;

        /// <summary>Where manifests are pushed to, or null: they are polled only.</summary>
        public IPushedManifests Pushed;

        /// <summary>What the device knows of its surroundings: power, consent, local time, other devices.</summary>
        public UpdateConditions Conditions = new UpdateConditions();

        /// <summary>Takes images that another loader starts, or null.</summary>
        public IImageReceiver Receiver;

        private int _retryAfterSeconds;
        private bool _isStored;
        private bool _isAgain;

        /// <summary>Prepares a session.</summary>
        /// <param name="boot">The start of this device.</param>
        /// <param name="channel">The network.</param>
        /// <param name="decoder">For payloads that are not the image itself; null where every payload is.</param>
        public Updater(BootContext boot, IByteChannel channel, IPayloadDecoder decoder)
        {
            _decoder = decoder;
            _boot = boot;
            _connection = new HttpConnection(boot.Board, channel);
            _history = new UpdateHistory(boot.Journal);
            _reporter = new Reporter(boot, _connection);
        }

        /// <summary>Runs the session. Ends in a restart.</summary>
        public void Run()
        {
            _boot.Board.Write(BootEvent.Stage2Started, _boot.RunningRegion, ResultCode.Ok, _boot.RunningSequence);
            Conditions.Board = _boot.Board;
            if (Conditions.PassesSelfTest())
            {
                _boot.Confirm();
            }

            bool isTrustLost = _boot.Trust == null;
            bool isRequested = _boot.Journal.UpdateRequest != 0;
            bool isSuccessor = false;
            bool isInstalled = false;
            ResultCode result = _boot.Board.ConnectNetwork(NetworkTimeoutMs);
            if (result != ResultCode.Ok)
            {
                _boot.Board.Write(BootEvent.NetworkFailed, RegionId.None, result, 0);
            }
            else
            {
                // First of all components, and only by an updater that has proved itself: a revocation is not to be had by
                // whoever gets an updater onto trial (A67). Once more, and the second copy is made.
                result = _boot.IsOnTrial ? ResultCode.UpToDate : Update(ComponentIndex.Trust);
                if (result == ResultCode.Ok)
                {
                    Update(ComponentIndex.Trust);
                }

                if (_boot.Trust != null)
                {
                    isInstalled = isTrustLost;
                    result = Update(ComponentIndex.Stage2);
                }

                isSuccessor = result == ResultCode.Ok && !_isStored;
                if (!isSuccessor && _boot.Trust != null)
                {
                    ResultCode application = Update(ComponentIndex.Application);
                    isInstalled |= application == ResultCode.Ok && !_isStored && !_isAgain;
                    ResultCode configuration = Update(ComponentIndex.Configuration);
                    application = application == ResultCode.Ok || application == ResultCode.UpToDate ? configuration : application;
                    result = application == ResultCode.Ok || application == ResultCode.UpToDate ? result : application;
                }
            }

            _connection.Close();
            bool isStuck = !isRequested && !isSuccessor && !isInstalled;
            Remember(result, isSuccessor, isStuck);
            if (isStuck)
            {
                // The application cannot run and there was nothing to mend it with: no storm of requests.
                Wait();
            }

            _boot.Restart();
        }

        private void Remember(ResultCode result, bool isSuccessor, bool isStuck)
        {
            if ((result == ResultCode.Ok || result == ResultCode.UpToDate) && !isStuck)
            {
                _history.Succeeded();
            }
            else
            {
                _history.Failed(_retryAfterSeconds, _boot.Identity.DeviceId);
            }

            if (!isSuccessor)
            {
                // The successor of this updater takes the request over: its trial is to serve it.
                _boot.Journal.UpdateRequest = 0;
            }

            _boot.Journal.Commit();
        }

        private void Wait()
        {
            long left = _history.WaitSeconds * 1000L;
            while (left > 0)
            {
                int duration = left < SleepMs ? (int)left : SleepMs;
                _boot.Board.Sleep(duration);
                left -= duration;
            }
        }

        private ResultCode Update(int component)
        {
            if (_boot.Policy.Components[component] == null)
            {
                return ResultCode.UpToDate;
            }

            if (Pushed != null && Pushed.Take(component, out byte[] pushed, out int pushedCount) == ResultCode.Ok
                && ManifestUri(component, out HttpUri pushedSource) == ResultCode.Ok)
            {
                _boot.Board.Write(BootEvent.ManifestFetched, RegionId.None, ResultCode.Ok, pushedCount);
                if (Process(component, ResultCode.Ok, pushed, pushedCount, pushedSource) == ResultCode.Ok)
                {
                    _boot.Confirm();
                    return ResultCode.Ok;
                }
            }

            ResultCode result = FetchManifest(component, out byte[] manifest, out int count, out HttpUri source);
            return result == ResultCode.UpToDate ? result : Process(component, result, manifest, count, source);
        }

        /// <summary>The one door for manifests, however they came.</summary>
        private ResultCode Process(int component, ResultCode result, byte[] manifest, int count, HttpUri source)
        {
            IBootLog log = _boot.Board;
            ManifestUpdate update = new ManifestUpdate(_boot, component, _decoder) { Conditions = Conditions, History = _history, Receiver = Receiver };
            if (result == ResultCode.Ok)
            {
                result = update.Run(manifest, count, _connection, source);
                _isStored = update.IsStored;
                _isAgain = update.IsAgain;
            }

            if (update.RetryAfterSeconds > _retryAfterSeconds)
            {
                _retryAfterSeconds = update.RetryAfterSeconds;
            }

            ComponentState state = _boot.Journal.Components[component];
            bool isRepeated = state.FailureCode == result && state.FailureStage == BootStage.Stage2 && state.FailureDetail == update.ErrorOffset;
            _reporter.Tell(component, update, result, isRepeated);
            if (result == ResultCode.Ok)
            {
                _history.QuietMinutes = 0;
            }
            else if (result == ResultCode.UpToDate)
            {
                log.Write(BootEvent.UpToDate, RegionId.None, TellFreeze(component, update), update.Sequence);
            }
            else if (result == ResultCode.ImageRejected)
            {
                // It failed on this device before: known, recorded then, and no reason to ask more slowly for a better one.
                log.Write(BootEvent.ManifestRefused, RegionId.None, result, 0);
                result = ResultCode.UpToDate;
            }
            else if (result != ResultCode.Ok)
            {
                bool isFailure = update.SlotId != RegionId.None;
                log.Write(isFailure ? BootEvent.InstallFailed : BootEvent.ManifestRefused, update.SlotId, result, update.ErrorOffset);
                _boot.Journal.SetFailure(component, result, update.SlotId, BootStage.Stage2, update.ErrorOffset);
            }

            return result;
        }

        // Nothing new for longer than the device maker thinks likely: an old manifest may be served for ever (A4), or there is
        // none. The device cannot tell, so it says so, once each time.
        private ResultCode TellFreeze(int component, ManifestUpdate update)
        {
            bool isFrozen = component == ComponentIndex.Application && Conditions.FrozenAfterMinutes > 0
                && _history.QuietMinutes >= Conditions.FrozenAfterMinutes;
            if (isFrozen && _reporter.Tell(component, update, ResultCode.ManifestFrozen, false))
            {
                _history.QuietMinutes = 0;
            }

            return isFrozen ? ResultCode.ManifestFrozen : ResultCode.Ok;
        }

        private ResultCode ManifestUri(int component, out HttpUri uri)
        {
            uri = null;
            ResultCode result = HttpUri.Parse(_boot.Identity.ManifestUri, null, out HttpUri service);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            byte[] id = _boot.Policy.Components[component].Id;
            return HttpUri.Parse("manifests/" + AsciiText.Read(id, 0, id.Length) + ".suit", service, out uri);
        }

        private ResultCode FetchManifest(int component, out byte[] manifest, out int count, out HttpUri uri)
        {
            manifest = null;
            count = 0;
            ResultCode result = ManifestUri(component, out uri);
            if (result == ResultCode.Ok)
            {
                result = _connection.Get(uri, -1, 0, null);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            // The server answers: that is the self-test of an updater on trial.
            _boot.Confirm();
            if (_connection.RetryAfterSeconds > _retryAfterSeconds)
            {
                _retryAfterSeconds = _connection.RetryAfterSeconds;
            }

            if (_connection.Status == 404)
            {
                // No release of this component: as good as nothing new.
                return ResultCode.UpToDate;
            }

            if (_connection.Status != 200)
            {
                return _connection.Status == 503 || _connection.Status == 429 ? ResultCode.TryLater : ResultCode.HttpStatus;
            }

            uri = _connection.Source;
            result = _connection.ReadWhole(ManifestBytesMax, out manifest, out count);
            if (result == ResultCode.Ok)
            {
                _boot.Board.Write(BootEvent.ManifestFetched, RegionId.None, result, count);
            }

            return result;
        }
    }
}
