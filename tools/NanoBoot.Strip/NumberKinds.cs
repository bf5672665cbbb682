// Whether a number that takes another way to where it is used is still the same number there.
//
// On the interpreter's stack a number carries its kind: int, uint, long or ulong; whatever is shorter is an int there. A variable
// and a field keep their own kind whatever is stored in them: to store a number and to load it again can make an int of a
// uint, with the same bits. Few instructions ask for the kind: those that shift right, divide, convert, or call (the called method
// sees the kind in its parameter). What computes takes the kind of its left operand for its result; what compares, stores,
// indexes or branches takes the bits. (nf-interpreter, src/CLR/Core: Interpreter.cpp, CLR_RT_HeapBlock.cpp,
// AssignAndPreserveType, Promote, Compare_Values, Numeric*, StoreToReference.)
//
// A value is taken to fit the variable that it is stored in: a compiler of C# narrows it before.

using System.Collections.Generic;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Kinds of numbers on the stack.</summary>
    internal static class NumberKinds
    {
        /// <summary>Whether what a variable is written with does as well as what is loaded from it, for what follows.</summary>
        internal static bool IsSameLoaded(Instruction store, Instruction load, MethodBody body, HashSet<Instruction> targets)
        {
            MetadataType? kind = KindOf(((VariableDefinition)store.Operand).VariableType);
            return kind != null && (kind == MetadataType.Object || IsKindUnused(load.Next, body, targets)
                || (!targets.Contains(store) && kind == KindBehind(store.Previous, body, targets)));
        }

        /// <summary>Whether nothing asks for the kind of the number that is on top of the stack before an instruction.</summary>
        /// <param name="at">The instruction.</param>
        /// <param name="body">The method.</param>
        /// <param name="targets">What is gone to in it.</param>
        /// <param name="isComputed">Whether something may be computed with the number.</param>
        internal static bool IsKindUnused(Instruction? at, MethodBody body, HashSet<Instruction> targets, bool isComputed = true)
        {
            int above = 0;
            while (at != null && !targets.Contains(at) && at.OpCode.FlowControl != FlowControl.Call)
            {
                int pops = CodeFlow.Pops(at, body.Method);
                if (pops > above)
                {
                    bool isLeft = above == pops - 1;
                    switch (at.OpCode.Code)
                    {
                        // The result has the kind of the left operand.
                        case Code.Add or Code.Sub or Code.Mul or Code.And or Code.Or or Code.Xor or Code.Shl or Code.Shr_Un when isComputed && isLeft:
                            above = 0;
                            at = at.Next;
                            continue;

                        case Code.Add or Code.Sub or Code.Mul or Code.And or Code.Or or Code.Xor or Code.Shl or Code.Shr_Un or Code.Shr when !isLeft:
                            return isComputed;

                        default:
                            return IsKindIgnored(at);
                    }
                }

                if (at.OpCode.FlowControl != FlowControl.Next)
                {
                    return false;
                }

                above += CodeFlow.Pushes(at) - pops;
                at = at.Next;
            }

            return false;
        }

        /// <summary>Whether an instruction takes the bits of its operands, and gives no number that depends on their kinds.</summary>
        internal static bool IsKindIgnored(Instruction instruction)
        {
            return instruction.OpCode.Code is Code.Brtrue or Code.Brfalse or Code.Switch or Code.Beq or Code.Bne_Un or Code.Blt or Code.Ble or Code.Bgt or Code.Bge
                or Code.Blt_Un or Code.Ble_Un or Code.Bgt_Un or Code.Bge_Un or Code.Ceq or Code.Cgt or Code.Cgt_Un or Code.Clt or Code.Clt_Un
                or Code.Newarr or Code.Ldelem_I1 or Code.Ldelem_U1 or Code.Ldelem_I2 or Code.Ldelem_U2 or Code.Ldelem_I4 or Code.Ldelem_U4 or Code.Ldelem_I8
                or Code.Ldelem_Ref or Code.Stelem_I1 or Code.Stelem_I2 or Code.Stelem_I4 or Code.Stelem_I8
                || (instruction.OpCode.Code == Code.Stloc && KindOf(((VariableDefinition)instruction.Operand).VariableType) is { } kind && kind != MetadataType.Object)
                || (instruction.OpCode.Code == Code.Stfld && KindOf(((FieldReference)instruction.Operand).FieldType) is { } fieldKind && fieldKind != MetadataType.Object);
        }

        /// <summary>Whether a type is none that is copied when it is loaded.</summary>
        internal static bool IsNumberOrReference(TypeReference type) => KindOf(type) != null;

        // Object for references; null for what is copied when it is loaded, and for fractions.
        private static MetadataType? KindOf(TypeReference type)
        {
            switch (type.MetadataType)
            {
                case MetadataType.Boolean or MetadataType.SByte or MetadataType.Byte or MetadataType.Char or MetadataType.Int16 or MetadataType.UInt16:
                    return MetadataType.Int32;

                case MetadataType.Int32 or MetadataType.UInt32 or MetadataType.Int64 or MetadataType.UInt64:
                    return type.MetadataType;

                case MetadataType.Object or MetadataType.String or MetadataType.Class or MetadataType.Array:
                    return MetadataType.Object;

                default:
                    return null;
            }
        }

        // Of what an instruction puts on the stack; null where that is not known.
        private static MetadataType? KindBehind(Instruction producer, MethodBody body, HashSet<Instruction> targets)
        {
            switch (producer.OpCode.Code)
            {
                case Code.Ldc_I4 or Code.Conv_I1 or Code.Conv_U1 or Code.Conv_I2 or Code.Conv_U2 or Code.Conv_I4 or Code.Ceq or Code.Cgt or Code.Cgt_Un or Code.Clt or Code.Clt_Un
                    or Code.Ldelem_I1 or Code.Ldelem_U1 or Code.Ldelem_I2 or Code.Ldelem_U2 or Code.Ldelem_I4:
                    return MetadataType.Int32;

                case Code.Conv_U4 or Code.Ldlen or Code.Ldelem_U4:
                    return MetadataType.UInt32;

                case Code.Ldc_I8 or Code.Conv_I8:
                    return MetadataType.Int64;

                case Code.Conv_U8:
                    return MetadataType.UInt64;

                case Code.Ldloc:
                    return KindOf(((VariableDefinition)producer.Operand).VariableType);

                case Code.Ldfld or Code.Ldsfld:
                    return KindOf(((FieldReference)producer.Operand).FieldType);

                case Code.Add or Code.Sub or Code.Mul or Code.And or Code.Or or Code.Xor or Code.Shl or Code.Shr or Code.Shr_Un:
                    Instruction? right = targets.Contains(producer) ? null : CodeFlow.StartOf(producer.Previous, body, targets);
                    return right == null || targets.Contains(right) ? null : KindBehind(right.Previous, body, targets);

                default:
                    return null;
            }
        }
    }
}
