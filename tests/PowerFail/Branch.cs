// Where the simulator branched off: what the flash held when the power had failed, and the cuts that led there.

using System.Collections.Generic;
using NanoBoot.Emulator.Device;

namespace NanoBoot.PowerFail
{
    /// <summary>A state of the flash to go on from.</summary>
    /// <param name="Snapshot">The chips.</param>
    /// <param name="PowerOnCount">Power-ons before it: what unstable cells read depends on it.</param>
    /// <param name="History">What was seen on the way.</param>
    /// <param name="Path">The cuts on the way, the last one; null for none.</param>
    internal sealed record Branch(MemorySnapshot Snapshot, int PowerOnCount, History History, CutLink? Path);

    /// <summary>A cut and those before it: branches share what they have in common.</summary>
    internal sealed class CutLink
    {
        private readonly Cut _cut;
        private readonly CutLink? _before;

        internal CutLink(in Cut cut, CutLink? before)
        {
            _cut = cut;
            _before = before;
        }

        internal static IReadOnlyList<Cut> ToList(CutLink? last)
        {
            List<Cut> cuts = new List<Cut>();
            for (CutLink? link = last; link != null; link = link._before)
            {
                cuts.Insert(0, link._cut);
            }

            return cuts;
        }
    }
}
