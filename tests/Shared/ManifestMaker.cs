// Manifests for tests, right ones and wrong ones, and envelopes around them, signed by a key of the test.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace NanoBoot.Tests.Shared
{
    /// <summary>Builds a manifest from elements, without any rule.</summary>
    internal sealed class ManifestMaker
    {
        /// <summary>The key of <see cref="Seal"/>: HMAC 256, because it is quick.</summary>
        public static readonly byte[] MacKey = Convert.FromHexString("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

        public static readonly byte[] VendorId = Convert.FromHexString("fa6b4a53d5ad5fdfbe9de663e4d41ffe");

        public static readonly byte[] ClassId = Convert.FromHexString("1492af1425695e48bf429b2d51f2ab45");

        /// <summary>The manifest's map by key; a value that is a byte string is given as byte[].</summary>
        public SortedDictionary<int, object?> Members { get; } = new() { [1] = 1, [2] = 1 };

        /// <summary>The common map by key.</summary>
        public SortedDictionary<int, object?> Common { get; } = [];

        /// <summary>Elements of the envelope beside wrapper and manifest, by key: int or string.</summary>
        public List<(object Key, byte[] Value)> Elements { get; } = [];

        /// <summary>A manifest with components named by one segment each.</summary>
        public ManifestMaker(params string[] components)
        {
            Common[2] = components.Select(name => (object?)new object?[] { System.Text.Encoding.UTF8.GetBytes(name) }).ToArray();
        }

        /// <summary>A command sequence: codes and arguments in turn.</summary>
        public static byte[] Sequence(params object?[] items) => CborValue.Encode(items);

        /// <summary>A map of parameters.</summary>
        public static CborPairs Parameters(params (object Key, object? Value)[] pairs) => CborValue.Map(pairs);

        /// <summary>The encoded SUIT_Digest of SHA-256.</summary>
        public static byte[] Digest(byte[] digest) => CborValue.Encode(new object?[] { -16, digest });

        /// <summary>A digest that says nothing but which it is.</summary>
        public static byte[] SomeDigest(byte number) => Digest(Enumerable.Repeat(number, 32).ToArray());

        /// <summary>Sets the shared sequence.</summary>
        public ManifestMaker Shared(params object?[] items)
        {
            Common[4] = Sequence(items);
            return this;
        }

        /// <summary>Sets a section.</summary>
        public ManifestMaker Section(int key, params object?[] items)
        {
            Members[key] = Sequence(items);
            return this;
        }

        /// <summary>Moves a section into the envelope; its digest stays.</summary>
        public ManifestMaker Sever(int key)
        {
            byte[] content = (byte[])Members[key]!;
            Elements.Add((key, content));
            Members[key] = CborValue.Raw(Digest(SHA256.HashData(CborValue.Encode(content))));
            return this;
        }

        /// <summary>The manifest.</summary>
        public byte[] Encode()
        {
            var members = new SortedDictionary<int, object?>(Members);
            members.TryAdd(3, CborValue.Encode(CborValue.Map(Common.Select(entry => ((object)entry.Key, entry.Value)).ToArray())));
            return CborValue.Encode(CborValue.Map(members.Select(entry => ((object)entry.Key, entry.Value)).ToArray()));
        }

        /// <summary>The envelope, authenticated with <see cref="MacKey"/>.</summary>
        public byte[] Seal()
        {
            return Seal(Encode(), Elements.OrderBy(element => Convert.ToHexString(CborValue.Encode(element.Key)), StringComparer.Ordinal));
        }

        /// <summary>An envelope around any manifest.</summary>
        public static byte[] Seal(byte[] manifest, IEnumerable<(object Key, byte[] Value)>? elements = null)
        {
            byte[] digest = Digest(SHA256.HashData(CborValue.Encode(manifest)));
            return Assemble(manifest, [Mac(digest)], elements);
        }

        /// <summary>An envelope with blocks that the test made.</summary>
        public static byte[] Assemble(byte[] manifest, byte[][] blocks, IEnumerable<(object Key, byte[] Value)>? elements = null)
        {
            byte[] digest = Digest(SHA256.HashData(CborValue.Encode(manifest)));
            object?[] wrapper = [digest, .. blocks];
            List<(object, object?)> pairs = [(2, CborValue.Encode(wrapper)), (3, manifest)];
            pairs.AddRange((elements ?? []).Select(element => (element.Key, (object?)element.Value)));
            return CborValue.Encode(CborValue.Tag(107, CborValue.Map([.. pairs])));
        }

        /// <summary>A COSE_Mac0 over a detached payload.</summary>
        public static byte[] Mac(byte[] payload, byte[]? key = null)
        {
            byte[] header = CborValue.Encode(CborValue.Map((1, 5)));
            byte[] message = CborValue.Encode(new object?[] { "MAC0", header, Array.Empty<byte>(), payload });
            byte[] mac = HMACSHA256.HashData(key ?? MacKey, message);
            return CborValue.Encode(CborValue.Tag(17, new object?[] { header, CborValue.Map(), null, mac }));
        }
    }
}
