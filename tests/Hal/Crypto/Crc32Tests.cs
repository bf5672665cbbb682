using System;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Hal.Tests.Crypto
{
    [TestClass]
    public class Crc32Tests
    {
        [TestMethod]
        public void Compute_CheckString_GivesThePublishedValue()
        {
            byte[] data = Encoding.ASCII.GetBytes("x123456789x");
            Assert.AreEqual(0xCBF43926u, Crc32.Compute(data, 1, 9));
            Assert.AreEqual(0u, Crc32.Compute(data, 0, 0));
        }

        [TestMethod]
        public void Compute_InTwoParts_IsThatOfTheWhole()
        {
            byte[] data = new byte[300];
            new Random(4).NextBytes(data);
            uint whole = Crc32.Compute(data, 0, data.Length);
            for (int first = 0; first <= data.Length; first += 7)
            {
                uint crc = Crc32.Compute(data, 0, first);
                Assert.AreEqual(whole, Crc32.Compute(data, first, data.Length - first, crc));
            }
        }

        [TestMethod]
        public void Compute_BitByBit_Agrees()
        {
            byte[] data = new byte[64];
            new Random(5).NextBytes(data);
            uint crc = 0xFFFFFFFF;
            foreach (byte value in data)
            {
                crc ^= value;
                for (int bit = 0; bit < 8; bit++)
                {
                    crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
                }
            }

            Assert.AreEqual(~crc, Crc32.Compute(data, 0, data.Length));
        }
    }
}
