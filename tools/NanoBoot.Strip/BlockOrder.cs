// Puts a block of code behind the jump to it, which then goes away.
//
// The block is one that nothing runs on to: it stands behind a jump or a return, and ends with one. Where it stands makes no
// difference then, but for the metadata processor's one pass over the method, for which it is tried (CodeFlow.HasPlainStack) and
// taken back. Methods with exception handlers stay as they are.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Orders blocks of code.</summary>
    internal static class BlockOrder
    {
        /// <summary>Moves blocks to where they save a jump. Doing it again changes nothing.</summary>
        internal static void Arrange(MethodBody body)
        {
            while (body.ExceptionHandlers.Count == 0 && body.Instructions.Where(i => i.OpCode == OpCodes.Br).ToArray().Any(j => MoveBehind(body, j)))
            {
            }
        }

        private static bool MoveBehind(MethodBody body, Instruction jump)
        {
            var first = (Instruction)jump.Operand;
            if (first.Previous == null || !CodeFlow.IsEnd(first.Previous))
            {
                return false;
            }

            var block = new List<Instruction> { first };
            while (!CodeFlow.IsEnd(block[^1]))
            {
                block.Add(block[^1].Next);
            }

            if (block.Contains(jump))
            {
                return false;
            }

            Instruction behind = first.Previous;
            Move(body, block, jump);
            if (CodeFlow.HasPlainStack(body))
            {
                CodeFlow.Retarget(body, jump, first);
                body.Instructions.Remove(jump);
                return true;
            }

            Move(body, block, behind);
            return false;
        }

        private static void Move(MethodBody body, List<Instruction> block, Instruction behind)
        {
            block.ForEach(i => body.Instructions.Remove(i));
            int index = body.Instructions.IndexOf(behind);
            block.ForEach(i => body.Instructions.Insert(++index, i));
        }
    }
}
