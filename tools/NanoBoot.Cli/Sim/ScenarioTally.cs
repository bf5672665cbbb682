using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.PowerFail;

namespace NanoBoot.Cli.Sim
{
    /// <summary>What became of the cases whose first cut is at one flash operation.</summary>
    internal sealed class CutPosition
    {
        /// <summary>Counts nothing yet.</summary>
        /// <param name="what">The operation, for people.</param>
        /// <param name="region">The region that it changes.</param>
        public CutPosition(string what, string region)
        {
            What = what;
            Region = region;
        }

        /// <summary>The operation, for people.</summary>
        public string What { get; }

        /// <summary>The region that it changes.</summary>
        public string Region { get; }

        /// <summary>Cases, by the way in which it is cut: as <see cref="Cut.Forms"/>.</summary>
        public long[] Cases { get; } = new long[Cut.Forms.Length];

        /// <summary>Those that went wrong.</summary>
        public long[] Failures { get; } = new long[Cut.Forms.Length];
    }

    /// <summary>What became of a scenario.</summary>
    internal sealed class ScenarioTally(string name)
    {
        /// <summary>Its name.</summary>
        public string Name { get; } = name;

        /// <summary>The flash operations of its course, and the cases that begin with a cut in each.</summary>
        public List<CutPosition> Positions { get; } = [];

        /// <summary>Flash operations of the longest recovery.</summary>
        public int RecoveryOperations { get; set; }

        /// <summary>Cuts that happened.</summary>
        public long Cuts { get; set; }

        /// <summary>Cases.</summary>
        public long Cases { get; set; }

        /// <summary>Boots.</summary>
        public long Boots { get; set; }

        /// <summary>How long it took.</summary>
        public double Seconds { get; set; }

        /// <summary>What went wrong.</summary>
        public IReadOnlyList<Failure> Failures { get; set; } = [];

        /// <summary>Counts a case.</summary>
        /// <param name="chain">Its cuts.</param>
        /// <param name="reason">What is wrong, or null.</param>
        public void Count(IReadOnlyList<Cut> chain, string? reason)
        {
            if (chain.Count == 0 || chain[0].Operation >= Positions.Count)
            {
                return;
            }

            int form = System.Array.IndexOf(Cut.Forms, (chain[0].Form, chain[0].Variant));
            CutPosition position = Positions[chain[0].Operation];
            position.Cases[form]++;
            position.Failures[form] += reason is null ? 0 : 1;
        }

        /// <summary>As facts.</summary>
        public JsonObject ToJson() => new()
        {
            ["scenario"] = Name,
            ["operations"] = Positions.Count,
            ["recoveryOperations"] = RecoveryOperations,
            ["cuts"] = Cuts,
            ["cases"] = Cases,
            ["boots"] = Boots,
            ["seconds"] = System.Math.Round(Seconds, 1),
            ["failures"] = new JsonArray([.. Failures.Select(failure => new JsonObject
            {
                ["reason"] = failure.Reason, ["replay"] = failure.Replay, ["command"] = failure.Command,
            })]),
            ["positions"] = new JsonArray([.. Positions.Select(position => new JsonObject
            {
                ["operation"] = position.What,
                ["cases"] = new JsonArray([.. position.Cases.Select(count => JsonValue.Create(count))]),
                ["failures"] = position.Failures.Sum(),
            })]),
        };
    }
}
