// Power failures for a mutant: called by reflection, in the load context of the rewritten code.

namespace NanoBoot.PowerFail
{
    /// <summary>One scenario, for a mutant.</summary>
    public static class Mutation
    {
        /// <summary>Simulates.</summary>
        /// <param name="name">The scenario.</param>
        /// <param name="cuts">1 or 2.</param>
        /// <param name="isWriteBehind">Whether what was not synced may be lost, in any order (A76).</param>
        /// <returns>Null when no case failed; else the first that did.</returns>
        public static string? Simulate(string name, int cuts, bool isWriteBehind)
        {
            Simulator simulator = new Simulator(Scenarios.Make(name)) { FailuresMax = 1, IsWriteBehind = isWriteBehind };
            simulator.RunAll(cuts);
            return simulator.Failures.Count == 0 ? null : simulator.Failures[0].Command + ": " + simulator.Failures[0].Reason;
        }
    }
}
