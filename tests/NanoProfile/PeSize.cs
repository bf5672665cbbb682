// How large an assembly becomes on the device: counts of what the interpreter's format has records for, and from them
// the size of the .pe. The size is computed, not made: the metadata processor has the last word
// (tests/nano/sizes.sh); the two differ by a few per cent.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>Counts and the size of one assembly.</summary>
    internal sealed class PeSize
    {
        private const int HeaderBytes = 124;
        private const int AssemblyReferenceBytes = 12;
        private const int ReferenceBytes = 8;
        private const int TypeBytes = 24;
        private const int FieldBytes = 8;
        private const int MethodBytes = 16;
        private const int HandlerBytes = 12;

        private readonly HashSet<string> _strings = new(StringComparer.Ordinal);
        private readonly HashSet<string> _signatures = new(StringComparer.Ordinal);
        private readonly HashSet<string> _references = new(StringComparer.Ordinal);
        private readonly List<(string Type, int Bytes)> _byType = new();
        private int _signatureBytes;

        private PeSize(ModuleDefinition module)
        {
            Name = module.Assembly.Name.Name;
            foreach (TypeDefinition type in module.GetTypes().Where(t => t.FullName != "<Module>"
                && t.CustomAttributes.All(a => a.AttributeType.Name != "ExcludeTypeAttribute")))
            {
                int before = Sum();
                AddType(type);
                _byType.Add((type.FullName, Sum() - before));
            }

            EstimatedBytes = HeaderBytes + (module.AssemblyReferences.Count * AssemblyReferenceBytes) + Sum();
        }

        /// <summary>Name of the assembly.</summary>
        public string Name { get; }

        /// <summary>Types, with those of array data.</summary>
        public int Types { get; private set; }

        /// <summary>Fields but constants.</summary>
        public int Fields { get; private set; }

        /// <summary>Methods, with constructors and accessors.</summary>
        public int Methods { get; private set; }

        /// <summary>Bytes of code, with tokens and branches as the interpreter's format has them, and handlers.</summary>
        public int IlBytes { get; private set; }

        /// <summary>Characters of string literals.</summary>
        public int LiteralCharacters { get; private set; }

        /// <summary>What the `.pe` will take, in bytes.</summary>
        public int EstimatedBytes { get; }

        /// <summary>What each type adds, the largest first: names and signatures count where they occur first.</summary>
        public IEnumerable<string> ByType => _byType.OrderByDescending(t => t.Bytes).Select(t => t.Bytes + " " + t.Type);

        /// <summary>Measures an assembly.</summary>
        public static PeSize Of(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            return new PeSize(module);
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            return Name + ": " + Types + " types, " + Methods + " methods, " + Fields + " fields, " + IlBytes
                + " bytes of code, " + LiteralCharacters + " characters of strings, about " + EstimatedBytes + " bytes as .pe";
        }

        private static int CodeBytes(Instruction instruction)
        {
            int opcode = instruction.OpCode.Size;
            return instruction.OpCode.OperandType switch
            {
                OperandType.InlineBrTarget => opcode + 2,
                OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineString
                    or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig => opcode + 2,
                OperandType.InlineSwitch => opcode + 1 + (2 * ((Instruction[])instruction.Operand).Length),
                _ => instruction.GetSize(),
            };
        }

        private int Sum()
        {
            return (_references.Count * ReferenceBytes)
                + (Types * TypeBytes)
                + (Fields * FieldBytes)
                + (Methods * MethodBytes)
                + _signatureBytes
                + IlBytes
                + _strings.Sum(s => Encoding.UTF8.GetByteCount(s) + 1);
        }

        private void AddType(TypeDefinition type)
        {
            Types++;
            _strings.Add(type.Name);
            _strings.Add(type.Namespace);
            if (type.HasInterfaces)
            {
                AddSignature("i" + string.Join(",", type.Interfaces.Select(i => i.InterfaceType.FullName)), 1 + (3 * type.Interfaces.Count));
            }

            foreach (FieldDefinition field in type.Fields.Where(f => !f.HasConstant))
            {
                Fields++;
                _strings.Add(field.Name);
                AddSignature(field.FieldType.FullName, 1 + TypeSize(field.FieldType));
                if (field.InitialValue.Length > 0)
                {
                    AddSignature("data " + field.FullName, 2 + field.InitialValue.Length);
                }
            }

            foreach (MethodDefinition method in type.Methods)
            {
                AddMethod(method);
            }
        }

        private void AddMethod(MethodDefinition method)
        {
            Methods++;
            _strings.Add(method.Name);
            TypeReference[] all = method.Parameters.Select(p => p.ParameterType).Prepend(method.ReturnType).ToArray();
            AddSignature("m" + string.Join(",", all.Select(t => t.FullName)), 2 + all.Sum(TypeSize));
            if (!method.HasBody)
            {
                return;
            }

            if (method.Body.HasVariables)
            {
                AddSignature(
                    "v" + string.Join(",", method.Body.Variables.Select(v => v.VariableType.FullName)),
                    method.Body.Variables.Sum(v => TypeSize(v.VariableType)));
            }

            if (method.Body.HasExceptionHandlers)
            {
                IlBytes += 1 + (HandlerBytes * method.Body.ExceptionHandlers.Count);
            }

            foreach (Instruction instruction in method.Body.Instructions)
            {
                IlBytes += CodeBytes(instruction);
                AddReference(instruction.Operand);
            }
        }

        private void AddReference(object? operand)
        {
            switch (operand)
            {
                case string text:
                    LiteralCharacters += text.Length;
                    _strings.Add(text);
                    break;
                case MemberReference member and not IMemberDefinition when member is not TypeSpecification:
                    _references.Add(member.FullName);
                    _strings.Add(member.Name);
                    if (member.DeclaringType is not null)
                    {
                        AddReference(member.DeclaringType);
                    }

                    break;
                default:
                    break;
            }
        }

        private void AddSignature(string key, int bytes)
        {
            if (_signatures.Add(key))
            {
                _signatureBytes += bytes;
            }
        }

        private static int TypeSize(TypeReference type)
        {
            return type switch
            {
                ArrayType array => 1 + TypeSize(array.ElementType),
                ByReferenceType reference => 1 + TypeSize(reference.ElementType),
                { IsPrimitive: true } => 1,
                { MetadataType: MetadataType.Void or MetadataType.String or MetadataType.Object } => 1,
                _ => 3,
            };
        }
    }
}
