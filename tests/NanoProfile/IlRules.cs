// What the interpreter does not run although it compiles, looked for in the compiled code.
// Each rule names itself in what it finds, so a test can show that it bites.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>The rules that hold for every device assembly.</summary>
    internal sealed class IlRules
    {
        private readonly List<string> _findings = new();
        private readonly HashSet<string> _excludedTypes;
        private readonly ModuleDefinition _module;

        private IlRules(ModuleDefinition module)
        {
            _module = module;
            _excludedTypes = ReferenceAssembly.All.SelectMany(r => r.Api.ExcludedTypes).ToHashSet(StringComparer.Ordinal);
        }

        /// <summary>Looks through one assembly.</summary>
        /// <param name="image">The assembly's file.</param>
        /// <returns>One line for each finding: rule, colon, where, what.</returns>
        public static IReadOnlyList<string> Check(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            var rules = new IlRules(module);
            foreach (TypeDefinition type in module.GetTypes())
            {
                rules.CheckType(type);
            }

            return rules._findings.Distinct(StringComparer.Ordinal).ToArray();
        }

        private void Find(string rule, string where, string what)
        {
            _findings.Add(rule + ": " + where + ": " + what);
        }

        private void CheckType(TypeDefinition type)
        {
            CheckSynthesised(type);
            if (type.HasGenericParameters)
            {
                Find("generic", type.FullName, "definition of a generic type");
            }

            if (type.BaseType is not null)
            {
                CheckTypeReference(type.BaseType, type.FullName);
            }

            foreach (InterfaceImplementation implementation in type.Interfaces)
            {
                CheckTypeReference(implementation.InterfaceType, type.FullName);
            }

            foreach (FieldDefinition field in type.Fields)
            {
                CheckTypeReference(field.FieldType, field.FullName);
                bool isSynthesised = type.Name.Contains('<', StringComparison.Ordinal);
                if (field.IsStatic && !field.IsInitOnly && !field.IsLiteral && !isSynthesised)
                {
                    Find("mutable static", field.FullName, "is shared by all who run in the process");
                }
            }

            foreach (MethodDefinition method in type.Methods)
            {
                CheckMethod(method);
            }
        }

        /// <summary>Closures are allowed, and data of array initialisers; nothing else that the compiler makes up.</summary>
        private void CheckSynthesised(TypeDefinition type)
        {
            string name = type.Name;
            bool isModule = type.FullName == "<Module>";
            bool isInData = type.FullName.StartsWith("<PrivateImplementationDetails>", StringComparison.Ordinal);
            if (isInData)
            {
                if (type.HasMethods)
                {
                    Find("synthesised", type.FullName, "method " + type.Methods[0].Name + " (a switch over many strings makes one)");
                }

                foreach (FieldDefinition field in type.Fields.Where(f => f.InitialValue.Length == 0))
                {
                    Find("synthesised", type.FullName, "field without data " + field.Name);
                }
            }
            else if (name.Contains(">d__", StringComparison.Ordinal))
            {
                Find("state machine", type.FullName, "iterator or async method");
            }
            else if (name.Contains('<', StringComparison.Ordinal) && !isModule && !name.StartsWith("<>c", StringComparison.Ordinal))
            {
                Find("synthesised", type.FullName, "type made by the compiler");
            }

            if (type.Namespace is "Microsoft.CodeAnalysis" or "System.Runtime.CompilerServices")
            {
                Find("synthesised", type.FullName, "attribute type made by the compiler");
            }
        }

        private void CheckMethod(MethodDefinition method)
        {
            string where = method.FullName;
            if (method.HasGenericParameters)
            {
                Find("generic", where, "definition of a generic method");
            }

            CheckTypeReference(method.ReturnType, where);
            foreach (ParameterDefinition parameter in method.Parameters)
            {
                CheckTypeReference(parameter.ParameterType, where);
            }

            if (method.DeclaringType.IsInterface && method.HasBody && !method.IsStatic)
            {
                Find("default interface method", where, "has a body");
            }

            if (method.IsPInvokeImpl || method.IsInternalCall)
            {
                Find("native", where, "code loaded from a bundle has no native methods");
            }

            if (!method.HasBody)
            {
                return;
            }

            foreach (VariableDefinition variable in method.Body.Variables)
            {
                CheckTypeReference(variable.VariableType, where);
            }

            foreach (Instruction instruction in method.Body.Instructions)
            {
                CheckInstruction(method, instruction);
            }
        }

        private void CheckInstruction(MethodDefinition method, Instruction instruction)
        {
            string where = method.FullName;
            string name = instruction.OpCode.Name;
            if (name.Contains(".ovf", StringComparison.Ordinal))
            {
                Find("checked", where, name + " wraps without an exception");
            }

            switch (instruction.OpCode.Code)
            {
                case Code.Conv_R4:
                case Code.Conv_R8:
                case Code.Conv_R_Un:
                case Code.Ldc_R4:
                case Code.Ldc_R8:
                    // The platform's Math has Max and Min of int and of float, but not of long: a long becomes a float unasked.
                    Find("floating point", where, name + " loses digits");
                    break;
                case Code.Localloc:
                case Code.Cpblk:
                case Code.Initblk:
                case Code.Calli:
                case Code.Jmp:
                case Code.Mkrefany:
                case Code.Refanyval:
                case Code.Arglist:
                case Code.Tail:
                case Code.Volatile:
                    Find("opcode", where, name);
                    break;
                default:
                    break;
            }

            switch (instruction.Operand)
            {
                case MethodReference target:
                    CheckTypeReference(target.DeclaringType, where);
                    CheckSignatureType(target.ReturnType, where);
                    foreach (ParameterDefinition parameter in target.Parameters)
                    {
                        CheckSignatureType(parameter.ParameterType, where);
                    }

                    if (target is GenericInstanceMethod)
                    {
                        Find("generic", where, "call of " + target.FullName);
                    }

                    CheckTypeOfMultidimensional(target, where);
                    break;
                case FieldReference field:
                    CheckTypeReference(field.DeclaringType, where);
                    CheckTypeReference(field.FieldType, where);
                    CheckStaticOrder(method, instruction, field);
                    break;
                case TypeReference type:
                    CheckTypeReference(type, where);
                    break;
                default:
                    break;
            }
        }

        private void CheckTypeOfMultidimensional(MethodReference target, string where)
        {
            if (target.DeclaringType is ArrayType { IsVector: false })
            {
                Find("multi-dimensional array", where, target.FullName);
            }
        }

        /// <summary>Static initialisers run in the order of the types, so none may read what another one sets.</summary>
        private void CheckStaticOrder(MethodDefinition method, Instruction instruction, FieldReference field)
        {
            bool isInitialiser = method.IsConstructor && method.IsStatic;
            if (!isInitialiser || instruction.OpCode.Code is not (Code.Ldsfld or Code.Ldsflda))
            {
                return;
            }

            bool isOwn = field.DeclaringType.FullName == method.DeclaringType.FullName;
            bool isResident = field.DeclaringType.Scope is AssemblyNameReference scope
                && !scope.Name.StartsWith("NanoBoot.", StringComparison.Ordinal);
            if (!isOwn && !isResident)
            {
                Find("static order", method.FullName, "reads " + field.FullName);
            }
        }

        /// <summary>An enum in a signature is encoded as its underlying type, so it needs no type on the device.</summary>
        private void CheckSignatureType(TypeReference type, string where)
        {
            bool isPlainValue = type.IsValueType && type is not TypeSpecification;
            if (!isPlainValue)
            {
                CheckTypeReference(type, where);
            }
        }

        private void CheckTypeReference(TypeReference type, string where)
        {
            switch (type)
            {
                case GenericInstanceType:
                case GenericParameter:
                    Find("generic", where, type.FullName);
                    return;
                case ArrayType { IsVector: false }:
                    Find("multi-dimensional array", where, type.FullName);
                    return;
                case PointerType:
                case PinnedType:
                case FunctionPointerType:
                    Find("pointer", where, type.FullName);
                    return;
                case RequiredModifierType:
                    Find("modifier", where, type.FullName);
                    return;
                case TypeSpecification specification:
                    CheckTypeReference(specification.ElementType, where);
                    return;
                default:
                    break;
            }

            string name = type.FullName.Replace('/', '.');
            if (_excludedTypes.Contains(name) && type.Module == _module)
            {
                Find("not on the device", where, name);
            }
        }
    }
}
