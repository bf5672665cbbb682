using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest diff</c>.</summary>
    internal static class ManifestDiffCommand
    {
        public static Command Create(CliContext context)
        {
            var left = new Argument<string>("OLD") { Description = "One manifest." };
            var right = new Argument<string>("NEW") { Description = "The other." };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "diff",
                "Compares two manifests line by line of their listings, and says how many bytes of payload a device would fetch. Exit code 1 when they differ.",
                "nanoboot manifest diff application-1.0.suit application-1.1.suit")
            {
                left, right, json,
            };
            return command.Runs(result =>
            {
                Envelope from = EnvelopeFiles.Read(context, result.GetValue(left)!);
                Envelope to = EnvelopeFiles.Read(context, result.GetValue(right)!);
                IReadOnlyList<(char Mark, string Line)> lines = Compare(
                    ManifestListing.Make(from, from.Encode().Length), ManifestListing.Make(to, to.Encode().Length));
                bool isSame = lines.All(line => line.Mark == ' ');
                (int fetched, int total) = CountChunks(from, to);
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject
                    {
                        ["same"] = isSame,
                        ["removed"] = new JsonArray([.. lines.Where(line => line.Mark == '-').Select(line => JsonValue.Create(line.Line.Trim()))]),
                        ["added"] = new JsonArray([.. lines.Where(line => line.Mark == '+').Select(line => JsonValue.Create(line.Line.Trim()))]),
                        ["payloadBytes"] = total,
                        ["bytesToFetch"] = fetched,
                    });
                }
                else
                {
                    Print(context, lines);
                    context.Out.WriteLine(isSame ? "The same." : total == 0 ? "No chunk tables to compare." : $"A device that has the old payload fetches {fetched} of {total} bytes.");
                }

                return isSame ? ExitCode.Ok : ExitCode.Refused;
            });
        }

        /// <summary>Changed lines, with two lines of what stands around them.</summary>
        private static void Print(CliContext context, IReadOnlyList<(char Mark, string Line)> lines)
        {
            const int around = 2;
            int last = -1;
            for (int index = 0; index < lines.Count; index++)
            {
                bool isNear = Enumerable.Range(index - around, (2 * around) + 1).Any(near => near >= 0 && near < lines.Count && lines[near].Mark != ' ');
                if (!isNear)
                {
                    continue;
                }

                if (last >= 0 && last != index - 1)
                {
                    context.Out.WriteLine("  ...");
                }

                context.Out.WriteLine($"{lines[index].Mark} {lines[index].Line}");
                last = index;
            }
        }

        /// <summary>The longest common subsequence, and what is not in it.</summary>
        private static List<(char Mark, string Line)> Compare(IReadOnlyList<string> left, IReadOnlyList<string> right)
        {
            int[,] common = new int[left.Count + 1, right.Count + 1];
            for (int i = left.Count - 1; i >= 0; i--)
            {
                for (int j = right.Count - 1; j >= 0; j--)
                {
                    common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : System.Math.Max(common[i + 1, j], common[i, j + 1]);
                }
            }

            var lines = new List<(char Mark, string Line)>();
            int l = 0;
            int r = 0;
            while (l < left.Count || r < right.Count)
            {
                if (l < left.Count && r < right.Count && left[l] == right[r])
                {
                    lines.Add((' ', left[l++]));
                    r++;
                }
                else if (r >= right.Count || (l < left.Count && common[l + 1, r] >= common[l, r + 1]))
                {
                    lines.Add(('-', left[l++]));
                }
                else
                {
                    lines.Add(('+', right[r++]));
                }
            }

            return lines;
        }

        private static (int Fetched, int Total) CountChunks(Envelope from, Envelope to)
        {
            HashSet<string> known = [.. ChunksOf(from).Select(chunk => System.Convert.ToHexString(chunk.Digest))];
            ChunkEntry[] chunks = [.. ChunksOf(to)];
            return (chunks.Where(chunk => !known.Contains(System.Convert.ToHexString(chunk.Digest))).Sum(chunk => chunk.LengthBytes), chunks.Sum(chunk => chunk.LengthBytes));
        }

        private static IEnumerable<ChunkEntry> ChunksOf(Envelope envelope)
        {
            CborNode? shared = CborNode.Parse(envelope.Manifest).Find(3)?.ParseContent().Find(4)?.ParseContent();
            return (shared?.Items ?? []).Where(item => item.Kind == CborKind.Map)
                .Select(item => item.Find((long)SuitParameter.ChunkTable)).OfType<CborNode>()
                .SelectMany(table => Chunker.ReadTable(table.Bytes));
        }
    }
}
