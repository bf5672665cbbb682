// A whole boot on the interpreter: stage 1 reads a slot of a flash in RAM, verifies a signed bundle of a real .pe in
// it, loads it from the array that it verified, and it runs. BootVectors is made by run.sh (Vectors/).

using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class BootTests
    {
        private const int JournalBytes = 4 * 4096;
        private const int IdentityBytes = 4096;
        private const int SlotBytes = 8 * 4096;
        private const int EnvelopeBytes = 8192;

        private const string Started = "NB;5;6;0;";
        private const string Confirmed = "NB;7;6;0;";
        private const string Greeting = "NB;45;0;0;4854";
        private const string Refused = "NB;3;6;";

        [TestMethod]
        public void Boot_SignedApplication_VerifiedLoadedRunAndConfirmed()
        {
            RamFlash flash = Provision();
            Install(flash, BootVectors.Envelope, BootVectors.Payload);

            RamBoard board = Boot(flash);

            Assert.AreEqual(1, board.Count(Started), "started on trial");
            Assert.AreEqual(1, board.Count(Greeting), "its code ran");
            Assert.AreEqual(1, board.Count(Confirmed), "confirmed");

            // The next start finds it confirmed.
            board = Boot(flash);
            Assert.AreEqual(0, board.Count(Started), "no trial");
            Assert.AreEqual(1, board.Count("NB;6;6;0;"), "started");
        }

        [TestMethod]
        public void Boot_OneBitOfThePayload_Refused()
        {
            RamFlash flash = Provision();
            byte[] payload = Copy(BootVectors.Payload);
            payload[payload.Length / 2] ^= 1;
            Install(flash, BootVectors.Envelope, payload);

            RamBoard board = Boot(flash);

            Assert.AreEqual(1, board.Count(Refused), "refused");
            Assert.AreEqual(0, board.Count(Started), "not started");
            Assert.AreEqual(0, board.Count(Greeting), "no code ran");
        }

        [TestMethod]
        public void Boot_OneBitOfTheEnvelope_Refused()
        {
            byte[] envelope = Copy(BootVectors.Envelope);
            envelope[envelope.Length - 20] ^= 4;
            RamFlash flash = Provision();
            Install(flash, envelope, BootVectors.Payload);

            RamBoard board = Boot(flash);

            Assert.AreEqual(1, board.Count(Refused), "refused");
            Assert.AreEqual(0, board.Count(Greeting), "no code ran");
        }

        [TestMethod]
        public void Boot_StrangersKey_Refused()
        {
            RamFlash flash = Provision();
            Install(flash, BootVectors.StrangersEnvelope, BootVectors.Payload);

            RamBoard board = Boot(flash);

            Assert.AreEqual(1, board.Count(Refused), "refused");
            Assert.AreEqual(0, board.Count(Greeting), "no code ran");
        }

        [TestMethod]
        public void Boot_EmptyFlash_StopsAndSaysWhy()
        {
            RamBoard board = Boot(Provision());

            Assert.AreEqual(1, board.Count("NB;11;"), "stopped");
        }

        private static RamBoard Boot(RamFlash flash)
        {
            RamBoard board = new RamBoard(Map(flash));
            try
            {
                Stage1.Run(board, Policy());
            }
            catch (RestartException)
            {
                // The application returned, and the device starts anew.
            }

            return board;
        }

        private static FlashMap Map(RamFlash flash)
        {
            return new FlashMap(new FlashRegion[]
            {
                new FlashRegion(RegionId.Journal, flash, 0, JournalBytes),
                new FlashRegion(RegionId.Identity, flash, JournalBytes, IdentityBytes),
                new FlashRegion(RegionId.ApplicationA, flash, JournalBytes + IdentityBytes, SlotBytes),
            });
        }

        private static BootPolicy Policy()
        {
            Authority author = new Authority(
                BootVectors.KeyId,
                (CoseAlgorithm)BootVectors.Algorithm,
                BootVectors.PublicKey,
                Permissions.Author | Permissions.Store | Permissions.Apply,
                null,
                null);
            ComponentDescription[] components = new ComponentDescription[ComponentIndex.Count];
            components[ComponentIndex.Application] = new ComponentDescription(
                Bytes.Ascii("application"),
                new RegionId[] { RegionId.ApplicationA },
                EnvelopeBytes,
                Permissions.Author | Permissions.Store | Permissions.Apply);
            BootPolicy policy = new BootPolicy(new TrustStore(new Authority[] { author }), components);
            policy.ConfirmTimeoutMs = 0;
            policy.RestartDelayMs = 0;
            return policy;
        }

        private static RamFlash Provision()
        {
            RamFlash flash = new RamFlash((JournalBytes + IdentityBytes + SlotBytes) / 4096);
            FlashRegion region = Map(flash).Find(RegionId.Identity);
            FlashRecord record = new FlashRecord(region, region.SizeBytes, FlashRecord.IdentityMagic);
            Demand(record.Erase());
            Demand(record.Write(BootVectors.Identity, 0, BootVectors.Identity.Length, 0, 0));
            return flash;
        }

        private static void Install(RamFlash flash, byte[] envelope, byte[] payload)
        {
            Slot slot = new Slot(Map(flash).Find(RegionId.ApplicationA), EnvelopeBytes);
            Demand(slot.Envelope.Erase());
            Demand(slot.Region.Program(slot.PayloadOffset, payload, 0, payload.Length));
            Demand(slot.Envelope.Write(envelope, 0, envelope.Length, BootVectors.Sequence, BootVectors.ImageId));
        }

        private static byte[] Copy(byte[] bytes)
        {
            byte[] copy = new byte[bytes.Length];
            System.Array.Copy(bytes, copy, bytes.Length);
            return copy;
        }

        private static void Demand(ResultCode result)
        {
            Assert.AreEqual((int)ResultCode.Ok, (int)result);
        }
    }
}
