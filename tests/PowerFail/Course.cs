// One course of a device: boots from some state of the flash until nothing happens any more, watched by the oracle.
// It knows nothing of how cuts are chosen; that is the simulator's business.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>Boots the device of a scenario, and judges.</summary>
    internal sealed class Course : IOperationObserver
    {
        private const int UnstableReadings = 3;

        private readonly Scenario _scenario;
        private readonly SimulatedDevice _device;
        private readonly EndState _end;
        private int _operationsAtBoot;
        private PlayedImage? _running;

        internal Course(Scenario scenario)
        {
            _scenario = scenario;
            scenario.Policy.Loader = new PlayLoader(scenario, Enter);

            // An application may wait until it may ask for an update again; the boot of one that has ended runs out.
            _device = new SimulatedDevice(scenario.Memory, scenario.Policy, scenario.Chip) { Observer = this, SleepLimitMs = 86_400_000, EndsQuietly = true };
            Start = scenario.Memory.Snapshot();
            _end = new EndState(scenario, Start);
        }

        /// <summary>The chips at the beginning of the scenario.</summary>
        internal MemorySnapshot Start { get; }

        /// <summary>What was seen on the way, by the images that ran.</summary>
        internal History History { get; private set; } = new History();

        /// <summary>What went wrong, or null.</summary>
        internal string? Reason { get; private set; }

        /// <summary>Flash operations since the course began.</summary>
        internal int Operations { get; private set; }

        /// <summary>Boots since the course began.</summary>
        internal int Boots { get; private set; }

        /// <summary>Boots of all courses.</summary>
        internal long BootsEver { get; private set; }

        /// <summary>Boots of the last call of <see cref="RunToEnd"/>.</summary>
        internal int BootsToEnd { get; private set; }

        /// <summary>Most flash operations of one boot, of all courses.</summary>
        internal int OperationsPerBootMax { get; private set; }

        /// <summary>What the journal says at the end of a course that was not cut; empty until it is known.</summary>
        internal byte[] FinalContent
        {
            get { return _end.FinalContent; }
            set { _end.FinalContent = value; }
        }

        /// <summary>Called with each flash operation before it happens, and its number.</summary>
        internal BeforeOperationHandler? OnOperation { get; set; }

        /// <summary>Lines of the course, when set.</summary>
        internal Action<string>? Trace { get; set; }

        /// <summary>What the journal says now.</summary>
        internal byte[] ReadJournal()
        {
            return _end.ReadJournal();
        }

        /// <summary>Notes what went wrong; the first counts.</summary>
        internal void Fail(string reason)
        {
            Reason ??= reason;
        }

        /// <summary>Returns to a state of the chips, with the power off.</summary>
        internal void Begin(MemorySnapshot snapshot, int powerOnCount, History history)
        {
            PowerSupply power = _scenario.Memory.Power;
            power.Disarm();
            power.Faults.Clear();
            power.PowerOff();
            power.PowerOnCount = powerOnCount;
            _scenario.Memory.Restore(snapshot);
            _scenario.Memory.Internal.Array.Counters.Reset();
            _scenario.Memory.External.Array.Counters.Reset();
            History = history;
            Reason = null;
            _running = null;
            Boots = 0;
            BeginCounting();
        }

        /// <summary>Counts operations from 0 again.</summary>
        internal void BeginCounting()
        {
            Operations = 0;
        }

        /// <summary>Boots to the end of the course, then looks whether it stays there over further power-ons.</summary>
        /// <param name="atEnd">Called when the course has come to its end for the first time.</param>
        internal void Judge(Action? atEnd)
        {
            RunToEnd(true);
            atEnd?.Invoke();
            CheckEnd();

            // Once more, and nothing is to change; where cells are unstable, once for each of their readings. A last boot that
            // changed nothing is such a boot already: the next would be that boot again.
            bool isUnstable = IsUnstable(_scenario.Memory.Internal.Array) || IsUnstable(_scenario.Memory.External.Array);
            int powerOns = isUnstable ? UnstableReadings : 1;
            if (Operations == _operationsAtBoot && _scenario.Memory.Power.UnstablePeriod == UnstablePeriod.EachPowerOn)
            {
                powerOns--;
            }

            for (; powerOns > 0 && Reason == null; powerOns--)
            {
                int operations = Operations;
                _scenario.Memory.Power.PowerOff();
                RunToEnd(true);
                CheckEnd();
                if (!isUnstable && Operations != operations)
                {
                    Fail("A boot that changes nothing wrote to flash.");
                }
            }
        }

        /// <summary>Boots until nothing happens any more, or the power fails.</summary>
        /// <param name="mustEnd">Whether a failure of the power is out of place.</param>
        /// <returns>Whether the course came to its end, or to the failure.</returns>
        internal bool RunToEnd(bool mustEnd)
        {
            BootsToEnd = 0;
            while (BootsToEnd < _scenario.BootsMax && Reason == null)
            {
                _operationsAtBoot = Operations;
                Boots++;
                BootsEver++;
                BootsToEnd++;
                BoardEnd end = _device.BootOnce();
                OperationsPerBootMax = Math.Max(OperationsPerBootMax, Operations - _operationsAtBoot);
                if (Trace != null)
                {
                    Tell(end);
                }

                _device.Transcript.Clear();
                switch (end)
                {
                    case BoardEnd.Restart:
                        break;

                    case BoardEnd.Sleeping:
                        return true;

                    case BoardEnd.PowerCut when !mustEnd:
                        return true;

                    default:
                        Fail("The device ended as " + end + (_device.Escaped == null ? "." : ": " + _device.Escaped));
                        return false;
                }
            }

            Fail("Not at rest after " + _scenario.BootsMax + " boots.");
            return false;
        }

        /// <inheritdoc/>
        public void BeforeOperation(in FlashOperation operation)
        {
            int index = Operations++;
            if (Operations - _operationsAtBoot > _scenario.OperationsPerBootMax)
            {
                Fail("More than " + _scenario.OperationsPerBootMax + " flash operations in one boot.");
            }

            Trace?.Invoke($"   {index}: {operation.Chip.Array.Name} {(operation.Buffer == null ? "erase" : "program")} 0x{operation.AddressBytes:x} +{operation.Count}");
            OnOperation?.Invoke(operation, index);
        }

        private static bool IsUnstable(NorArray array)
        {
            for (int sector = 0; sector < array.Geometry.Sectors.Count; sector++)
            {
                if (array.IsUnstable(sector))
                {
                    return true;
                }
            }

            return false;
        }

        private void Tell(BoardEnd end)
        {
            Trace?.Invoke("boot " + end + " " + (_running == null ? "nothing" : _running.Name));
            foreach (TranscriptEntry entry in _device.Transcript)
            {
                Trace?.Invoke("     " + entry.Event + " " + entry.Region + " " + entry.Result + " " + entry.Value);
            }
        }

        private void Enter(BootContext boot, PlayedImage? image)
        {
            _running = image;
            if (image == null)
            {
                Fail("An image ran that nobody signed.");
                boot.Board.Restart();
                return;
            }

            for (int i = 0; i < History.Floors.Length; i++)
            {
                long floor = boot.Journal.Components[i].Floor;
                if (floor < History.Floors[i])
                {
                    Fail("The floor of component " + i + " fell from " + History.Floors[i] + " to " + floor + ".");
                }

                History.Floors[i] = floor;
            }

            if (boot.RunningSequence < History.Floors[boot.Component])
            {
                Fail("An image below the floor ran.");
            }

            if (image.StartsMax != 0)
            {
                int starts = ++History.Starts[image.Index];
                if (starts > image.StartsMax)
                {
                    Fail("The image on trial started " + starts + " times.");
                }
            }

            image.Behaviour(boot);
        }

        private void CheckEnd()
        {
            Reason ??= _end.FindWrong(_running);
        }
    }

    /// <summary>Is told of an operation before it happens.</summary>
    internal delegate void BeforeOperationHandler(in FlashOperation operation, int index);
}
