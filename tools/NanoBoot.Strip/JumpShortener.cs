// Keeps equal ends of a method's branches once, and jumps straight to where a jump leads.
//
// Two runs of instructions that are equal, up to a return or to the same place, do the same: the first is taken out and
// jumps to the second. With values on the stack (the start of a loop that stores its counter as the end of the loop does)
// only forward: the metadata processor computes the stack of a method in one pass from its beginning, and does so right
// where what is jumped to is run on to as well, as it is there (CodeFlow.HasPlainStack; tests look at each method).
// Compilers make such jumps of conditional expressions. Methods with exception handlers stay as they are.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Shortens jumps and joins equal ends.</summary>
    internal static class JumpShortener
    {
        private static readonly Dictionary<OpCode, OpCode> Opposites = new[]
        {
            (OpCodes.Brtrue, OpCodes.Brfalse), (OpCodes.Beq, OpCodes.Bne_Un), (OpCodes.Blt, OpCodes.Bge), (OpCodes.Bgt, OpCodes.Ble),
            (OpCodes.Blt_Un, OpCodes.Bge_Un), (OpCodes.Bgt_Un, OpCodes.Ble_Un),
        }.SelectMany(p => new[] { p, (p.Item2, p.Item1) }).ToDictionary(p => p.Item1, p => p.Item2);

        /// <summary>Shortens a method. Doing it again changes nothing.</summary>
        internal static void Shorten(MethodBody body)
        {
            if (body.ExceptionHandlers.Count == 0)
            {
                do
                {
                    while (Simplify(body))
                    {
                    }
                }
                while (JoinEnds(body));
            }
        }

        // What compares numbers with a fraction is false both ways where one of them is none.
        private static OpCode? OppositeOf(Instruction branch, MethodBody body)
        {
            bool isExact = branch.OpCode.Code is Code.Brtrue or Code.Brfalse or Code.Beq or Code.Bne_Un;
            return Opposites.TryGetValue(branch.OpCode, out OpCode opposite) && (isExact || !CodeFlow.HasFractions(body)) ? opposite : null;
        }

        // One step; whether there was one.
        private static bool Simplify(MethodBody body)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            foreach (Instruction instruction in body.Instructions)
            {
                Instruction? next = instruction.Next;
                if (instruction.Operand is Instruction { OpCode.Code: Code.Br } jump && jump.Operand != jump && jump.Operand != instruction.Operand)
                {
                    instruction.Operand = jump.Operand;
                    return true;
                }

                if (instruction.OpCode == OpCodes.Br && ((Instruction)instruction.Operand).OpCode == OpCodes.Ret)
                {
                    instruction.OpCode = OpCodes.Ret;
                    instruction.Operand = null;
                    return true;
                }

                if (instruction.OpCode == OpCodes.Br && instruction.Operand == next)
                {
                    CodeFlow.Retarget(body, instruction, next);
                    body.Instructions.Remove(instruction);
                    return true;
                }

                if (KnownOutcomes.Follow(body, instruction, targets))
                {
                    return true;
                }

                if (CodeFlow.IsEnd(instruction) && next != null && !targets.Contains(next))
                {
                    body.Instructions.Remove(next);
                    return true;
                }

                // Over a jump: to where it leads, the other way round.
                if (CodeFlow.IsConditional(instruction) && next!.OpCode == OpCodes.Br && instruction.Operand == next.Next && !targets.Contains(next)
                    && OppositeOf(instruction, body) is { } opposite)
                {
                    instruction.OpCode = opposite;
                    instruction.Operand = next.Operand;
                    body.Instructions.Remove(next);
                    return true;
                }
            }

            return false;
        }

        // One pair of equal ends; whether there was one.
        private static bool JoinEnds(MethodBody body)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            Dictionary<Instruction, int> depths = CodeFlow.Depths(body);
            foreach (IGrouping<Instruction?, Instruction> place in Ends(body, targets).GroupBy(e => e.Place, e => e.Last))
            {
                Instruction[] lasts = place.ToArray();
                if (lasts.Reverse().Any(kept => lasts.Any(gone => gone != kept && Join(body, kept, gone, targets, depths))))
                {
                    return true;
                }
            }

            return false;
        }

        // The last instructions before each place that is gone to from several; null is where the method returns.
        private static IEnumerable<(Instruction? Place, Instruction Last)> Ends(MethodBody body, HashSet<Instruction> targets)
        {
            foreach (Instruction instruction in body.Instructions)
            {
                if (instruction.OpCode == OpCodes.Ret || instruction.OpCode == OpCodes.Throw)
                {
                    yield return (null, instruction);
                }
                else if (instruction.OpCode == OpCodes.Br)
                {
                    yield return ((Instruction)instruction.Operand, instruction);
                }
                else if (instruction.Next != null && targets.Contains(instruction.Next))
                {
                    yield return (instruction.Next, instruction);
                }
            }
        }

        // Takes the end out that can jump to the other, where that is shorter.
        private static bool Join(MethodBody body, Instruction kept, Instruction gone, HashSet<Instruction> targets, Dictionary<Instruction, int> depths)
        {
            if (!CodeFlow.IsEnd(gone) || (gone.OpCode == OpCodes.Br && targets.Contains(gone)))
            {
                return false;
            }

            // What jumps to the place has a jump more than what runs on to it.
            int bytes = gone.OpCode == OpCodes.Br ? CodeFlow.BranchBytes : 0;
            Instruction? of = gone.OpCode == OpCodes.Br ? gone.Previous : gone;
            Instruction? to = kept.OpCode == OpCodes.Br ? kept.Previous : kept;
            Instruction? first = null;
            Instruction? firstKept = null;
            int firstBytes = 0;
            bool isForward = body.Instructions.IndexOf(kept) > body.Instructions.IndexOf(gone);
            while (of != null && to != null && of != to && to != gone && of != kept && IsSame(of, to))
            {
                bytes += CodeFlow.Bytes(of);
                int depth = depths.GetValueOrDefault(of, -1);
                if (depth >= 0 && (depth == 0 || isForward) && depths.GetValueOrDefault(to, -1) == depth && !IsPrefixed(of) && !IsPrefixed(to))
                {
                    (first, firstKept, firstBytes) = (of, to, bytes);
                }

                if (targets.Contains(of))
                {
                    break;
                }

                (of, to) = (of.Previous, to.Previous);
            }

            // The jump in its place goes away where a branch led over it.
            bool isLedOver = first?.Previous is { } branch && CodeFlow.IsConditional(branch) && branch.Operand == gone.Next
                && !targets.Contains(first) && OppositeOf(branch, body) != null;
            bool isJumpedTo = first?.Previous is { } end && CodeFlow.IsEnd(end);
            if (first == null || firstBytes <= (isLedOver || isJumpedTo ? 0 : CodeFlow.BranchBytes))
            {
                return false;
            }

            if (first == gone && gone.OpCode == OpCodes.Ret && !isLedOver)
            {
                return false;
            }

            while (first != gone)
            {
                Instruction next = first.Next;
                CodeFlow.Retarget(body, first, firstKept!);
                body.Instructions.Remove(first);
                first = next;
            }

            CodeFlow.Retarget(body, gone, firstKept!);
            gone.OpCode = OpCodes.Br;
            gone.Operand = firstKept;
            return true;
        }

        // What stands before an instruction and belongs to it: volatile, for one.
        private static bool IsPrefixed(Instruction instruction) => instruction.Previous?.OpCode.OpCodeType == OpCodeType.Prefix;

        private static bool IsSame(Instruction left, Instruction right)
        {
            return left.OpCode == right.OpCode && left.OpCode != OpCodes.Switch && Equals(left.Operand, right.Operand);
        }
    }
}
