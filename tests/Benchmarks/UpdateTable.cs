// What an update costs on ten successive builds of this repository: its device libraries, compiled from its own history
// into one assembly, each build installed over the one before it by the real convergence. In one slot in place, where what
// is programmed shows, and what is fetched for a second slot is the same.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Benchmarks
{
    /// <summary>Prints the table; the exit code says whether the budgets hold.</summary>
    internal static class UpdateTable
    {
        private const int Updates = 10;
        private const int SectorBytes = 4096;
        private const int AreaBytes = 2 * SectorBytes;
        private const double ProgramBudget = 1.05;
        private const double FetchBudget = 1.15;

        private static readonly string[] Libraries = { "Hal", "Bootloader", "Stage2Updater" };

        private static readonly MetadataReference[] References = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(file => Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal))
            .Select(file => (MetadataReference)MetadataReference.CreateFromFile(file))
            .ToArray();

        public static int Print()
        {
            List<(string Commit, byte[] Image)> builds = Builds();
            Console.WriteLine("| commit | image | sectors that differ | programmed | ratio | chunks that differ | fetched | ratio | of the image | bsdiff |");
            Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            long[] sums = new long[6];
            for (int i = 1; i < builds.Count; i++)
            {
                long[] row = Measure(builds[i - 1].Image, builds[i].Image);
                WriteRow(builds[i].Commit, row);
                for (int column = 0; column < sums.Length; column++)
                {
                    sums[column] += row[column];
                }
            }

            WriteRow("together", sums);
            bool isGood = builds.Count == Updates + 1 && sums[2] <= ProgramBudget * sums[1] && sums[4] <= FetchBudget * sums[3];
            Console.WriteLine(isGood ? "Within the budgets." : "OVER a budget, or too few builds.");
            return isGood ? 0 : 1;
        }

        private static void WriteRow(string name, long[] row)
        {
            static string Number(long value) => value < 0 ? "-" : value.ToString("N0", CultureInfo.InvariantCulture);
            static string Ratio(long part, long whole) => whole == 0 ? "-" : ((double)part / whole).ToString("0.000", CultureInfo.InvariantCulture);
            Console.WriteLine(
                $"| {name} | {Number(row[0])} | {Number(row[1])} | {Number(row[2])} | {Ratio(row[2], row[1])} | {Number(row[3])} | {Number(row[4])} "
                + $"| {Ratio(row[4], row[3])} | {Ratio(row[4], row[0])} | {Number(row[5])} |");
        }

        /// <summary>Image; sectors that differ; programmed; chunks that differ; fetched; the patch that bsdiff makes.</summary>
        private static long[] Measure(byte[] former, byte[] next)
        {
            HashSet<string> had = Chunker.ReadTable(Chunker.MakeTable(former)).Select(chunk => Convert.ToHexString(chunk.Digest)).ToHashSet();
            byte[] table = Chunker.MakeTable(next);
            long changedChunks = Chunker.ReadTable(table).Where(chunk => !had.Contains(Convert.ToHexString(chunk.Digest))).Sum(chunk => (long)chunk.LengthBytes);
            long changedSectors = 0;
            for (int at = 0; at < next.Length; at += SectorBytes)
            {
                ReadOnlySpan<byte> now = next.AsSpan(at, Math.Min(SectorBytes, next.Length - at));
                bool isSame = at + now.Length <= former.Length && former.AsSpan(at, now.Length).SequenceEqual(now);
                changedSectors += isSame ? 0 : SectorBytes;
            }

            (long programmed, long fetched) = Install(former, next, table);
            return
            [
                next.Length, changedSectors, programmed, changedChunks, fetched,
                Bsdiff(former, next),
            ];
        }

        private static (long Programmed, long Fetched) Install(byte[] former, byte[] next, byte[] table)
        {
            int size = AreaBytes + (((Math.Max(former.Length, next.Length) / SectorBytes) + 2) * SectorBytes);
            EmulatedFlash device = new(NorGeometry.Uniform(SectorBytes, 2 * size / SectorBytes, 8));
            FlashRegion region = new(RegionId.ApplicationA, device, 0, size);
            FlashRegion other = new(RegionId.ApplicationB, device, size, size);
            foreach (FlashRegion place in new[] { region, other })
            {
                Demand(place.Program(AreaBytes, [.. former, .. new byte[(32 - (former.Length % 32)) % 32]], 0, (former.Length + 31) / 32 * 32));
            }

            // The second slot holds the former build too, as that of an A/B device does: what moved is copied from there.
            ChunkTable chunks = new(table, 0, table.Length, next.Length);
            Demand(chunks.Count > 0 ? ResultCode.Ok : ResultCode.SuitChunkTableInvalid);
            ChunkPlan plan = new(chunks, 2);
            byte[] formerTable = Chunker.MakeTable(former);

            // As it stands in an envelope: parameter -257, a byte string with two bytes of length. That is what is looked for.
            byte[] envelope = [0x39, 0x01, 0x00, 0x59, (byte)(formerTable.Length >> 8), (byte)formerTable.Length, .. formerTable];
            Slot precursor = new(other, AreaBytes);
            var record = new RecordWriter(precursor);
            Demand(record.Erase());
            Demand(record.Write(envelope, 0, envelope.Length, 1, 1));
            ChunkTableScan.Offer(plan, precursor);
            Slot slot = new(region, AreaBytes);
            SectorWriter writer = new(slot);
            Demand(writer.Open());
            Quiet log = new();
            ChunkConverger converger = new(
                plan, writer, new PayloadSources([new MemoryPayload(next, 0, next.Length)], log), next.Length, log, region.Id);
            Demand(converger.Run());
            byte[] read = new byte[next.Length];
            Demand(region.Read(AreaBytes, read, 0, read.Length));
            return read.AsSpan().SequenceEqual(next)
                ? (writer.ProgrammedBytes, converger.FetchedBytes)
                : throw new InvalidOperationException("The slot does not hold the new build.");
        }

        private static void Demand(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidOperationException(result.ToString());
            }
        }

        private static long Bsdiff(byte[] former, byte[] next)
        {
            string directory = Directory.CreateTempSubdirectory("nanoboot-bsdiff-").FullName;
            try
            {
                File.WriteAllBytes(Path.Combine(directory, "a"), former);
                File.WriteAllBytes(Path.Combine(directory, "b"), next);
                Run("bsdiff", directory, "a", "b", "p");
                return new FileInfo(Path.Combine(directory, "p")).Length;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not installed: the column stays empty.
                return -1;
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        /// <summary>The last builds that differ and compile, oldest first.</summary>
        private static List<(string Commit, byte[] Image)> Builds()
        {
            string root = Text(Run("git", Environment.CurrentDirectory, "rev-parse", "--show-toplevel")).Trim();
            string[] arguments = ["log", "--format=%h", "--", .. Libraries];
            List<(string Commit, byte[] Image)> builds = new();
            foreach (string commit in Text(Run("git", root, arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                byte[]? image = Compile(root, commit);
                if (image != null && (builds.Count == 0 || !image.AsSpan().SequenceEqual(builds[^1].Image)))
                {
                    builds.Add((commit, image));
                    if (builds.Count == Updates + 1)
                    {
                        break;
                    }
                }
            }

            builds.Reverse();
            return builds;
        }

        private static byte[]? Compile(string root, string commit)
        {
            IEnumerable<string> later = new[] { "Resident", "ExcludeType.Desktop.cs" }.Where(path => Exists(root, commit, path));
            string[] arguments = ["archive", "--format=tar", commit, "--", .. Libraries, .. later];
            CSharpParseOptions options = new(LanguageVersion.CSharp9);
            List<SyntaxTree> trees = new();
            using TarReader archive = new(new MemoryStream(Run("git", root, arguments)));
            while (archive.GetNextEntry() is TarEntry entry)
            {
                // One assembly of all of them: what each has for itself is there once.
                bool isOwn = entry.Name.EndsWith("/ExcludeType.Desktop.cs", StringComparison.Ordinal) && !entry.Name.StartsWith("Hal/", StringComparison.Ordinal);
                bool isOther = Regex.IsMatch(entry.Name, @"(\.(Nano|Managed)|SignatureSchemes\.(Es256|HssLms))\.cs$");
                if (entry.DataStream != null && entry.Name.EndsWith(".cs", StringComparison.Ordinal) && !isOwn && !isOther)
                {
                    using StreamReader reader = new(entry.DataStream);
                    trees.Add(CSharpSyntaxTree.ParseText(reader.ReadToEnd(), options, entry.Name));
                }
            }

            CSharpCompilationOptions how = new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true);
            using MemoryStream image = new();
            var result = CSharpCompilation.Create("NanoBoot.Device", trees, References, how).Emit(image);
            if (!result.Success)
            {
                Console.Error.WriteLine($"{commit} does not compile by itself, left out: {result.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error)}");
            }

            return result.Success ? image.ToArray() : null;
        }

        private static bool Exists(string root, string commit, string folder) => Run("git", root, "ls-tree", commit, "--", folder).Length != 0;

        private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

        private static byte[] Run(string program, string directory, params string[] arguments)
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = directory,
                RedirectStandardOutput = true,
            })!;
            using MemoryStream output = new();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            return output.ToArray();
        }

        private sealed class Quiet : IBootLog
        {
            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
            }
        }
    }
}
