// The power-fail simulator's run on one page: for each scenario a field, a column an operation of its course, a row a way
// in which that operation is cut. A cell is all cases that begin there.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using NanoBoot.Cli.Sim;
using NanoBoot.Emulator.Flash;
using NanoBoot.PowerFail;
using static NanoBoot.Cli.Pictures.Page;

namespace NanoBoot.Cli.Pictures
{
    /// <summary>Writes the page of <c>nanoboot sim powerfail --report</c>.</summary>
    internal static class PowerFailPage
    {
        private const string Style =
            """
            .field{--journal:#8a6bd1;--slot:#3b78c2;--other:#8a949e;--none:#e6eaee}
            @media (prefers-color-scheme:dark){.field{--journal:#a58bea;--slot:#5a9be6;--other:#7d8894;--none:#2a323b}}
            .field text{font:11px system-ui,sans-serif;fill:var(--faint)}.key{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;vertical-align:-1px}.keys span{white-space:nowrap;margin-right:18px}
            """;

        private const int Left = 170;
        private const int Width = 900;
        private const int CellMost = 26;
        private const int RowHeight = 13;
        private const int KindHeight = 7;

        /// <summary>Makes the page.</summary>
        /// <param name="plan">What was run.</param>
        /// <param name="tallies">What became of it.</param>
        /// <param name="seconds">How long it took.</param>
        public static string Write(PowerFailPlan plan, IReadOnlyList<ScenarioTally> tallies, double seconds)
        {
            long cases = tallies.Sum(tally => tally.Cases);
            Failure[] failures = [.. tallies.SelectMany(tally => tally.Failures)];
            var page = new StringBuilder();
            Begin(page, "nanoBoot: power failures", Style);
            page.Append("<h1>Power failures</h1>");
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"{(failures.Length == 0 ? "good" : "bad")}\">{(failures.Length == 0 ? "Every case ends as the course without a failure does." : $"{failures.Length} {(failures.Length == 1 ? "case does" : "cases do")} not end as the course without a failure does.")} <span class=\"faint\">{Text(char.ToUpperInvariant(plan.Text[0]) + plan.Text[1..])}.</span></p>");
            page.Append("<div class=\"cards\" style=\"--columns:6\">");
            Card(page, Number(cases), "cases");
            Card(page, Number(tallies.Sum(tally => tally.Cuts)), "power cuts");
            Card(page, Number(tallies.Sum(tally => tally.Boots)), "boots");
            Card(page, Number(tallies.Count), tallies.Count == 1 ? "scenario" : "scenarios");
            Card(page, Number((long)(cases / Math.Max(seconds, 0.001))), "cases a second");
            Card(page, Number(failures.Length), failures.Length == 1 ? "failure" : "failures");
            page.Append("</div>");
            WriteFailures(page, failures);
            WriteTable(page, tallies);
            WriteFields(page, tallies);
            return End(page);
        }

        private static void WriteFailures(StringBuilder page, Failure[] failures)
        {
            if (failures.Length == 0)
            {
                return;
            }

            page.Append("<h2>What failed</h2><div class=\"wide\"><table><tr><th>scenario</th><th>reason</th><th>to see it again</th></tr>");
            foreach (Failure failure in failures)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(failure.Scenario)}</td><td class=\"bad\">{Text(failure.Reason)}</td><td><code>{Text(failure.Command)}</code></td></tr>");
            }

            page.Append("</table></div>");
        }

        private static void WriteTable(StringBuilder page, IReadOnlyList<ScenarioTally> tallies)
        {
            page.Append("<h2>Scenarios</h2><div class=\"wide\"><table><tr><th>scenario</th>");
            foreach (string title in new[] { "operations", "longest recovery", "cuts", "cases", "boots", "failures" })
            {
                page.Append(CultureInfo.InvariantCulture, $"<th class=\"number\">{title}</th>");
            }

            page.Append("</tr>");
            foreach (ScenarioTally tally in tallies)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td><a href=\"#{Text(tally.Name)}\" style=\"color:inherit\">{Text(tally.Name)}</a></td>");
                foreach (long number in new long[] { tally.Positions.Count, tally.RecoveryOperations, tally.Cuts, tally.Cases, tally.Boots })
                {
                    page.Append(CultureInfo.InvariantCulture, $"<td class=\"number\">{Number(number)}</td>");
                }

                page.Append(CultureInfo.InvariantCulture, $"<td class=\"number {(tally.Failures.Count == 0 ? "good" : "bad")}\">{Number(tally.Failures.Count)}</td></tr>");
            }

            page.Append("</table></div>");
        }

        private static void WriteFields(StringBuilder page, IReadOnlyList<ScenarioTally> tallies)
        {
            page.Append("<h2>Cases by the first cut</h2><p class=\"faint\">A column is a flash operation of the course without a failure, a row a way in which it is torn. The stronger the colour of a cell, the more cases begin with that cut; one that holds a failure is red. The line on top says what the operation changes:</p><p class=\"field keys faint\">");
            foreach ((string kind, string name) in new[] { ("journal", "the journal"), ("slot", "a slot"), ("other", "another region") })
            {
                page.Append(CultureInfo.InvariantCulture, $"<span><i class=\"key\" style=\"background:var(--{kind})\"></i>{name}</span>");
            }

            page.Append("</p>");
            foreach (ScenarioTally tally in tallies)
            {
                page.Append(CultureInfo.InvariantCulture, $"<figure id=\"{Text(tally.Name)}\"><figcaption>{Text(tally.Name)} <span class=\"faint\" style=\"font-weight:400\">{Number(tally.Cases)} cases, {Number(tally.Failures.Count)} failures</span></figcaption>");
                WriteField(page, tally);
                page.Append("</figure>");
            }
        }

        private static void WriteField(StringBuilder page, ScenarioTally tally)
        {
            double cell = Math.Min(CellMost, (double)(Width - Left) / Math.Max(1, tally.Positions.Count));
            int top = KindHeight + 16;
            int height = top + (Cut.Forms.Length * RowHeight) + 2;
            double most = Math.Max(1, tally.Positions.SelectMany(position => position.Cases).DefaultIfEmpty().Max());
            page.Append(CultureInfo.InvariantCulture, $"<svg class=\"field\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"cases of {Text(tally.Name)}\">");
            for (int row = 0; row < Cut.Forms.Length; row++)
            {
                page.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{top + (row * RowHeight) + 10}\">{NameOf(Cut.Forms[row].Form, Cut.Forms[row].Variant)}</text>");
            }

            for (int column = 0; column < tally.Positions.Count; column++)
            {
                CutPosition position = tally.Positions[column];
                double x = Left + (column * cell);
                if (column % 5 == 0)
                {
                    page.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"10\">{column}</text>");
                }

                Box(page, x, 14, cell - 1.5, KindHeight, $"var(--{KindOf(position.Region)})", 1, $"operation {column}: {position.What}");
                for (int row = 0; row < Cut.Forms.Length; row++)
                {
                    long cases = position.Cases[row];
                    string title = string.Create(CultureInfo.InvariantCulture, $"operation {column}: {position.What}; {NameOf(Cut.Forms[row].Form, Cut.Forms[row].Variant)}: {cases:N0} cases, {position.Failures[row]:N0} failures");
                    string colour = cases == 0 ? "var(--none)" : position.Failures[row] != 0 ? "var(--bad)" : "var(--good)";
                    double strength = cases == 0 || position.Failures[row] != 0 ? 1 : 0.35 + (0.65 * Math.Log(1 + cases) / Math.Log(1 + most));
                    Box(page, x, top + (row * RowHeight), cell - 1.5, RowHeight - 1.5, colour, strength, title);
                }
            }

            page.Append("</svg>");
        }

        private static void Box(StringBuilder page, double x, double y, double width, double height, string fill, double opacity, string title)
        {
            page.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" rx=\"1.5\" style=\"fill:{fill};fill-opacity:{opacity:0.##}\"><title>{Text(title)}</title></rect>");
        }

        private static string KindOf(string region)
        {
            return region == "journal" ? "journal" : region.StartsWith("app", StringComparison.Ordinal) || region.StartsWith("stage2", StringComparison.Ordinal) ? "slot" : "other";
        }

        private static string NameOf(TornForm form, int variant)
        {
            return form switch
            {
                TornForm.NotApplied => "not begun",
                TornForm.PrefixOfUnits => "a part of the units",
                TornForm.RandomBits => variant == 0 ? "random bits" : "other random bits",
                TornForm.AppliedUnstable => variant switch { 0 => "unstable, reads complete", 1 => "unstable, reads as before", _ => "unstable, reads mixed" },
                _ => "complete",
            };
        }
    }
}
