// The bootloader's assembly with a switch at each call and each conditional branch of some types: one that is named, at
// one of its executions, is then skipped (the call gives 0 or 1, or null) or goes the other way. That is what a glitch of
// the supply does to a processor, as far as it concerns control flow; data faults are not modelled.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace NanoBoot.Bootloader.Tests.Cose
{
    /// <summary>Where instrumented code asks whether it is its turn to fail. One thread at a time.</summary>
    public static class FaultPoint
    {
        private static readonly List<int> Counts = new();
        private static int s_site = -1;
        private static int s_execution;
        private static int s_left;

        /// <summary>What a skipped call leaves behind.</summary>
        public static int Value { get; private set; }

        /// <summary>Whether the fault happened.</summary>
        public static bool HasFired { get; private set; }

        /// <summary>Asked by the code before each call and after each condition.</summary>
        public static bool Hit(int site)
        {
            if (--s_left < 0)
            {
                throw new TimeoutException("The fault keeps a loop from ending.");
            }

            bool isHit = site == s_site && Counts[site] == s_execution;
            HasFired |= isHit;
            Counts[site]++;
            return isHit;
        }

        /// <summary>Chooses the fault for the next run; a site of -1 is none.</summary>
        internal static void Arm(int sites, int site, int execution, int value)
        {
            Counts.Clear();
            Counts.AddRange(new int[sites]);
            s_site = site;
            s_execution = execution;
            s_left = 1_000_000;
            Value = value;
            HasFired = false;
        }

        /// <summary>How often a site was met in the last run.</summary>
        internal static int CountOf(int site) => Counts[site];
    }

    /// <summary>The instrumented assembly.</summary>
    internal sealed class FaultedAssembly
    {
        private readonly List<string> _sites = new();
        private readonly Assembly _assembly;

        /// <summary>Instruments all methods of some types.</summary>
        public FaultedAssembly(string assemblyFile, params string[] typeNames)
        {
            using AssemblyDefinition definition = AssemblyDefinition.ReadAssembly(assemblyFile);
            MethodReference hit = definition.MainModule.ImportReference(typeof(FaultPoint).GetMethod(nameof(FaultPoint.Hit)));
            MethodReference value = definition.MainModule.ImportReference(
                typeof(FaultPoint).GetProperty(nameof(FaultPoint.Value))!.GetMethod);
            foreach (MethodDefinition method in typeNames.SelectMany(name => definition.MainModule.GetType(name).Methods))
            {
                Instrument(method, hit, value);
            }

            using MemoryStream image = new();
            definition.Write(image);
            image.Position = 0;
            _assembly = new AssemblyLoadContext("faulted").LoadFromStream(image);
        }

        /// <summary>The number of sites.</summary>
        public int Count => _sites.Count;

        /// <summary>Where a site is.</summary>
        public string NameOf(int site) => _sites[site];

        /// <summary>How many faults a site knows: a skipped call may leave 0 or 1 behind.</summary>
        public int ValuesAt(int site) => _sites[site].Contains(" call", StringComparison.Ordinal) ? 2 : 1;

        /// <summary>A static method of the instrumented assembly: the overload that fits the delegate.</summary>
        public T Method<T>(string typeName, string methodName)
            where T : Delegate
        {
            Type[] parameters = typeof(T).GetMethod("Invoke")!.GetParameters().Select(parameter => parameter.ParameterType).ToArray();
            return _assembly.GetType(typeName)!.GetMethod(methodName, parameters)!.CreateDelegate<T>();
        }

        private void Instrument(MethodDefinition method, MethodReference hit, MethodReference value)
        {
            method.Body.SimplifyMacros();
            ILProcessor il = method.Body.GetILProcessor();
            foreach (Instruction instruction in method.Body.Instructions.ToArray())
            {
                if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch && instruction.Operand is Instruction target)
                {
                    int site = Add(method, instruction);
                    Instruction next = instruction.Next;
                    Instruction taken = il.Create(OpCodes.Ldc_I4, site);
                    Insert(
                        il, instruction,
                        il.Create(OpCodes.Ldc_I4, site), il.Create(OpCodes.Call, hit), il.Create(OpCodes.Brtrue, target),
                        il.Create(OpCodes.Br, next),
                        taken, il.Create(OpCodes.Call, hit), il.Create(OpCodes.Brfalse, target));
                    instruction.Operand = taken;
                }
                else if (instruction.OpCode.Code is Code.Call or Code.Callvirt)
                {
                    SkipCall(method, il, instruction, hit, value);
                }
            }

            method.Body.OptimizeMacros();
        }

        private void SkipCall(
            MethodDefinition method, ILProcessor il, Instruction call, MethodReference hit, MethodReference value)
        {
            MethodReference callee = (MethodReference)call.Operand;
            Instruction copy = il.Create(call.OpCode, callee);
            Instruction after = call.Next;
            List<Instruction> code = new()
            {
                il.Create(OpCodes.Call, hit), il.Create(OpCodes.Brfalse, copy),
            };
            for (int i = callee.Parameters.Count + (callee.HasThis ? 1 : 0); i > 0; i--)
            {
                code.Add(il.Create(OpCodes.Pop));
            }

            MetadataType type = callee.ReturnType.MetadataType;
            if (type == MetadataType.Array)
            {
                code.Add(il.Create(OpCodes.Ldnull));
            }
            else if (type != MetadataType.Void)
            {
                code.Add(il.Create(OpCodes.Call, value));
                if (type is MetadataType.Int64 or MetadataType.UInt64)
                {
                    code.Add(il.Create(OpCodes.Conv_I8));
                }
            }

            code.Add(il.Create(OpCodes.Br, after));
            code.Add(copy);

            // The old instruction becomes the first of the new ones, so that branches to it meet the switch.
            int site = Add(method, call);
            call.OpCode = OpCodes.Ldc_I4;
            call.Operand = site;
            Insert(il, call, code.ToArray());
        }

        private int Add(MethodDefinition method, Instruction instruction)
        {
            _sites.Add(method.Name + " +" + instruction.Offset.ToString("x") + " " + instruction.OpCode.Name
                + (instruction.Operand is MethodReference callee ? " " + callee.Name : string.Empty));
            return _sites.Count - 1;
        }

        private static void Insert(ILProcessor il, Instruction place, params Instruction[] code)
        {
            foreach (Instruction instruction in code)
            {
                il.InsertAfter(place, instruction);
                place = instruction;
            }
        }
    }
}
