// Who can see a member: what another assembly can refer to by its name keeps its name, its signature and itself.

using Mono.Cecil;

namespace NanoBoot.Strip
{
    /// <summary>Tells what other assemblies see.</summary>
    internal static class Visibility
    {
        /// <summary>Whether others see a type.</summary>
        internal static bool IsVisible(TypeDefinition type)
        {
            return type.IsNested
                ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamilyOrAssembly) && IsVisible(type.DeclaringType)
                : type.IsPublic;
        }

        /// <summary>Whether others see a field.</summary>
        internal static bool IsVisible(FieldDefinition field)
        {
            return IsVisible(field.DeclaringType) && (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly);
        }

        /// <summary>Whether others see a method.</summary>
        internal static bool IsVisible(MethodDefinition method)
        {
            return IsVisible(method.DeclaringType) && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);
        }
    }
}
