// Puts the code of small private methods, and of those that are called once, in the place of the call.
//
// A method costs a record, a name, a signature, the call and the passing of its arguments. It is put in place wherever it
// is called, or nowhere, and only where all of it becomes shorter by that: it is tried, measured, and taken back.
//
// Why it changes nothing: arguments are evaluated in the same order into variables of the parameters' types; only what is a
// variable, a parameter or a constant already, and is not written meanwhile, stands for the parameter itself. A call on
// null still throws at once, as CallSite sees to.
//
// Left alone: what others can see or override, constructors, what a delegate is made of, methods with exception handlers
// and calls in such methods, calls with more on the stack than their arguments, methods that ask not to be (NoInlining),
// and those that rely on their variables being zero at the start.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Puts methods in the place of their calls.</summary>
    internal static class Inliner
    {
        /// <summary>A record of 16 bytes, two or three of a signature that others may share.</summary>
        internal const int MethodBytes = 18;

        private const int CallBytes = 3;
        private const int ArgumentBytesMax = 5;
        private const int MaxVariables = 250;

        /// <summary>Inlines what makes a module smaller. Doing it again changes nothing.</summary>
        internal static void Inline(ModuleDefinition module)
        {
            bool isChanged = true;
            while (isChanged)
            {
                isChanged = false;
                foreach (MethodDefinition method in AllMethods(module).Where(m => IsCandidate(module, m)).ToArray())
                {
                    isChanged |= TryInline(module, method);
                }
            }
        }

        private static IEnumerable<MethodDefinition> AllMethods(ModuleDefinition module)
        {
            return module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody);
        }

        private static bool IsCandidate(ModuleDefinition module, MethodDefinition method)
        {
            return !Visibility.IsVisible(method) && !method.IsVirtual && !method.IsConstructor && method != module.EntryPoint
                && !method.NoInlining && !method.IsSynchronized && !method.HasGenericParameters && !method.DeclaringType.HasGenericParameters
                && method.Body.ExceptionHandlers.Count == 0;
        }

        private static bool TryInline(ModuleDefinition module, MethodDefinition method)
        {
            (MethodDefinition Caller, Instruction At)[] uses = AllMethods(module)
                .SelectMany(m => m.Body.Instructions.Where(i => i.Operand == method).Select(i => (m, i)))
                .ToArray();
            int bytes = CodeFlow.Bytes(method.Body);
            int most = MethodBytes + bytes + (uses.Length * (CallBytes + (ArgumentBytesMax * (method.Parameters.Count + 1))));
            if (uses.Length == 0 || uses.Length * bytes > most || LocalSlots.NeedsZeros(method.Body)
                || uses.Any(u => u.At.OpCode.FlowControl != FlowControl.Call || u.Caller == method || u.Caller.Body.ExceptionHandlers.Count > 0))
            {
                return false;
            }

            SavedBody[] saved = uses.Select(u => u.Caller).Distinct().Select(m => new SavedBody(m.Body)).ToArray();
            int before = saved.Sum(s => CodeFlow.Bytes(s.Body)) + bytes + MethodBytes;
            bool isDone = uses.All(u => CallSite.Replace(u.Caller, u.At, method));
            foreach (SavedBody caller in saved.Where(_ => isDone))
            {
                CodeShortener.Tidy(caller.Body);
                isDone &= caller.Body.Variables.Count <= MaxVariables && CodeFlow.HasPlainStack(caller.Body);
            }

            if (!isDone || saved.Sum(s => CodeFlow.Bytes(s.Body)) >= before)
            {
                foreach (SavedBody caller in saved)
                {
                    caller.Restore();
                }

                return false;
            }

            CallSite.LetSee(method, uses.Select(u => u.Caller.DeclaringType));
            Remove(method);
            return true;
        }

        private static void Remove(MethodDefinition method)
        {
            TypeDefinition type = method.DeclaringType;
            foreach (PropertyDefinition property in type.Properties.Where(p => p.GetMethod == method || p.SetMethod == method).ToArray())
            {
                type.Properties.Remove(property);
            }

            type.Methods.Remove(method);
        }

        /// <summary>A method's code as it was.</summary>
        private sealed class SavedBody
        {
            private readonly (Instruction Instruction, OpCode OpCode, object Operand)[] _code;
            private readonly VariableDefinition[] _variables;

            internal SavedBody(MethodBody body)
            {
                Body = body;
                _code = body.Instructions.Select(i => (i, i.OpCode, i.Operand)).ToArray();
                _variables = body.Variables.ToArray();
            }

            internal MethodBody Body { get; }

            internal void Restore()
            {
                Body.Instructions.Clear();
                foreach ((Instruction instruction, OpCode opCode, object operand) in _code)
                {
                    (instruction.OpCode, instruction.Operand) = (opCode, operand);
                    Body.Instructions.Add(instruction);
                }

                // To add sets what is between two; the ends may stand elsewhere meanwhile.
                _code[0].Instruction.Previous = null;
                _code[^1].Instruction.Next = null;
                Body.Variables.Clear();
                foreach (VariableDefinition variable in _variables)
                {
                    Body.Variables.Add(variable);
                }
            }
        }
    }
}
