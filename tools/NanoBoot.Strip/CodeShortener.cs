// Makes the code of an assembly for a board shorter without changing what it does.
//
// Each method by itself (JumpShortener, BlockOrder, LocalSlots, BranchForms, and here: constants, and the call of System.Object's constructor, which is
// empty: an object is zeroed when it is made), then methods in the place of their calls (Inliner), and signatures
// (TypeEraser). Each of them says in its file why it changes nothing, and what it leaves alone. Between them the code
// is in the long forms of instructions; at the end each gets the shortest that does.

using System;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace NanoBoot.Strip
{
    /// <summary>Shortens the code of an assembly's methods.</summary>
    public static class CodeShortener
    {
        /// <summary>Shortens every method. Doing it again changes nothing.</summary>
        /// <param name="module">The assembly's module.</param>
        public static void Shorten(ModuleDefinition module)
        {
            // Once more, as long as what the last steps left lets a method be put in place.
            int bytes;
            do
            {
                bytes = Bytes(module);
                ShortenOnce(module);
            }
            while (Bytes(module) < bytes);
        }

        private static int Bytes(ModuleDefinition module)
        {
            return Methods(module).Sum(m => Inliner.MethodBytes + m.Body.Variables.Count + m.Body.Instructions.Sum(i => i.GetSize()));
        }

        private static MethodDefinition[] Methods(ModuleDefinition module) => module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody).ToArray();

        private static void ShortenOnce(ModuleDefinition module)
        {
            TypeEraser.EraseEnums(module);
            foreach (MethodDefinition method in Methods(module))
            {
                method.Body.SimplifyMacros();
                DropBaseConstructor(method);
                ShortenConstants(method.Body);
                Tidy(method.Body);
            }

            Inliner.Inline(module);
            TypeEraser.EraseClasses(module);
            foreach (MethodDefinition method in Methods(module))
            {
                // Once more: what is of the same type now stands together.
                Tidy(method.Body);
                if (method.Body.ExceptionHandlers.Count == 0 && !CodeFlow.HasPlainStack(method.Body))
                {
                    throw new InvalidOperationException(method.FullName + ": the metadata processor would not find how deep the stack gets.");
                }

                method.Body.OptimizeMacros();
                ChooseShortForms(method.Body);
            }
        }

        /// <summary>Makes a method shorter by what it contains itself, until that makes no difference any more.</summary>
        internal static void Tidy(MethodBody body)
        {
            int before;
            do
            {
                before = CodeFlow.Bytes(body);
                JumpShortener.Shorten(body);
                BlockOrder.Arrange(body);
                LocalSlots.Arrange(body);
            }
            while (CodeFlow.Bytes(body) < before);
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
            if (call is { Previous.OpCode.Code: Code.Ldarg })
            {
                method.Body.Instructions.Remove(call.Previous);
                method.Body.Instructions.Remove(call);
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
                else if (zeros > 0 && CodeFlow.ConstantBytes(value) > 4 && CodeFlow.ConstantBytes(value >> zeros) + CodeFlow.ConstantBytes(zeros) < 4)
                {
                    Replace(body, instruction, value >> zeros, Instruction.Create(OpCodes.Ldc_I4, zeros), Instruction.Create(OpCodes.Shl));
                }
            }
        }

        private static void Replace(MethodBody body, Instruction instruction, int value, params Instruction[] then)
        {
            // The instruction itself stays: branches may go to it.
            instruction.Operand = value;
            int index = body.Instructions.IndexOf(instruction);
            foreach (Instruction next in then)
            {
                body.Instructions.Insert(++index, next);
            }
        }

        private static void ChooseShortForms(MethodBody body)
        {
            foreach (Instruction store in body.Instructions.Where(i => i.OpCode == OpCodes.Starg && ((ParameterDefinition)i.Operand).Index < byte.MaxValue))
            {
                store.OpCode = OpCodes.Starg_S;
            }

            BranchForms.Choose(body);
        }
    }
}
