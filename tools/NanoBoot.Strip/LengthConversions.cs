// Takes out the conversion of an array's length to an int where the next instruction that uses it does not ask what kind of number it is.
//
// `ldlen` gives a uint on the interpreter, and on the desktop a number as wide as a pointer; a compiler of C# makes an int of it.
// Lengths are below 2^31: compared, stored, or as an index or a size they are the same number without that (NumberKinds). What
// is computed with one keeps the conversion: on the desktop the result would be wider.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Drops conversions of lengths.</summary>
    internal static class LengthConversions
    {
        /// <summary>Drops those that make no difference. Doing it again changes nothing.</summary>
        internal static void Drop(MethodBody body)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(body);
            foreach (Instruction conversion in body.Instructions.Where(i => i.OpCode == OpCodes.Conv_I4 && i.Previous?.OpCode == OpCodes.Ldlen).ToArray())
            {
                if (!targets.Contains(conversion) && NumberKinds.IsKindUnused(conversion.Next, body, targets, isComputed: false))
                {
                    body.Instructions.Remove(conversion);
                }
            }
        }
    }
}
