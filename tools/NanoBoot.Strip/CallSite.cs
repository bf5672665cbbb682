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
        private readonly CallArguments _arguments;

        private CallSite(MethodDefinition caller, Instruction call, MethodDefinition called)
        {
            _caller = caller;
            _call = call;
            _called = called;
            _arguments = new CallArguments(caller, call, called);
        }

        /// <summary>Puts a method in the place of a call.</summary>
        /// <returns>Whether it could be done; else the caller is to be restored.</returns>
        internal static bool Replace(MethodDefinition caller, Instruction call, MethodDefinition called)
        {
            // Code that is never reached has no stack to speak of.
            if (!CodeFlow.Depths(caller.Body).ContainsKey(call))
            {
                return false;
            }

            var site = new CallSite(caller, call, called);
            if (!site.CanSee() || !site._arguments.ThrowOnNull() || !site._arguments.MakeVariables())
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

        private void Insert()
        {
            MethodBody body = _caller.Body;
            Instruction after = _call.Next;
            List<Instruction> code = _arguments.Holds.Reverse().Select(v => Instruction.Create(OpCodes.Stloc, v)).ToList();
            code.AddRange(Copy(after));
            foreach (Instruction gone in _arguments.Stands)
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
            return isStored ? CodeFlow.Like(after) : after.OpCode == OpCodes.Ret ? Instruction.Create(OpCodes.Ret) : Instruction.Create(OpCodes.Br, after);
        }

        private Instruction CopyOf(Instruction instruction, Dictionary<VariableDefinition, VariableDefinition> variables)
        {
            switch (instruction.OpCode.Code)
            {
                case Code.Ldarg or Code.Starg or Code.Ldarga:
                    return _arguments.Instead(instruction);

                default:
                    Instruction copy = CodeFlow.Like(instruction);
                    if (copy.Operand is VariableDefinition variable)
                    {
                        copy.Operand = variables[variable];
                    }

                    return copy;
            }
        }
    }
}
