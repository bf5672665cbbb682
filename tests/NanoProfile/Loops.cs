// Loops of stage 1 that nothing in them can end. A loop is the code from the target of a backward branch to that
// branch; it ends if it holds a branch out of it, a return or a throw.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>Looks for loops without an end.</summary>
    internal static class Loops
    {
        /// <summary>Methods that have one, and where.</summary>
        public static IReadOnlyList<string> FindEndless(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            var findings = new List<string>();
            foreach (MethodDefinition method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
            {
                foreach (Instruction instruction in method.Body.Instructions)
                {
                    if (instruction.Operand is Instruction target && target.Offset <= instruction.Offset
                        && !CanEnd(method.Body, target.Offset, instruction.Offset))
                    {
                        findings.Add(method.FullName + " from IL_" + target.Offset.ToString("x4", null));
                    }
                }
            }

            return findings;
        }

        private static bool CanEnd(MethodBody body, int first, int last)
        {
            foreach (Instruction instruction in body.Instructions.Where(i => i.Offset >= first && i.Offset <= last))
            {
                if (instruction.OpCode.Code is Code.Ret or Code.Throw or Code.Rethrow)
                {
                    return true;
                }

                bool isLastAndConditional = instruction.Offset == last
                    && instruction.OpCode.FlowControl == FlowControl.Cond_Branch;
                IEnumerable<Instruction> targets = instruction.Operand switch
                {
                    Instruction one => new[] { one },
                    Instruction[] many => many,
                    _ => Enumerable.Empty<Instruction>(),
                };
                if (isLastAndConditional || targets.Any(t => t.Offset < first || t.Offset > last))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
