// The models of flash: what the power-failure runs and the chip model cost.

using BenchmarkDotNet.Attributes;
using NanoBoot.Emulator.Flash;
using NanoBoot.Emulator.Spi;
using NanoBoot.SpiNor;

namespace NanoBoot.Benchmarks
{
    /// <summary>Emulated flash and the SPI NOR chip.</summary>
    [MemoryDiagnoser]
    public class FlashBenchmarks
    {
        private const int BlockBytes = 4096;
        private const double Mega = 1_000_000;

        private readonly byte[] _block = new byte[BlockBytes];
        private readonly byte[] _image = new byte[64 * 1024];
        private readonly SpiNorChip _chip = new SpiNorChip(SpiNorCatalog.Find("W25Q128JV"));
        private readonly SpiNorFlash _spi;
        private readonly EmulatedFlash _flash = new EmulatedFlash(NorGeometry.Uniform(BlockBytes, 512, 8));
        private readonly NorSnapshot _start;

        /// <summary>Opens the chip and writes an image to both devices.</summary>
        public FlashBenchmarks()
        {
            _spi = new SpiNorFlash(_chip, true);
            _spi.Open();
            _spi.Program(0, _image, 0, _image.Length);
            _flash.Program(0, _image, 0, _image.Length);
            _start = _flash.Array.Snapshot();
        }

        /// <summary>Adds the rows of the quick table.</summary>
        /// <param name="table">The table.</param>
        internal static void AddTo(QuickTable table)
        {
            FlashBenchmarks it = new FlashBenchmarks();
            table.Rate("SPI chip model, reads of 4 KiB through the driver", "MB/s", () => it.SpiRead4K() / Mega, 50);
            table.Rate("SPI chip model, reads of 64 KiB through the driver", "MB/s", () => it.SpiRead64K() / Mega, 50);
            table.Rate("SPI chip model, reads of 16 bytes through the driver", "MB/s", () => it.SpiRead16() / Mega, 0);
            table.Rate("emulated flash, reads of 4 KiB", "MB/s", () => it.FlashRead4K() / Mega, 0);
            table.Rate("snapshot and restore, 512 sectors", "/s", () => it.SnapshotAndRestore(), 0);
            table.Rate("power failure: erase, program, cut, power on, restore", "/s", () => it.CutAndRestore(), 20000);
        }

        /// <summary>Reads a block from the SPI chip.</summary>
        /// <returns>Bytes read.</returns>
        [Benchmark]
        public int SpiRead4K()
        {
            _spi.Read(0, _block, 0, BlockBytes);
            return BlockBytes;
        }

        /// <summary>Reads an image from the SPI chip.</summary>
        /// <returns>Bytes read.</returns>
        [Benchmark]
        public int SpiRead64K()
        {
            _spi.Read(0, _image, 0, _image.Length);
            return _image.Length;
        }

        /// <summary>Reads a header from the SPI chip.</summary>
        /// <returns>Bytes read.</returns>
        [Benchmark]
        public int SpiRead16()
        {
            _spi.Read(32, _block, 0, 16);
            return 16;
        }

        /// <summary>Reads a block from the emulated flash.</summary>
        /// <returns>Bytes read.</returns>
        [Benchmark]
        public int FlashRead4K()
        {
            _flash.Read(0, _block, 0, BlockBytes);
            return BlockBytes;
        }

        /// <summary>Keeps and returns to a content.</summary>
        /// <returns>1.</returns>
        [Benchmark]
        public int SnapshotAndRestore()
        {
            _flash.Array.Restore(_flash.Array.Snapshot());
            return 1;
        }

        /// <summary>One branch of a power-failure run, without the program under test.</summary>
        /// <returns>1.</returns>
        [Benchmark]
        public int CutAndRestore()
        {
            _flash.Power.Arm(4, TornForm.RandomBits, 7);
            try
            {
                _flash.Erase(0, BlockBytes);
                for (int at = 0; at < BlockBytes; at += 512)
                {
                    _flash.Program(at, _block, 0, 512);
                }
            }
            catch (PowerCutException)
            {
                _flash.Power.PowerOn();
            }

            _flash.Array.Restore(_start);
            _flash.Power.Faults.Clear();
            return 1;
        }
    }
}
