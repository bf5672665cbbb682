// What makes the simulator quick changes nothing that it sees: the primitives give the values of Hal's own, a cut that
// returns leaves what a cut that throws leaves, and a boot that runs out leaves what one that is broken off leaves.

using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class QuickDoublesTests
    {
        private const int Seed = 20261121;

        [TestMethod]
        public void QuickHal_AnyInput_GivesTheValuesOfHal()
        {
            Console.WriteLine("seed " + Seed);
            Random random = new Random(Seed);
            AssemblyLoadContext context = new AssemblyLoadContext("quick");
            Assembly quick = context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "quick", "NanoBoot.Hal.dll"));
            T Get<T>(string type)
                where T : Delegate => quick.GetType(type)!.GetMethod("Compute")!.CreateDelegate<T>();
            Func<byte[], int, int, uint, uint> crc = Get<Func<byte[], int, int, uint, uint>>("NanoBoot.Hal.Crypto.Crc32");
            Func<byte[], byte[], int, int, byte[]> hmac = Get<Func<byte[], byte[], int, int, byte[]>>("NanoBoot.Hal.Crypto.HmacSha256");
            Type sha = quick.GetType("NanoBoot.Hal.Crypto.Sha256")!;
            object hash = Activator.CreateInstance(sha)!;
            Action<byte[], int, int> update = sha.GetMethod("Update")!.CreateDelegate<Action<byte[], int, int>>(hash);
            Action<byte[], int> finish = sha.GetMethod("Finish")!.CreateDelegate<Action<byte[], int>>(hash);
            byte[] key = new byte[32];
            byte[] data = new byte[700];
            for (int count = 0; count < 600; count++)
            {
                random.NextBytes(key);
                random.NextBytes(data);
                int offset = random.Next(100);
                uint previous = (uint)random.NextInt64();
                Assert.AreEqual(Crc32.Compute(data, offset, count, previous), crc(data, offset, count, previous), "CRC of " + count);

                // Twice: what was computed is what is remembered; and with one bit changed it is something else.
                for (int again = 0; again < 3; again++)
                {
                    data[offset] ^= (byte)(again == 2 ? 1 : 0);
                    byte[] expected = new byte[64];
                    byte[] actual = new byte[64];
                    HmacSha256.Compute(key, data, offset, count).CopyTo(expected, 0);
                    hmac(key, data, offset, count).CopyTo(actual, 0);
                    int first = random.Next(count + 1);
                    Sha256 reference = new Sha256();
                    reference.Update(data, offset, first);
                    reference.Update(data, offset + first, count - first);
                    reference.Finish(expected, 32);
                    update(data, offset, first);
                    update(data, offset + first, count - first);
                    finish(actual, 32);
                    CollectionAssert.AreEqual(expected, actual, "digests of " + count);
                }
            }
        }

        [TestMethod]
        public void FailsQuietly_EachFormOfCut_LeavesWhatAThrowingCutLeaves()
        {
            foreach ((TornForm form, int variant) in Cut.Forms)
            {
                for (int operation = 0; operation < 2; operation++)
                {
                    byte[] thrown = Tear(form, (uint)variant, operation == 0, false);
                    byte[] returned = Tear(form, (uint)variant, operation == 0, true);
                    CollectionAssert.AreEqual(thrown, returned, form + " " + variant);
                }
            }
        }

        [TestMethod]
        public void EndsQuietly_RestartsAndSleep_SameFlashAndSameEvents()
        {
            EmulatedDevice thrown = Boot(false);
            EmulatedDevice quiet = Boot(true);

            CollectionAssert.AreEqual(thrown.Transcript.Select(entry => entry.ToString()).ToArray(), quiet.Transcript.Select(entry => entry.ToString()).ToArray());
            Assert.AreEqual(4, thrown.BootCount);
            Assert.AreEqual(thrown.BootCount, quiet.BootCount);
            Assert.IsTrue(Content(thrown.Memory.Internal).AsSpan().SequenceEqual(Content(quiet.Memory.Internal)));
            Assert.IsTrue(Content(thrown.Memory.External).AsSpan().SequenceEqual(Content(quiet.Memory.External)));
        }

        private static byte[] Tear(TornForm form, uint seed, bool isProgram, bool isQuiet)
        {
            EmulatedFlash flash = new EmulatedFlash(NorGeometry.Uniform(256, 4, 8));
            Assert.AreEqual(ResultCode.Ok, flash.Program(256, new byte[64], 0, 64));
            flash.Power.Arm(0, form, seed);
            flash.Power.FailsQuietly = isQuiet;
            ResultCode Do() => isProgram ? flash.Program(320, Enumerable.Range(0, 128).Select(i => (byte)i).ToArray(), 0, 128) : flash.Erase(256, 256);
            if (isQuiet)
            {
                Assert.AreEqual(ResultCode.FlashTimeout, Do());
            }
            else
            {
                Assert.ThrowsExactly<PowerCutException>(() => Do());
            }

            Assert.IsFalse(flash.Power.IsOn);
            Assert.ThrowsExactly<PowerCutException>(() => flash.Read(0, new byte[1], 0, 1), "until the power is on again");
            flash.Power.PowerOn();
            byte[] readings = new byte[3 * flash.SizeBytes];
            for (int i = 0; i < 3; i++)
            {
                flash.Read(0, readings, i * flash.SizeBytes, flash.SizeBytes);
            }

            return readings;
        }

        // On trial: throws, restarts, confirms and restarts; then sleeps.
        private static EmulatedDevice Boot(bool isQuiet)
        {
            EmulatedMemory memory = BootBench.MakeMemory(16384);
            BootBench.Install(memory, RegionId.ApplicationA, BootBench.MakeImage(BootBench.Application, 1));
            BenchLoader loader = new BenchLoader();
            EmulatedDevice device = new EmulatedDevice(memory, BootBench.MakePolicy(loader)) { EndsQuietly = isQuiet };
            loader.Behaviour = (boot, _) =>
            {
                EmulatedBoard board = (EmulatedBoard)boot.Board;
                switch (loader.Entered.Count)
                {
                    case 1:
                        throw new InvalidOperationException();

                    case 2:
                        boot.Restart();
                        break;

                    case 3:
                        boot.Confirm();
                        boot.Restart();
                        break;

                    default:
                        board.EndBoot(BoardEnd.Sleeping);
                        break;
                }
            };
            Assert.AreEqual(BoardEnd.Sleeping, device.Run());
            return device;
        }

        private static byte[] Content(EmulatedFlash chip)
        {
            byte[] content = new byte[chip.SizeBytes];
            chip.Array.Peek(0, content);
            return content;
        }
    }
}
