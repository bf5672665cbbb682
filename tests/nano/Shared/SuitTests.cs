// An envelope that nobody here wrote: parsed, authenticated, its manifest read, its commands run; and refused when
// one bit of it is another.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using nanoFramework.TestFramework;

namespace NanoBoot.Nano.Tests
{
    [TestClass]
    public class SuitTests
    {
        [TestMethod]
        public void Envelope_Example0_Authentic()
        {
            byte[] bytes = Bytes.Hex(PublishedVectors.SuitExample0);
            SuitEnvelope envelope = new SuitEnvelope();
            SuitAuthenticator authenticator = new SuitAuthenticator();

            Assert.AreEqual((int)ResultCode.Ok, (int)envelope.Parse(bytes, 0, bytes.Length));
            Assert.AreEqual((int)ResultCode.Ok, (int)authenticator.Authenticate(envelope, Trust(), false));
            Assert.AreEqual(1, authenticator.SignerCount);
        }

        [TestMethod]
        public void Envelope_AnyByteChanged_Refused()
        {
            byte[] bytes = Bytes.Hex(PublishedVectors.SuitExample0);
            for (int i = 3; i < bytes.Length; i += 29)
            {
                bytes[i] ^= 0x10;
                SuitEnvelope envelope = new SuitEnvelope();
                ResultCode result = envelope.Parse(bytes, 0, bytes.Length);
                if (result == ResultCode.Ok)
                {
                    result = new SuitAuthenticator().Authenticate(envelope, Trust(), false);
                }

                Assert.AreNotEqual((int)ResultCode.Ok, (int)result, "byte " + i.ToString());
                bytes[i] ^= 0x10;
            }
        }

        [TestMethod]
        public void Envelope_Truncated_Refused()
        {
            byte[] bytes = Bytes.Hex(PublishedVectors.SuitExample0);
            for (int count = 0; count < bytes.Length; count += 7)
            {
                Assert.AreNotEqual((int)ResultCode.Ok, (int)new SuitEnvelope().Parse(bytes, 0, count), count.ToString());
            }
        }

        [TestMethod]
        public void Processor_Example0_ValidatesThenInvokes()
        {
            byte[] bytes = Bytes.Hex(PublishedVectors.SuitExample0);
            SuitEnvelope envelope = new SuitEnvelope();
            SuitManifest manifest = new SuitManifest();
            SuitProcessor processor = new SuitProcessor();
            CountingTarget target = new CountingTarget();
            Assert.AreEqual((int)ResultCode.Ok, (int)envelope.Parse(bytes, 0, bytes.Length));
            Assert.AreEqual((int)ResultCode.SuitNotAuthenticated, (int)manifest.Parse(envelope));
            Assert.AreEqual((int)ResultCode.Ok, (int)new SuitAuthenticator().Authenticate(envelope, Trust(), false));
            Assert.AreEqual((int)ResultCode.Ok, (int)manifest.Parse(envelope));
            Assert.AreEqual(0L, manifest.SequenceNumber);
            Assert.AreEqual(1, manifest.ComponentCount);

            Assert.AreEqual((int)ResultCode.Ok, (int)processor.Open(manifest, target));
            Assert.AreEqual((int)ResultCode.Ok, (int)processor.RunSection(SuitElement.Validate));
            Assert.AreEqual((int)ResultCode.Ok, (int)processor.RunSection(SuitElement.Invoke));
            Assert.AreEqual(1, target.Matches);
            Assert.AreEqual(1, target.Invocations);
        }

        private static Authority[] Trust()
        {
            return new Authority[]
            {
                new Authority(
                    null, CoseAlgorithm.Es256, Bytes.Hex(PublishedVectors.SuitExampleKey), Permissions.Author, null, null),
            };
        }

        private sealed class CountingTarget : ISuitTarget
        {
            public int Matches;
            public int Invocations;

            public ResultCode AcceptComponent(SuitProcessor processor, int component)
            {
                return ResultCode.Ok;
            }

            public ResultCode AcceptParameter(int parameter, CborReader reader)
            {
                return ResultCode.SuitParameterUnsupported;
            }

            public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
            {
                Matches += command == SuitCommand.ImageMatch ? 1 : 0;
                Invocations += command == SuitCommand.Invoke ? 1 : 0;
                return ResultCode.Ok;
            }
        }
    }
}
