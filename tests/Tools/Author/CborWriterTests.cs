using System;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class CborWriterTests
    {
        /// <summary>RFC 8949, appendix A, and the limits of every head.</summary>
        [TestMethod]
        [DataRow(0L, "00")]
        [DataRow(23L, "17")]
        [DataRow(24L, "1818")]
        [DataRow(255L, "18ff")]
        [DataRow(256L, "190100")]
        [DataRow(65535L, "19ffff")]
        [DataRow(65536L, "1a00010000")]
        [DataRow(4294967295L, "1affffffff")]
        [DataRow(4294967296L, "1b0000000100000000")]
        [DataRow(long.MaxValue, "1b7fffffffffffffff")]
        [DataRow(-1L, "20")]
        [DataRow(-24L, "37")]
        [DataRow(-25L, "3818")]
        [DataRow(-257L, "390100")]
        [DataRow(long.MinValue, "3b7fffffffffffffff")]
        public void WriteInt_Limits_ShortestForm(long value, string expected)
        {
            Assert.AreEqual(expected, Hex(writer => writer.WriteInt(value)));
        }

        [TestMethod]
        public void WriteItems_AppendixA_SameBytes()
        {
            Assert.AreEqual("4401020304", Hex(writer => writer.WriteBytes([1, 2, 3, 4])));
            Assert.AreEqual("62c3bc", Hex(writer => writer.WriteText("\u00fc")));
            Assert.AreEqual("f4", Hex(writer => writer.WriteBool(false)));
            Assert.AreEqual("f5", Hex(writer => writer.WriteBool(true)));
            Assert.AreEqual("f6", Hex(writer => writer.WriteNull()));
            Assert.AreEqual("80", Hex(writer => writer.StartArray(0)));
            Assert.AreEqual("8301820203820405", Hex(writer => writer.StartArray(3).WriteInt(1)
                .StartArray(2).WriteInt(2).WriteInt(3).StartArray(2).WriteInt(4).WriteInt(5)));
            Assert.AreEqual("d74401020304", Hex(writer => writer.WriteTag(23).WriteBytes([1, 2, 3, 4])));
            Assert.AreEqual("1bffffffffffffffff", Hex(writer => writer.WriteUInt(ulong.MaxValue)));
        }

        [TestMethod]
        public void WriteMap_KeysOutOfOrder_BytewiseOrder()
        {
            var map = new CborMap();
            map.Add("a", writer => writer.WriteInt(0));
            map.Add(-257, writer => writer.WriteInt(1));
            map.Add(100, writer => writer.WriteInt(2));
            map.Add(10, writer => writer.WriteInt(3));
            map.Add(-1, writer => writer.WriteInt(4));
            map.Add("", writer => writer.WriteInt(5));
            Assert.AreEqual("a60a0318640220043901000160056161" + "00", Convert.ToHexStringLower(map.Encode()));
        }

        [TestMethod]
        public void AddEntry_KeyTwice_Refused()
        {
            CborMap map = new CborMap().Add(1, writer => writer.WriteNull());
            Assert.ThrowsExactly<ArgumentException>(() => map.Add(1, writer => writer.WriteNull()));
        }

        [TestMethod]
        public void ToArray_ItemsMissing_Refused()
        {
            CborWriter writer = new CborWriter().StartArray(2).WriteInt(1);
            Assert.ThrowsExactly<InvalidOperationException>(() => writer.ToArray());
        }

        [TestMethod]
        public void WriteText_LoneSurrogate_Refused()
        {
            Assert.Throws<ArgumentException>(() => new CborWriter().WriteText("\uD800"));
        }

        private static string Hex(Action<CborWriter> write) => Convert.ToHexStringLower(CborWriter.Encode(write));
    }
}
