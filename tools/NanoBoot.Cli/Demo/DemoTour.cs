// The tour: an author signs, a server serves, an emulated device fetches, loses power, resumes, runs; then it
// refuses what it must refuse. Nothing here is staged: every fact of the report is read off the device, the
// server or the flash after it happened, and a claim that does not hold makes the tour fail.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DemoApplication.Bundles;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Cli.Pictures;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Server;

namespace NanoBoot.Cli.Demo
{
    /// <summary>Runs the demo once.</summary>
    internal sealed class DemoTour : IDisposable
    {
        private const long FirstSequence = 1;
        private const long SecondSequence = 2;

        // The application asks for an update after a minute, and some minutes after refusals; these let it get there, or stop it before.
        private const long LongRunMs = 600_000;
        private const long ShortRunMs = 5_000;

        private readonly string _directory;
        private readonly string _seed;
        private readonly IDemoObserver _observer;
        private readonly DemoAuthor _author;
        private readonly DemoBoard _board;
        private readonly Random _random;
        private readonly Dictionary<long, string> _versions = [];
        private readonly List<string> _falseClaims = [];
        private readonly List<(string Title, FlashPicture Picture)> _pictures = [];
        private FirmwareServer? _server;
        private int _cutBoot;
        private long _installTotal;
        private int _payloadRequests;
        private long _payloadBytesSent;

        public DemoTour(string directory, string seed, IDemoObserver observer)
        {
            _directory = directory;
            _seed = seed;
            _observer = observer;
            _author = new DemoAuthor(seed);
            _board = new DemoBoard(_author);
            _random = new Random(BitConverter.ToInt32(_author.DeviceKey, 0));
            _board.Device.OnEvent = OnEvent;
        }

        private EmulatedDevice Device => _board.Device;

        private string PublishDirectory => Path.Combine(_directory, "www");

        public void Dispose() => _author.Dispose();

        /// <summary>Runs the tour.</summary>
        /// <exception cref="CliException">Something did not happen as claimed.</exception>
        public async Task<DemoStory> RunAsync(CancellationToken cancellation)
        {
            Directory.CreateDirectory(PublishDirectory);
            _server = await FirmwareServer.StartAsync(
                new FirmwareServerOptions
                {
                    Directory = PublishDirectory,
                    ReportsDirectory = Path.Combine(_directory, "reports"),
                    OnRequest = CountRequest,
                },
                cancellation).ConfigureAwait(false);
            await using (_server)
            {
                return Run();
            }
        }

        private DemoStory Run()
        {
            Provision();
            DemoBoot first = FirstBoot();
            DemoUpdate update = Update();
            List<DemoRefusal> refusals = Refuse();
            TakePicture("At the end: four refusals changed nothing but the journal");
            _board.Memory.Save(_directory);
            long violations = _board.Memory.Internal.Array.Counters.ContractViolations
                + _board.Memory.External.Array.Counters.ContractViolations;
            Claim("no rule of the flash was broken", violations == 0);
            var report = new DemoReport(
                _seed,
                _falseClaims.Count == 0,
                new DemoDevice(
                    _author.VendorId.ToString(),
                    _author.ClassId.ToString(),
                    _author.DeviceId.ToString(),
                    _board.Memory.Internal.SizeBytes,
                    _board.Memory.External.SizeBytes),
                first,
                update,
                refusals,
                Device.BootCount,
                violations);
            return new DemoStory(report, Device.Transcript, _cutBoot, _pictures);
        }

        private void Provision()
        {
            _observer.Chapter("Factory", "Keys are made; stage 2 and application 1.0 are signed; the device is provisioned.");
            DemoRelease stage2 = _author.Stage2(FirstSequence);
            DemoRelease application = _author.Application(DemoBundle.Version10, FirstSequence);
            _versions[FirstSequence] = application.Version;
            _observer.Bench($"ES256 key {Convert.ToHexStringLower(_author.Key.KeyId)} is compiled into stage 1");
            Describe(stage2);
            Describe(application);

            FlashMap map = _board.Memory.Map();
            Factory.WriteIdentity(map, new IdentityRecord
            {
                VendorId = _author.VendorId,
                ClassIds = [_author.ClassId],
                DeviceId = _author.DeviceId,
                DeviceKey = _author.DeviceKey,
                ManifestUri = _server!.BaseAddress.ToString(),
            });
            Factory.WriteImage(map, _board.Stage2, RegionId.Stage2A, stage2.Envelope, stage2.Payload);
            Factory.WriteImage(map, _board.Application, RegionId.ApplicationA, application.Envelope, application.Payload);
            _observer.Bench($"device {_author.DeviceId}: identity, stage 2 and application written");
            TakePicture("From the factory: stage 2 and application 1.0");
        }

        private DemoBoot FirstBoot()
        {
            _observer.Chapter("First boot", "Stage 1 verifies application 1.0 and starts it; it confirms itself.");
            BoardEnd end = Boot(ShortRunMs);
            DemoBoot boot = ReadBoot();
            Claim("application 1.0 runs, confirmed", end == BoardEnd.Sleeping && boot is { Application: "1.0", IsConfirmed: true });
            return boot;
        }

        private DemoUpdate Update()
        {
            _observer.Chapter("Update", "Application 1.1 is published. The device finds it; its power fails in the middle.");
            DemoRelease release = _author.Application(DemoBundle.Version11, SecondSequence);
            _versions[SecondSequence] = release.Version;
            Publish(release.Envelope.Encode(), release);
            Describe(release);

            ArmCutInTheMiddle(release.Payload.Length);
            DemoAttempt start = Meter();
            BoardEnd cutEnd = Boot(LongRunMs);
            DemoAttempt atCut = Meter();
            _cutBoot = Device.BootCount;
            DemoPowerCut cut = ReadCut();
            _observer.Bench(FormattableString.Invariant(
                $"power cut at flash operation {cut.OperationIndex}: a {cut.Operation} at 0x{cut.AddressBytes:x} of {cut.Chip}, left behind {cut.Form}"));
            Claim("the power was cut in the middle of the installation", cutEnd == BoardEnd.PowerCut && cut.Happened);
            DemoBoot between = ReadBoot();
            Claim("application 1.0 is still the confirmed one", between is { Application: "1.0", IsConfirmed: true });

            TakePicture("At the power cut: half of 1.1 is in place");
            _observer.Chapter("Power is back", "Stage 2 goes on where the flash says it was; 1.1 starts on trial and confirms itself.");
            int transcript = Device.Transcript.Count;
            BoardEnd end = Boot(ShortRunMs);
            DemoBoot result = ReadBoot();
            Claim("application 1.1 runs, confirmed", end == BoardEnd.Sleeping && result is { Application: "1.1", IsConfirmed: true });
            TakePicture("After the update: 1.1 confirmed, 1.0 still there");
            return new DemoUpdate(
                release.Payload.Length,
                cut,
                Difference(start, atCut),
                Difference(atCut, Meter()),
                Last(transcript, BootEvent.BytesInPlace),
                Last(transcript, BootEvent.BytesReused),
                result);
        }

        private List<DemoRefusal> Refuse()
        {
            _observer.Chapter("What must not run", "Four manifests that the device has to refuse, each for its own reason.");
            DemoRelease next = _author.Application(DemoBundle.Version11, SecondSequence + 1);
            DemoRelease stranger = _author.Application(DemoBundle.Version11, SecondSequence + 2, _author.Stranger);
            DemoRelease old = _author.Application(DemoBundle.Version10, FirstSequence);
            Guid otherClass = Uuid.ForClass(_author.VendorId, "another board");
            DemoRelease other = _author.Application(DemoBundle.Version11, SecondSequence + 3, classId: otherClass);
            return
            [
                Refuse("one bit flipped", DemoAuthor.FlipOneBit(next), next, ResultCode.SuitManifestDigestMismatch),
                Refuse("signed by a stranger", stranger.Envelope.Encode(), stranger, ResultCode.KeyUnknown),
                Refuse("an old release", old.Envelope.Encode(), old, ResultCode.SuitSequenceTooOld),
                Refuse("made for another class of device", other.Envelope.Encode(), other, ResultCode.SuitClassMismatch),
            ];
        }

        private DemoRefusal Refuse(string name, byte[] manifest, DemoRelease release, ResultCode expected)
        {
            _observer.Bench($"publishes a manifest: {name}");
            Publish(manifest, release);
            string before = _board.DigestOfSlots();
            int start = Device.Transcript.Count;
            BoardEnd end = Boot(LongRunMs);
            TranscriptEntry refusal = Device.Transcript.Skip(start)
                .LastOrDefault(entry => entry.Event is BootEvent.ManifestRefused or BootEvent.InstallFailed);
            ComponentState state = _board.ReadJournal().Components[ComponentIndex.Application];
            DemoBoot boot = ReadBoot();
            var result = new DemoRefusal(
                name,
                expected.ToString(),
                (int)refusal.Result,
                refusal.Result.ToString(),
                EventText.Of(refusal.Result),
                state.FailureCode == expected && state.FailureStage == BootStage.Stage2,
                _board.DigestOfSlots() == before,
                boot.Application);
            Claim(
                $"refused as {expected}, kept in the journal; slots untouched; 1.1 runs on",
                end == BoardEnd.Sleeping && refusal.Result == expected && result is { InJournal: true, SlotsUntouched: true, StillRuns: "1.1" });
            return result;
        }

        // Lets the device run until its application sleeps for longer than it would before anything can happen.
        private BoardEnd Boot(long sleepLimitMs)
        {
            Device.SleepLimitMs = sleepLimitMs;
            BoardEnd end = Device.Run();
            if (end == BoardEnd.Escaped)
            {
                throw new CliException(ExitCode.Internal, $"the device's code let an exception out: {Device.Escaped?.Message}");
            }

            return end;
        }

        private void OnEvent(TranscriptEntry entry)
        {
            switch (entry.Event)
            {
                case BootEvent.Stage2Started:
                    // The application that follows has nothing more to do than to run.
                    Device.SleepLimitMs = ShortRunMs;
                    break;
                case BootEvent.InstallStarted:
                    _installTotal = entry.Value;
                    break;
                case BootEvent.InstallProgress:
                    _observer.Progress(entry.Value, _installTotal);
                    return;
                default:
                    break;
            }

            _observer.Device(entry);
        }

        private void ArmCutInTheMiddle(int payloadBytes)
        {
            Action<TranscriptEntry> watch = Device.OnEvent!;
            TornForm form = (TornForm)_random.Next(Enum.GetValues<TornForm>().Length);
            uint detail = (uint)_random.Next();
            bool isArmed = false;
            Device.OnEvent = entry =>
            {
                watch(entry);
                if (!isArmed && entry.Event == BootEvent.InstallProgress && entry.Value >= payloadBytes / 2)
                {
                    isArmed = true;
                    _board.Memory.Power.Arm(0, form, detail);
                }
            };
        }

        private DemoPowerCut ReadCut()
        {
            FaultRecord fault = _board.Memory.Power.Faults.Records
                .LastOrDefault(record => record.Kind is FaultKind.PowerCutInProgram or FaultKind.PowerCutInErase);
            return fault.Device is null
                ? new DemoPowerCut(false, 0, string.Empty, string.Empty, 0, string.Empty)
                : new DemoPowerCut(
                    true,
                    fault.OperationIndex,
                    fault.Device,
                    fault.Kind == FaultKind.PowerCutInProgram ? "program" : "erase",
                    fault.AddressBytes,
                    fault.Detail);
        }

        private DemoBoot ReadBoot()
        {
            ComponentState state = _board.ReadJournal().Components[ComponentIndex.Application];
            TranscriptEntry started = Device.Transcript.LastOrDefault(entry =>
                entry.Event is BootEvent.TrialStarted or BootEvent.ImageStarted
                && _board.Application.Slots.Contains(entry.Region));
            TranscriptEntry examined = Device.Transcript.LastOrDefault(entry =>
                entry.Event == BootEvent.SlotExamined && entry.Region == started.Region);
            return new DemoBoot(
                _versions.GetValueOrDefault(examined.Value, "?"),
                EventText.Of(started.Region),
                examined.Value,
                state.ConfirmedId != 0 && state.ConfirmedSlot == started.Region && state.Floor == examined.Value,
                state.Floor);
        }

        private void Publish(byte[] manifest, DemoRelease release)
        {
            new Publisher(PublishDirectory).AddPayload(release.Payload);
            AtomicFile.Write(Path.Combine(PublishDirectory, Publisher.ManifestPath(release.Component)), manifest);
        }

        private void Describe(DemoRelease release)
        {
            _observer.Bench(FormattableString.Invariant(
                $"signed {release.Component} {release.Version}: sequence {release.SequenceNumber}, payload {release.Payload.Length:N0} bytes, envelope {release.Envelope.Encode().Length:N0} bytes"));
        }

        private void TakePicture(string title) => _pictures.Add((title, FlashPicture.Take(_board.Memory, Device.Policy)));

        private void Claim(string claim, bool isTrue)
        {
            if (!isTrue)
            {
                _falseClaims.Add(claim);
            }

            _observer.Check(claim, isTrue);
        }

        private void CountRequest(RequestRecord request)
        {
            if (request.Path.StartsWith("/payloads/", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _payloadRequests);
                Interlocked.Add(ref _payloadBytesSent, request.BodyBytes);
            }
        }

        private DemoAttempt Meter()
        {
            NorCounters chip = _board.Memory.External.Array.Counters;
            return new DemoAttempt(
                Volatile.Read(ref _payloadRequests), Interlocked.Read(ref _payloadBytesSent), chip.BytesProgrammed, chip.BytesErased);
        }

        private static DemoAttempt Difference(DemoAttempt start, DemoAttempt end)
        {
            return new DemoAttempt(
                end.PayloadRequests - start.PayloadRequests,
                end.PayloadBytesSent - start.PayloadBytesSent,
                end.BytesProgrammed - start.BytesProgrammed,
                end.BytesErased - start.BytesErased);
        }

        private long Last(int start, BootEvent bootEvent)
        {
            return Device.Transcript.Skip(start).LastOrDefault(entry => entry.Event == bootEvent).Value;
        }
    }
}
