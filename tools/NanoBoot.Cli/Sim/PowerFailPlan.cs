using System.Collections.Generic;

namespace NanoBoot.Cli.Sim
{
    /// <summary>What a run of the power-fail simulator is to do.</summary>
    internal sealed record PowerFailPlan
    {
        /// <summary>Names of scenarios.</summary>
        public required IReadOnlyList<string> Scenarios { get; init; }

        /// <summary>1 for every single cut, 2 for every pair as well.</summary>
        public int CutsMax { get; init; } = 1;

        /// <summary>Chains of cuts at random in their place; 0 for none.</summary>
        public int Chains { get; init; }

        /// <summary>Chooses the chains.</summary>
        public int Seed { get; init; } = 1;

        /// <summary>Signatures where a MAC could do.</summary>
        public bool HasSignatures { get; init; }

        /// <summary>Unstable cells read differently at each reading.</summary>
        public bool IsEachRead { get; init; }

        /// <summary>What was not synced may be lost, in any order.</summary>
        public bool IsWriteBehind { get; init; }

        /// <summary>Scenarios that run at a time.</summary>
        public int Jobs { get; init; } = 1;

        /// <summary>The plan in words.</summary>
        public string Text
        {
            get
            {
                string cuts = Chains > 0 ? $"{Chains} chains of 3 to 10 cuts, seed {Seed}" : CutsMax == 1 ? "every single cut" : "every single cut and every pair";
                return cuts + (HasSignatures ? ", with signatures" : string.Empty) + (IsEachRead ? ", unstable cells differ at each reading" : string.Empty)
                    + (IsWriteBehind ? ", what was not synced may be lost" : string.Empty);
            }
        }
    }
}
