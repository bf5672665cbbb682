using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Hal.Tests.Crypto
{
    [TestClass]
    public class ConstantTimeTests
    {
        [TestMethod]
        public void AreEqual_AnyBitDiffers_IsFalse()
        {
            byte[] left = { 9, 1, 2, 3, 4, 9 };
            byte[] right = { 1, 2, 3, 4 };
            Assert.IsTrue(ConstantTime.AreEqual(left, 1, right, 0, 4));
            for (int bit = 0; bit < 32; bit++)
            {
                right[bit / 8] ^= (byte)(1 << (bit & 7));
                Assert.IsFalse(ConstantTime.AreEqual(left, 1, right, 0, 4), "bit " + bit);
                right[bit / 8] ^= (byte)(1 << (bit & 7));
            }
        }

        [TestMethod]
        public void AreEqual_NothingToCompare_IsFalse()
        {
            byte[] some = { 1 };
            Assert.IsFalse(ConstantTime.AreEqual(some, 0, some, 0, 0));
            Assert.IsFalse(ConstantTime.AreEqual(some, 0, some, 0, -1));
        }
    }
}
