// The reader against the examples of RFC 8949 appendix A and the not-well-formed list of appendix F, and against
// forms that are well-formed but not deterministic.

using System;
using System.Collections.Generic;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Bootloader.Tests.Cbor
{
    [TestClass]
    public class CborReaderTests
    {
        private static CborReader ReaderOf(string hex)
        {
            byte[] bytes = Convert.FromHexString(hex);

            // Bytes around the window show a reader that looks beyond it.
            byte[] buffer = new byte[bytes.Length + 20];
            Array.Fill(buffer, (byte)0x00);
            bytes.CopyTo(buffer, 7);
            return new CborReader(buffer, 7, bytes.Length);
        }

        private static ResultCode Skip(string hex)
        {
            CborReader reader = ReaderOf(hex);
            ResultCode result = reader.SkipItem();
            if (result != ResultCode.Ok)
            {
                Assert.AreEqual(7, reader.Position, "a failed read moves the position: " + hex);
                return result;
            }

            return reader.CheckEnd();
        }

        // What appendix A shows beyond this profile: floats, undefined, other simple values, indefinite lengths.
        private static bool IsInProfile(string hex)
        {
            byte[] bytes = Convert.FromHexString(hex);
            int lead = bytes[0];
            bool isSimple = lead >> 5 == 7;
            bool isIndefinite = (lead & 0x1F) == 31;
            bool isNestedInOthers = hex is "c1fb41d452d9ec200000" or "83018202039f0405ff" or "83019f0203ff820405" or "826161bf61626163ff";
            return !(isSimple && (lead < 0xF4 || lead > 0xF6)) && !isIndefinite && !isNestedInOthers;
        }

        [TestMethod]
        public void SkipItem_AppendixA_AcceptsWhatTheProfileAdmits()
        {
            using JsonDocument document = Vectors.Json("cbor/appendix_a.json");
            int accepted = 0;
            int refused = 0;
            foreach (JsonElement test in document.RootElement.EnumerateArray())
            {
                string hex = test.GetProperty("hex").GetString()!;
                ResultCode result = Skip(hex);
                if (IsInProfile(hex))
                {
                    Assert.AreEqual(ResultCode.Ok, result, hex);
                    accepted++;
                }
                else
                {
                    Assert.IsTrue(result is ResultCode.CborReserved or ResultCode.CborNotDeterministic, hex + ": " + result);
                    refused++;
                }
            }

            Assert.AreEqual(82, accepted + refused);
            Assert.AreEqual(44, accepted);
        }

        [TestMethod]
        public void SkipItem_NotWellFormedAppendixF_RefusesAll()
        {
            using JsonDocument document = Vectors.Json("cbor/not_well_formed_rfc8949_appF.json");
            int count = 0;
            foreach (JsonElement test in document.RootElement.GetProperty("items").EnumerateArray())
            {
                string hex = test.GetProperty("hex").GetString()!;
                Assert.AreNotEqual(ResultCode.Ok, Skip(hex), hex);
                count++;
            }

            Assert.AreEqual(94, count);
        }

        [TestMethod]
        [DataRow("1817", ResultCode.CborNotDeterministic, DisplayName = "23 in two bytes")]
        [DataRow("1900ff", ResultCode.CborNotDeterministic, DisplayName = "255 in three bytes")]
        [DataRow("1a0000ffff", ResultCode.CborNotDeterministic, DisplayName = "65535 in five bytes")]
        [DataRow("1b00000000ffffffff", ResultCode.CborNotDeterministic, DisplayName = "2^32-1 in nine bytes")]
        [DataRow("3817", ResultCode.CborNotDeterministic, DisplayName = "-24 in two bytes")]
        [DataRow("5800", ResultCode.CborNotDeterministic, DisplayName = "empty string with a long head")]
        [DataRow("9800", ResultCode.CborNotDeterministic, DisplayName = "empty array with a long head")]
        [DataRow("d81700", ResultCode.CborNotDeterministic, DisplayName = "tag 23 in two bytes")]
        [DataRow("5f42010243030405ff", ResultCode.CborNotDeterministic, DisplayName = "indefinite byte string")]
        [DataRow("7f61616162ff", ResultCode.CborNotDeterministic, DisplayName = "indefinite text string")]
        [DataRow("9fff", ResultCode.CborNotDeterministic, DisplayName = "indefinite array")]
        [DataRow("bfff", ResultCode.CborNotDeterministic, DisplayName = "indefinite map")]
        [DataRow("ff", ResultCode.CborReserved, DisplayName = "break alone")]
        [DataRow("1f", ResultCode.CborReserved, DisplayName = "indefinite integer")]
        [DataRow("df00", ResultCode.CborReserved, DisplayName = "indefinite tag")]
        [DataRow("1c", ResultCode.CborReserved, DisplayName = "reserved 28")]
        [DataRow("f7", ResultCode.CborReserved, DisplayName = "undefined")]
        [DataRow("f90000", ResultCode.CborReserved, DisplayName = "half float")]
        [DataRow("f818", ResultCode.CborReserved, DisplayName = "simple 24")]
        [DataRow("a201000100", ResultCode.CborKeyOrder, DisplayName = "duplicate key")]
        [DataRow("a202000100", ResultCode.CborKeyOrder, DisplayName = "keys out of order")]
        [DataRow("a220001800", ResultCode.CborNotDeterministic, DisplayName = "key in a longer form")]
        [DataRow("a22000181800", ResultCode.CborKeyOrder, DisplayName = "length first, not bytewise: -1 before 24")]
        [DataRow("a2616200616100", ResultCode.CborKeyOrder, DisplayName = "text keys out of order")]
        [DataRow("a2626161006162 00", ResultCode.CborKeyOrder, DisplayName = "longer text first")]
        [DataRow("a2820102008101 00", ResultCode.CborKeyOrder, DisplayName = "array keys out of order")]
        [DataRow("8201a202000100", ResultCode.CborKeyOrder, DisplayName = "keys out of order, nested")]
        [DataRow("a101a202000100", ResultCode.CborKeyOrder, DisplayName = "keys out of order in a value")]
        [DataRow("a1a20200010000", ResultCode.CborKeyOrder, DisplayName = "keys out of order in a key")]
        [DataRow("0000", ResultCode.CborTrailingBytes, DisplayName = "a second item")]
        [DataRow("5bffffffffffffffff", ResultCode.CborTruncated, DisplayName = "length 2^64-1")]
        [DataRow("5b7fffffffffffffff", ResultCode.CborTruncated, DisplayName = "length 2^63-1")]
        [DataRow("5affffffff", ResultCode.CborTruncated, DisplayName = "length 2^32-1")]
        [DataRow("5a7fffffff00", ResultCode.CborTruncated, DisplayName = "length 2^31-1")]
        [DataRow("9b7fffffffffffffff", ResultCode.CborTruncated, DisplayName = "array of 2^63-1")]
        [DataRow("ba8000000000", ResultCode.CborTruncated, DisplayName = "map of 2^31 pairs")]
        [DataRow("a201", ResultCode.CborTruncated, DisplayName = "map of two pairs in one byte")]
        [DataRow("dbffffffffffffffff00", ResultCode.CborTooLarge, DisplayName = "tag 2^64-1")]
        [DataRow("", ResultCode.CborTruncated, DisplayName = "nothing")]
        public void SkipItem_OutsideOfProfile_Refuses(string hex, ResultCode expected)
        {
            Assert.AreEqual(expected, Skip(hex.Replace(" ", string.Empty)));
        }

        [TestMethod]
        [DataRow("a2181800 2000", DisplayName = "24 before -1: bytewise")]
        [DataRow("a3010002002000", DisplayName = "1, 2, -1")]
        [DataRow("a2810100820102 00", DisplayName = "array keys in order")]
        [DataRow("1bffffffffffffffff", DisplayName = "2^64-1 is well-formed")]
        [DataRow("3bffffffffffffffff", DisplayName = "-2^64 is well-formed")]
        [DataRow("c0c1c2c3c4c5c6f6", DisplayName = "nested tags")]
        public void SkipItem_InProfile_Accepts(string hex)
        {
            Assert.AreEqual(ResultCode.Ok, Skip(hex.Replace(" ", string.Empty)));
        }

        [TestMethod]
        public void SkipItem_NestingAtTheLimit_Accepts()
        {
            string open = string.Concat(System.Linq.Enumerable.Repeat("81", CborReader.MaxDepth));
            Assert.AreEqual(ResultCode.Ok, Skip(open + "00"));
            Assert.AreEqual(ResultCode.CborTooDeep, Skip("81" + open + "00"));
            string tags = string.Concat(System.Linq.Enumerable.Repeat("c0", CborReader.MaxDepth));
            Assert.AreEqual(ResultCode.Ok, Skip(tags + "00"));
            Assert.AreEqual(ResultCode.CborTooDeep, Skip("c0" + tags + "00"));
        }

        [TestMethod]
        public void SkipItem_ManySiblings_AreNotDepth()
        {
            Assert.AreEqual(ResultCode.Ok, Skip("9864" + string.Concat(System.Linq.Enumerable.Repeat("8100", 100))));
        }

        public static IEnumerable<object[]> Utf8Cases()
        {
            yield return new object[] { "7a", true };
            yield return new object[] { "c280", true };
            yield return new object[] { "c3bc", true };
            yield return new object[] { "dfbf", true };
            yield return new object[] { "e0a080", true };
            yield return new object[] { "ed9fbf", true };
            yield return new object[] { "ee8080", true };
            yield return new object[] { "efbfbf", true };
            yield return new object[] { "f0908080", true };
            yield return new object[] { "f48fbfbf", true };
            yield return new object[] { "80", false };
            yield return new object[] { "bf", false };
            yield return new object[] { "c080", false };
            yield return new object[] { "c1bf", false };
            yield return new object[] { "c2", false };
            yield return new object[] { "c27a", false };
            yield return new object[] { "c2c0", false };
            yield return new object[] { "e08080", false };
            yield return new object[] { "e09fbf", false };
            yield return new object[] { "eda080", false };
            yield return new object[] { "edbfbf", false };
            yield return new object[] { "e282", false };
            yield return new object[] { "e28228", false };
            yield return new object[] { "f08f8080", false };
            yield return new object[] { "f4908080", false };
            yield return new object[] { "f5808080", false };
            yield return new object[] { "f0908028", false };
            yield return new object[] { "ff", false };
            yield return new object[] { "fe", false };
        }

        [TestMethod]
        [DynamicData(nameof(Utf8Cases))]
        public void ReadText_Utf8_CheckedAsRfc3629(string hex, bool isValid)
        {
            int count = hex.Length / 2;
            CborReader reader = ReaderOf((0x60 + count).ToString("x2") + hex);
            ResultCode result = reader.ReadText(out int offset, out int length);
            Assert.AreEqual(isValid ? ResultCode.Ok : ResultCode.CborInvalidUtf8, result);
            Assert.AreEqual(isValid ? 8 : 0, offset);
            Assert.AreEqual(isValid ? count : 0, length);
            Assert.AreEqual(isValid ? 8 + count : 7, reader.Position);
        }

        [TestMethod]
        public void ReadText_EveryPairOfBytes_AgreesWithTheRuntime()
        {
            var strict = new System.Text.UTF8Encoding(false, true);
            byte[] bytes = { 0x62, 0, 0 };
            for (int value = 0; value < 65536; value++)
            {
                bytes[1] = (byte)(value >> 8);
                bytes[2] = (byte)value;
                bool expected = true;
                try
                {
                    strict.GetCharCount(bytes, 1, 2);
                }
                catch (System.Text.DecoderFallbackException)
                {
                    expected = false;
                }

                bool actual = new CborReader(bytes, 0, 3).ReadText(out _, out _) == ResultCode.Ok;
                if (actual != expected)
                {
                    Assert.Fail(value.ToString("x4"));
                }
            }
        }

        [TestMethod]
        [DataRow("00", 0L)]
        [DataRow("17", 23L)]
        [DataRow("1818", 24L)]
        [DataRow("18ff", 255L)]
        [DataRow("190100", 256L)]
        [DataRow("19ffff", 65535L)]
        [DataRow("1a00010000", 65536L)]
        [DataRow("1affffffff", 4294967295L)]
        [DataRow("1b0000000100000000", 4294967296L)]
        [DataRow("1b7fffffffffffffff", long.MaxValue)]
        public void ReadUInt_Limits_Value(string hex, long expected)
        {
            CborReader reader = ReaderOf(hex);
            Assert.AreEqual(ResultCode.Ok, reader.ReadUInt(out long value));
            Assert.AreEqual(expected, value);
            Assert.AreEqual(ResultCode.Ok, reader.CheckEnd());
            reader = ReaderOf(hex);
            Assert.AreEqual(ResultCode.Ok, reader.ReadInt(out value));
            Assert.AreEqual(expected, value);
        }

        [TestMethod]
        [DataRow("20", -1L)]
        [DataRow("3818", -25L)]
        [DataRow("390100", -257L)]
        [DataRow("3b7fffffffffffffff", long.MinValue)]
        public void ReadInt_Negative_Value(string hex, long expected)
        {
            Assert.AreEqual(ResultCode.Ok, ReaderOf(hex).ReadInt(out long value));
            Assert.AreEqual(expected, value);
            Assert.AreEqual(ResultCode.CborUnexpectedType, ReaderOf(hex).ReadUInt(out _));
        }

        [TestMethod]
        public void ReadUInt_Beyond63Bits_RefusesTooLarge()
        {
            Assert.AreEqual(ResultCode.CborTooLarge, ReaderOf("1b8000000000000000").ReadUInt(out _));
            Assert.AreEqual(ResultCode.CborTooLarge, ReaderOf("3b8000000000000000").ReadInt(out _));
        }

        [TestMethod]
        public void Read_WrongType_RefusesAndStays()
        {
            string[] items = { "01", "20", "4101", "6161", "8101", "a10101", "c101", "f5", "f6" };
            foreach (string item in items)
            {
                CborType type = ReaderOf(item).PeekType();
                var reads = new Dictionary<CborType, Func<CborReader, ResultCode>>
                {
                    [CborType.UnsignedInteger] = reader => reader.ReadUInt(out _),
                    [CborType.ByteString] = reader => reader.ReadBytes(out _, out _),
                    [CborType.TextString] = reader => reader.ReadText(out _, out _),
                    [CborType.Array] = reader => reader.ReadArrayHeader(out _),
                    [CborType.Map] = reader => reader.ReadMapHeader(out _),
                    [CborType.Tag] = reader => reader.ReadTag(out _),
                };
                foreach ((CborType wanted, Func<CborReader, ResultCode> read) in reads)
                {
                    CborReader reader = ReaderOf(item);
                    Assert.AreEqual(wanted == type ? ResultCode.Ok : ResultCode.CborUnexpectedType, read(reader), item + " as " + wanted);
                    Assert.AreEqual(wanted == type, reader.Position != 7, item + " as " + wanted);
                    Assert.AreEqual(ResultCode.CborTruncated, read(ReaderOf(string.Empty)));
                }

                bool isBool = item == "f5";
                CborReader boolReader = ReaderOf(item);
                Assert.AreEqual(isBool ? ResultCode.Ok : ResultCode.CborUnexpectedType, boolReader.ReadBool(out bool value), item);
                Assert.AreEqual(isBool, value);
                Assert.AreEqual(item == "f6" ? ResultCode.Ok : ResultCode.CborUnexpectedType, ReaderOf(item).ReadNull(), item);
            }

            Assert.AreEqual(ResultCode.Ok, ReaderOf("f4").ReadBool(out bool isTrue));
            Assert.IsFalse(isTrue);
            Assert.AreEqual(ResultCode.CborTruncated, ReaderOf(string.Empty).ReadBool(out _));
            Assert.AreEqual(ResultCode.CborTruncated, ReaderOf(string.Empty).ReadNull());
        }

        [TestMethod]
        public void Read_EveryTruncation_RefusesAndStays()
        {
            // One item of each kind with a long head and content.
            string[] items = { "1b0000000100000000", "3a00010000", "5818" + new string('0', 48), "7818" + string.Concat(System.Linq.Enumerable.Repeat("61", 24)),
                "83010203", "a2010a020b", "d9010001", "8182a101410002" };
            foreach (string item in items)
            {
                Assert.AreEqual(ResultCode.Ok, Skip(item), item);
                for (int bytes = 0; bytes < item.Length / 2; bytes++)
                {
                    Assert.AreEqual(ResultCode.CborTruncated, Skip(item.Substring(0, bytes * 2)), item + " cut at " + bytes);
                }
            }
        }

        [TestMethod]
        public void A61_ReadBytes_LengthThatWrapsWhenAdded_Refuses()
        {
            // 2^31-1 and 2^32-8 would pass a check by sum, wrapped.
            foreach (string head in new[] { "5a7fffffff", "5afffffff8", "5b00000000fffffff8", "5bfffffffffffffff8", "5b7ffffffffffffff8" })
            {
                CborReader reader = ReaderOf(head + "0102030405060708");
                Assert.AreEqual(ResultCode.Ok, ReaderOf("4101").ReadBytes(out _, out _));
                Assert.AreNotEqual(ResultCode.Ok, reader.ReadBytes(out int offset, out int count), head);
                Assert.AreEqual(0, offset);
                Assert.AreEqual(0, count);
                Assert.AreEqual(7, reader.Position);
            }
        }
    }
}
