// Decides in which order assemblies are loaded, and whether all that they need is there: in the bundle, or resident.

using System;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>A reference that nothing satisfies.</summary>
    /// <param name="From">The assembly that refers.</param>
    /// <param name="Reference">What it refers to.</param>
    /// <param name="Found">An assembly of that name in another version, or null.</param>
    public sealed record MissingReference(string From, AssemblyReference Reference, AssemblyDescription? Found);

    /// <summary>A name that an assembly refers to, and that the assembly which should have it has not.</summary>
    /// <param name="From">The assembly that refers.</param>
    /// <param name="Reference">What it refers to.</param>
    public sealed record MissingName(string From, NameReference Reference);

    /// <summary>The order in which assemblies are loaded, and what stands in the way.</summary>
    public sealed class BundlePlan
    {
        /// <summary>Most assemblies that the runtime holds in all, resident ones included.</summary>
        public const int MaximumAssemblies = 64;

        private BundlePlan(
            IReadOnlyList<int> order, IReadOnlyList<MissingReference> missing, IReadOnlyList<MissingName> missingNames, IReadOnlyList<string> problems)
        {
            Order = order;
            Missing = missing;
            MissingNames = missingNames;
            Problems = problems;
        }

        /// <summary>Indices of the assemblies, dependencies first; as short as it was possible to go when there is a cycle.</summary>
        public IReadOnlyList<int> Order { get; }

        /// <summary>References that neither the bundle nor what is resident satisfies.</summary>
        public IReadOnlyList<MissingReference> Missing { get; }

        /// <summary>Names that are not in the assembly, in the bundle or resident, that should have them.</summary>
        public IReadOnlyList<MissingName> MissingNames { get; }

        /// <summary>What makes the bundle unusable, apart from missing references; one line each.</summary>
        public IReadOnlyList<string> Problems { get; }

        /// <summary>Makes the plan. Assemblies keep the order given, as far as their references allow.</summary>
        /// <param name="assemblies">The assemblies of the bundle.</param>
        /// <param name="resident">Those that are deployed with stage 1.</param>
        /// <param name="isDeployment">True for a deployment image, whose assemblies may have native methods.</param>
        public static BundlePlan Make(
            IReadOnlyList<AssemblyDescription> assemblies, IReadOnlyList<AssemblyDescription> resident, bool isDeployment = false)
        {
            ArgumentNullException.ThrowIfNull(assemblies);
            ArgumentNullException.ThrowIfNull(resident);
            List<string> problems = FindProblems(assemblies, resident, isDeployment);
            var order = new List<int>();
            var waiting = Enumerable.Range(0, assemblies.Count).ToList();
            while (waiting.Count != 0)
            {
                int next = waiting.FindIndex(index => IsReady(assemblies, waiting, index));
                if (next < 0)
                {
                    problems.Add($"they refer to each other in a circle: {string.Join(", ", waiting.Select(index => assemblies[index].Name))}.");
                    break;
                }

                order.Add(waiting[next]);
                waiting.RemoveAt(next);
            }

            return new BundlePlan(order, FindMissing(assemblies, resident), FindMissingNames(assemblies, resident), problems);
        }

        private static bool IsReady(IReadOnlyList<AssemblyDescription> assemblies, List<int> waiting, int index)
        {
            return assemblies[index].References.All(
                reference => !waiting.Exists(other => other != index && assemblies[other].Name == reference.Name));
        }

        private static List<MissingReference> FindMissing(IReadOnlyList<AssemblyDescription> assemblies, IReadOnlyList<AssemblyDescription> resident)
        {
            var missing = new List<MissingReference>();
            foreach (AssemblyDescription assembly in assemblies)
            {
                foreach (AssemblyReference reference in assembly.References)
                {
                    AssemblyDescription[] named = [.. assemblies.Concat(resident).Where(other => other.Name == reference.Name)];
                    bool isThere = Array.Exists(named, other => assembly.IsNano ? reference.IsSatisfiedBy(other) : true);
                    if (!isThere)
                    {
                        missing.Add(new MissingReference(assembly.Name, reference, named.FirstOrDefault()));
                    }
                }
            }

            return missing;
        }

        private static List<MissingName> FindMissingNames(IReadOnlyList<AssemblyDescription> assemblies, IReadOnlyList<AssemblyDescription> resident)
        {
            ILookup<string, AssemblyDescription> there = assemblies.Concat(resident).Where(other => other.IsNano).ToLookup(other => other.Name);
            return
            [
                .. assemblies.SelectMany(assembly => assembly.NameReferences
                    .Where(reference => there[reference.Assembly].Any() && !there[reference.Assembly].Any(other => other.Names.Contains(reference.Name)))
                    .Select(reference => new MissingName(assembly.Name, reference))),
            ];
        }

        private static List<string> FindProblems(
            IReadOnlyList<AssemblyDescription> assemblies, IReadOnlyList<AssemblyDescription> resident, bool isDeployment)
        {
            var problems = new List<string>();
            foreach (AssemblyDescription assembly in assemblies)
            {
                if (assembly.NativeChecksum != 0 && !isDeployment)
                {
                    problems.Add($"{assembly.Name} has native methods; the runtime binds none of an assembly that is loaded from an array, so it has to be deployed with stage 1.");
                }

                if (!assembly.IsIntact)
                {
                    problems.Add($"{assembly.Name} is damaged: a CRC in its header is wrong; build it again.");
                }

                if (assembly.IsNano && resident.Any(other => other.Name == assembly.Name))
                {
                    problems.Add($"{assembly.Name} is resident already; lookups by name would find that one.");
                }
            }

            problems.AddRange(assemblies.GroupBy(assembly => assembly.Name).Where(group => group.Count() > 1)
                .Select(group => $"{group.Key} is there {group.Count()} times."));
            if (assemblies.Count + resident.Count > MaximumAssemblies)
            {
                problems.Add($"{assemblies.Count + resident.Count} assemblies; the runtime holds {MaximumAssemblies}.");
            }

            if (assemblies.Select(assembly => assembly.IsNano).Distinct().Count() > 1)
            {
                problems.Add("nanoFramework .pe files and .NET assemblies do not go together.");
            }

            return problems;
        }
    }
}
