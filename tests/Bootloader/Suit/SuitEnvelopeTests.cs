// Envelope and manifest: what form they must have, and where a refusal is located.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;
using static NanoBoot.Tests.Shared.CborValue;
using static NanoBoot.Tests.Shared.ManifestMaker;

namespace NanoBoot.Bootloader.Tests.Suit
{
    [TestClass]
    public class SuitEnvelopeTests
    {
        private static readonly Authority[] Trust =
            [new Authority(null, CoseAlgorithm.Hmac256, MacKey, (Permissions)127, null, null)];

        private static readonly byte[] Text = Encode(Map());

        private static ManifestMaker Simple() => new ManifestMaker("application").Section(7, 14, 0);

        private static Opened Refuse(int step, ResultCode expected, byte[] envelope)
        {
            Opened opened = Opened.From(envelope, Trust);
            Assert.AreEqual(expected, opened.Result, "at " + opened.Envelope.ErrorOffset);
            Assert.AreEqual(step, opened.RefusedBy);
            return opened;
        }

        private static Opened Accept(byte[] envelope)
        {
            Opened opened = Opened.From(envelope, Trust);
            Assert.AreEqual(ResultCode.Ok, opened.Result, "step " + opened.RefusedBy + " at " + opened.Envelope.ErrorOffset);
            return opened;
        }

        private static byte[] EnvelopeOf(params (object, object?)[] pairs) => Encode(Tag(107, Map(pairs)));

        [TestMethod]
        public void Parse_WithAndWithoutTag_Accepted()
        {
            byte[] envelope = Simple().Seal();
            Accept(envelope);
            Accept(envelope[2..]);
        }

        [TestMethod]
        public void Parse_OtherTag_Refused()
        {
            byte[] envelope = Simple().Seal()[2..];
            Refuse(1, ResultCode.SuitEnvelopeMalformed, Encode(Tag(1070, Raw(envelope))));
            Refuse(1, ResultCode.CborUnexpectedType, Encode(Tag(107, Tag(107, Raw(envelope)))));
        }

        [TestMethod]
        public void Parse_EveryTruncation_Refused()
        {
            byte[] envelope = Simple().Section(20, 14, 0).Sever(20).Seal();
            for (int count = 1; count < envelope.Length; count++)
            {
                Assert.AreEqual(1, Opened.From(envelope[..count], Trust).RefusedBy, "cut at " + count);
            }
        }

        [TestMethod]
        public void Parse_BoundsOfTheBuffer_Checked()
        {
            byte[] buffer = new byte[100];
            var envelope = new SuitEnvelope();
            foreach ((int offset, int count) in new[] { (0, 0), (0, -1), (0, 101), (1, 100), (-1, 10), (int.MaxValue, 10), (10, int.MaxValue), (100, 1) })
            {
                Assert.AreEqual(ResultCode.SuitEnvelopeMalformed, envelope.Parse(buffer, offset, count), offset + ", " + count);
            }
        }

        [TestMethod]
        public void A60_Parse_LargerThanTheLimit_Refused()
        {
            var envelope = new SuitEnvelope();
            Assert.AreEqual(
                ResultCode.SuitEnvelopeMalformed, envelope.Parse(new byte[SuitEnvelope.MaxBytes + 1], 0, SuitEnvelope.MaxBytes + 1));
            byte[] manifest = Simple().Encode();
            byte[] payload = new byte[SuitEnvelope.MaxBytes - Seal(manifest).Length - 8];
            Accept(Seal(manifest, [("#a", payload)]));
        }

        [TestMethod]
        public void Parse_ManifestBeforeWrapper_Refused()
        {
            byte[] manifest = Simple().Encode();
            byte[] wrapper = Encode(new object?[] { Digest(SHA256.HashData(Encode(manifest))), Mac(Digest(SHA256.HashData(Encode(manifest)))) });
            Refuse(1, ResultCode.CborKeyOrder, EnvelopeOf((3, manifest), (2, wrapper)));
            Refuse(1, ResultCode.CborKeyOrder, EnvelopeOf((2, wrapper), (2, wrapper), (3, manifest)));
            Refuse(1, ResultCode.CborKeyOrder, EnvelopeOf((2, wrapper), (3, manifest), (3, manifest)));
            Refuse(2, ResultCode.SuitEnvelopeMalformed, EnvelopeOf((2, wrapper)));
            Refuse(2, ResultCode.SuitEnvelopeMalformed, EnvelopeOf((3, manifest)));
            Refuse(2, ResultCode.SuitEnvelopeMalformed, EnvelopeOf());
            Accept(EnvelopeOf((2, wrapper), (3, manifest)));
        }

        [TestMethod]
        [DataRow(0)]
        [DataRow(1)]
        [DataRow(4)]
        [DataRow(7)]
        [DataRow(13)]
        [DataRow(17)]
        [DataRow(19)]
        [DataRow(24)]
        [DataRow(26)]
        [DataRow(31)]
        [DataRow(32)]
        [DataRow(46)]
        [DataRow(-1)]
        [DataRow(-257)]
        [DataRow(int.MaxValue)]
        public void A38_Parse_UnknownElement_Refused(int key)
        {
            byte[] manifest = Simple().Encode();
            byte[] digest = Digest(SHA256.HashData(Encode(manifest)));
            (object, object?)[] pairs = [(2, Encode(new object?[] { digest, Mac(digest) })), (3, manifest), (key, Text)];
            (object, object?)[] ordered = [.. pairs.OrderBy(pair => Convert.ToHexString(Encode(pair.Item1)), StringComparer.Ordinal)];
            Refuse(1, ResultCode.SuitEnvelopeMalformed, EnvelopeOf(ordered));
        }

        [TestMethod]
        public void Parse_ValueNotAByteString_Refused()
        {
            byte[] manifest = Simple().Encode();
            byte[] digest = Digest(SHA256.HashData(Encode(manifest)));
            byte[] wrapper = Encode(new object?[] { digest, Mac(digest) });
            Refuse(1, ResultCode.CborUnexpectedType, EnvelopeOf((2, Raw(wrapper)), (3, manifest)));
            Refuse(1, ResultCode.CborUnexpectedType, EnvelopeOf((2, wrapper), (3, Raw(manifest))));
            Refuse(1, ResultCode.CborUnexpectedType, EnvelopeOf((2, wrapper), (3, manifest), (23, "text")));
            Refuse(1, ResultCode.CborUnexpectedType, EnvelopeOf((2, wrapper), (3, manifest), ("#a", 1)));
        }

        [TestMethod]
        public void Parse_TooManyElements_Refused()
        {
            byte[] manifest = Simple().Encode();
            (object, byte[])[] payloads = [.. Enumerable.Range(0, SuitEnvelope.MaxElements - 2).Select(i => ((object)("#" + (char)('a' + i)), new byte[1]))];
            Accept(Seal(manifest, payloads));
            Refuse(1, ResultCode.SuitLimit, Seal(manifest, [.. payloads, ("#z", new byte[1])]));
        }

        [TestMethod]
        public void A38_Parse_BytesAfterTheEnvelope_Refused()
        {
            Refuse(1, ResultCode.CborTrailingBytes, [.. Simple().Seal(), 0]);
        }

        [TestMethod]
        public void Parse_IntegratedPayload_IsFoundByName()
        {
            Opened opened = Accept(Seal(Simple().Encode(), [("#app", new byte[] { 1, 2, 3 }), ("#boot", new byte[] { 4 })]));
            Assert.AreEqual(4, opened.Envelope.ElementCount);
            Assert.AreEqual(0, opened.Envelope.Keys[2]);
            Assert.AreEqual(3, opened.Envelope.Counts[2]);
            Assert.AreEqual(0x64, opened.Envelope.Buffer[opened.Envelope.Offsets[1] + opened.Envelope.Counts[1]]);
        }

        [TestMethod]
        public void Severed_ElementWithItsDigest_IsFound()
        {
            Opened opened = Accept(Simple().Section(20, 14, 0).Sever(20).Seal());
            Assert.AreEqual(ResultCode.Ok, opened.Manifest.FindSection(20, out int offset, out int count));
            Assert.AreEqual(3, count);
            Assert.AreEqual(0x82, opened.Envelope.Buffer[offset]);
            Assert.IsTrue(opened.Manifest.HasSection(20));
            Assert.IsFalse(opened.Manifest.HasSection(16));
            Assert.AreEqual(ResultCode.Ok, opened.Manifest.FindSection(16, out _, out count));
            Assert.AreEqual(0, count);
        }

        [TestMethod]
        public void A59_Severed_ElementChanged_Refused()
        {
            ManifestMaker maker = Simple().Section(20, 14, 0).Sever(20);
            maker.Elements[0] = (20, Sequence(14, 1));
            Opened opened = Accept(maker.Seal());
            Assert.AreEqual(ResultCode.SuitElementDigestMismatch, opened.Manifest.FindSection(20, out _, out _));
            Assert.AreEqual(ResultCode.SuitElementDigestMismatch, opened.Processor.RunSection(20));
            Assert.AreEqual(20, opened.Envelope.ErrorElement);
        }

        [TestMethod]
        public void Severed_ElementAway_IsKnownAsSevered()
        {
            ManifestMaker maker = Simple().Section(20, 14, 0).Sever(20);
            maker.Elements.Clear();
            Assert.AreEqual(ResultCode.SuitElementSevered, Accept(maker.Seal()).Manifest.FindSection(20, out _, out _));
        }

        [TestMethod]
        public void A38_Severed_ElementNobodySigned_Refused()
        {
            // No digest in the manifest, or the section stands inline already.
            Opened opened = Refuse(3, ResultCode.SuitEnvelopeMalformed, Seal(Simple().Encode(), [(20, Sequence(14, 0))]));
            Assert.AreEqual(20, opened.Envelope.ErrorElement);
            Refuse(3, ResultCode.SuitEnvelopeMalformed, Seal(Simple().Section(20, 14, 0).Encode(), [(20, Sequence(14, 0))]));
        }

        [TestMethod]
        public void Severed_DigestOfAnotherForm_Refused()
        {
            foreach (byte[] digest in new[] { Encode(new object?[] { -43, new byte[32] }), Encode(new object?[] { -16, new byte[31] }), Encode(new object?[] { }) })
            {
                ManifestMaker maker = Simple();
                maker.Members[20] = Raw(digest);
                Refuse(3, ResultCode.SuitDigestUnsupported, maker.Seal());
            }
        }

        [TestMethod]
        [DataRow(7)]
        [DataRow(8)]
        [DataRow(9)]
        [DataRow(6)]
        [DataRow(24)]
        public void Section_NotSeverable_AsDigest_Refused(int key)
        {
            ManifestMaker maker = Simple();
            maker.Members[key] = Raw(SomeDigest(1));
            Refuse(3, ResultCode.CborUnexpectedType, maker.Seal());
        }

        [TestMethod]
        [DataRow(10)]
        [DataRow(11)]
        [DataRow(13)]
        [DataRow(17)]
        [DataRow(19)]
        [DataRow(22)]
        [DataRow(26)]
        [DataRow(256 + 7)]
        [DataRow(int.MaxValue)]
        public void Manifest_UnknownElement_Refused(int key)
        {
            ManifestMaker maker = Simple();
            maker.Members[key] = Sequence(14, 0);
            Refuse(3, ResultCode.SuitManifestMalformed, maker.Seal());
        }

        [TestMethod]
        public void Manifest_KeyBeyond32Bits_IsNotTakenForAnother()
        {
            byte[] common = Encode(Map((2, new object?[] { new object?[] { new byte[1] } })));
            Refuse(3, ResultCode.SuitManifestMalformed, Seal(Encode(Map((1, 1), (2, 1), (3, common), (4294967296L + 7, Sequence(14, 0))))));
            Refuse(3, ResultCode.SuitManifestMalformed, Seal(Encode(Map((1, 1), (2, 1), (3, common), (-1, Sequence(14, 0))))));
            Refuse(3, ResultCode.SuitManifestMalformed, Seal(Encode(Map((1, 1), (2, 1), (3, common), ("7", Sequence(14, 0))))));
            Refuse(3, ResultCode.SuitManifestMalformed, Seal(Encode(Map((0, 1), (1, 1), (2, 1), (3, common)))));
        }

        [TestMethod]
        public void Manifest_VersionOtherThan1_Refused()
        {
            foreach (object? version in new object?[] { 0, 2, 4294967297L })
            {
                ManifestMaker maker = Simple();
                maker.Members[1] = version;
                Refuse(3, ResultCode.SuitVersionUnsupported, maker.Seal());
            }
        }

        [TestMethod]
        [DataRow(1)]
        [DataRow(2)]
        public void Manifest_WithoutVersionOrSequenceNumber_Refused(int key)
        {
            ManifestMaker maker = Simple();
            maker.Members.Remove(key);
            Refuse(3, ResultCode.SuitManifestMalformed, maker.Seal());
        }

        [TestMethod]
        public void Manifest_WithoutCommon_Refused()
        {
            Opened opened = Opened.From(Seal(Encode(Map((1, 1), (2, 1), (7, Sequence(14, 0))))), Trust);
            Assert.AreEqual(3, opened.RefusedBy);
            Assert.AreEqual(ResultCode.CborTruncated, opened.Result);
        }

        [TestMethod]
        public void A68_Manifest_SequenceNumber_Has63Bits()
        {
            ManifestMaker maker = Simple();
            foreach (long sequence in new[] { 0, 1, uint.MaxValue, long.MaxValue })
            {
                maker.Members[2] = sequence;
                Assert.AreEqual(sequence, Accept(maker.Seal()).Manifest.SequenceNumber);
            }

            maker.Members[2] = Raw("1b8000000000000000");
            Refuse(3, ResultCode.CborTooLarge, maker.Seal());
            maker.Members[2] = -1;
            Refuse(3, ResultCode.CborUnexpectedType, maker.Seal());
        }

        [TestMethod]
        public void Manifest_BytesAfterIt_Refused()
        {
            Refuse(3, ResultCode.CborTrailingBytes, Seal([.. Simple().Encode(), 0]));
            ManifestMaker maker = Simple();
            maker.Members[3] = (byte[])[.. Encode(Map((2, new object?[] { new object?[] { new byte[1] } }))), 0];
            Opened opened = Refuse(3, ResultCode.CborTrailingBytes, maker.Seal());
            Assert.AreEqual(0x0303, opened.Envelope.ErrorElement);
        }

        [TestMethod]
        public void Common_Components_LimitsAndForms()
        {
            ManifestMaker maker = Simple();
            Refuse(3, ResultCode.SuitTooManyComponents, new ManifestMaker("a", "b", "c", "d", "e", "f", "g", "h", "i").Seal());
            Accept(new ManifestMaker("a", "b", "c", "d", "e", "f", "g", "h").Seal());
            foreach ((object? components, ResultCode expected) in new (object?, ResultCode)[]
            {
                (new object?[] { }, ResultCode.SuitManifestMalformed),
                (new object?[] { new byte[1] }, ResultCode.CborUnexpectedType),
                (new object?[] { new object?[] { "a" } }, ResultCode.CborUnexpectedType),
                (new object?[] { Enumerable.Repeat((object?)new byte[1], SuitManifest.MaxSegments + 1).ToArray() }, ResultCode.SuitLimit),
                (Map(), ResultCode.CborUnexpectedType),
            })
            {
                maker.Common[2] = components;
                Refuse(3, expected, maker.Seal());
            }

            maker.Common.Remove(2);
            Refuse(3, ResultCode.SuitManifestMalformed, maker.Seal());
        }

        [TestMethod]
        [DataRow(3)]
        [DataRow(5)]
        [DataRow(0)]
        [DataRow(int.MaxValue)]
        public void Common_UnknownMember_Refused(int key)
        {
            ManifestMaker maker = Simple();
            maker.Common[key] = new byte[1];
            Refuse(3, ResultCode.SuitManifestMalformed, maker.Seal());
        }

        [TestMethod]
        public void Common_KeyBeyond32Bits_IsNotTakenForAnother()
        {
            ManifestMaker maker = Simple();
            maker.Members[3] = Encode(Map((2, new object?[] { new object?[] { new byte[1] } }), (4294967296L + 4, Sequence(14, 0))));
            Refuse(3, ResultCode.SuitManifestMalformed, maker.Seal());
        }

        [TestMethod]
        public void Common_Dependencies_AreKeptForTheUpdater()
        {
            ManifestMaker maker = Simple();
            maker.Common[1] = Map((1, Map((1, new object?[] { new byte[] { 1 } }))));
            Opened opened = Accept(maker.Seal());
            Assert.AreEqual(ResultCode.Ok, opened.Manifest.FindSection(SuitElement.Dependencies, out int offset, out int count));
            Assert.AreEqual(7, count);
            Assert.AreEqual(0xA1, opened.Envelope.Buffer[offset]);
            maker.Common[1] = new object?[] { 1 };
            Refuse(3, ResultCode.SuitManifestMalformed, maker.Seal());
            maker.Common[1] = Map((1, Map()), (0, Map()));
            Refuse(3, ResultCode.CborKeyOrder, maker.Seal());
        }

        [TestMethod]
        public void Manifest_OtherElements_AreAcceptedInTheirForm()
        {
            ManifestMaker maker = Simple();
            maker.Members[4] = "https://example.com/";
            maker.Members[5] = new object?[] { new byte[] { 1 }, new byte[] { 2 } };
            maker.Members[6] = Encode(new object?[] { 1, 2, 3 });
            maker.Members[14] = Text;
            maker.Members[23] = Text;
            maker.Members[24] = Sequence(14, 0);
            maker.Members[25] = Text;
            Opened opened = Accept(maker.Seal());
            foreach (int key in new[] { 4, 5, 6, 14, 23, 24, 25 })
            {
                Assert.IsTrue(opened.Manifest.HasSection(key));
            }

            maker.Members[4] = new byte[1];
            Refuse(3, ResultCode.CborUnexpectedType, maker.Seal());
            maker.Members[4] = Raw("62c328");
            Refuse(3, ResultCode.CborInvalidUtf8, maker.Seal());
            maker.Members.Remove(4);
            maker.Members[5] = new byte[1];
            Refuse(3, ResultCode.CborUnexpectedType, maker.Seal());
        }

        [TestMethod]
        public void ManufacturerUsage_InlineOrSevered_ByItsDigest()
        {
            ManifestMaker maker = Simple();
            maker.Members[25] = Text;
            Assert.AreEqual(ResultCode.Ok, Accept(maker.Seal()).Manifest.FindSection(25, out _, out int count));
            Assert.AreEqual(Text.Length, count);
            maker.Sever(25);
            Opened opened = Accept(maker.Seal());
            Assert.AreEqual(ResultCode.Ok, opened.Manifest.FindSection(25, out _, out count));
            Assert.AreEqual(Text.Length, count);
            maker.Elements[0] = (25, Sequence(14, 1));
            Assert.AreEqual(ResultCode.SuitElementDigestMismatch, Accept(maker.Seal()).Manifest.FindSection(25, out _, out _));
            maker.Elements.Clear();
            Assert.AreEqual(ResultCode.SuitElementSevered, Accept(maker.Seal()).Manifest.FindSection(25, out _, out _));
            maker.Members[25] = 1;
            Refuse(3, ResultCode.CborUnexpectedType, maker.Seal());
        }

        [TestMethod]
        public void ComponentStartsWith_FirstSegmentAndWhole()
        {
            ManifestMaker maker = Simple();
            maker.Common[2] = new object?[] { new object?[] { "abc"u8.ToArray(), "def"u8.ToArray() }, new object?[] { "abc"u8.ToArray() }, new object?[] { } };
            SuitManifest manifest = Accept(maker.Seal()).Manifest;
            Assert.IsTrue(manifest.ComponentStartsWith(0, "abc"u8.ToArray(), false));
            Assert.IsFalse(manifest.ComponentStartsWith(0, "abc"u8.ToArray(), true));
            Assert.IsTrue(manifest.ComponentStartsWith(1, "abc"u8.ToArray(), true));
            Assert.IsFalse(manifest.ComponentStartsWith(1, "abd"u8.ToArray(), false));
            Assert.IsFalse(manifest.ComponentStartsWith(1, "ab"u8.ToArray(), false));
            Assert.IsFalse(manifest.ComponentStartsWith(1, "abcd"u8.ToArray(), false));
            Assert.IsFalse(manifest.ComponentStartsWith(2, [], false));
        }

        [TestMethod]
        public void DigestOffset_IsTheDigestOfTheEncodedItem()
        {
            byte[] manifest = Simple().Encode();
            SuitEnvelope envelope = Accept(Seal(manifest)).Envelope;
            CollectionAssert.AreEqual(SHA256.HashData(Encode(manifest)), envelope.Buffer[envelope.DigestOffset..(envelope.DigestOffset + 32)]);
        }

        [TestMethod]
        public void Manifest_OfAnEnvelopeThatNobodyAuthenticated_IsNotParsed()
        {
            byte[] bytes = Simple().Seal();
            var envelope = new SuitEnvelope();
            Assert.AreEqual(ResultCode.Ok, envelope.Parse(bytes, 0, bytes.Length));
            Assert.AreEqual(ResultCode.SuitNotAuthenticated, new SuitManifest().Parse(envelope));

            // Nor is one that was authenticated once, and then parsed anew.
            Opened opened = Accept(bytes);
            Assert.AreEqual(ResultCode.Ok, opened.Envelope.Parse(bytes, 0, bytes.Length));
            Assert.AreEqual(ResultCode.SuitNotAuthenticated, opened.Manifest.Parse(opened.Envelope));
        }

        [TestMethod]
        public void A1_ManifestMalformed_AndNotAuthentic_IsNotLookedAt()
        {
            // The signature comes first: what is wrong with the manifest is not for strangers to learn.
            byte[] manifest = Encode(Map((99, 99)));
            byte[] digest = Digest(SHA256.HashData(Encode(manifest)));
            Refuse(2, ResultCode.SignatureInvalid, Assemble(manifest, [Mac(digest, new byte[32])]));
            Refuse(3, ResultCode.SuitManifestMalformed, Seal(manifest));
        }
    }
}
