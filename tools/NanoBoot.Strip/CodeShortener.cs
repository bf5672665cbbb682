// Makes the code of an assembly for a board shorter without changing what it does.
//
// The first four local variables of a method take one byte for each use, the others two: those that are used most
// go first. And a constructor does not call that of System.Object, which is empty: an object is zeroed when it is made.
// Nothing else is touched; a branch that no longer reaches its target in the short form takes the long one.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Shortens the code of an assembly's methods.</summary>
    public static class CodeShortener
    {
        private const int ShortLocals = 4;

        private static readonly OpCode[] Loads = { OpCodes.Ldloc_0, OpCodes.Ldloc_1, OpCodes.Ldloc_2, OpCodes.Ldloc_3 };
        private static readonly OpCode[] Stores = { OpCodes.Stloc_0, OpCodes.Stloc_1, OpCodes.Stloc_2, OpCodes.Stloc_3 };

        /// <summary>Shortens every method. Doing it again changes nothing.</summary>
        /// <param name="module">The assembly's module.</param>
        public static void Shorten(ModuleDefinition module)
        {
            foreach (MethodDefinition method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
            {
                DropBaseConstructor(method);
                OrderLocals(method.Body);
                ShortenConstants(method.Body);
                LengthenBranches(method.Body);
            }
        }

        // ldarg.0, call System.Object::.ctor(): where the compiler puts it, after the initialisers of fields.
        private static void DropBaseConstructor(MethodDefinition method)
        {
            Instruction? call = method.IsConstructor && !method.IsStatic
                ? method.Body.Instructions.FirstOrDefault(i => i.OpCode == OpCodes.Call && i.Operand is MethodReference
                    {
                        Name: ".ctor", DeclaringType.FullName: "System.Object",
                    })
                : null;
            if (call is { Previous.OpCode.Code: Code.Ldarg_0 })
            {
                method.Body.Instructions.Remove(call.Previous);
                method.Body.Instructions.Remove(call);
            }
        }

        private static void OrderLocals(MethodBody body)
        {
            if (body.Variables.Count <= ShortLocals || body.Variables.Count > byte.MaxValue)
            {
                return;
            }

            var uses = new Dictionary<Instruction, (VariableDefinition Local, bool IsLoad)>();
            foreach (Instruction instruction in body.Instructions)
            {
                int load = Array.IndexOf(Loads, instruction.OpCode);
                int store = Array.IndexOf(Stores, instruction.OpCode);
                if (load >= 0 || store >= 0)
                {
                    uses.Add(instruction, (body.Variables[Math.Max(load, store)], load >= 0));
                }
                else if (instruction.OpCode.Code is Code.Ldloc_S or Code.Stloc_S)
                {
                    uses.Add(instruction, ((VariableDefinition)instruction.Operand, instruction.OpCode == OpCodes.Ldloc_S));
                }
            }

            // The order among the first and among the others stays: methods with like locals share their description.
            VariableDefinition[] before = body.Variables.ToArray();
            var most = new HashSet<VariableDefinition>(
                before.OrderByDescending(v => uses.Values.Count(u => u.Local == v)).ThenBy(v => v.Index).Take(ShortLocals));
            VariableDefinition[] after = before.OrderBy(v => most.Contains(v) ? 0 : 1).ThenBy(v => v.Index).ToArray();
            body.Variables.Clear();
            foreach (VariableDefinition local in after)
            {
                body.Variables.Add(local);
            }

            foreach (KeyValuePair<Instruction, (VariableDefinition Local, bool IsLoad)> use in uses)
            {
                int index = use.Value.Local.Index;
                OpCode[] direct = use.Value.IsLoad ? Loads : Stores;
                use.Key.OpCode = index < ShortLocals ? direct[index] : use.Value.IsLoad ? OpCodes.Ldloc_S : OpCodes.Stloc_S;
                use.Key.Operand = index < ShortLocals ? null : use.Value.Local;
            }
        }

        // 200 is -56 taken as a byte; 4096 is 1 shifted by 12.
        private static void ShortenConstants(MethodBody body)
        {
            foreach (Instruction instruction in body.Instructions.Where(i => i.OpCode == OpCodes.Ldc_I4).ToArray())
            {
                int value = (int)instruction.Operand;
                int zeros = System.Numerics.BitOperations.TrailingZeroCount(value);
                if (value is >= 128 and <= byte.MaxValue)
                {
                    Replace(body, instruction, value - 256, Instruction.Create(OpCodes.Conv_U1));
                }
                else if (zeros > 0 && ConstantBytes(value >> zeros) + ConstantBytes(zeros) < 4)
                {
                    Replace(body, instruction, value >> zeros, Constant(zeros), Instruction.Create(OpCodes.Shl));
                }
            }
        }

        private static void Replace(MethodBody body, Instruction instruction, int value, params Instruction[] then)
        {
            // The instruction itself stays: branches may go to it.
            Instruction constant = Constant(value);
            instruction.OpCode = constant.OpCode;
            instruction.Operand = constant.Operand;
            int index = body.Instructions.IndexOf(instruction);
            foreach (Instruction next in then)
            {
                body.Instructions.Insert(++index, next);
            }
        }

        private static int ConstantBytes(int value) => value is >= -1 and <= 8 ? 1 : value is >= sbyte.MinValue and <= sbyte.MaxValue ? 2 : 5;

        private static Instruction Constant(int value)
        {
            OpCode[] direct =
            {
                OpCodes.Ldc_I4_M1, OpCodes.Ldc_I4_0, OpCodes.Ldc_I4_1, OpCodes.Ldc_I4_2, OpCodes.Ldc_I4_3, OpCodes.Ldc_I4_4,
                OpCodes.Ldc_I4_5, OpCodes.Ldc_I4_6, OpCodes.Ldc_I4_7, OpCodes.Ldc_I4_8,
            };
            return ConstantBytes(value) == 1 ? Instruction.Create(direct[value + 1]) : Instruction.Create(OpCodes.Ldc_I4_S, (sbyte)value);
        }

        private static void LengthenBranches(MethodBody body)
        {
            bool isChanged = true;
            while (isChanged)
            {
                isChanged = false;
                int offset = 0;
                foreach (Instruction instruction in body.Instructions)
                {
                    instruction.Offset = offset;
                    offset += instruction.GetSize();
                }

                foreach (Instruction branch in body.Instructions.Where(i => i.OpCode.OperandType == OperandType.ShortInlineBrTarget))
                {
                    int distance = ((Instruction)branch.Operand).Offset - (branch.Offset + branch.GetSize());
                    if (distance is < sbyte.MinValue or > sbyte.MaxValue)
                    {
                        string name = branch.OpCode.Code.ToString();
                        var code = Enum.Parse<Code>(name[..^"_S".Length]);
                        branch.OpCode = (OpCode)typeof(OpCodes).GetField(code.ToString())!.GetValue(null)!;
                        isChanged = true;
                    }
                }
            }
        }
    }
}
