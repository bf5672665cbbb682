// Leaves a value on the stack that is stored and loaded again at once, and takes it twice where it is loaded twice in a row.
//
// `store X; load X` becomes nothing where X is not needed any more, and where it is, `dup; store X`, which is shorter for
// all but the first four variables. Between the two there may be loads of what the value's computation does not change:
// they go before it, with what branches to it. So `load A; compute; add` comes of `compute; store X; load A; load X; add`.
// And `load X; load X` becomes `load X; dup`, where that is shorter.
// Last: what else looks at code knows a variable by where it is stored and loaded.
//
// The value is the same: nothing else happens between the two, and a variable of a kind that the value is not of (NumberKinds)
// is left alone, unless nothing asks for the kind. So are methods with exception handlers, as the stack is lost where they catch.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Keeps values on the stack.</summary>
    internal static class StackValues
    {
        /// <summary>Keeps what can be. Doing it again changes nothing.</summary>
        internal static void Keep(MethodBody body)
        {
            while (body.ExceptionHandlers.Count == 0 && KeepOne(body))
            {
            }

            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            foreach (Instruction again in body.Instructions.Where(i => !targets.Contains(i) && CodeFlow.Bytes(i) > 1 && IsLoadedBefore(i)))
            {
                (again.OpCode, again.Operand) = (OpCodes.Dup, null);
            }
        }

        private static bool IsLoadedBefore(Instruction load)
        {
            return load.Previous?.OpCode == load.OpCode && Equals(load.Previous.Operand, load.Operand) && load.OpCode.Code switch
            {
                Code.Ldloc => NumberKinds.IsNumberOrReference(((VariableDefinition)load.Operand).VariableType),
                Code.Ldarg => NumberKinds.IsNumberOrReference(((ParameterDefinition)load.Operand).ParameterType),
                Code.Ldc_I4 => true,
                _ => false,
            };
        }

        private static bool KeepOne(MethodBody body)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            var addressed = new HashSet<object>(body.Instructions.Where(i => i.OpCode.Code is Code.Ldloca or Code.Ldarga).Select(i => i.Operand));
            Dictionary<Instruction, HashSet<VariableDefinition>> needed = LocalSlots.NeededAfter(body, out _);
            foreach (Instruction store in body.Instructions.Where(i => i.OpCode == OpCodes.Stloc && needed.ContainsKey(i)))
            {
                var variable = (VariableDefinition)store.Operand;
                List<Instruction> between = LoadsBehind(store, addressed, targets);
                Instruction? load = between.Count == 0 ? store.Next : between[^1].Next;
                if (load?.OpCode != OpCodes.Ldloc || load.Operand != variable || addressed.Contains(variable) || targets.Contains(load))
                {
                    continue;
                }

                bool isNeeded = needed[load].Contains(variable);
                if ((!isNeeded || CodeFlow.Bytes(store) > 1)
                    && NumberKinds.IsSameLoaded(store, load, body, targets)
                    && MoveBefore(body, between, store, targets))
                {
                    Instruction instead = isNeeded ? Instruction.Create(OpCodes.Dup) : store.Next;
                    if (isNeeded)
                    {
                        body.Instructions.Insert(body.Instructions.IndexOf(store), instead);
                    }
                    else
                    {
                        body.Instructions.Remove(store);
                    }

                    // What jumps to the store brings the value along.
                    instead = instead == load ? load.Next : instead;
                    CodeFlow.Retarget(body, store, instead);
                    body.Instructions.Remove(load);
                    return true;
                }
            }

            return false;
        }

        // What is loaded next, of other things than the variable.
        private static List<Instruction> LoadsBehind(Instruction store, HashSet<object> addressed, HashSet<Instruction> targets)
        {
            var loads = new List<Instruction>();
            for (Instruction? at = store.Next; at != null && !targets.Contains(at) && at.Operand != store.Operand; at = at.Next)
            {
                if (at.OpCode.Code is not (Code.Ldarg or Code.Ldloc or Code.Ldc_I4 or Code.Ldnull) || addressed.Contains(at.Operand))
                {
                    break;
                }

                loads.Add(at);
            }

            return loads;
        }

        // Moves loads to before the computation of what is stored.
        private static bool MoveBefore(MethodBody body, List<Instruction> loads, Instruction store, HashSet<Instruction> targets)
        {
            Instruction? start = loads.Count == 0 ? store : targets.Contains(store) ? null : CodeFlow.StartOf(store.Previous, body, targets);
            if (start == null)
            {
                return false;
            }

            for (Instruction at = start; at != store; at = at.Next)
            {
                if (at.OpCode.Code is Code.Stloc or Code.Starg && loads.Any(l => l.Operand == at.Operand))
                {
                    return false;
                }
            }

            if (loads.Count > 0)
            {
                foreach (Instruction load in loads)
                {
                    body.Instructions.Remove(load);
                }

                CodeFlow.Retarget(body, start, loads[0]);
                int index = body.Instructions.IndexOf(start);
                foreach (Instruction load in loads)
                {
                    body.Instructions.Insert(index++, load);
                }
            }

            return true;
        }
    }
}
