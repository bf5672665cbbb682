// Rewrites stage 1 so that any one instruction that calls, branches, jumps or returns can be left out, once, while it runs: what a
// voltage glitch does to a processor (A62). One rewritten assembly carries all of these faults; a static field says which
// of them strikes, and at which of its executions.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using NanoBoot.Strip;

namespace NanoBoot.PowerFail.Tests
{
    /// <summary>One place where an instruction can be left out.</summary>
    internal sealed record SkipSite(int Number, string Method, string Instruction);

    /// <summary>An assembly with all faults in it.</summary>
    internal sealed class SkipRewriter
    {
        private readonly List<SkipSite> _sites = new List<SkipSite>();
        private readonly ModuleDefinition _module;
        private readonly FieldDefinition _site;
        private readonly FieldDefinition _always;
        private readonly FieldDefinition _countdown;
        private readonly FieldDefinition _fuel;
        private readonly MethodDefinition _strikes;
        private readonly MethodDefinition _burn;

        private SkipRewriter(ModuleDefinition module)
        {
            _module = module;
            TypeDefinition fault = new TypeDefinition(
                string.Empty, "InjectedFault", TypeAttributes.Class | TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed, module.TypeSystem.Object);
            _site = AddField(fault, "Site");
            _always = AddField(fault, "Always");
            _countdown = AddField(fault, "Countdown");
            _fuel = AddField(fault, "Fuel");
            _strikes = AddStrikes(fault);
            _burn = AddBurn(fault);
            module.Types.Add(fault);
        }

        /// <summary>The places, by their number.</summary>
        internal IReadOnlyList<SkipSite> Sites => _sites;

        /// <summary>Rewrites an assembly.</summary>
        internal static (byte[] Image, IReadOnlyList<SkipSite> Sites) Rewrite(byte[] image)
        {
            using DefaultAssemblyResolver resolver = new DefaultAssemblyResolver();
            resolver.AddSearchDirectory(AppContext.BaseDirectory);
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image), new ReaderParameters { AssemblyResolver = resolver });
            SkipRewriter rewriter = new SkipRewriter(module);
            foreach (TypeDefinition type in module.GetTypes().ToArray())
            {
                foreach (MethodDefinition method in type.Methods)
                {
                    // On a board the HMAC is native code; what stands for it on the desktop is not what is tested.
                    if (method.HasBody && type.Name != "InjectedFault" && type.Name != "HmacSha256")
                    {
                        rewriter.Rewrite(method);
                    }
                }
            }

            using MemoryStream stream = new MemoryStream();
            module.Write(stream);
            return (stream.ToArray(), rewriter._sites);
        }

        private void Rewrite(MethodDefinition method)
        {
            MethodBody body = method.Body;
            body.SimplifyMacros();
            ILProcessor il = body.GetILProcessor();
            Dictionary<Instruction, int> depths = CodeFlow.Depths(body);
            foreach (Instruction instruction in body.Instructions.ToArray())
            {
                switch (instruction.OpCode.FlowControl)
                {
                    case FlowControl.Call when instruction.OpCode.Code is Code.Call or Code.Callvirt:
                        SkipCall(il, method, instruction);
                        break;

                    case FlowControl.Cond_Branch when instruction.OpCode.Code != Code.Switch:
                        SkipBranch(il, method, instruction);
                        break;

                    // To what follows, where nothing is expected on the stack: what is there is lost.
                    case FlowControl.Branch or FlowControl.Return when instruction.OpCode.Code is Code.Br or Code.Ret && depths.ContainsKey(instruction)
                            && instruction.Next != null && depths.GetValueOrDefault(instruction.Next, -1) == 0 && body.ExceptionHandlers.Count == 0:
                        SkipJump(il, method, instruction, depths[instruction]);
                        break;
                }
            }

            body.OptimizeMacros();
        }

        // strikes? then drop the arguments and go on behind the call with what a register holds that nobody wrote: 0.
        private void SkipCall(ILProcessor il, MethodDefinition method, Instruction call)
        {
            MethodReference target = (MethodReference)call.Operand;
            if (target.Name == ".ctor" || call.Previous?.OpCode.Code == Code.Constrained)
            {
                return;
            }

            TypeReference result = target.ReturnType;
            int number = AddSite(method, call);
            Instruction after = il.Create(OpCodes.Nop);
            List<Instruction> skipped = new List<Instruction>();
            for (int i = target.Parameters.Count + (target.HasThis ? 1 : 0); i > 0; i--)
            {
                skipped.Add(il.Create(OpCodes.Pop));
            }

            if (result.MetadataType != MetadataType.Void)
            {
                skipped.AddRange(Default(il, method, result));
            }

            // Instructions that branched to the call now branch to the question before it.
            Instruction real = il.Create(call.OpCode, target);
            il.InsertAfter(call, after);
            foreach (Instruction instruction in Enumerable.Reverse(skipped))
            {
                il.InsertAfter(call, instruction);
            }

            Instruction firstSkipped = skipped.Count == 0 ? after : skipped[0];
            il.InsertAfter(call, il.Create(OpCodes.Br, after));
            il.InsertAfter(call, real);
            il.InsertAfter(call, il.Create(OpCodes.Brtrue, firstSkipped));
            il.InsertAfter(call, il.Create(OpCodes.Call, _strikes));
            call.OpCode = OpCodes.Ldc_I4;
            call.Operand = number;
        }

        private void SkipBranch(ILProcessor il, MethodDefinition method, Instruction branch)
        {
            int number = AddSite(method, branch);
            Instruction target = (Instruction)branch.Operand;
            bool isBackward = target.Offset <= branch.Offset;
            Instruction after = il.Create(OpCodes.Nop);
            Instruction real = il.Create(branch.OpCode, target);
            bool isUnary = branch.OpCode.StackBehaviourPop == StackBehaviour.Popi;
            List<Instruction> sequence = new List<Instruction> { il.Create(OpCodes.Call, _strikes) };
            Instruction firstPop = il.Create(OpCodes.Pop);
            sequence.Add(il.Create(OpCodes.Brtrue, firstPop));
            sequence.Add(real);
            sequence.Add(il.Create(OpCodes.Br, after));
            sequence.Add(firstPop);
            if (!isUnary)
            {
                sequence.Add(il.Create(OpCodes.Pop));
            }

            sequence.Add(after);
            foreach (Instruction instruction in Enumerable.Reverse(sequence))
            {
                il.InsertAfter(branch, instruction);
            }

            branch.OpCode = OpCodes.Ldc_I4;
            branch.Operand = number;
            if (isBackward)
            {
                il.InsertAfter(branch, il.Create(OpCodes.Call, _burn));
            }
        }

        private void SkipJump(ILProcessor il, MethodDefinition method, Instruction jump, int depth)
        {
            int number = AddSite(method, jump);
            Instruction real = jump.Operand == null ? il.Create(jump.OpCode) : il.Create(jump.OpCode, (Instruction)jump.Operand);
            Instruction after = il.Create(OpCodes.Nop);
            List<Instruction> sequence = new List<Instruction> { il.Create(OpCodes.Call, _strikes), il.Create(OpCodes.Brtrue, after), real, after };
            sequence.AddRange(Enumerable.Range(0, depth).Select(_ => il.Create(OpCodes.Pop)));
            foreach (Instruction instruction in Enumerable.Reverse(sequence))
            {
                il.InsertAfter(jump, instruction);
            }

            jump.OpCode = OpCodes.Ldc_I4;
            jump.Operand = number;
        }

        private static IEnumerable<Instruction> Default(ILProcessor il, MethodDefinition method, TypeReference type)
        {
            TypeDefinition definition = type.Resolve();
            MetadataType kind = definition != null && definition.IsEnum
                ? definition.Fields.First(field => !field.IsStatic).FieldType.MetadataType
                : type.MetadataType;
            switch (kind)
            {
                case MetadataType.Int64 or MetadataType.UInt64:
                    yield return il.Create(OpCodes.Ldc_I4_0);
                    yield return il.Create(OpCodes.Conv_I8);
                    break;

                case MetadataType.ValueType or MetadataType.GenericInstance when type.IsValueType:
                    VariableDefinition local = new VariableDefinition(type);
                    method.Body.Variables.Add(local);
                    yield return il.Create(OpCodes.Ldloc, local);
                    break;

                case MetadataType.Class or MetadataType.Object or MetadataType.String or MetadataType.Array or MetadataType.GenericInstance:
                    yield return il.Create(OpCodes.Ldnull);
                    break;

                default:
                    yield return il.Create(OpCodes.Ldc_I4_0);
                    break;
            }
        }

        private int AddSite(MethodDefinition method, Instruction instruction)
        {
            int number = _sites.Count + 1;
            _sites.Add(new SkipSite(number, method.DeclaringType.Name + "." + method.Name, instruction.ToString()));
            return number;
        }

        private FieldDefinition AddField(TypeDefinition type, string name)
        {
            FieldDefinition field = new FieldDefinition(name, FieldAttributes.Public | FieldAttributes.Static, _module.TypeSystem.Int32);
            type.Fields.Add(field);
            return field;
        }

        // static bool Strikes(int site) => site == Always || (site == Site && --Countdown == 0)
        private MethodDefinition AddStrikes(TypeDefinition type)
        {
            MethodDefinition method = new MethodDefinition("Strikes", MethodAttributes.Public | MethodAttributes.Static, _module.TypeSystem.Boolean);
            method.Parameters.Add(new ParameterDefinition(_module.TypeSystem.Int32));
            ILProcessor il = method.Body.GetILProcessor();
            Instruction no = il.Create(OpCodes.Ldc_I4_0);
            Instruction once = il.Create(OpCodes.Ldarg_0);
            il.Append(il.Create(OpCodes.Ldarg_0));
            il.Append(il.Create(OpCodes.Ldsfld, _always));
            il.Append(il.Create(OpCodes.Bne_Un, once));
            il.Append(il.Create(OpCodes.Ldc_I4_1));
            il.Append(il.Create(OpCodes.Ret));
            il.Append(once);
            il.Append(il.Create(OpCodes.Ldsfld, _site));
            il.Append(il.Create(OpCodes.Bne_Un, no));
            il.Append(il.Create(OpCodes.Ldsfld, _countdown));
            il.Append(il.Create(OpCodes.Ldc_I4_1));
            il.Append(il.Create(OpCodes.Sub));
            il.Append(il.Create(OpCodes.Dup));
            il.Append(il.Create(OpCodes.Stsfld, _countdown));
            il.Append(il.Create(OpCodes.Ldc_I4_0));
            il.Append(il.Create(OpCodes.Ceq));
            il.Append(il.Create(OpCodes.Ret));
            il.Append(no);
            il.Append(il.Create(OpCodes.Ret));
            type.Methods.Add(method);
            return method;
        }

        // static void Burn(): every loop ends, one way or the other. Fuel / (Fuel - n) throws at the end.
        private MethodDefinition AddBurn(TypeDefinition type)
        {
            MethodDefinition method = new MethodDefinition("Burn", MethodAttributes.Public | MethodAttributes.Static, _module.TypeSystem.Void);
            ILProcessor il = method.Body.GetILProcessor();
            il.Append(il.Create(OpCodes.Ldsfld, _fuel));
            il.Append(il.Create(OpCodes.Ldc_I4_1));
            il.Append(il.Create(OpCodes.Sub));
            il.Append(il.Create(OpCodes.Stsfld, _fuel));
            il.Append(il.Create(OpCodes.Ldc_I4_1));
            il.Append(il.Create(OpCodes.Ldsfld, _fuel));
            il.Append(il.Create(OpCodes.Div));
            il.Append(il.Create(OpCodes.Pop));
            il.Append(il.Create(OpCodes.Ret));
            type.Methods.Add(method);
            return method;
        }
    }
}
