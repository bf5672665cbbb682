// A flash device in an array, with the rules of NOR: erased by sector to ones, programmed from ones to zeros.

using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Nano.Tests
{
    /// <summary>Flash that forgets with the process.</summary>
    internal sealed class RamFlash : IFlash
    {
        private const int SectorBytes = 4096;

        // Sectors of their own: the interpreter's arrays have a limit.
        private readonly byte[][] _sectors;

        public int Programs;
        public int Erases;

        public RamFlash(int sectors)
        {
            _sectors = new byte[sectors][];
            for (int i = 0; i < sectors; i++)
            {
                _sectors[i] = new byte[SectorBytes];
                Fill(_sectors[i]);
            }
        }

        public int SizeBytes
        {
            get { return _sectors.Length * SectorBytes; }
        }

        public int ProgramUnitBytes
        {
            get { return 1; }
        }

        public ResultCode GetSector(int addressBytes, out int sectorStartBytes, out int sectorSizeBytes)
        {
            sectorStartBytes = addressBytes / SectorBytes * SectorBytes;
            sectorSizeBytes = SectorBytes;
            return ResultCode.Ok;
        }

        public ResultCode Read(int addressBytes, byte[] buffer, int offset, int count)
        {
            // As fast as a chip whose transfers the platform makes: the benchmarks are not about this class.
            while (count > 0)
            {
                int from = addressBytes % SectorBytes;
                int here = count < SectorBytes - from ? count : SectorBytes - from;
                System.Array.Copy(_sectors[addressBytes / SectorBytes], from, buffer, offset, here);
                addressBytes += here;
                offset += here;
                count -= here;
            }

            return ResultCode.Ok;
        }

        public ResultCode Program(int addressBytes, byte[] buffer, int offset, int count)
        {
            Programs++;
            for (int i = 0; i < count; i++)
            {
                _sectors[(addressBytes + i) / SectorBytes][(addressBytes + i) % SectorBytes] &= buffer[offset + i];
            }

            return ResultCode.Ok;
        }

        public ResultCode Erase(int addressBytes, int count)
        {
            Erases++;
            for (int sector = addressBytes / SectorBytes; sector * SectorBytes < addressBytes + count; sector++)
            {
                Fill(_sectors[sector]);
            }

            return ResultCode.Ok;
        }

        public ResultCode Sync()
        {
            return ResultCode.Ok;
        }

        private static void Fill(byte[] sector)
        {
            for (int i = 0; i < sector.Length; i++)
            {
                sector[i] = 0xFF;
            }
        }
    }
}
