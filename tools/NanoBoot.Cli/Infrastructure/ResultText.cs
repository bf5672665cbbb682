// The meaning of result codes, out of the one table there is: the comments of Hal/ResultCode.cs, which is built in.

using System;
using System.Collections.Generic;
using System.IO;
using System.Text.RegularExpressions;
using NanoBoot.Hal;

namespace NanoBoot.Cli
{
    /// <summary>Texts of result codes.</summary>
    internal static partial class ResultText
    {
        private static readonly Lazy<Dictionary<ResultCode, string>> s_texts = new(Read);

        /// <summary>What a code means, and what to do.</summary>
        public static string Of(ResultCode code) => s_texts.Value.GetValueOrDefault(code) ?? code.ToString();

        /// <summary>Name, number and meaning.</summary>
        public static string Describe(ResultCode code) => $"{code} ({(int)code}): {Of(code)}";

        private static Dictionary<ResultCode, string> Read()
        {
            using Stream stream = typeof(ResultText).Assembly.GetManifestResourceStream("ResultCode.cs")!;
            using var reader = new StreamReader(stream);
            var texts = new Dictionary<ResultCode, string>();
            foreach (Match match in Entry().Matches(reader.ReadToEnd()))
            {
                string text = Regex.Replace(match.Groups["text"].Value, @"\s*///\s*", " ");
                text = Regex.Replace(text, "<[^>]*\"([^\"]*)\"[^>]*>", "$1").Trim();
                texts[Enum.Parse<ResultCode>(match.Groups["name"].Value)] = Regex.Replace(text, "</?[a-z]+>", string.Empty);
            }

            return texts;
        }

        [GeneratedRegex(@"<summary>(?<text>(?:(?!<summary>).)*?)</summary>\s*(?<name>[A-Z]\w*) = \d+,", RegexOptions.Singleline)]
        private static partial Regex Entry();
    }
}
