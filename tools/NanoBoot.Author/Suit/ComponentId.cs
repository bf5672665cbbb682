// A component identifier: a path of byte strings. nanoBoot's own components have one segment, ASCII.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>A component identifier: one or more segments of bytes. Immutable.</summary>
    public sealed class ComponentId : IEquatable<ComponentId>
    {
        private readonly byte[][] _segments;

        /// <summary>Makes an identifier of segments.</summary>
        /// <param name="segments">The segments, at least one.</param>
        public ComponentId(params byte[][] segments)
        {
            ArgumentNullException.ThrowIfNull(segments);
            if (segments.Length == 0)
            {
                throw new ArgumentException("A component identifier has at least one segment.", nameof(segments));
            }

            _segments = [.. segments.Select(segment => (byte[])segment.Clone())];
        }

        /// <summary>Makes an identifier of text segments, parted by '/'.</summary>
        /// <param name="path">For example "application".</param>
        public ComponentId(string path)
            : this([.. SplitPath(path).Select(Encoding.UTF8.GetBytes)])
        {
        }

        /// <summary>The segments.</summary>
        public IReadOnlyList<byte[]> Segments => _segments;

        /// <summary>The same as the constructor.</summary>
        /// <param name="path">For example "application".</param>
        public static implicit operator ComponentId(string path) => new(path);

        /// <summary>Writes the identifier: an array of byte strings.</summary>
        /// <param name="writer">Where to.</param>
        public void Write(CborWriter writer)
        {
            ArgumentNullException.ThrowIfNull(writer);
            writer.StartArray(_segments.Length);
            foreach (byte[] segment in _segments)
            {
                writer.WriteBytes(segment);
            }
        }

        /// <summary>True when both have the same segments.</summary>
        /// <param name="other">The other.</param>
        public bool Equals(ComponentId? other)
        {
            return other is not null
                && _segments.Length == other._segments.Length
                && _segments.Zip(other._segments).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        }

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as ComponentId);

        /// <inheritdoc/>
        public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

        /// <summary>The segments parted by '/': as text where they are printable ASCII, else h'hex'.</summary>
        public override string ToString()
        {
            return string.Join('/', _segments.Select(Describe));
        }

        private static string[] SplitPath(string path)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            return path.Split('/');
        }

        private static string Describe(byte[] segment)
        {
            bool isText = segment.Length != 0 && segment.All(value => value is > 0x20 and < 0x7F and not (byte)'/');
            return isText ? Encoding.ASCII.GetString(segment) : $"h'{Convert.ToHexStringLower(segment)}'";
        }
    }
}
