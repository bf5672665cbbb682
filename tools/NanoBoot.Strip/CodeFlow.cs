// What the passes over a method's code ask about it. All of it expects the long forms of instructions (SimplifyMacros).
//
// Sizes are those of the interpreter's format: a token takes two bytes there, not four.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Branches, the depth of the stack, and sizes.</summary>
    public static class CodeFlow
    {
        /// <summary>Bytes of a branch that reaches its target in the short form.</summary>
        internal const int BranchBytes = 2;

        private const int ShortSlots = 4;

        /// <summary>Whether nothing runs on behind an instruction.</summary>
        internal static bool IsEnd(Instruction instruction)
        {
            return instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Return or FlowControl.Throw;
        }

        /// <summary>Whether an instruction has one target and may not go there.</summary>
        internal static bool IsConditional(Instruction instruction)
        {
            return instruction.OpCode.FlowControl == FlowControl.Cond_Branch && instruction.Operand is Instruction;
        }

        /// <summary>Where an instruction may go, besides to the next one.</summary>
        internal static IEnumerable<Instruction> TargetsOf(Instruction instruction)
        {
            return instruction.Operand switch
            {
                Instruction target => new[] { target },
                Instruction[] targets => targets,
                _ => Array.Empty<Instruction>(),
            };
        }

        /// <summary>All instructions that something goes to, those at the edges of handlers among them.</summary>
        internal static HashSet<Instruction> TargetsIn(MethodBody body)
        {
            var targets = new HashSet<Instruction>(body.Instructions.SelectMany(TargetsOf));
            targets.UnionWith(body.ExceptionHandlers.SelectMany(
                h => new[] { h.TryStart, h.TryEnd, h.HandlerStart, h.HandlerEnd, h.FilterStart }).OfType<Instruction>());
            return targets;
        }

        /// <summary>A copy of an instruction.</summary>
        internal static Instruction Like(Instruction instruction)
        {
            Instruction copy = Instruction.Create(OpCodes.Nop);
            (copy.OpCode, copy.Operand) = (instruction.OpCode, instruction.Operand);
            return copy;
        }

        /// <summary>Makes whatever goes to one instruction go to another. Not for methods with handlers.</summary>
        internal static void Retarget(MethodBody body, Instruction from, Instruction to)
        {
            foreach (Instruction instruction in body.Instructions)
            {
                if (instruction.Operand == from)
                {
                    instruction.Operand = to;
                }
                else if (instruction.Operand is Instruction[] targets)
                {
                    instruction.Operand = targets.Select(t => t == from ? to : t).ToArray();
                }
            }
        }

        /// <summary>How much is on the stack before each instruction; what is never reached is not in it.</summary>
        public static Dictionary<Instruction, int> Depths(MethodBody body)
        {
            var depths = new Dictionary<Instruction, int>();
            var open = new Stack<(Instruction At, int Depth)>();
            foreach (ExceptionHandler handler in body.ExceptionHandlers)
            {
                open.Push((handler.HandlerStart, handler.HandlerType == ExceptionHandlerType.Catch ? 1 : 0));
            }

            open.Push((body.Instructions[0], 0));
            while (open.Count > 0)
            {
                (Instruction? at, int depth) = open.Pop();
                while (at != null && depths.TryAdd(at, depth))
                {
                    depth = at.OpCode.FlowControl == FlowControl.Branch && at.OpCode != OpCodes.Br ? 0 : depth + Pushes(at) - Pops(at, body.Method);
                    foreach (Instruction target in TargetsOf(at))
                    {
                        open.Push((target, depth));
                    }

                    at = IsEnd(at) ? null : at.Next;
                }
            }

            return depths;
        }

        /// <summary>Whether a method may compute with numbers that have a fraction.</summary>
        internal static bool HasFractions(MethodBody body)
        {
            static bool IsFraction(TypeReference? type) => type?.MetadataType is MetadataType.Single or MetadataType.Double;
            return body.Variables.Any(v => IsFraction(v.VariableType)) || body.Method.Parameters.Any(p => IsFraction(p.ParameterType))
                || body.Instructions.Any(i => i.OpCode.Name.Contains(".r4") || i.OpCode.Name.Contains(".r8") || i.OpCode == OpCodes.Conv_R_Un || IsFraction((i.Operand as FieldReference)?.FieldType)
                    || IsFraction((i.Operand as MethodReference)?.ReturnType));
        }

        /// <summary>Whether the metadata processor finds how deep the stack gets: it goes over a method once and takes the stack
        /// to be empty behind a jump, unless it met a branch to there before.</summary>
        internal static bool HasPlainStack(MethodBody body)
        {
            Dictionary<Instruction, int> depths = Depths(body);
            var met = new HashSet<Instruction>();
            foreach (Instruction instruction in body.Instructions)
            {
                if (depths.GetValueOrDefault(instruction) > 0 && IsEnd(instruction.Previous) && !met.Contains(instruction))
                {
                    return false;
                }

                if (IsConditional(instruction))
                {
                    met.Add((Instruction)instruction.Operand);
                }
            }

            return true;
        }

        /// <summary>How many values an instruction takes from the stack.</summary>
        internal static int Pops(Instruction instruction, MethodDefinition method)
        {
            if (instruction.Operand is MethodReference called && instruction.OpCode.FlowControl == FlowControl.Call)
            {
                return called.Parameters.Count + (called.HasThis && instruction.OpCode != OpCodes.Newobj ? 1 : 0);
            }

            return instruction.OpCode.StackBehaviourPop switch
            {
                StackBehaviour.Pop0 or StackBehaviour.PopAll => 0,
                StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
                StackBehaviour.Varpop => method.ReturnType.MetadataType == MetadataType.Void ? 0 : 1,
                StackBehaviour.Pop1_pop1 or StackBehaviour.Popi_pop1 or StackBehaviour.Popi_popi or StackBehaviour.Popi_popi8
                    or StackBehaviour.Popi_popr4 or StackBehaviour.Popi_popr8 or StackBehaviour.Popref_pop1 or StackBehaviour.Popref_popi => 2,
                _ => 3,
            };
        }

        /// <summary>How many values an instruction puts on the stack.</summary>
        internal static int Pushes(Instruction instruction)
        {
            if (instruction.Operand is MethodReference called && instruction.OpCode.FlowControl == FlowControl.Call)
            {
                return instruction.OpCode == OpCodes.Newobj || called.ReturnType.MetadataType != MetadataType.Void ? 1 : 0;
            }

            return instruction.OpCode.StackBehaviourPush switch
            {
                StackBehaviour.Push0 or StackBehaviour.Varpush => 0,
                StackBehaviour.Push1_push1 => 2,
                _ => 1,
            };
        }

        /// <summary>Bytes of a method's code and of the description of its locals.</summary>
        internal static int Bytes(MethodBody body)
        {
            int bytes = body.Variables.Count;
            var starts = new Dictionary<Instruction, int>();
            foreach (Instruction instruction in body.Instructions)
            {
                starts.Add(instruction, bytes);
                bytes += Bytes(instruction);
            }

            // A branch over more than a byte of compiled code; tokens are longer there.
            return bytes + body.Instructions.Count(
                i => i.Operand is Instruction target && Math.Abs(starts[i] - starts[target]) > 90);
        }

        /// <summary>Bytes of an instruction in its shortest form.</summary>
        internal static int Bytes(Instruction instruction)
        {
            int opcode = instruction.OpCode.Size;
            switch (instruction.OpCode.Code)
            {
                case Code.Ldloc or Code.Stloc:
                    return ((VariableDefinition)instruction.Operand).Index < ShortSlots ? 1 : 2;

                case Code.Ldarg:
                    var parameter = (ParameterDefinition)instruction.Operand;
                    return parameter.Index + (parameter.Method.HasThis ? 1 : 0) < ShortSlots ? 1 : 2;

                case Code.Ldloca or Code.Ldarga or Code.Starg:
                    return 2;

                case Code.Ldc_I4:
                    return ConstantBytes((int)instruction.Operand);
            }

            return instruction.OpCode.OperandType switch
            {
                OperandType.InlineBrTarget => BranchBytes,
                OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineString
                    or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig => opcode + 2,
                OperandType.InlineSwitch => opcode + 1 + (2 * ((Instruction[])instruction.Operand).Length),
                _ => instruction.GetSize(),
            };
        }

        /// <summary>Bytes of the instruction that loads a constant.</summary>
        internal static int ConstantBytes(int value)
        {
            return value is >= -1 and <= 8 ? 1 : value is >= sbyte.MinValue and <= sbyte.MaxValue ? 2 : 5;
        }
    }
}
