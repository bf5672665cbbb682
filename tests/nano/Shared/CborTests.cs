// The strict reader: what it takes, what it refuses, and that a refusal leaves it where it was.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class CborTests
    {
        [TestMethod]
        public void Read_Shortest_Value()
        {
            CheckUInt("00", 0);
            CheckUInt("17", 23);
            CheckUInt("1818", 24);
            CheckUInt("1903e8", 1000);
            CheckUInt("1a000f4240", 1000000);
            CheckUInt("1b000000e8d4a51000", 1000000000000);
            CheckUInt("1b7fffffffffffffff", long.MaxValue);
        }

        [TestMethod]
        public void Read_LongerThanNeedBe_Refused()
        {
            RefuseUInt("1817");
            RefuseUInt("1900ff");
            RefuseUInt("1a0000ffff");
            RefuseUInt("1b00000000ffffffff");
        }

        [TestMethod]
        public void Read_BeyondRange_Refused()
        {
            RefuseUInt("1b8000000000000000");
            RefuseUInt("1bffffffffffffffff");
        }

        [TestMethod]
        public void Read_Truncated_Refused()
        {
            RefuseUInt("18");
            RefuseUInt("1903");
            RefuseUInt("1b000000e8d4a510");
        }

        [TestMethod]
        public void ReadInt_Negative_Value()
        {
            byte[] data = Bytes.Hex("390100");
            CborReader reader = new CborReader(data, 0, data.Length);

            Assert.AreEqual(-257L, reader.ReadInt());
            Assert.AreEqual((int)ResultCode.Ok, (int)reader.CheckEnd());
        }

        [TestMethod]
        public void ReadString_LongerThanWhatIsLeft_Refused()
        {
            byte[] data = Bytes.Hex("5affffffff0102030405");
            CborReader reader = new CborReader(data, 0, data.Length);

            Assert.AreEqual(0, reader.ReadString(CborType.ByteString, out int count));
            Assert.AreEqual(0, count);
            Assert.AreEqual((int)ResultCode.CborTruncated, (int)reader.Error);
            Assert.AreEqual(0, reader.Position);
        }

        [TestMethod]
        public void Read_MoreItemsThanBytes_Refused()
        {
            byte[] data = Bytes.Hex("9a7fffffff00");
            CborReader reader = new CborReader(data, 0, data.Length);

            Assert.AreEqual(0L, reader.Read(CborType.Array));
            Assert.AreEqual((int)ResultCode.CborTruncated, (int)reader.Error);
        }

        [TestMethod]
        public void SkipItem_Nested_Whole()
        {
            byte[] data = Bytes.Hex("a201820203024301020305");
            CborReader reader = new CborReader(data, 0, data.Length);

            reader.SkipItem();
            Assert.AreEqual((int)ResultCode.Ok, (int)reader.Error);
            Assert.AreEqual(data.Length - 1, reader.Position);
        }

        [TestMethod]
        public void SkipItem_DeeperThanTheLimit_Refused()
        {
            byte[] data = new byte[40];
            for (int i = 0; i < data.Length; i++)
            {
                data[i] = 0x81;
            }

            CborReader reader = new CborReader(data, 0, data.Length);
            reader.SkipItem();
            Assert.AreEqual((int)ResultCode.CborTooDeep, (int)reader.Error);
            Assert.AreEqual(0, reader.Position);
        }

        [TestMethod]
        public void SkipItem_Indefinite_Refused()
        {
            byte[] data = Bytes.Hex("9f0102ff");
            CborReader reader = new CborReader(data, 0, data.Length);

            reader.SkipItem();
            Assert.AreEqual((int)ResultCode.CborNotDeterministic, (int)reader.Error);
        }

        [TestMethod]
        public void Error_First_StaysAndNothingIsReadAfterIt()
        {
            byte[] data = Bytes.Hex("83f60102");
            CborReader reader = new CborReader(data, 0, data.Length);
            int left = (int)reader.Read(CborType.Array);
            int rounds = 0;
            while (reader.Next(ref left))
            {
                rounds++;
                Assert.AreEqual(0L, reader.ReadInt());
                Assert.AreEqual(0L, reader.Read(CborType.Simple));
            }

            Assert.AreEqual(1, rounds);
            Assert.AreEqual(1, reader.Position);
            Assert.AreEqual((int)ResultCode.CborUnexpectedType, (int)reader.CheckEnd());
        }

        private static void CheckUInt(string hex, long expected)
        {
            byte[] data = Bytes.Hex("f6" + hex + "f6");
            CborReader reader = new CborReader(data, 1, data.Length - 2);

            Assert.AreEqual(expected, reader.Read(CborType.UnsignedInteger), hex);
            Assert.AreEqual((int)ResultCode.Ok, (int)reader.Error, hex);
            Assert.AreEqual(data.Length - 1, reader.Position, hex);
        }

        private static void RefuseUInt(string hex)
        {
            byte[] data = Bytes.Hex(hex);
            CborReader reader = new CborReader(data, 0, data.Length);
            int before = reader.Position;

            Assert.AreEqual(0L, reader.Read(CborType.UnsignedInteger), hex);
            Assert.AreNotEqual((int)ResultCode.Ok, (int)reader.Error, hex);
            Assert.AreEqual(before, reader.Position, hex);
        }
    }
}
