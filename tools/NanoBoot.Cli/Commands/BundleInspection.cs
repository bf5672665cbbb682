// What was found in payloads, and how it is shown.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary>Collects the assemblies of files and checks them together.</summary>
    internal sealed class BundleInspection
    {
        // Builds that do not fit miss dozens.
        private const int MissingNamesShown = 8;

        private static readonly string[] s_platform = ["System", "nanoFramework.", "NanoBoot.", "Windows.", "Microsoft."];

        private readonly IReadOnlyList<AssemblyDescription> _resident;
        private readonly List<AssemblyDescription> _assemblies = [];
        private readonly List<byte[]> _images = [];
        private readonly List<(string File, McubootImage Image)> _containers = [];
        private readonly List<string> _inconsistencies = [];
        private BundlePlan? _plan;

        public BundleInspection(IReadOnlyList<AssemblyDescription> resident)
        {
            _resident = resident;
        }

        public bool IsUsable => Plan.Problems.Count == 0 && (_resident.Count == 0 || Plan.Missing.Count == 0) && Plan.MissingNames.Count == 0
            && _containers.TrueForAll(container => container.Image.IsHashRight != false)
            && _inconsistencies.Count == 0;

        /// <summary>A deployment image brings mscorlib itself: what is in it is bound to native code at start.</summary>
        private bool IsDeployment => _assemblies.Exists(assembly => assembly.Name == "mscorlib");

        private BundlePlan Plan => _plan ??= BundlePlan.Make(_assemblies, _resident, IsDeployment);

        private int HeapBytes => _assemblies.Sum(assembly => assembly.HeapBytes);

        /// <summary>Adds what is in a file.</summary>
        public void Add(string file, byte[] content)
        {
            if (content.AsSpan().StartsWith("NBD1"u8))
            {
                throw new CliException(ExitCode.BadInput, $"{file}: packed, and holds only what differs from an earlier image; inspect the image that it was packed from.");
            }

            if (content.AsSpan().StartsWith("NBZ1"u8))
            {
                byte[] packed = content;
                content = ReadNamed(file, () => PackedPayloads.Unpack(packed, null));
            }

            if (McubootImage.Recognize(content))
            {
                McubootImage image = ReadNamed(file, () => McubootImage.Read(content));
                _containers.Add((file, image));
                _inconsistencies.AddRange(McubootRules.Check(content).Select(problem => $"{file}: {problem}"));
                if (image.IsEncrypted || Bundle.Split(image.Payload).Count == 0)
                {
                    return;
                }

                content = image.Payload;
            }

            // A deployment region is erased flash behind the last assembly.
            int used = content.AsSpan().LastIndexOfAnyExcept((byte)0xFF) + 1;
            IReadOnlyList<(int OffsetBytes, int LengthBytes)> parts = Bundle.Split(content);
            if (parts.Count == 0)
            {
                parts = Bundle.Split(content.AsSpan(0, Math.Min(content.Length, (used + 3) / 4 * 4)));
            }

            if (parts.Count == 0)
            {
                throw new CliException(ExitCode.BadInput, $"{file}: {Explain(content)}");
            }

            foreach ((int offset, int length) in parts)
            {
                byte[] image = content.AsSpan(offset, length).ToArray();
                _assemblies.Add(ReadNamed(file, () => AssemblyDescription.Read(image)));
                _images.Add(image);
            }
        }

        /// <summary>Refuses a bundle that a device could not load.</summary>
        public void RequireUsable(bool isResidentKnown, int heapBytes)
        {
            if (IsDeployment)
            {
                throw new CliException(ExitCode.BadInput, "mscorlib is among the assemblies; it is deployed with stage 1, and no part of a bundle.");
            }

            if (Plan.Problems.Count != 0)
            {
                throw new CliException(ExitCode.BadInput, Plan.Problems[0]);
            }

            if (isResidentKnown && Plan.Missing.Count != 0)
            {
                MissingReference missing = Plan.Missing[0];
                string found = missing.Found is null ? "add it to the bundle or deploy it with stage 1" : $"there is {missing.Found.Version}";
                throw new CliException(ExitCode.BadInput, $"{missing.From} refers to {missing.Reference}, which is not there; {found}.");
            }

            if (Plan.MissingNames.Count != 0)
            {
                MissingName missing = Plan.MissingNames[0];
                string others = Plan.MissingNames.Count == 1 ? string.Empty : $" ({Plan.MissingNames.Count - 1} more)";
                throw new CliException(
                    ExitCode.BadInput, $"{missing.From} refers to {missing.Reference.Name}, which {missing.Reference.Assembly} has not{others}: of another version, or one of them is a Debug build and the other a Release build.");
            }

            if (_assemblies.Exists(assembly => assembly.IsNano) && HeapBytes > heapBytes)
            {
                throw new CliException(
                    ExitCode.BadInput, $"the bundle takes some {HeapBytes} bytes of heap, the board has {heapBytes}; make it smaller, or give the board's heap with --heap.");
            }
        }

        /// <summary>The assemblies in the order they are loaded.</summary>
        public IEnumerable<byte[]> InOrder() => Plan.Order.Select(index => _images[index]);

        public JsonObject ToJson()
        {
            return new JsonObject
            {
                ["containers"] = new JsonArray([.. _containers.Select(container => new JsonObject
                {
                    ["file"] = container.File,
                    ["format"] = "mcuboot",
                    ["version"] = container.Image.Version,
                    ["headerBytes"] = container.Image.HeaderBytes,
                    ["payloadBytes"] = container.Image.Payload.Length,
                    ["encrypted"] = container.Image.IsEncrypted,
                    ["hashRight"] = container.Image.IsHashRight,
                    ["entries"] = new JsonArray([.. container.Image.Entries.Select(entry => new JsonObject { ["name"] = entry.Name, ["bytes"] = entry.LengthBytes })]),
                })]),
                ["assemblies"] = new JsonArray([.. _assemblies.Select(Describe)]),
                ["loadOrder"] = new JsonArray([.. Plan.Order.Select(index => JsonValue.Create(_assemblies[index].Name))]),
                ["missing"] = new JsonArray([.. Plan.Missing.Select(missing => new JsonObject
                {
                    ["from"] = missing.From, ["name"] = missing.Reference.Name, ["version"] = missing.Reference.Version.ToString(), ["found"] = missing.Found?.Version.ToString(),
                })]),
                ["missingNames"] = new JsonArray([.. Plan.MissingNames.Select(missing => new JsonObject
                {
                    ["from"] = missing.From, ["assembly"] = missing.Reference.Assembly, ["name"] = missing.Reference.Name,
                })]),
                ["problems"] = new JsonArray([.. _inconsistencies.Concat(Plan.Problems).Select(problem => JsonValue.Create(problem))]),
                ["heapBytesEstimated"] = HeapBytes,
            };
        }

        public void Print(TextWriter output)
        {
            foreach ((string file, McubootImage image) in _containers)
            {
                string hash = image.IsHashRight switch { true => "hash right", false => "HASH WRONG", _ => "no hash" };
                output.WriteLine($"{file}: MCUboot image {image.Version}, payload {image.Payload.Length} bytes{(image.IsEncrypted ? ", encrypted" : string.Empty)}, {hash}");
                output.WriteLine($"  trailer: {string.Join(", ", image.Entries.Select(entry => $"{entry.Name} ({entry.LengthBytes})"))}");
            }

            foreach (string problem in _inconsistencies)
            {
                output.WriteLine(problem);
            }

            if (_assemblies.Count != 0)
            {
                PrintTable(output);
            }

            foreach (MissingReference missing in Plan.Missing)
            {
                string found = missing.Found is null ? string.Empty : $" (there is {missing.Found.Version})";
                string forgotten = _resident.Count == 0 && !IsOfPlatform(missing.Reference.Name) ? "; of neither nanoFramework nor nanoBoot: forgotten?" : string.Empty;
                output.WriteLine($"{(_resident.Count == 0 ? "Must be resident" : "Missing")}: {missing.Reference}, for {missing.From}{found}{forgotten}");
            }

            foreach (MissingName missing in Plan.MissingNames.Take(MissingNamesShown))
            {
                output.WriteLine($"Missing: {missing.Reference.Name} in {missing.Reference.Assembly}, for {missing.From}");
            }

            if (Plan.MissingNames.Count > MissingNamesShown)
            {
                output.WriteLine($"Missing: {Plan.MissingNames.Count - MissingNamesShown} more names; --json has them all");
            }

            foreach (string problem in Plan.Problems)
            {
                output.WriteLine($"Problem: {problem}");
            }
        }

        /// <summary>By its name: what boards deploy, and bundles refer to.</summary>
        private static bool IsOfPlatform(string name)
        {
            return name == "mscorlib" || s_platform.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        }

        private void PrintTable(TextWriter output)
        {
            int width = Math.Max(8, _assemblies.Max(assembly => assembly.Name.Length));
            output.WriteLine($"load  {"assembly".PadRight(width)}  {"version",-12} {"bytes",8} {"types",6} {"methods",8}  native");
            IEnumerable<int> rest = Enumerable.Range(0, _assemblies.Count).Except(Plan.Order);
            int position = 0;
            foreach (int index in Plan.Order.Concat(rest))
            {
                AssemblyDescription assembly = _assemblies[index];
                position++;
                string load = position <= Plan.Order.Count ? $"{position}" : "-";
                string native = assembly.NativeChecksum == 0 ? "-" : $"{assembly.NativeChecksum:x8}";
                output.WriteLine(
                    $"{load,4}  {assembly.Name.PadRight(width)}  {assembly.Version.ToString(),-12} {assembly.SizeBytes,8} {assembly.TypeCount,6} {assembly.MethodCount,8}  {native}");
                if (assembly.References.Count != 0)
                {
                    output.WriteLine($"        refers to {string.Join(", ", assembly.References)}");
                }
            }

            output.WriteLine($"{_assemblies.Count} assemblies, {_assemblies.Sum(assembly => assembly.SizeBytes)} bytes; heap when loaded: some {HeapBytes} bytes");
        }

        private static JsonNode Describe(AssemblyDescription assembly) => new JsonObject
        {
            ["name"] = assembly.Name,
            ["version"] = assembly.Version.ToString(),
            ["format"] = assembly.IsNano ? "nanoFramework" : ".NET",
            ["bytes"] = assembly.SizeBytes,
            ["types"] = assembly.TypeCount,
            ["methods"] = assembly.MethodCount,
            ["nativeChecksum"] = assembly.NativeChecksum == 0 ? null : $"{assembly.NativeChecksum:x8}",
            ["intact"] = assembly.IsIntact,
            ["heapBytesEstimated"] = assembly.HeapBytes,
            ["references"] = new JsonArray([.. assembly.References.Select(reference => new JsonObject
            {
                ["name"] = reference.Name, ["version"] = reference.Version.ToString(),
            })]),
        };

        private static T ReadNamed<T>(string file, Func<T> read)
        {
            try
            {
                return read();
            }
            catch (InvalidDataException exception)
            {
                throw new CliException(ExitCode.BadInput, $"{file}: {exception.Message}");
            }
        }

        /// <summary>Why a file is no bundle.</summary>
        private static string Explain(byte[] content)
        {
            if (content.Length == 0)
            {
                return "empty.";
            }

            if (content.AsSpan().StartsWith("NFMRK2"u8))
            {
                return "a .pe of nanoFramework 2 (marker NFMRK2); devices of version 1 do not load it.";
            }

            if (content.AsSpan().StartsWith("NFMRK1"u8) || content.AsSpan().StartsWith("MZ"u8))
            {
                return "starts as a bundle, but an assembly in it is cut off or damaged; build or copy it again.";
            }

            return content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xD8, 0x6B])
                ? "a SUIT manifest; 'nanoboot manifest show' shows it."
                : "no assemblies in it: neither a bundle nor an MCUboot image; an encrypted payload needs --manifest and --key.";
        }
    }
}
