// What an update of 512 KB holds in memory. The interpreter has the last word (tests/nano/update-memory.sh); what is looked at
// here is that nothing grows unnoticed: objects of .NET are larger than those of a board, arrays are not.

using System;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Nano.Tests;
using NanoBoot.Nano.Vectors;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    [DoNotParallelize]
    public sealed class UpdateMemoryTests
    {
        private const int BudgetBytes = 24 * 1024;
        private const int DesktopBytesMax = 36 * 1024;
        private const int RunsMax = 20;

        public TestContext TestContext { get; set; } = null!;

        [TestMethod]
        public void Update_Of512Kilobytes_HoldsWhatTheSpecificationSays()
        {
            byte[] payload = UpdateVectors.Payload();
            byte[] envelope = UpdateVectors.Envelope(payload);
            int buffers = SectorWriter.SectorBytesMax + ChunkTable.ChunkBytesMax + envelope.Length;
            Assert.IsLessThanOrEqualTo(BudgetBytes, buffers + 1024, "chunk, sector, manifest with its table, and a place for each chunk");
            long peakBytes = long.MaxValue;
            for (int i = 0; i < RunsMax && (peakBytes > DesktopBytesMax || peakBytes < buffers); i++)
            {
                // Other tests leave garbage and finalizers behind, and the test runner takes memory meanwhile: looked at again.
                DesktopBench bench = new(envelope);
                bench.Run();
                peakBytes = bench.PeakBytes;
                TestContext.WriteLine($"{peakBytes} bytes live at most, after {bench.PeakEvent}; {bench.Looks} looks; envelope {envelope.Length} bytes");
                Assert.IsTrue(bench.IsInstalled);
                Assert.AreEqual(UpdateBench.PayloadBytes, bench.FetchedBytes);
                Assert.IsGreaterThan(200, bench.Looks);
            }

            Assert.IsGreaterThanOrEqualTo(buffers, peakBytes, "the buffers were looked at while they lived");
            Assert.IsLessThanOrEqualTo(DesktopBytesMax, peakBytes, "all objects of the session, of this platform's size");
        }

        private sealed class DesktopBench(byte[] envelope)
            : UpdateBench(UpdateVectors.Identity(), UpdateVectors.Author.KeyId, UpdateVectors.Author.PublicKey, envelope)
        {
            protected override long UsedBytes()
            {
                return GC.GetTotalMemory(forceFullCollection: true);
            }
        }
    }
}
