// The arguments of one call, as the code of the called method will find them where the call was.
//
// An argument that is a variable, a parameter or a constant stands for the parameter itself, where neither the method nor
// what runs before it writes either; any other is held by a new variable of the parameter's type. They are evaluated in the
// order that they were.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>What becomes of the arguments of a call.</summary>
    internal sealed class CallArguments
    {
        private readonly MethodDefinition _caller;
        private readonly Instruction _call;
        private readonly MethodDefinition _called;

        // By parameter: the instruction that stands for it, or the variable that holds it.
        private readonly Instruction?[] _stands;
        private readonly VariableDefinition?[] _holds;

        internal CallArguments(MethodDefinition caller, Instruction call, MethodDefinition called)
        {
            _caller = caller;
            _call = call;
            _called = called;
            Count = called.Parameters.Count + (called.HasThis ? 1 : 0);
            _stands = new Instruction?[Count];
            _holds = new VariableDefinition?[Count];
            FindStands();
        }

        /// <summary>How many there are, with the object that the method is called on.</summary>
        internal int Count { get; }

        /// <summary>The instructions that stand for parameters, and are not needed before the call.</summary>
        internal IEnumerable<Instruction> Stands => _stands.OfType<Instruction>();

        /// <summary>The variables that hold the others, in the order in which they are on the stack.</summary>
        internal IEnumerable<VariableDefinition> Holds => _holds.OfType<VariableDefinition>();

        /// <summary>What loads, writes or addresses a parameter in the place of the method's own instruction.</summary>
        internal Instruction Instead(Instruction own)
        {
            int argument = ArgumentOf(own);
            OpCode opCode = own.OpCode.Code switch { Code.Ldarg => OpCodes.Ldloc, Code.Starg => OpCodes.Stloc, _ => OpCodes.Ldloca };
            return _stands[argument] is { } load ? CodeFlow.Like(load) : Instruction.Create(opCode, _holds[argument]);
        }

        /// <summary>Whether a call on null, which throws before the method begins, still does, or the object is surely there.</summary>
        internal bool ThrowOnNull()
        {
            Instruction? load = _called.HasThis ? _stands[0] : null;
            return !_called.HasThis || _call.OpCode == OpCodes.Call
                || (load?.OpCode == OpCodes.Ldarg && load.Operand == _caller.Body.ThisParameter)
                || (load?.OpCode == OpCodes.Ldloc && IsAlwaysNew(load.Operand))
                || NeedsObjectFirst();
        }

        private bool IsAlwaysNew(object variable)
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(_caller.Body);
            return _caller.Body.Instructions
                .Where(i => i.OpCode == OpCodes.Stloc && i.Operand == variable)
                .All(i => i.Previous?.OpCode == OpCodes.Newobj && !targets.Contains(i));
        }

        // Whether the object is used before anything else can happen.
        private bool NeedsObjectFirst()
        {
            foreach (Instruction instruction in _called.Body.Instructions)
            {
                Instruction used = instruction;
                if (instruction.OpCode.Code is Code.Ldfld or Code.Stfld or Code.Callvirt)
                {
                    for (int over = CodeFlow.Pops(instruction, _called) - 1; over >= 0; over -= CodeFlow.Pushes(used) - CodeFlow.Pops(used, _called))
                    {
                        used = used.Previous;
                    }

                    if (used.OpCode == OpCodes.Ldarg && ArgumentOf(used) == 0)
                    {
                        return true;
                    }
                }

                if (instruction.OpCode.Code is not (Code.Ldarg or Code.Ldloc or Code.Stloc or Code.Ldc_I4 or Code.Ldnull or Code.Ldfld))
                {
                    return false;
                }
            }

            return false;
        }

        /// <summary>Gives the caller the variables that hold arguments.</summary>
        /// <returns>Whether that can be done.</returns>
        internal bool MakeVariables()
        {
            for (int argument = 0; argument < Count; argument++)
            {
                if (_stands[argument] == null)
                {
                    TypeReference type = TypeOf(argument);
                    if (type.IsByReference || (argument == 0 && _called.HasThis && _called.DeclaringType.IsValueType))
                    {
                        return false;
                    }

                    _holds[argument] = new VariableDefinition(type);
                    _caller.Body.Variables.Add(_holds[argument]);
                }
            }

            return true;
        }

        // From the last argument back, as long as nothing branches.
        private void FindStands()
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(_caller.Body);
            Instruction at = _call;
            for (int argument = Count - 1; argument >= 0; argument--)
            {
                Instruction last = at.Previous;
                for (int needed = 1; needed > 0; needed += CodeFlow.Pops(at, _caller) - CodeFlow.Pushes(at))
                {
                    if (targets.Contains(at) || at.Previous == null || at.Previous.OpCode.FlowControl is not (FlowControl.Next or FlowControl.Call))
                    {
                        return;
                    }

                    at = at.Previous;
                    if (CodeFlow.Pushes(at) > needed)
                    {
                        // It leaves something of the argument before, too (dup).
                        return;
                    }
                }

                if (at == last && StaysTheSame(at) && IsOfKind(at, TypeOf(argument)) && !IsWritten(argument))
                {
                    _stands[argument] = at;
                }
            }
        }

        private bool StaysTheSame(Instruction load)
        {
            switch (load.OpCode.Code)
            {
                case Code.Ldc_I4 or Code.Ldnull or Code.Ldloca:
                    return true;

                case Code.Ldarg or Code.Ldloc:
                    for (Instruction at = load.Next; at != _call; at = at.Next)
                    {
                        if (at.Operand == load.Operand && at.OpCode != load.OpCode)
                        {
                            return false;
                        }
                    }

                    return !_caller.Body.Instructions.Any(i => i.Operand == load.Operand && i.OpCode.Code is Code.Ldloca or Code.Ldarga);

                default:
                    return false;
            }
        }

        private TypeReference TypeOf(int argument)
        {
            return !_called.HasThis ? _called.Parameters[argument].ParameterType
                : argument == 0 ? _called.DeclaringType : _called.Parameters[argument - 1].ParameterType;
        }

        // On the interpreter's stack a number is signed or not, as the variable that it comes from, and a shift to the right goes by
        // that; C# hands a uint over as an int without a conversion, and the parameter makes it one.
        private static bool IsOfKind(Instruction load, TypeReference type)
        {
            return load.OpCode.Code switch
            {
                Code.Ldarg => KindOf(((ParameterDefinition)load.Operand).ParameterType) == KindOf(type),
                Code.Ldloc => KindOf(((VariableDefinition)load.Operand).VariableType) == KindOf(type),
                Code.Ldc_I4 => (int)load.Operand >= 0 || KindOf(type) == MetadataType.Int32,
                _ => true,
            };
        }

        private static MetadataType KindOf(TypeReference type)
        {
            return type.MetadataType switch
            {
                MetadataType.UInt32 or MetadataType.Int64 or MetadataType.UInt64 => type.MetadataType,
                _ => type.IsPrimitive ? MetadataType.Int32 : MetadataType.Object,
            };
        }

        private bool IsWritten(int argument)
        {
            return _called.Body.Instructions.Any(i => i.OpCode.Code is Code.Starg or Code.Ldarga && ArgumentOf(i) == argument);
        }

        private int ArgumentOf(Instruction instruction)
        {
            var parameter = (ParameterDefinition)instruction.Operand;
            return parameter == _called.Body.ThisParameter ? 0 : parameter.Index + (_called.HasThis ? 1 : 0);
        }
    }
}
