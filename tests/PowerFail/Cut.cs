// One power failure of a simulation, and a chain of them as the text that replays it.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>A failure during one flash operation.</summary>
    /// <param name="Operation">Which operation since the power came on, counted from 0.</param>
    /// <param name="Form">What it leaves behind.</param>
    /// <param name="Variant">Which of the ways of that form: other bits, or what unstable cells read first.</param>
    public readonly record struct Cut(int Operation, TornForm Form, int Variant)
    {
        /// <summary>The ways in which an operation is cut: all five forms, those with a choice in several ways.</summary>
        public static readonly (TornForm Form, int Variant)[] Forms =
        {
            (TornForm.NotApplied, 0),
            (TornForm.PrefixOfUnits, 0),
            (TornForm.RandomBits, 0),
            (TornForm.RandomBits, 1),
            (TornForm.AppliedUnstable, 0),
            (TornForm.AppliedUnstable, 1),
            (TornForm.AppliedUnstable, 2),
            (TornForm.Applied, 0),
        };

        /// <summary>Reads a chain of cuts.</summary>
        /// <param name="text">For example <c>12:RandomBits:1,3:Applied:0</c>.</param>
        /// <returns>The cuts.</returns>
        /// <exception cref="FormatException">The text is no chain of cuts.</exception>
        public static IReadOnlyList<Cut> ParseChain(string text)
        {
            List<Cut> chain = new List<Cut>();
            foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] fields = part.Split(':');
                if (fields.Length != 3
                    || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int operation)
                    || !Enum.TryParse(fields[1], out TornForm form)
                    || !Enum.IsDefined(form)
                    || !int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out int variant))
                {
                    throw new FormatException("A cut is operation:form:variant; this is none: " + part);
                }

                chain.Add(new Cut(operation, form, variant));
            }

            return chain;
        }

        /// <summary>Writes a chain of cuts.</summary>
        /// <param name="chain">The cuts.</param>
        /// <returns>The text.</returns>
        public static string Format(IEnumerable<Cut> chain)
        {
            return string.Join(',', chain.Select(cut => cut.ToString()));
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            return FormattableString.Invariant($"{Operation}:{Form}:{Variant}");
        }

        /// <summary>The seed of the torn operation.</summary>
        /// <param name="powerOnCount">Power-ons before it.</param>
        /// <returns>The seed. Of unstable cells it decides what they read at the next power-on: as complete (0), as not
        /// begun (1), as a mixture (2), and then the others in turn.</returns>
        public uint SeedAt(int powerOnCount)
        {
            return Form == TornForm.AppliedUnstable
                ? (uint)((((Variant - powerOnCount - 1) % 3) + 3) % 3) + (3 * (uint)Operation)
                : (uint)((Operation * 16) + Variant + 1);
        }
    }
}
