// A map under construction. Entries come in any order; they leave in the order that RFC 8949 section 4.2.1 wants.

using System;
using System.Collections.Generic;

namespace NanoBoot.Author
{
    /// <summary>A CBOR map under construction; see <see cref="CborWriter.WriteMap"/>.</summary>
    public sealed class CborMap
    {
        private readonly List<KeyValuePair<byte[], byte[]>> _entries = [];

        /// <summary>Number of entries.</summary>
        public int Count => _entries.Count;

        /// <summary>Adds an entry with an integer key.</summary>
        /// <param name="key">The key.</param>
        /// <param name="write">Writes the value: exactly one item.</param>
        public CborMap Add(long key, Action<CborWriter> write)
        {
            return AddEncoded(CborWriter.Encode(writer => writer.WriteInt(key)), CborWriter.Encode(write));
        }

        /// <summary>Adds an entry with a text key.</summary>
        /// <param name="key">The key.</param>
        /// <param name="write">Writes the value: exactly one item.</param>
        public CborMap Add(string key, Action<CborWriter> write)
        {
            return AddEncoded(CborWriter.Encode(writer => writer.WriteText(key)), CborWriter.Encode(write));
        }

        /// <summary>Adds an entry whose key and value are encoded already.</summary>
        /// <param name="key">The encoding of the key.</param>
        /// <param name="value">The encoding of the value.</param>
        /// <exception cref="ArgumentException">The key is there already.</exception>
        public CborMap AddEncoded(byte[] key, byte[] value)
        {
            ArgumentNullException.ThrowIfNull(key);
            ArgumentNullException.ThrowIfNull(value);
            foreach (KeyValuePair<byte[], byte[]> entry in _entries)
            {
                if (entry.Key.AsSpan().SequenceEqual(key))
                {
                    throw new ArgumentException($"The map has the key {Convert.ToHexStringLower(key)} already.", nameof(key));
                }
            }

            _entries.Add(new KeyValuePair<byte[], byte[]>(key, value));
            return this;
        }

        /// <summary>The encoding of the map.</summary>
        public byte[] Encode()
        {
            return CborWriter.Encode(writer => writer.WriteMap(this));
        }

        internal IReadOnlyList<KeyValuePair<byte[], byte[]>> SortedEntries()
        {
            var sorted = new List<KeyValuePair<byte[], byte[]>>(_entries);
            sorted.Sort((left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
            return sorted;
        }
    }
}
