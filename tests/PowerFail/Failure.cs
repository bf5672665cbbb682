// What a simulation finds.

using System.Collections.Generic;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>What went wrong in a case.</summary>
    /// <param name="Scenario">Name of the scenario.</param>
    /// <param name="Chain">The cuts.</param>
    /// <param name="Reason">What the oracle says.</param>
    public sealed record Failure(string Scenario, IReadOnlyList<Cut> Chain, string Reason)
    {
        /// <summary>How it ran, where that is not the default: options of the command.</summary>
        public string Options { get; init; } = string.Empty;

        /// <summary>The text that names the case.</summary>
        public string Replay => Scenario + "/" + Cut.Format(Chain);

        /// <summary>The command that runs the case again, and tells its course.</summary>
        public string Command => "nanoboot sim powerfail --replay " + Replay + Options;
    }

    /// <summary>Wear of one sector.</summary>
    /// <param name="Region">Its region.</param>
    /// <param name="Sector">Its number in the region, from 0.</param>
    /// <param name="Erases">How often the course without a failure erases it.</param>
    /// <param name="ErasesMax">How often at most, over all cases, erases that were cut counted.</param>
    public sealed record SectorWear(RegionId Region, int Sector, int Erases, int ErasesMax);
}
