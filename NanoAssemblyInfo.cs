// Version of the assemblies that are built for the boards. The device finds what an assembly refers to by name and by
// the first two numbers of its version, so all of them rise together.

using System.Reflection;

[assembly: AssemblyVersion("0.1.0.0")]
