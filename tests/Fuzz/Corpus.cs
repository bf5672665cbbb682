// The manifests that fuzzing begins with: one for each shape that the device knows.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using NanoBoot.Tests.Shared;
using static NanoBoot.Tests.Shared.CborValue;
using static NanoBoot.Tests.Shared.ManifestMaker;

namespace NanoBoot.Fuzz
{
    /// <summary>Signed originals.</summary>
    internal sealed class Corpus
    {
        public Corpus()
        {
            CborPairs identity = Map((1, VendorId), (2, ClassId), (3, SomeDigest(7)), (14, 100), (-257, new byte[35]));
            object?[] shared = [20, identity, 1, 15, 2, 15];
            Add(new ManifestMaker("application").Shared(shared).Section(7, 3, 15).Section(9, 20, Map((23, Encode(new object?[] { "A.B", "Main" }))), 23, 2));
            Add(new ManifestMaker("application").Shared(shared).Section(7, 3, 15).Section(9, 23, 2)
                .Section(20, 20, Map((21, "http://a/b")), 21, 2, 3, 15).Sever(20));
            Add(new ManifestMaker("application").Shared([.. shared, 15, new object?[]
                {
                    Sequence(20, Map((5, 0)), 5, 15), Sequence(20, Map((5, 1)), 5, 15, 20, Map((3, SomeDigest(8)))), null,
                }]).Section(7, 32, Sequence(20, Map((13, true)), 3, 15), 3, 15).Section(9, 23, 2));
            Add(new ManifestMaker("application", "stage2", "trust").Shared(12, true, 20, identity, 1, 15, 2, 15)
                .Section(7, 12, new object?[] { 2, 0 }, 3, 15, 12, 1, 15, new object?[] { Sequence(14, 0), Sequence(3, 15) })
                .Section(8, 12, 1, 20, Map((12, false)), 32, Sequence(12, 1, 20, Map((22, 0)), 22, 2))
                .Section(9, 12, 0, 23, 0));
            Add(new ManifestMaker("application", "stage2").Shared(12, 0, 20, identity, 1, 15, 2, 15)
                .Section(16, 12, 0, 20, Map((4, 2000000000), (26, 5), (27, -1), (28, Encode(new object?[] { 2, new object?[] { 1, 0, -1 } }))), 4, 15, 26, 0, 27, 0, 28, 15, 25, 0)
                .Section(20, 12, 1, 34, Map((0, Map((21, "#a"))), (1, Map((18, new byte[3])))), 35, Map((0, new object?[] { 3, 14 })), 18, 0,
                    20, Map((29, Encode(Map((1, 1), (5, 100)))), (30, Encode(Map((2, "root"), (5, 1))))), 29, 0, 12, 0, 21, 0, 20, Map((22, 1)), 31, 0, 33, 0)
                .Section(24, 12, 1, 33, 0).Section(18, 12, 0, 3, 15).Section(7, 12, 0, 3, 15));
            ManifestMaker dependency = new ManifestMaker("application").Shared(19, identity, 1, 15, 2, 15).Section(7, 3, 15).Section(20, 21, 0);
            byte[] dependencyDigest = SHA256.HashData(Encode(dependency.Encode()));
            Add(dependency);
            var dependent = new ManifestMaker("application");
            dependent.Common[1] = Map((1, Map((1, new object?[] { new byte[] { 1 } }))));
            dependent.Section(15, 12, 1, 20, Map((3, Digest(dependencyDigest)), (21, "#dep")), 21, 0, 3, 15)
                .Section(20, 12, 0, 20, Map((21, "http://mirror/")), 12, 1, 7, 15, 8, 15, 11, 0)
                .Members[6] = Encode(new object?[] { 1, 2 });
            dependent.Members[4] = "http://ref/";
            dependent.Members[5] = new object?[] { new byte[] { 9 } };
            dependent.Members[23] = Encode(Map(("en", Map((1, "text")))));
            dependent.Elements.Add(("#dep", dependency.Seal()));
            Add(dependent.Sever(23));
            Envelopes = [.. _envelopes];
            Trees = [.. _envelopes.Select(envelope => CborTree.TryParse(envelope, true)!)];
            var all = new List<CborTree>();
            foreach (CborTree tree in Trees)
            {
                tree.Collect(all);
            }

            Nodes = [.. all];
        }

        private readonly List<byte[]> _envelopes = [];

        /// <summary>The envelopes.</summary>
        public byte[][] Envelopes { get; }

        /// <summary>The envelopes as trees.</summary>
        public CborTree[] Trees { get; }

        /// <summary>All nodes of all trees, to transplant.</summary>
        public CborTree[] Nodes { get; }

        /// <summary>The manifests that are signed, in hexadecimal: those of the dependencies too.</summary>
        public HashSet<string> SignedManifests { get; } = [];

        private void Add(ManifestMaker maker)
        {
            _envelopes.Add(maker.Seal());
            SignedManifests.Add(Convert.ToHexString(maker.Encode()));
        }
    }
}
