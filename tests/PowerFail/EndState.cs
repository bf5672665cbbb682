// The oracle's look at a course that has come to its end: what runs, what the journal and the slots say, and that nothing
// else was changed.

using System;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>Judges the end of a course.</summary>
    internal sealed class EndState
    {
        private readonly Scenario _scenario;
        private readonly SeenState _seen;
        private readonly Untouched _untouched;

        internal EndState(Scenario scenario, MemorySnapshot start)
        {
            _scenario = scenario;
            _seen = new SeenState(scenario.Memory);
            _untouched = new Untouched(scenario, start);
        }

        /// <summary>What the journal says at the end of a course that was not cut; empty until it is known.</summary>
        internal byte[] FinalContent { get; set; } = Array.Empty<byte>();

        /// <summary>What the journal says now.</summary>
        internal byte[] ReadJournal()
        {
            _seen.Read();
            return (byte[])_seen.Content.Clone();
        }

        /// <summary>Looks at everything.</summary>
        /// <param name="running">The image that ran last; null for one that nobody signed, or none.</param>
        /// <returns>What is wrong first, or null.</returns>
        internal string? FindWrong(PlayedImage? running)
        {
            if (_scenario.Chip != null && _scenario.Chip.ProtocolViolations != 0)
            {
                return "The chip was sent what no driver sends.";
            }

            if (_scenario.Memory.Internal.Array.Counters.ContractViolations + _scenario.Memory.External.Array.Counters.ContractViolations != 0)
            {
                return "The contract of the flash was broken.";
            }

            if (running == null || running.Image.Digest != _scenario.FinalDigest)
            {
                return "At the end runs " + (running == null ? "nothing" : running.Name) + ", not " + _scenario.NameOf(_scenario.FinalDigest) + ".";
            }

            _seen.Read();
            if (FinalContent.Length != 0 && !_seen.Content.AsSpan().SequenceEqual(FinalContent))
            {
                return "The journal ends as " + Convert.ToHexString(_seen.Content) + ", not as " + Convert.ToHexString(FinalContent) + ".";
            }

            string? wrong = FindWrongOf(0) ?? FindWrongOf(1);
            if (wrong == null && _untouched.FindChanged() is RegionId changed)
            {
                return "The region " + changed + " was changed, against the plan.";
            }

            return wrong ?? _scenario.CheckEnd?.Invoke();
        }

        // An image that is confirmed stands in its slot, also where it is not the one that runs in the end.
        private string? FindWrongOf(int component)
        {
            long id = _seen.ConfirmedOf(component, out RegionId slot);
            if (id == 0)
            {
                return null;
            }

            foreach (PlayedImage image in _scenario.Images)
            {
                if (image.Image.Id == id)
                {
                    LayoutRegion region = SeenState.RegionOf(_scenario.Memory, slot);
                    NorArray chip = region.IsExternal ? _scenario.Memory.External.Array : _scenario.Memory.Internal.Array;
                    int area = _scenario.Policy.Components[component].EnvelopeAreaBytes;
                    bool isWhole = chip.IsStable(region.StartBytes + area, image.Image.Payload);
                    return isWhole ? null : "The confirmed image " + image.Name + " is not whole in " + slot + ".";
                }
            }

            return "An image is confirmed that nobody signed.";
        }
    }
}
