// MCUboot images: the device's reader and the author's rules, each against the cases and against each other.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using DeviceImage = NanoBoot.Stage2Payloads.McubootImage;

namespace NanoBoot.Stage2Updater.Tests.Payload
{
    [TestClass]
    public sealed class McubootImageTests
    {
        private const int Sha256Entry = 0x10;
        private const int EcdsaEntry = 0x22;
        private const int SecurityCounter = 0x50;
        private static readonly EmulatedFlash Flash = new(NorGeometry.Uniform(4096, 4, 1));
        private static readonly FlashRegion Region = new(RegionId.ApplicationB, Flash, 4096, 3 * 4096);

        [TestMethod]
        public void Open_Image_VersionAndSizes()
        {
            byte[] image = Make(600, [(SecurityCounter, [7, 0, 0, 0])], [(EcdsaEntry, new byte[70])]);
            DeviceImage read = new();
            Assert.AreEqual(ResultCode.Ok, Open(read, image));
            Assert.AreEqual("1.2.515+67305985", $"{read.Major}.{read.Minor}.{read.Revision}+{read.Build}");
            Assert.AreEqual(64, read.HeaderBytes);
            Assert.AreEqual(600, read.ImageBytes);
            Assert.AreEqual(ResultCode.Ok, read.CheckHash());
            Assert.IsEmpty(McubootRules.Check(image));
            Assert.AreEqual("1.2.515+67305985", McubootImage.Read(image).Version);
        }

        [TestMethod]
        public void Open_NoProtectedEntries_Ok()
        {
            Check(ResultCode.Ok, Make(1, [], []));
        }

        [TestMethod]
        public void Open_Encrypted_HashNotChecked()
        {
            byte[] image = Make(300, [], [(0x32, new byte[113])], flags: 4);
            image[100] ^= 1;
            DeviceImage read = new();
            Assert.AreEqual(ResultCode.Ok, Open(read, image));
            Assert.AreEqual(ResultCode.NotSupported, read.CheckHash());
            Assert.IsEmpty(McubootRules.Check(image));
        }

        [TestMethod]
        public void A34_ProtectedTypeInUnprotectedArea_Refused()
        {
            foreach (int type in new[] { 0x40, SecurityCounter, 0x60, 0x70, 0xA0, 0xFFFF })
            {
                Check(ResultCode.PayloadMalformed, Make(100, [(SecurityCounter, [1, 0, 0, 0])], [(type, [9, 0, 0, 0])]));
                Check(ResultCode.PayloadMalformed, Make(100, [], [(type, [9, 0, 0, 0])]));
            }
        }

        [TestMethod]
        public void A34_HashInProtectedArea_Refused()
        {
            Check(ResultCode.PayloadMalformed, Make(100, [(Sha256Entry, new byte[32])], []));
        }

        [TestMethod]
        [DataRow(0, DisplayName = "none although they are there")]
        [DataRow(1, DisplayName = "less than their head")]
        [DataRow(11, DisplayName = "one byte short")]
        [DataRow(13, DisplayName = "one byte more")]
        [DataRow(0xFFFF, DisplayName = "more than the component")]
        public void A36_ProtectedSizeInHeaderOfAnotherSize_Refused(int protectedBytes)
        {
            byte[] image = Make(100, [(SecurityCounter, [1, 0, 0, 0])], []);
            Assert.AreEqual(12, image[10]);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(10), (ushort)protectedBytes);
            Check(ResultCode.PayloadMalformed, image);
        }

        [TestMethod]
        [DataRow(8, 0, 2, DisplayName = "no header")]
        [DataRow(8, 31, 2, DisplayName = "header too short")]
        [DataRow(8, 0xFFFF, 2, DisplayName = "header too long")]
        [DataRow(12, 0, 4, DisplayName = "no image")]
        [DataRow(12, 0x7FFFFFFF, 4, DisplayName = "image whose sum wraps")]
        [DataRow(12, -1, 4, DisplayName = "image of a negative size")]
        [DataRow(12, -64, 4, DisplayName = "image that cancels the header")]
        [DataRow(0, 0x12345678, 4, DisplayName = "another magic")]
        public void Open_ImpossibleHeader_Refused(int at, int value, int bytes)
        {
            byte[] image = Make(100, [(SecurityCounter, [1, 0, 0, 0])], []);
            BitConverter.GetBytes(value).AsSpan(0, bytes).CopyTo(image.AsSpan(at));
            Check(ResultCode.PayloadMalformed, image);
        }

        [TestMethod]
        public void A38_BytesAfterTheLastEntry_Refused()
        {
            byte[] image = Make(100, [], []);
            Check(ResultCode.PayloadMalformed, [.. image, 0]);
            Check(ResultCode.PayloadMalformed, [.. image, .. Enumerable.Repeat((byte)0xFF, 64)]);
        }

        [TestMethod]
        public void Open_TwoHashesOrNoneOrAShortOne_Refused()
        {
            Check(ResultCode.PayloadMalformed, Make(100, [], [(Sha256Entry, new byte[32])]));
            Check(ResultCode.PayloadMalformed, Make(100, [], [(EcdsaEntry, new byte[8])], withHash: false));
            Check(ResultCode.PayloadMalformed, Make(100, [], [(Sha256Entry, new byte[31])], withHash: false));
        }

        [TestMethod]
        public void CheckHash_EachPartChanged_Mismatch()
        {
            byte[] image = Make(700, [(SecurityCounter, [1, 0, 0, 0])], []);
            foreach (int at in new[] { 4, 40, 64, 400, 763, 764 + 8 })
            {
                byte[] changed = (byte[])image.Clone();
                changed[at] ^= 1;
                DeviceImage read = new();
                Assert.AreEqual(ResultCode.Ok, Open(read, changed), "byte " + at);
                Assert.AreEqual(ResultCode.SuitImageMismatch, read.CheckHash(), "byte " + at);
                Assert.HasCount(1, McubootRules.Check(changed));
            }
        }

        [TestMethod]
        public void Open_TruncatedAnywhere_Refused()
        {
            byte[] image = Make(200, [(SecurityCounter, [1, 0, 0, 0])], [(EcdsaEntry, new byte[70])]);
            for (int count = 0; count < image.Length; count++)
            {
                Check(ResultCode.PayloadMalformed, image[..count]);
            }
        }

        [TestMethod]
        [DataRow(3_001)]
        [DataRow(3_002)]
        public void Open_RandomChanges_DeviceAndAuthorAgree(int seed)
        {
            Console.WriteLine($"seed {seed}: the DataRow replays it");
            Random random = new(seed);
            int accepted = 0;
            for (int round = 0; round < 1_500; round++)
            {
                byte[] image = Make(
                    random.Next(1, 50),
                    random.Next(2) == 0 ? [] : [(random.Next(0x80), new byte[random.Next(6)])],
                    [(random.Next(0x50), new byte[random.Next(6)])],
                    withHash: random.Next(8) != 0);
                if (random.Next(2) == 0)
                {
                    int at = random.Next(3) == 0 ? random.Next(8, 16) : random.Next(image.Length);
                    image[at] = (byte)(random.Next(2) == 0 ? random.Next(256) : image[at] + random.Next(-2, 3));
                }

                DeviceImage read = new();
                ResultCode result = Open(read, image);
                if (result == ResultCode.Ok)
                {
                    result = read.CheckHash();
                }

                bool isAccepted = result is ResultCode.Ok or ResultCode.NotSupported;
                IReadOnlyList<string> problems = McubootRules.Check(image);
                Assert.AreEqual(isAccepted, problems.Count == 0, $"round {round}: {result}; {string.Join(" ", problems)}");
                accepted += isAccepted ? 1 : 0;
            }

            Assert.IsTrue(accepted is > 100 and < 1_400, $"{accepted} accepted");
        }

        private static void Check(ResultCode expected, byte[] image)
        {
            Assert.AreEqual(expected, Open(new DeviceImage(), image));
            Assert.AreEqual(expected == ResultCode.Ok, McubootRules.Check(image).Count == 0);
        }

        private static ResultCode Open(DeviceImage read, byte[] image)
        {
            Assert.AreEqual(ResultCode.Ok, Region.Erase(0, Region.SizeBytes));
            Assert.AreEqual(ResultCode.Ok, Region.Program(100, image, 0, image.Length));
            return read.Open(Region, 100, image.Length);
        }

        internal static byte[] Make(
            int imageBytes, (int Type, byte[] Value)[] protectedEntries, (int Type, byte[] Value)[] entries, int flags = 0, bool withHash = true)
        {
            byte[] body = Enumerable.Range(0, imageBytes).Select(i => (byte)(i * 7)).ToArray();
            byte[] protectedArea = protectedEntries.Length == 0 ? [] : Area(0x6908, protectedEntries);
            byte[] header = new byte[64];
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x96F3B83D);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), 64);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), (ushort)protectedArea.Length);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), imageBytes);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), flags);
            new byte[] { 1, 2, 3, 2, 1, 2, 3, 4 }.CopyTo(header, 20);
            byte[] hashed = [.. header, .. body, .. protectedArea];
            (int, byte[])[] hash = withHash ? [(Sha256Entry, SHA256.HashData(hashed))] : [];
            return [.. hashed, .. Area(0x6907, [.. hash, .. entries])];
        }

        private static byte[] Area(int magic, (int Type, byte[] Value)[] entries)
        {
            List<byte> bytes = [];
            foreach ((int type, byte[] value) in entries)
            {
                bytes.AddRange([(byte)type, (byte)(type >> 8), (byte)value.Length, (byte)(value.Length >> 8), .. value]);
            }

            int total = bytes.Count + 4;
            return [(byte)magic, (byte)(magic >> 8), (byte)total, (byte)(total >> 8), .. bytes];
        }
    }
}
