// A whole boot on the interpreter: stage 1 reads a slot of a flash in RAM, verifies a signed bundle of a real .pe in
// it, loads it from the array that it verified, and it runs. BootVectors is made by run.sh (Vectors/).

using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class BootTests
    {
        private const string Started = "NB;5;6;0;";
        private const string Confirmed = "NB;7;6;0;";
        private const string Greeting = "NB;45;0;0;4854";
        private const string LoadFailed = "NB;8;6;155;";
        private const string Refused = "NB;3;6;";

        [TestMethod]
        public void Boot_SignedApplication_VerifiedLoadedRunAndConfirmed()
        {
            RamFlash flash = BootBench.Provision();
            BootBench.Install(flash, BootVectors.Envelope, BootVectors.Payload, BootVectors.ImageId);

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
            RamFlash flash = BootBench.Provision();
            byte[] payload = Copy(BootVectors.Payload);
            payload[payload.Length / 2] ^= 1;
            BootBench.Install(flash, BootVectors.Envelope, payload, BootVectors.ImageId);

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
            RamFlash flash = BootBench.Provision();
            BootBench.Install(flash, envelope, BootVectors.Payload, BootVectors.ImageId);

            RamBoard board = Boot(flash);

            Assert.AreEqual(1, board.Count(Refused), "refused");
            Assert.AreEqual(0, board.Count(Greeting), "no code ran");
        }

        [TestMethod]
        public void Boot_StrangersKey_Refused()
        {
            RamFlash flash = BootBench.Provision();
            BootBench.Install(flash, BootVectors.StrangersEnvelope, BootVectors.Payload, BootVectors.ImageId);

            RamBoard board = Boot(flash);

            Assert.AreEqual(1, board.Count(Refused), "refused");
            Assert.AreEqual(0, board.Count(Greeting), "no code ran");
        }

        [TestMethod]
        public void Boot_EmptyFlash_StopsAndSaysWhy()
        {
            RamBoard board = Boot(BootBench.Provision());

            Assert.AreEqual(1, board.Count("NB;11;"), "stopped");
        }

        [TestMethod]
        public void Boot_ImageOfABuildThatDoesNotFit_RefusedWithTheReason()
        {
            RamFlash flash = BootBench.Provision();
            BootBench.Install(flash, BootVectors.UnfitEnvelope, BootVectors.UnfitPayload, BootVectors.UnfitImageId);

            for (int boot = 0; boot < BootPolicy.AttemptsDefault; boot++)
            {
                RamBoard board = Boot(flash);
                Assert.AreEqual(1, board.Count(LoadFailed), "an attempt, and why it failed");
                Assert.AreEqual(0, board.Count(Started), "nothing was entered");
            }

            Assert.AreEqual(0, Boot(flash).Count(LoadFailed), "not tried again");
        }

        private static RamBoard Boot(RamFlash flash)
        {
            RamBoard board = new RamBoard(BootBench.Map(flash));
            try
            {
                Stage1.Run(board, BootBench.Policy(0));
            }
            catch (RestartException)
            {
                // The application returned, and the device starts anew.
            }

            return board;
        }

        private static byte[] Copy(byte[] bytes)
        {
            byte[] copy = new byte[bytes.Length];
            System.Array.Copy(bytes, copy, bytes.Length);
            return copy;
        }
    }
}
