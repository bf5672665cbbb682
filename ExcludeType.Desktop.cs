// nanoFramework's own attribute, for the desktop, where it has no effect: its metadata processor leaves out of the .pe
// a type that has nothing but constants, since the compiler has put them where they are used.

using System;

namespace System.Runtime.CompilerServices
{
    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class ExcludeTypeAttribute : Attribute
    {
    }
}
