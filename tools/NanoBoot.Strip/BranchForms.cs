// Gives each branch the shortest form that reaches its target: two bytes up to 127 away, three beyond.
//
// A branch that does not reach its target goes to a jump nearby that leads there, if there is one (JumpShortener undoes that,
// where code is shortened once more). First all are in the short form; those that need it get the long one, until no other does.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Chooses the forms of branches.</summary>
    internal static class BranchForms
    {
        // By the short form.
        private static readonly Dictionary<OpCode, OpCode> LongForms = AllOpCodes()
            .Where(o => o.OperandType == OperandType.InlineBrTarget)
            .ToDictionary(o => AllOpCodes().Single(s => s.Name == o.Name + ".s"), o => o);

        /// <summary>Chooses the forms of a method's branches.</summary>
        internal static void Choose(MethodBody body)
        {
            foreach (Instruction branch in body.Instructions.Where(i => i.OpCode.OperandType == OperandType.InlineBrTarget))
            {
                branch.OpCode = LongForms.Single(f => f.Value == branch.OpCode).Key;
            }

            bool isChanged = true;
            while (isChanged)
            {
                isChanged = false;
                Measure(body);
                foreach (Instruction branch in body.Instructions.Where(i => i.OpCode.OperandType == OperandType.ShortInlineBrTarget && !Reaches(i, (Instruction)i.Operand)))
                {
                    isChanged = true;
                    if (body.ExceptionHandlers.Count == 0 && JumpNear(body, branch) is { } jump)
                    {
                        branch.Operand = jump;
                    }
                    else
                    {
                        branch.OpCode = LongForms[branch.OpCode];
                    }
                }
            }
        }

        private static IEnumerable<OpCode> AllOpCodes() => typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!);

        private static void Measure(MethodBody body)
        {
            int offset = 0;
            foreach (Instruction instruction in body.Instructions)
            {
                instruction.Offset = offset;
                offset += instruction.GetSize();
            }
        }

        private static bool Reaches(Instruction branch, Instruction target)
        {
            return target.Offset - (branch.Offset + branch.GetSize()) is >= sbyte.MinValue and <= sbyte.MaxValue;
        }

        // One that goes all the way: others may be on their way to this branch.
        private static Instruction? JumpNear(MethodBody body, Instruction branch)
        {
            return body.Instructions.FirstOrDefault(i => i != branch && i.Operand == branch.Operand && i.OpCode.Code is Code.Br or Code.Br_S && i.Operand == branch.Operand
                && Reaches(branch, i));
        }
    }
}
