// Loads once, before a condition, what is loaded first in either case.
//
// Where both ways from a branch begin with the same load of a variable, a parameter or a constant, and nothing else leads to either
// beginning, the load may as well come before the condition is computed, if that does not write the variable: the value lies on
// the stack below. Only for branches forward, as the metadata processor knows what is on the stack behind a jump only where it met
// a branch to there (CodeFlow.HasPlainStack). Methods with exception handlers stay as they are.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Joins equal beginnings.</summary>
    internal static class BranchStarts
    {
        /// <summary>Joins what can be. Doing it again changes nothing.</summary>
        internal static void Join(MethodBody body)
        {
            while (body.ExceptionHandlers.Count == 0 && body.Instructions.Where(CodeFlow.IsConditional).ToArray().Any(b => JoinBehind(body, b)))
            {
            }
        }

        private static bool JoinBehind(MethodBody body, Instruction branch)
        {
            var other = (Instruction)branch.Operand;
            Instruction load = branch.Next;
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            if (load.OpCode != other.OpCode || !Equals(load.Operand, other.Operand) || load.OpCode.Code is not (Code.Ldarg or Code.Ldloc or Code.Ldc_I4 or Code.Ldnull)
                || targets.Contains(branch) || targets.Contains(load) || load == other || !CodeFlow.IsEnd(other.Previous)
                || body.Instructions.Sum(i => CodeFlow.TargetsOf(i).Count(t => t == other)) > 1
                || body.Instructions.IndexOf(other) < body.Instructions.IndexOf(branch))
            {
                return false;
            }

            Instruction? start = StartOfCondition(branch, body, targets);
            if (start == null || IsWritten(body, load, start, branch))
            {
                return false;
            }

            CodeFlow.Retarget(body, other, other.Next);
            body.Instructions.Remove(other);
            body.Instructions.Remove(load);
            CodeFlow.Retarget(body, start, load);
            body.Instructions.Insert(body.Instructions.IndexOf(start), load);
            return true;
        }

        private static Instruction? StartOfCondition(Instruction branch, MethodBody body, HashSet<Instruction> targets)
        {
            Instruction? start = CodeFlow.StartOf(branch.Previous, body, targets);
            bool isOfTwo = CodeFlow.Pops(branch, body.Method) == 2;
            return isOfTwo && start != null ? targets.Contains(start) ? null : CodeFlow.StartOf(start.Previous, body, targets) : start;
        }

        private static bool IsWritten(MethodBody body, Instruction load, Instruction start, Instruction branch)
        {
            if (load.Operand != null && body.Instructions.Any(i => i.OpCode.Code is Code.Ldloca or Code.Ldarga && i.Operand == load.Operand))
            {
                return true;
            }

            for (Instruction at = start; at != branch; at = at.Next)
            {
                if (at.OpCode.Code is Code.Stloc or Code.Starg && at.Operand == load.Operand)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
