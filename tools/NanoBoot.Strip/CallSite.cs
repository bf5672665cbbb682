// One call, and the code of the called method in its place.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Replaces a call by what is called.</summary>
    internal sealed class CallSite
    {
        private readonly MethodDefinition _caller;
        private readonly Instruction _call;
        private readonly MethodDefinition _called;
        private readonly int _arguments;

        // By parameter: the instruction that stands for it, or the variable that holds it.
        private readonly Instruction?[] _stands;
        private readonly VariableDefinition?[] _holds;

        private CallSite(MethodDefinition caller, Instruction call, MethodDefinition called)
        {
            _caller = caller;
            _call = call;
            _called = called;
            _arguments = called.Parameters.Count + (called.HasThis ? 1 : 0);
            _stands = new Instruction?[_arguments];
            _holds = new VariableDefinition?[_arguments];
        }

        /// <summary>Puts a method in the place of a call.</summary>
        /// <returns>Whether it could be done; else the caller is to be restored.</returns>
        internal static bool Replace(MethodDefinition caller, Instruction call, MethodDefinition called)
        {
            var site = new CallSite(caller, call, called);
            if (CodeFlow.Depths(caller.Body).GetValueOrDefault(call, -1) != site._arguments || !site.CanSee())
            {
                return false;
            }

            site.FindArguments();
            if (!site.ThrowsOnNull() || !site.MakeVariables())
            {
                return false;
            }

            site.Insert();
            return true;
        }

        /// <summary>Lets the types that a method was put into see what it uses.</summary>
        internal static void LetSee(MethodDefinition called, IEnumerable<TypeDefinition> types)
        {
            if (types.All(t => t == called.DeclaringType))
            {
                return;
            }

            foreach (object operand in called.Body.Instructions.Select(i => i.Operand))
            {
                switch (operand)
                {
                    case FieldDefinition { IsPrivate: true } field:
                        field.IsAssembly = true;
                        break;

                    case MethodDefinition { IsPrivate: true } method:
                        method.IsAssembly = true;
                        break;

                    case TypeDefinition { IsNestedPrivate: true } type:
                        type.IsNestedAssembly = true;
                        break;
                }
            }
        }

        // What is inherited can be seen from within its heirs alone.
        private bool CanSee()
        {
            return _caller.DeclaringType == _called.DeclaringType || !_called.Body.Instructions.Any(
                i => i.Operand is FieldDefinition { IsFamily: true } or MethodDefinition { IsFamily: true }
                    || (i.OpCode == OpCodes.Call && i.Operand is MethodReference { HasThis: true } callee && callee is not MethodDefinition { IsVirtual: false }));
        }

        // From the last argument back, as long as nothing branches.
        private void FindArguments()
        {
            HashSet<Instruction> targets = CodeFlow.TargetsIn(_caller.Body);
            Instruction at = _call;
            for (int argument = _arguments - 1; argument >= 0; argument--)
            {
                Instruction last = at.Previous;
                for (int needed = 1; needed > 0; needed += CodeFlow.Pops(at, _caller) - CodeFlow.Pushes(at))
                {
                    if (targets.Contains(at) || at.Previous == null || at.Previous.OpCode.FlowControl is not (FlowControl.Next or FlowControl.Call))
                    {
                        return;
                    }

                    at = at.Previous;
                }

                if (at == last && StaysTheSame(at) && !IsWritten(argument))
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

        private bool IsWritten(int argument)
        {
            return _called.Body.Instructions.Any(i => i.OpCode.Code is Code.Starg or Code.Ldarga && ArgumentOf(i) == argument);
        }

        private int ArgumentOf(Instruction instruction)
        {
            var parameter = (ParameterDefinition)instruction.Operand;
            return parameter == _called.Body.ThisParameter ? 0 : parameter.Index + (_called.HasThis ? 1 : 0);
        }

        // A call on null throws before the method begins; so does this, or the object is there.
        private bool ThrowsOnNull()
        {
            Instruction first = _called.Body.Instructions[0];
            return !_called.HasThis || _call.OpCode == OpCodes.Call
                || (_stands[0]?.OpCode == OpCodes.Ldarg && _stands[0]!.Operand == _caller.Body.ThisParameter && !_caller.IsStatic)
                || (first.OpCode == OpCodes.Ldarg && ArgumentOf(first) == 0 && first.Next.OpCode == OpCodes.Ldfld);
        }

        private bool MakeVariables()
        {
            for (int argument = 0; argument < _arguments; argument++)
            {
                if (_stands[argument] == null)
                {
                    TypeReference type = !_called.HasThis ? _called.Parameters[argument].ParameterType
                        : argument == 0 ? _called.Module.TypeSystem.Object : _called.Parameters[argument - 1].ParameterType;
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

        private void Insert()
        {
            MethodBody body = _caller.Body;
            Instruction after = _call.Next;
            var code = new List<Instruction>();
            for (int argument = _arguments - 1; argument >= 0; argument--)
            {
                if (_holds[argument] != null)
                {
                    code.Add(Instruction.Create(OpCodes.Stloc, _holds[argument]));
                }
            }

            code.AddRange(Copy(after));
            foreach (Instruction gone in _stands.OfType<Instruction>())
            {
                CodeFlow.Retarget(body, gone, gone.Next);
                body.Instructions.Remove(gone);
            }

            CodeFlow.Retarget(body, _call, code[0]);
            int index = body.Instructions.IndexOf(_call);
            body.Instructions.RemoveAt(index);
            foreach (Instruction instruction in code)
            {
                body.Instructions.Insert(index++, instruction);
            }
        }

        // The method's code, with the caller's variables; where it returned it goes to what follows the call.
        private List<Instruction> Copy(Instruction after)
        {
            Dictionary<VariableDefinition, VariableDefinition> variables = _called.Body.Variables.ToDictionary(v => v, v => new VariableDefinition(v.VariableType));
            foreach (VariableDefinition variable in _called.Body.Variables)
            {
                _caller.Body.Variables.Add(variables[variable]);
            }

            // A result that is stored is stored where the method returned: the stack is empty at a jump then.
            bool isStored = after.OpCode.Code is Code.Stloc or Code.Pop && _called.ReturnType.MetadataType != MetadataType.Void
                && !CodeFlow.TargetsIn(_caller.Body).Contains(after) && _called.Body.Instructions.Count(i => i.OpCode == OpCodes.Ret) > 1;
            var code = new List<Instruction>();
            var copies = new Dictionary<Instruction, Instruction>();
            foreach (Instruction instruction in _called.Body.Instructions)
            {
                Instruction copy = instruction.OpCode == OpCodes.Ret ? Return(after, isStored) : CopyOf(instruction, variables);
                copies.Add(instruction, copy);
                code.Add(copy);
                if (copy.OpCode == after.OpCode && isStored && instruction.OpCode == OpCodes.Ret)
                {
                    code.Add(Instruction.Create(OpCodes.Br, after.Next));
                }
            }

            foreach (Instruction copy in copies.Values)
            {
                copy.Operand = copy.Operand switch
                {
                    Instruction target => copies.GetValueOrDefault(target, target),
                    Instruction[] targets => targets.Select(t => copies[t]).ToArray(),
                    _ => copy.Operand,
                };
            }

            return code;
        }

        private static Instruction Return(Instruction after, bool isStored)
        {
            return isStored ? Like(after) : after.OpCode == OpCodes.Ret ? Instruction.Create(OpCodes.Ret) : Instruction.Create(OpCodes.Br, after);
        }

        private Instruction CopyOf(Instruction instruction, Dictionary<VariableDefinition, VariableDefinition> variables)
        {
            switch (instruction.OpCode.Code)
            {
                case Code.Ldarg:
                    int argument = ArgumentOf(instruction);
                    return _stands[argument] is { } load ? Like(load) : Instruction.Create(OpCodes.Ldloc, _holds[argument]);

                case Code.Starg:
                    return Instruction.Create(OpCodes.Stloc, _holds[ArgumentOf(instruction)]);

                case Code.Ldarga:
                    return Instruction.Create(OpCodes.Ldloca, _holds[ArgumentOf(instruction)]);

                default:
                    Instruction copy = Like(instruction);
                    if (copy.Operand is VariableDefinition variable)
                    {
                        copy.Operand = variables[variable];
                    }

                    return copy;
            }
        }

        private static Instruction Like(Instruction instruction)
        {
            Instruction copy = Instruction.Create(OpCodes.Nop);
            (copy.OpCode, copy.Operand) = (instruction.OpCode, instruction.Operand);
            return copy;
        }
    }
}
