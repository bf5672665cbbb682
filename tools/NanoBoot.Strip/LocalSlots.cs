// Gives local variables of the same type that are never needed at the same time one slot, and those that are used most the
// first four, which take one byte for each use where the others take two.
//
// A variable is needed from where it is written to where it is read last. What is read before it is written (it is zero
// then) and what an address is taken of keeps a slot of its own; so does everything in a method with exception handlers.
// A slot never holds objects of two classes: after a fault that leaves out a jump (A62), code would take one for the other,
// and read beyond its end. So it is with the types that the compiler knew, and System.Object shares with none.
// A value that is only carried from one slot to another that it shares from then on is not moved any more, and what is
// stored and never read is not stored.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Shares and orders the slots of local variables.</summary>
    internal static class LocalSlots
    {
        private const int ShortSlots = 4;

        /// <summary>Removes unused variables, shares slots and orders them. Doing it again changes nothing.</summary>
        internal static void Arrange(MethodBody body)
        {
            if (body.HasVariables && body.ExceptionHandlers.Count == 0)
            {
                Share(body);
            }

            var used = new HashSet<VariableDefinition>(body.Instructions.Select(i => i.Operand).OfType<VariableDefinition>());
            foreach (VariableDefinition unused in body.Variables.Where(v => !used.Contains(v)).ToArray())
            {
                body.Variables.Remove(unused);
            }

            Order(body);
        }

        /// <summary>Whether a method reads variables that nothing has written. What an address is taken of is written through that:
        /// a compiler of C# sees to it.</summary>
        internal static bool NeedsZeros(MethodBody body)
        {
            NeededAfter(body, out HashSet<VariableDefinition> atStart);
            return atStart.Any(v => !body.Instructions.Any(i => i.OpCode == OpCodes.Ldloca && i.Operand == v));
        }

        private static void Order(MethodBody body)
        {
            if (body.Variables.Count > 1)
            {
                // Among the first and among the others by type: methods with like locals share their description, and also those
                // whose list is a part of another's. So the numbers that are most common, the ints, stand together.
                VariableDefinition[] before = body.Variables.ToArray();
                var most = new HashSet<VariableDefinition>(
                    before.OrderByDescending(v => Uses(body, v)).ThenBy(v => v.Index).Take(ShortSlots));
                VariableDefinition[] after = before.OrderBy(v => most.Contains(v) ? 0 : 1)
                    .ThenBy(v => (v.VariableType.MetadataType == MetadataType.Int32) == most.Contains(v) ? 1 : 0)
                    .ThenBy(v => v.VariableType.FullName, StringComparer.Ordinal).ThenBy(v => v.Index).ToArray();
                body.Variables.Clear();
                foreach (VariableDefinition local in after)
                {
                    body.Variables.Add(local);
                }
            }
        }

        // An address is loaded by two bytes from every slot.
        private static int Uses(MethodBody body, VariableDefinition local)
        {
            return body.Instructions.Count(i => i.Operand == local && i.OpCode != OpCodes.Ldloca);
        }

        private static void Share(MethodBody body)
        {
            Dictionary<Instruction, HashSet<VariableDefinition>> needed = NeededAfter(body, out HashSet<VariableDefinition> atStart);
            RemoveUnread(body, needed);
            var own = new HashSet<VariableDefinition>(
                body.Instructions.Where(i => i.OpCode == OpCodes.Ldloca).Select(i => (VariableDefinition)i.Operand).Concat(atStart));
            Dictionary<VariableDefinition, HashSet<VariableDefinition>> apart = body.Variables.ToDictionary(v => v, _ => new HashSet<VariableDefinition>());
            Dictionary<Instruction, VariableDefinition> sources = Copies(body);
            foreach (Instruction store in body.Instructions.Where(i => i.OpCode == OpCodes.Stloc && needed.ContainsKey(i)))
            {
                var stored = (VariableDefinition)store.Operand;
                VariableDefinition? source = sources.GetValueOrDefault(store);
                foreach (VariableDefinition other in needed[store].Where(v => v != stored && v != source))
                {
                    apart[stored].Add(other);
                    apart[other].Add(stored);
                }
            }

            // Those that are copied to each other come first together.
            var slots = new List<List<VariableDefinition>>();
            var slotOf = new Dictionary<VariableDefinition, List<VariableDefinition>>();
            foreach (VariableDefinition local in body.Variables.OrderByDescending(v => Uses(body, v)).ThenBy(v => v.Index))
            {
                bool Fits(List<VariableDefinition> slot) => !own.Contains(local) && !own.Contains(slot[0])
                    && slot[0].VariableType.FullName == local.VariableType.FullName && local.VariableType.MetadataType != MetadataType.Object
                    && !slot.Any(v => apart[local].Contains(v));
                List<VariableDefinition>? shared = CopiesOf(sources, local).Where(slotOf.ContainsKey).Select(v => slotOf[v]).FirstOrDefault(Fits)
                    ?? slots.FirstOrDefault(Fits);
                if (shared == null)
                {
                    shared = new List<VariableDefinition>();
                    slots.Add(shared);
                }

                shared.Add(local);
                slotOf.Add(local, shared);
            }

            foreach (Instruction instruction in body.Instructions)
            {
                if (instruction.Operand is VariableDefinition local)
                {
                    // The first of the old order stands for all.
                    instruction.Operand = slotOf[local].MinBy(v => v.Index);
                }
            }

            RemoveMovesToItself(body);
        }

        // Stores of what another variable holds, whichever way they are reached, and that variable.
        private static Dictionary<Instruction, VariableDefinition> Copies(MethodBody body)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            return body.Instructions
                .Where(i => i.OpCode == OpCodes.Stloc && i.Previous?.OpCode == OpCodes.Ldloc && !targets.Contains(i))
                .ToDictionary(i => i, i => (VariableDefinition)i.Previous.Operand);
        }

        private static IEnumerable<VariableDefinition> CopiesOf(Dictionary<Instruction, VariableDefinition> sources, VariableDefinition local)
        {
            return sources.Where(c => c.Key.Operand == local).Select(c => c.Value)
                .Concat(sources.Where(c => c.Value == local).Select(c => (VariableDefinition)c.Key.Operand));
        }

        // What is stored and never read: where it takes no more than to load it.
        private static void RemoveUnread(MethodBody body, Dictionary<Instruction, HashSet<VariableDefinition>> needed)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            foreach (Instruction store in body.Instructions.Where(i => i.OpCode == OpCodes.Stloc && needed.ContainsKey(i) && !targets.Contains(i)).ToArray())
            {
                bool isAddressed = body.Instructions.Any(i => i.OpCode == OpCodes.Ldloca && i.Operand == store.Operand);
                if (!isAddressed && !needed[store].Contains((VariableDefinition)store.Operand)
                    && store.Previous?.OpCode.Code is Code.Ldc_I4 or Code.Ldnull or Code.Ldloc or Code.Ldarg)
                {
                    CodeFlow.Retarget(body, store.Previous, store.Next);
                    body.Instructions.Remove(store.Previous);
                    body.Instructions.Remove(store);
                    targets = CodeFlow.TargetsIn(body);
                }
            }
        }

        private static void RemoveMovesToItself(MethodBody body)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            foreach (Instruction store in body.Instructions.Where(i => i.OpCode == OpCodes.Stloc).ToArray())
            {
                Instruction load = store.Previous;
                if (load?.OpCode == OpCodes.Ldloc && load.Operand == store.Operand && !targets.Contains(store))
                {
                    CodeFlow.Retarget(body, load, store.Next);
                    body.Instructions.Remove(load);
                    body.Instructions.Remove(store);
                    targets = CodeFlow.TargetsIn(body);
                }
            }
        }

        // From the last instruction to the first, until nothing is added.
        private static Dictionary<Instruction, HashSet<VariableDefinition>> NeededAfter(MethodBody body, out HashSet<VariableDefinition> atStart)
        {
            HashSet<Instruction> reached = CodeFlow.Depths(body).Keys.ToHashSet();
            Dictionary<Instruction, HashSet<VariableDefinition>> before = reached.ToDictionary(i => i, _ => new HashSet<VariableDefinition>());
            Dictionary<Instruction, HashSet<VariableDefinition>> after = reached.ToDictionary(i => i, _ => new HashSet<VariableDefinition>());
            bool isChanged = true;
            while (isChanged)
            {
                isChanged = false;
                foreach (Instruction instruction in body.Instructions.Reverse().Where(reached.Contains))
                {
                    HashSet<VariableDefinition> live = after[instruction];
                    foreach (Instruction next in CodeFlow.TargetsOf(instruction))
                    {
                        live.UnionWith(before[next]);
                    }

                    if (!CodeFlow.IsEnd(instruction))
                    {
                        live.UnionWith(before[instruction.Next]);
                    }

                    int count = before[instruction].Count;
                    before[instruction].UnionWith(live.Where(v => instruction.OpCode != OpCodes.Stloc || instruction.Operand != v));
                    if (instruction.OpCode == OpCodes.Ldloc)
                    {
                        before[instruction].Add((VariableDefinition)instruction.Operand);
                    }

                    isChanged |= before[instruction].Count != count;
                }
            }

            atStart = before[body.Instructions[0]];
            return after;
        }
    }
}
