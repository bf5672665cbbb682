// The other side of EmulatorTarget: an emulated board whose console is standard output. It boots, runs, restarts; when
// its application only sleeps, time stands still. "off" cuts the power: the flash operation under way is torn, and
// what the chips hold is saved.

using System;
using System.IO;
using System.Threading;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Hil
{
    /// <summary>An emulated device that is switched on.</summary>
    internal sealed class DeviceProcess
    {
        private const Permissions Needed = Permissions.Author | Permissions.Store | Permissions.Apply;
        private const string KeyFile = "key.bin";

        // The application asks for an update after a minute, or when the wait after failed sessions is over (a bench that is
        // slow to switch off lets the device fail once more); once it has, it has nothing more to do.
        private const long LongSleepMs = 6 * 3600_000;
        private const long ShortSleepMs = 5_000;
        private const int BootsMax = 20;
        private const int CutWaitMs = 2000;
        private const int InstallStepMs = 150;
        private const uint CutSeed = 4711;

        private readonly string _directory;
        private readonly EmulatedMemory _memory = new(EmulatedLayout.Make());
        private readonly ManualResetEventSlim _idle = new();
        private volatile bool _isNetworkUp;
        private volatile bool _isOff;

        private DeviceProcess(string directory, bool isNetworkUp)
        {
            _directory = directory;
            _isNetworkUp = isNetworkUp;
        }

        /// <summary>Writes the first content of a device into its directory.</summary>
        public static void Provision(string directory, FirstContent content)
        {
            Directory.CreateDirectory(directory);
            File.WriteAllBytes(Path.Combine(directory, KeyFile), [.. content.KeyId, .. content.PublicKey]);
            var memory = new EmulatedMemory(EmulatedLayout.Make());
            FlashMap map = memory.Map();
            BootPolicy policy = MakePolicy(directory);
            FlashRegion region = map.Find(RegionId.Identity);
            var identity = new RecordWriter(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(identity.Erase());
            Demand(identity.Write(content.Identity, 0, content.Identity.Length, 0, 0));
            Factory.WriteImage(
                map,
                policy.Components[ComponentIndex.Stage2],
                RegionId.Stage2A,
                Envelope.Parse(content.Stage2Envelope),
                content.Stage2Payload);
            // The factory's updater is confirmed: its trial is not to depend on the first network that it meets.
            var slot = new Slot(map.Find(RegionId.Stage2A), policy.Components[ComponentIndex.Stage2].EnvelopeAreaBytes);
            var journal = new BootJournal(map.Find(RegionId.Journal));
            _ = journal.Open();
            Demand(slot.Open());
            ComponentState state = journal.Components[ComponentIndex.Stage2];
            state.ConfirmedId = slot.Id;
            state.ConfirmedSlot = RegionId.Stage2A;
            state.Floor = slot.Sequence;
            Demand(journal.Commit());
            Factory.WriteImage(
                map,
                policy.Components[ComponentIndex.Application],
                RegionId.ApplicationA,
                Envelope.Parse(content.ApplicationEnvelope),
                content.ApplicationPayload);
            memory.Save(directory);
        }

        /// <summary>Runs until it is switched off.</summary>
        /// <param name="directory">Where its flash lies.</param>
        /// <param name="isNetworkUp">Whether the network is there at first.</param>
        /// <returns>The exit code.</returns>
        public static int Run(string directory, bool isNetworkUp) => new DeviceProcess(directory, isNetworkUp).Run();

        private static BootPolicy MakePolicy(string directory)
        {
            byte[] key = File.ReadAllBytes(Path.Combine(directory, KeyFile));
            var authority = new Authority(
                key[..SigningKey.KeyIdBytes], CoseAlgorithm.Es256, key[SigningKey.KeyIdBytes..], Needed, null, null);
            ComponentDescription[] components =
            [
                Describe("stage2", RegionId.Stage2A, RegionId.Stage2B),
                Describe("application", RegionId.ApplicationA, RegionId.ApplicationB),
                new ComponentDescription("trust"u8.ToArray(), [RegionId.Trust, RegionId.TrustB], EmulatedLayout.TrustEnvelopeBytes, Permissions.Trust),
                Describe("configuration", RegionId.Configuration),
            ];
            return new BootPolicy([authority], components);
        }

        private static ComponentDescription Describe(string id, params RegionId[] slots)
        {
            return new ComponentDescription(
                System.Text.Encoding.ASCII.GetBytes(id), slots, ComponentDescription.EnvelopeAreaBytesDefault, Needed);
        }

        private static void Demand(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidDataException("Provisioning failed: " + result);
            }
        }

        private int Run()
        {
            if (!_memory.Load(_directory))
            {
                Console.Error.WriteLine("There is no device in " + _directory);
                return 2;
            }

            var device = new EmulatedDevice(_memory, MakePolicy(_directory))
            {
                IsOwnThread = true,
                SleepLimitMs = LongSleepMs,
                Network = () => _isNetworkUp ? ResultCode.Ok : ResultCode.NetworkUnreachable,
            };
            device.OnEvent = entry => OnEvent(device, entry);
            var processor = new Thread(() => RunDevice(device)) { IsBackground = true };
            processor.Start();
            while (Console.In.ReadLine() is string command && command != "off")
            {
                _isNetworkUp = command == "up";
            }

            _isOff = true;
            _idle.Wait(CutWaitMs);
            _memory.Save(_directory);
            return 0;
        }

        private void RunDevice(EmulatedDevice device)
        {
            BoardEnd end = BoardEnd.Restart;
            for (int boot = 0; boot < BootsMax && end == BoardEnd.Restart && !_isOff; boot++)
            {
                end = device.BootOnce();
            }

            if (end == BoardEnd.Escaped)
            {
                Console.WriteLine("the device's code let an exception out: " + device.Escaped!.Message);
            }

            _idle.Set();
        }

        private void OnEvent(EmulatedDevice device, TranscriptEntry entry)
        {
            if (entry.Event == BootEvent.Stage2Started)
            {
                device.SleepLimitMs = ShortSleepMs;
            }

            lock (_idle)
            {
                Console.WriteLine(entry.ToString());
                Console.Out.Flush();
            }

            if (entry.Event is BootEvent.InstallStarted or BootEvent.InstallProgress)
            {
                // As long as a board takes, so that a bench that wants to cut here has time to.
                Thread.Sleep(InstallStepMs);
            }

            if (_isOff)
            {
                // Cut in the next operation on the flash.
                _memory.Power.Arm(0, TornForm.RandomBits, CutSeed);
            }
        }
    }
}
