// The identity of a device: what is malformed is refused, wherever in the map it stands.

using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using static NanoBoot.Tests.Shared.CborValue;

namespace NanoBoot.Bootloader.Tests.Boot
{
    [TestClass]
    public class DeviceIdentityTests
    {
        private static readonly byte[] Whole = Encode(Map(
            (1, new byte[16]), (2, new object?[] { new byte[16], new byte[16] }), (3, new byte[16]), (4, new byte[32]), (5, "http://a/b"), (6, new byte[4])));

        [TestMethod]
        public void Parse_Truncated_OrLonger_Refused()
        {
            Assert.AreEqual(ResultCode.Ok, new DeviceIdentity().Parse(Whole));
            for (int count = 0; count < Whole.Length; count++)
            {
                Assert.AreEqual(ResultCode.IdentityInvalid, new DeviceIdentity().Parse(Whole[..count]), "cut at " + count);
            }

            Assert.AreEqual(ResultCode.IdentityInvalid, new DeviceIdentity().Parse([.. Whole, 0]));
        }

        [TestMethod]
        public void Parse_WrongValue_Refused()
        {
            object[] values = [new byte[15], new byte[17], "text", 1, new object?[] { new byte[15] }, new object?[0]];
            for (int label = 1; label <= 5; label++)
            {
                foreach (object value in values.Where(value => label != 5 || value is not string))
                {
                    object Value(int of, object good) => of == label ? value : good;
                    byte[] map = Encode(Map(
                        (1, Value(1, new byte[16])), (2, Value(2, new object?[] { new byte[16] })), (3, Value(3, new byte[16])),
                        (4, Value(4, new byte[32])), (5, Value(5, "http://a/b"))));
                    Assert.AreEqual(ResultCode.IdentityInvalid, new DeviceIdentity().Parse(map), label + ": " + value);
                }
            }
        }
    }
}
