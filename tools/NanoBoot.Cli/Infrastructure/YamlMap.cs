// Reads YAML (and JSON, which is YAML too) strictly: a key that nobody asked for is a mistake, and every mistake is
// told with file and line.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NanoBoot.Cli
{
    /// <summary>A mapping in a YAML file. <see cref="Finish"/> refuses keys that were not read.</summary>
    internal sealed class YamlMap
    {
        private readonly string _file;
        private readonly YamlMappingNode _node;
        private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

        private YamlMap(string file, YamlMappingNode node)
        {
            _file = file;
            _node = node;
        }

        /// <summary>The keys, in the order of the file.</summary>
        public IEnumerable<string> Keys => _node.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? string.Empty);

        /// <summary>Reads a file whose document is a mapping.</summary>
        public static YamlMap Parse(string file, string text)
        {
            var stream = new YamlStream();
            try
            {
                stream.Load(new StringReader(text));
            }
            catch (YamlException exception)
            {
                string reason = exception.InnerException?.Message ?? exception.Message;
                throw new CliException(ExitCode.BadInput, $"{file}:{exception.Start.Line}: no YAML or JSON: {reason}");
            }

            return stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root
                ? new YamlMap(file, root)
                : throw new CliException(ExitCode.BadInput, $"{file}: one document of 'key: value' lines is expected.");
        }

        /// <summary>The text of a key, or null.</summary>
        public string? Text(string key) => Find(key) is YamlNode node ? TextOf(key, node) : null;

        /// <summary>The text of a key that has to be there.</summary>
        public string RequireText(string key)
        {
            if (Text(key) is { Length: > 0 } text)
            {
                return text;
            }

            YamlNode? misspelt = _node.Children.Keys.FirstOrDefault(
                candidate => candidate is YamlScalarNode { Value: { } name } && name != key && Distance(name, key) <= 2);
            throw misspelt is null
                ? Error(_node, $"'{key}' is missing.")
                : Error(misspelt, $"'{misspelt}' is not known here; '{key}'?");
        }

        /// <summary>One text or a list of them.</summary>
        public IReadOnlyList<string> Texts(string key)
        {
            return Find(key) switch
            {
                null => [],
                YamlSequenceNode list => [.. list.Children.Select(node => TextOf(key, node))],
                YamlNode node => [TextOf(key, node)],
            };
        }

        /// <summary>The number of a key, or null.</summary>
        public long? Number(string key)
        {
            if (Find(key) is not YamlNode node)
            {
                return null;
            }

            return long.TryParse(TextOf(key, node), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw Error(node, $"'{key}' is a number from 0 to {long.MaxValue}.");
        }

        /// <summary>The truth of a key, or false.</summary>
        public bool Flag(string key)
        {
            if (Find(key) is not YamlNode node)
            {
                return false;
            }

            return TextOf(key, node) switch
            {
                "true" => true,
                "false" => false,
                _ => throw Error(node, $"'{key}' is true or false."),
            };
        }

        /// <summary>The mapping of a key, or null.</summary>
        public YamlMap? Map(string key)
        {
            return Find(key) switch
            {
                null => null,
                YamlMappingNode map => new YamlMap(_file, map),
                YamlNode node => throw Error(node, $"'{key}' holds 'key: value' lines."),
            };
        }

        /// <summary>The list of mappings of a key; empty when it is absent.</summary>
        public IReadOnlyList<YamlMap> Maps(string key)
        {
            return Find(key) switch
            {
                null => [],
                YamlSequenceNode list when list.Children.All(node => node is YamlMappingNode) =>
                    [.. list.Children.Select(node => new YamlMap(_file, (YamlMappingNode)node))],
                YamlNode node => throw Error(node, $"'{key}' is a list of '- key: value' entries."),
            };
        }

        /// <summary>Refuses keys that were not asked for.</summary>
        public void Finish()
        {
            foreach ((YamlNode key, YamlNode _) in _node.Children)
            {
                string name = (key as YamlScalarNode)?.Value ?? "?";
                if (!_asked.Contains(name))
                {
                    string? near = _asked.OrderBy(candidate => Distance(candidate, name)).FirstOrDefault(candidate => Distance(candidate, name) <= 2);
                    throw Error(key, near is null
                        ? $"'{name}' is not known here; there are: {string.Join(", ", _asked.Order(StringComparer.Ordinal))}."
                        : $"'{name}' is not known here; '{near}'?");
                }
            }
        }

        /// <summary>A mistake at a key.</summary>
        public CliException ErrorAt(string key, string message) => Error(Find(key) ?? _node, message);

        private YamlNode? Find(string key)
        {
            _asked.Add(key);
            return _node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? node) && node is not YamlScalarNode { Value: "" or "~" or "null", Style: ScalarStyle.Plain }
                ? node
                : null;
        }

        private string TextOf(string key, YamlNode node)
        {
            return node is YamlScalarNode scalar ? scalar.Value ?? string.Empty : throw Error(node, $"'{key}' is one value.");
        }

        private CliException Error(YamlNode node, string message) => new(ExitCode.BadInput, $"{_file}:{node.Start.Line}: {message}");

        /// <summary>How many letters differ (Levenshtein).</summary>
        private static int Distance(string left, string right)
        {
            int[] row = [.. Enumerable.Range(0, right.Length + 1)];
            for (int i = 1; i <= left.Length; i++)
            {
                int diagonal = row[0];
                row[0] = i;
                for (int j = 1; j <= right.Length; j++)
                {
                    int above = row[j];
                    row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                    diagonal = above;
                }
            }

            return row[right.Length];
        }
    }
}
