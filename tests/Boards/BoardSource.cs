// Each board's Layout.cs, read and compiled: all boards have a class of that name, so none can be compiled in here.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NanoBoot.Board;

namespace NanoBoot.Boards.Tests
{
    /// <summary>What a board's Layout class says.</summary>
    internal sealed class BoardSource
    {
        private static readonly ConcurrentDictionary<string, Lazy<BoardSource>> s_read = new();

        private BoardSource(string name, Type layout)
        {
            Name = name;
            ChipBytes = (int)layout.GetField("ChipBytes")!.GetRawConstantValue()!;
            HeapBytes = (int)layout.GetField("HeapBytes")!.GetRawConstantValue()!;
            Layout = (BoardLayout)layout.GetMethod("Create")!.Invoke(null, null)!;
        }

        public string Name { get; }

        public int ChipBytes { get; }

        public int HeapBytes { get; }

        public BoardLayout Layout { get; }

        /// <summary>Names of all boards: the folders with a Layout.cs.</summary>
        public static IEnumerable<object[]> Names()
        {
            return Directory.GetFiles(Path.Combine(Root(), "boards"), "Layout.cs", SearchOption.AllDirectories)
                .Select(f => Path.GetFileName(Path.GetDirectoryName(f)))
                .Where(b => b != "template")
                .Select(b => new object[] { b });
        }

        /// <summary>Reads a board.</summary>
        public static BoardSource Read(string name) => s_read.GetOrAdd(name, n => new Lazy<BoardSource>(() => Compile(n))).Value;

        private static BoardSource Compile(string name)
        {
            string path = Path.Combine(Root(), "boards", name, "Layout.cs");
            MetadataReference[] references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES"))!
                .Split(Path.PathSeparator)
                .Append(typeof(BoardLayout).Assembly.Location)
                .Distinct()
                .Select(f => (MetadataReference)MetadataReference.CreateFromFile(f))
                .ToArray();
            CSharpCompilation compilation = CSharpCompilation.Create(
                "Layout." + name,
                new[] { CSharpSyntaxTree.ParseText(File.ReadAllText(path), new CSharpParseOptions(LanguageVersion.CSharp9)) },
                references,
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
            using var image = new MemoryStream();
            var result = compilation.Emit(image);
            if (!result.Success)
            {
                throw new InvalidDataException(string.Join("\n", result.Diagnostics));
            }

            image.Position = 0;
            AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(typeof(BoardLayout).Assembly)!;
            Assembly assembly = context.LoadFromStream(image);
            return new BoardSource(name, assembly.GetType("NanoBoot.Board.Layout")!);
        }

        private static string Root()
        {
            for (DirectoryInfo folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "nanoBoot.sln")))
                {
                    return folder.FullName;
                }
            }

            throw new DirectoryNotFoundException("nanoBoot.sln is in no folder above " + AppContext.BaseDirectory);
        }
    }
}
