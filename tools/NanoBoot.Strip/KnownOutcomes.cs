// Where a constant is jumped with to a test of it, jumps to where the test leads; and returns a value at once that is only
// carried to where the method returns it. Methods that were put in the place of a call leave much of that behind: a result
// that was returned to be compared.
//
// A value is taken to fit the variable that it is stored in: a compiler of C# narrows it before.

using System.Collections.Generic;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Follows jumps whose outcome is known.</summary>
    internal static class KnownOutcomes
    {
        /// <summary>Simplifies one jump.</summary>
        /// <returns>Whether there was one.</returns>
        internal static bool Follow(MethodBody body, Instruction jump, HashSet<Instruction> targets)
        {
            if (jump.OpCode != OpCodes.Br || jump.Previous == null || targets.Contains(jump))
            {
                return false;
            }

            var place = (Instruction)jump.Operand;
            Instruction value = jump.Previous;
            if (value.OpCode == OpCodes.Ldc_I4 && OutcomeOf(place, (int)value.Operand) is { } next)
            {
                value.OpCode = OpCodes.Br;
                value.Operand = next;
                body.Instructions.Remove(jump);
                return true;
            }

            if (value.OpCode != OpCodes.Stloc || place.OpCode != OpCodes.Ldloc || place.Operand != value.Operand)
            {
                return false;
            }

            if (place.Next.OpCode == OpCodes.Ret)
            {
                value.OpCode = OpCodes.Ret;
                value.Operand = null;
                body.Instructions.Remove(jump);
                return true;
            }

            if (value.Previous?.OpCode == OpCodes.Ldc_I4 && !targets.Contains(value)
                && OutcomeOf(place.Next, (int)value.Previous.Operand) is { } after && (after.OpCode != OpCodes.Ldloc || OutcomeOf(after.Next, 0) == null))
            {
                jump.Operand = after;
                return true;
            }

            return false;
        }

        // Where a branch goes that finds a constant, alone or beside another; null when that is not known.
        private static Instruction? OutcomeOf(Instruction test, int value)
        {
            Instruction branch = test.OpCode == OpCodes.Ldc_I4 ? test.Next : test;
            int other = branch == test ? 0 : (int)test.Operand;
            bool? isTaken = branch.OpCode.Code switch
            {
                Code.Brtrue when branch == test => value != 0,
                Code.Brfalse when branch == test => value == 0,
                Code.Beq when branch != test => value == other,
                Code.Bne_Un when branch != test => value != other,
                Code.Blt when branch != test => value < other,
                Code.Bge when branch != test => value >= other,
                Code.Bgt when branch != test => value > other,
                Code.Ble when branch != test => value <= other,
                _ => null,
            };
            return isTaken == null ? null : isTaken.Value ? (Instruction)branch.Operand : branch.Next;
        }
    }
}
