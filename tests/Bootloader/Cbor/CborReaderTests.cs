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
            reader.SkipItem();
            if (reader.Error != ResultCode.Ok)
            {
                Assert.AreEqual(7, reader.Position, "a failed read moves the position: " + hex);
            }

            return reader.CheckEnd();
        }

        private static ResultCode ErrorOf(string hex, Func<CborReader, long> read)
        {
            CborReader reader = ReaderOf(hex);
            read(reader);
            return reader.Error;
        }

        // The length of a string with the place of its content: 0 is neither.
        private static long Content(CborReader reader, CborType type)
        {
            long offset = reader.ReadString(type, out int count);
            return offset + count;
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
        public void ReadString_Utf8_CheckedAsRfc3629(string hex, bool isValid)
        {
            int count = hex.Length / 2;
            CborReader reader = ReaderOf((0x60 + count).ToString("x2") + hex);
            int offset = reader.ReadString(CborType.TextString, out int length);
            Assert.AreEqual(isValid ? ResultCode.Ok : ResultCode.CborInvalidUtf8, reader.Error);
            Assert.AreEqual(isValid ? 8 : 0, offset);
            Assert.AreEqual(isValid ? count : 0, length);
            Assert.AreEqual(isValid ? 8 + count : 7, reader.Position);
        }

        [TestMethod]
        public void ReadString_EveryPairOfBytes_AgreesWithTheRuntime()
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

                var reader = new CborReader(bytes, 0, 3);
                reader.ReadString(CborType.TextString, out _);
                if (reader.Error == ResultCode.Ok != expected)
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
        public void Read_Limits_Value(string hex, long expected)
        {
            CborReader reader = ReaderOf(hex);
            Assert.AreEqual(expected, reader.Read(CborType.UnsignedInteger));
            Assert.AreEqual(ResultCode.Ok, reader.CheckEnd());
            reader = ReaderOf(hex);
            Assert.AreEqual(expected, reader.ReadInt());
            Assert.AreEqual(ResultCode.Ok, reader.CheckEnd());
        }

        [TestMethod]
        [DataRow("20", -1L)]
        [DataRow("3818", -25L)]
        [DataRow("390100", -257L)]
        [DataRow("3b7fffffffffffffff", long.MinValue)]
        public void ReadInt_Negative_Value(string hex, long expected)
        {
            CborReader reader = ReaderOf(hex);
            Assert.AreEqual(expected, reader.ReadInt());
            Assert.AreEqual(ResultCode.Ok, reader.CheckEnd());
            Assert.AreEqual(ResultCode.CborUnexpectedType, ErrorOf(hex, other => other.Read(CborType.UnsignedInteger)));
        }

        [TestMethod]
        public void Read_Beyond63Bits_RefusesTooLarge()
        {
            Assert.AreEqual(ResultCode.CborTooLarge, ErrorOf("1b8000000000000000", reader => reader.Read(CborType.UnsignedInteger)));
            Assert.AreEqual(ResultCode.CborTooLarge, ErrorOf("3b8000000000000000", reader => reader.ReadInt()));
        }

        [TestMethod]
        public void Read_WrongType_RefusesAndStays()
        {
            string[] items = { "01", "20", "4101", "6161", "8101", "a10101", "c101", "f5", "f6" };
            foreach (string item in items)
            {
                CborType type = ReaderOf(item).PeekType();
                var reads = new Dictionary<CborType, Func<CborReader, long>>
                {
                    [CborType.UnsignedInteger] = reader => reader.Read(CborType.UnsignedInteger),
                    [CborType.NegativeInteger] = reader => reader.Read(CborType.NegativeInteger),
                    [CborType.ByteString] = reader => Content(reader, CborType.ByteString),
                    [CborType.TextString] = reader => Content(reader, CborType.TextString),
                    [CborType.Array] = reader => reader.Read(CborType.Array),
                    [CborType.Map] = reader => reader.Read(CborType.Map),
                    [CborType.Tag] = reader => reader.Read(CborType.Tag),
                    [CborType.Simple] = reader => reader.Read(CborType.Simple),
                };
                foreach ((CborType wanted, Func<CborReader, long> read) in reads)
                {
                    CborReader reader = ReaderOf(item);
                    Assert.AreEqual(wanted == type, read(reader) != 0, item + " as " + wanted);
                    Assert.AreEqual(wanted == type ? ResultCode.Ok : ResultCode.CborUnexpectedType, reader.Error, item + " as " + wanted);
                    Assert.AreEqual(wanted == type, reader.Position != 7, item + " as " + wanted);
                    Assert.AreEqual(ResultCode.CborTruncated, ErrorOf(string.Empty, read));
                }

                bool isBool = item == "f5";
                CborReader boolReader = ReaderOf(item);
                Assert.AreEqual(isBool, boolReader.ReadBool());
                Assert.AreEqual(isBool ? ResultCode.Ok : ResultCode.CborUnexpectedType, boolReader.Error, item);
                Assert.AreEqual(isBool ? 8 : 7, boolReader.Position, item);
                CborReader nullReader = ReaderOf(item);
                Assert.AreEqual(item == "f6", nullReader.SkipNull(), item);
                Assert.AreEqual(ResultCode.Ok, nullReader.Error, "a question that is answered with no is no error");
                Assert.AreEqual(item == "f6" ? 8 : 7, nullReader.Position, item);
            }

            CborReader falseReader = ReaderOf("f4");
            Assert.IsFalse(falseReader.ReadBool());
            Assert.AreEqual(ResultCode.Ok, falseReader.CheckEnd());
            Assert.AreEqual(ResultCode.CborTruncated, ErrorOf(string.Empty, reader => reader.ReadBool() ? 1 : 0));
            Assert.IsFalse(ReaderOf(string.Empty).SkipNull());
            Assert.IsFalse(ReaderOf("f7").SkipNull());
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

        // Each way to read, once: after an error none of them does anything.
        private static IEnumerable<(string Name, Func<CborReader, long> Read)> Reads()
        {
            for (CborType type = CborType.UnsignedInteger; type <= CborType.Simple; type++)
            {
                CborType wanted = type;
                if (type is CborType.ByteString or CborType.TextString)
                {
                    yield return ("string " + type, reader => Content(reader, wanted));
                }
                else
                {
                    yield return ("head " + type, reader => reader.Read(wanted));
                }
            }

            yield return ("integer", reader => reader.ReadInt());
            yield return ("bool", reader => reader.ReadBool() ? 1 : 0);
            yield return ("null", reader => reader.SkipNull() ? 1 : 0);
            yield return ("key", Key);
            yield return ("peek", reader => reader.PeekType() == CborType.End ? 0 : 1);
            yield return ("next", Next);
            yield return ("skip", Skip);
            yield return ("end", reader => reader.CheckEnd() == ResultCode.CborInvalidUtf8 ? 0 : 1);
            yield return ("refuse", Refuse);

            static long Key(CborReader reader)
            {
                int lastKey = 7;
                return reader.ReadKey(ref lastKey);
            }

            static long Next(CborReader reader)
            {
                int left = 1;
                return reader.Next(ref left) ? 1 : 0;
            }

            static long Skip(CborReader reader)
            {
                reader.SkipItem();
                return 0;
            }

            static long Refuse(CborReader reader)
            {
                reader.Refuse(ResultCode.CborReserved);
                return 0;
            }
        }

        [TestMethod]
        public void Error_OfTheFirstRead_StaysAndNothingIsReadAfterIt()
        {
            // The item that fails, and one that would succeed in its place.
            int tried = 0;
            foreach (string item in new[] { "01", "20", "4101", "6161", "8101", "a10101", "c101", "f5", "f6" })
            {
                foreach ((string name, Func<CborReader, long> read) in Reads())
                {
                    CborReader reader = ReaderOf("61ff" + item);
                    reader.ReadString(CborType.TextString, out _);
                    Assert.AreEqual(ResultCode.CborInvalidUtf8, reader.Error);
                    reader.Position = 9;
                    Assert.AreEqual(0, read(reader), name + " of " + item);
                    Assert.AreEqual(ResultCode.CborInvalidUtf8, reader.Error, name + " of " + item);
                    Assert.AreEqual(9, reader.Position, name + " of " + item);
                    tried++;
                }
            }

            Assert.AreEqual(9 * 17, tried);
        }

        [TestMethod]
        public void Error_OfEveryRead_GivesNothing()
        {
            // Of a right type, and wrong within: a longer head than needed, a length beyond the end, no UTF-8.
            foreach (string item in new[] { "1817", "3817", "5801ff", "42ff", "61ff", "62ff", "9801", "82ff", "b801", "a2ff", "d80100", "f7" })
            {
                foreach ((string name, Func<CborReader, long> read) in Reads())
                {
                    if (name is "peek" or "next" or "end" or "refuse")
                    {
                        continue;
                    }

                    CborReader reader = ReaderOf(item);
                    Assert.AreEqual(0, read(reader), name + " of " + item);
                    Assert.AreEqual(7, reader.Position, name + " of " + item);
                    Assert.AreEqual(name != "null", reader.Error != ResultCode.Ok, name + " of " + item);
                }
            }
        }

        [TestMethod]
        public void ReadKey_OutOfOrder_StandsBehindTheKey()
        {
            CborReader reader = ReaderOf("0201f6");
            int lastKey = -1;
            Assert.AreEqual(2, reader.ReadKey(ref lastKey));
            Assert.AreEqual(0, reader.ReadKey(ref lastKey), "a key that is refused has no label");
            Assert.AreEqual(ResultCode.CborKeyOrder, reader.Error);
            Assert.AreEqual(9, reader.Position);
        }

        [TestMethod]
        public void Refuse_TheFirst_IsKept()
        {
            CborReader reader = ReaderOf("8201");
            reader.Refuse(ResultCode.Ok);
            Assert.AreEqual(1, ReaderOf("01").Read(CborType.UnsignedInteger));
            Assert.AreEqual(CborType.Array, reader.PeekType());
            reader.Refuse(ResultCode.CoseTag);
            reader.Refuse(ResultCode.SuitLimit);
            Assert.AreEqual(ResultCode.CoseTag, reader.CheckEnd());
            Assert.AreEqual(7, reader.Position);
        }

        [TestMethod]
        public void Next_CountsDown_AndEndsAtAnError()
        {
            CborReader reader = ReaderOf("83010203");
            int left = (int)reader.Read(CborType.Array);
            long sum = 0;
            while (reader.Next(ref left))
            {
                sum += reader.ReadInt();
            }

            Assert.AreEqual(6, sum);
            reader = ReaderOf("8301f602");
            left = (int)reader.Read(CborType.Array);
            int rounds = 0;
            while (reader.Next(ref left))
            {
                rounds++;
                reader.ReadInt();
            }

            Assert.AreEqual(2, rounds);
            Assert.AreEqual(9, reader.Position);
            Assert.AreEqual(ResultCode.CborUnexpectedType, reader.Error);
        }

        [TestMethod]
        public void SetWindow_AfterAnError_BeginsAnew()
        {
            CborReader reader = ReaderOf("f701");
            reader.ReadInt();
            Assert.AreEqual(ResultCode.CborUnexpectedType, reader.Error);
            reader.SetWindow(8, 9);
            Assert.AreEqual(1, reader.ReadInt());
            Assert.AreEqual(ResultCode.Ok, reader.CheckEnd());
        }

        [TestMethod]
        public void A61_ReadString_LengthThatWrapsWhenAdded_Refuses()
        {
            // 2^31-1 and 2^32-8 would pass a check by sum, wrapped.
            foreach (string head in new[] { "5a7fffffff", "5afffffff8", "5b00000000fffffff8", "5bfffffffffffffff8", "5b7ffffffffffffff8" })
            {
                CborReader reader = ReaderOf(head + "0102030405060708");
                Assert.AreEqual(ResultCode.Ok, ErrorOf("4101", other => Content(other, CborType.ByteString)));
                Assert.AreEqual(0, reader.ReadString(CborType.ByteString, out int count));
                Assert.AreEqual(0, count);
                Assert.AreNotEqual(ResultCode.Ok, reader.Error, head);
                Assert.AreEqual(7, reader.Position);
            }
        }
    }
}
