// Loops of stage 1 whose end can be read off: an exit that depends on a counter, and a body that moves this counter.
// A loop is the code from the target of a backward branch to that branch. A counter is a local, an argument or a field that
// the loop stores as itself plus, minus or shifted by something, or one that a method of the same library counts down by
// reference and answers for (CborReader.Next). An exit is a conditional branch out of the loop, or one to a return within it. What remains is on a list, by name, with the reason why it ends.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>Looks for loops that no counter ends.</summary>
    internal static class LoopBounds
    {
        private const int ExpressionInstructionsMax = 40;

        /// <summary>Methods that have such a loop; once for each.</summary>
        public static IReadOnlyList<string> FindUncounted(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            var findings = new List<string>();
            foreach (MethodDefinition method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
            {
                foreach (Instruction branch in method.Body.Instructions)
                {
                    if (branch.Operand is Instruction target && target.Offset <= branch.Offset
                        && !IsCounted(method.Body, target.Offset, branch.Offset))
                    {
                        findings.Add(method.DeclaringType.Name + "." + method.Name);
                    }
                }
            }

            return findings;
        }

        private static bool IsCounted(MethodBody body, int first, int last)
        {
            Instruction[] loop = [.. body.Instructions.Where(i => i.Offset >= first && i.Offset <= last)];
            HashSet<string> counters = [.. loop.Where(IsStep).Select(store => Variable(body, store)!)];
            return loop.Any(i => i.OpCode.FlowControl == FlowControl.Cond_Branch && Leaves(i, first, last)
                && (Expression(i).Any(load => IsLoad(load) && counters.Contains(Variable(body, load) ?? string.Empty))
                    || (i.Previous.Operand is MethodReference counter && CountsDown(counter.Resolve()))));

            // v = ... v ... + x, v - x or v shifted.
            bool IsStep(Instruction store)
            {
                string? stored = IsStore(store) ? Variable(body, store) : null;
                return stored != null
                    && Expression(store).Any(i => i.OpCode.Code is Code.Add or Code.Sub or Code.Shr or Code.Shr_Un)
                    && Expression(store).Any(i => IsLoad(i) && Variable(body, i) == stored);
            }
        }

        // A method that answers, and takes one from what its last argument refers to.
        private static bool CountsDown(MethodDefinition? method)
        {
            return method is { HasBody: true, HasParameters: true } && method.Parameters.Last().ParameterType.IsByReference
                && method.Body.Instructions.Any(i => i.OpCode.Code == Code.Stind_I4 && i.Previous.OpCode.Code == Code.Sub
                    && i.Previous.Previous.OpCode.Code == Code.Ldc_I4_1);
        }

        // A branch that goes out of the loop, the last one (which falls out of it), or one to or around a return.
        private static bool Leaves(Instruction branch, int first, int last)
        {
            IEnumerable<Instruction> targets = branch.Operand switch
            {
                Instruction one => [one],
                Instruction[] many => many,
                _ => [],
            };
            return branch.Offset == last || targets.Append(branch.Next).Any(t => t.Offset < first || t.Offset > last || ReturnsSoon(t));
        }

        private static bool ReturnsSoon(Instruction instruction)
        {
            for (int i = 0; i < ExpressionInstructionsMax && instruction != null; i++)
            {
                if (instruction.OpCode.FlowControl is FlowControl.Return or FlowControl.Throw)
                {
                    return true;
                }

                if (instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch)
                {
                    return false;
                }

                instruction = instruction.Next;
            }

            return false;
        }

        // What was computed for an instruction: back to the last that stored or branched.
        private static IEnumerable<Instruction> Expression(Instruction instruction)
        {
            Instruction before = instruction.Previous;
            for (int i = 0; i < ExpressionInstructionsMax && before != null; i++)
            {
                if (IsStore(before) || before.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return)
                {
                    yield break;
                }

                yield return before;
                before = before.Previous;
            }
        }

        private static bool IsStore(Instruction instruction)
        {
            string name = instruction.OpCode.Name;
            return name.StartsWith("stloc", System.StringComparison.Ordinal) || name.StartsWith("starg", System.StringComparison.Ordinal)
                || instruction.OpCode.Code == Code.Stfld;
        }

        private static bool IsLoad(Instruction instruction)
        {
            string name = instruction.OpCode.Name;
            return name.StartsWith("ldloc", System.StringComparison.Ordinal) || name.StartsWith("ldarg", System.StringComparison.Ordinal)
                || instruction.OpCode.Code == Code.Ldfld;
        }

        private static string? Variable(MethodBody body, Instruction instruction)
        {
            string name = instruction.OpCode.Name;
            if (instruction.Operand is FieldReference field)
            {
                return "field " + field.FullName;
            }

            if (instruction.Operand is VariableDefinition local)
            {
                return "local " + local.Index;
            }

            if (instruction.Operand is ParameterDefinition parameter)
            {
                return "argument " + (parameter.Index + (body.Method.HasThis ? 1 : 0));
            }

            // ldloc.0 to ldloc.3, ldarg.0 to ldarg.3 and their stores.
            return (name.Contains("loc", System.StringComparison.Ordinal) ? "local " : "argument ") + name[^1];
        }
    }
}
