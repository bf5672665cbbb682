// Describes what only the assembly itself sees by simpler types, where the interpreter treats them alike.
//
// In the interpreter's format a class takes two or three bytes in a signature, an array two or more, System.Object one; and
// signatures that are equal are kept once. The interpreter needs a signature to know what a value is made of: a number
// and its size, a reference, a struct. Which class a reference is of, it asks the object. So in local variables, and in
// fields, parameters and results of what is private or internal, a reference is described as System.Object, and an enum of
// the assembly by the number that it is. No instruction changes. The code cannot be verified any more, and nobody does.
//
// Untouched: everything that is public or protected and not in the list of SharedNames, virtual methods (matched by signature with what they override),
// methods that a delegate is made of, structs, by-reference types, type arguments, constructors that would become alike, and
// attributes, whose arguments are kept as their constructors describe them.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.Strip
{
    /// <summary>Simplifies the signatures that only the assembly itself sees.</summary>
    internal static class TypeEraser
    {
        /// <summary>Describes enums of the module as numbers.</summary>
        internal static void EraseEnums(ModuleDefinition module)
        {
            Erase(module, t => t is TypeDefinition { IsEnum: true } own ? own.Fields.Single(f => !f.IsStatic).FieldType : t);
        }

        /// <summary>Describes references as System.Object. Last: until then, only variables of one class share a slot.</summary>
        internal static void EraseClasses(ModuleDefinition module)
        {
            Erase(module, t => IsReference(t) ? module.TypeSystem.Object : t);
        }

        /// <summary>Describes references as System.Object in one method's or field's signature, where it is defined or where
        /// it is referred to.</summary>
        internal static void EraseClasses(MemberReference member, ModuleDefinition module)
        {
            TypeReference Erased(TypeReference type) => IsReference(type) ? module.TypeSystem.Object : type;
            if (member is FieldReference field)
            {
                field.FieldType = Erased(field.FieldType);
                return;
            }

            var method = (MethodReference)member;
            method.ReturnType = Erased(method.ReturnType);
            foreach (ParameterDefinition parameter in method.Parameters)
            {
                parameter.ParameterType = Erased(parameter.ParameterType);
            }
        }

        private static bool IsReference(TypeReference type)
        {
            return type is ArrayType || (type is not TypeSpecification and not GenericParameter
                && !type.IsValueType && !type.IsPrimitive && type.MetadataType != MetadataType.Void);
        }

        private static void Erase(ModuleDefinition module, Func<TypeReference, TypeReference> erased)
        {
            TypeDefinition[] types = module.GetTypes()
                .Where(t => !t.HasGenericParameters && t.BaseType?.Name.EndsWith("Attribute", StringComparison.Ordinal) != true)
                .ToArray();
            MethodDefinition[] methods = types.SelectMany(t => t.Methods).Where(m => m.HasBody && !m.HasGenericParameters).ToArray();
            var inDelegates = new HashSet<MethodDefinition>(methods.SelectMany(m => m.Body.Instructions)
                .Where(i => i.OpCode.Code is Code.Ldftn or Code.Ldvirtftn).Select(i => i.Operand).OfType<MethodDefinition>());
            foreach (VariableDefinition local in methods.SelectMany(m => m.Body.Variables))
            {
                local.VariableType = erased(local.VariableType);
            }

            foreach (MethodDefinition method in methods.Where(m => !m.IsVirtual && !Visibility.IsVisible(m) && !inDelegates.Contains(m)))
            {
                if (!method.IsConstructor || method.DeclaringType.Methods.Count(m => m.IsConstructor && m.Parameters.Count == method.Parameters.Count) == 1)
                {
                    foreach (ParameterDefinition parameter in method.Parameters)
                    {
                        parameter.ParameterType = erased(parameter.ParameterType);
                    }

                    method.ReturnType = erased(method.ReturnType);
                }
            }

            foreach (FieldDefinition field in types.Where(t => !t.IsEnum).SelectMany(t => t.Fields)
                .Where(f => !f.HasConstant && f.InitialValue.Length == 0 && !Visibility.IsVisible(f)))
            {
                field.FieldType = erased(field.FieldType);
            }
        }
    }
}
