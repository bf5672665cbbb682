// Who may call whom within the assemblies of a stage: direct calls, and for virtual and interface calls every
// implementation there is. A cycle is recursion, and the stack of an interpreter on a board is short.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>The call graph of some assemblies.</summary>
    internal sealed class CallGraph
    {
        private readonly Dictionary<string, List<string>> _calls = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<string>> _implementations = new(StringComparer.Ordinal);

        private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _low = new(StringComparer.Ordinal);
        private readonly Stack<string> _open = new();
        private readonly List<string[]> _cycles = new();

        /// <summary>Reads the assemblies.</summary>
        public CallGraph(params byte[][] images)
        {
            ModuleDefinition[] modules = images.Select(i => ModuleDefinition.ReadModule(new MemoryStream(i))).ToArray();
            MethodDefinition[] methods = modules.SelectMany(m => m.GetTypes()).SelectMany(t => t.Methods).ToArray();
            Dictionary<string, TypeDefinition> types = modules.SelectMany(m => m.GetTypes())
                .Where(t => t.FullName != "<Module>" && !t.FullName.StartsWith("<PrivateImpl", StringComparison.Ordinal))
                .ToDictionary(t => t.FullName, StringComparer.Ordinal);

            foreach (MethodDefinition method in methods.Where(m => m.IsVirtual && !m.IsAbstract))
            {
                foreach (TypeReference ancestor in Ancestors(method.DeclaringType, types))
                {
                    Add(_implementations, Key(ancestor.FullName, method), method.FullName);
                }
            }

            foreach (MethodDefinition method in methods.Where(m => m.HasBody))
            {
                _calls[method.FullName] = new List<string>();
                foreach (MethodReference target in method.Body.Instructions.Select(i => i.Operand).OfType<MethodReference>())
                {
                    _calls[method.FullName].Add(target.FullName);
                    if (_implementations.TryGetValue(Key(target.DeclaringType.FullName, target), out List<string>? overrides))
                    {
                        _calls[method.FullName].AddRange(overrides);
                    }
                }
            }
        }

        /// <summary>Groups of methods that call each other in a circle, by Tarjan's algorithm.</summary>
        public IReadOnlyList<string> FindCycles()
        {
            foreach (string method in _calls.Keys)
            {
                if (!_index.ContainsKey(method))
                {
                    Visit(method);
                }
            }

            return _cycles.Select(c => string.Join(" -> ", c)).ToArray();
        }

        private static string Key(string typeName, MethodReference method)
        {
            string name = method.Name[(method.Name.LastIndexOf('.') + 1)..];
            return typeName + "::" + name + "(" + string.Join(",", method.Parameters.Select(p => p.ParameterType.FullName)) + ")";
        }

        private static void Add(Dictionary<string, List<string>> map, string key, string value)
        {
            if (!map.TryGetValue(key, out List<string>? values))
            {
                map.Add(key, values = new List<string>());
            }

            values.Add(value);
        }

        private static IEnumerable<TypeReference> Ancestors(TypeDefinition type, Dictionary<string, TypeDefinition> types)
        {
            for (TypeDefinition? current = type; current is not null;)
            {
                foreach (InterfaceImplementation implementation in current.Interfaces)
                {
                    yield return implementation.InterfaceType;
                }

                if (current.BaseType is null)
                {
                    yield break;
                }

                yield return current.BaseType;
                current = types.GetValueOrDefault(current.BaseType.FullName);
            }
        }

        private void Visit(string method)
        {
            _index[method] = _low[method] = _index.Count;
            _open.Push(method);
            foreach (string target in _calls[method].Where(_calls.ContainsKey))
            {
                if (!_index.ContainsKey(target))
                {
                    Visit(target);
                    _low[method] = Math.Min(_low[method], _low[target]);
                }
                else if (_open.Contains(target))
                {
                    _low[method] = Math.Min(_low[method], _index[target]);
                }
            }

            if (_low[method] != _index[method])
            {
                return;
            }

            var cycle = new List<string>();
            string member;
            do
            {
                member = _open.Pop();
                cycle.Add(member);
            }
            while (member != method);

            if (cycle.Count > 1 || _calls[method].Contains(method))
            {
                cycle.Reverse();
                _cycles.Add(cycle.ToArray());
            }
        }
    }
}
