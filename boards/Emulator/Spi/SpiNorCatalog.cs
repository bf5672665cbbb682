// Chips that boards carry. Ids, sizes and times are facts of the data sheets; the SFDP words are what real parts
// answer, from the sources named at each. The default times are those of the W25Q128JV data sheet (revision F,
// "AC electrical characteristics": tPP 0.4 ms, tSE 45 ms, tBE1 120 ms, tBE2 150 ms, tW 10 ms).
// Parts whose SFDP content was not at hand are described without: the driver then goes by the id.

using System;
using System.Collections.Generic;

namespace NanoBoot.Emulator.Spi
{
    /// <summary>Descriptions of real chips.</summary>
    public static class SpiNorCatalog
    {
        private const int MiB = 1 << 20;

        // Header revision 1.5, basic table of 16 words at 0x80 (W25Q..JV); 1.0, 9 words at 0x30 (older Macronix); ...
        private const string Header15At80 = "53464450050100FF00050110800000FF";
        private const string Header10At80 = "53464450000100FF00000109800000FF";
        private const string Header16At80 = "53464450060101FF00060110800000FF";
        private const string Header10At30 = "53464450000101FF00000109300000FF";
        private const string Header16At30 = "53464450060101FF00060110300000FF";

        /// <summary>All descriptions.</summary>
        public static IReadOnlyList<SpiNorDescription> All { get; } = new[]
        {
            // SFDP: test data of Project Cerberus, core/testing/flash/spi_flash_sfdp_test.c.
            Make("W25Q16JV", 0xEF4015, 2 * MiB, Header15At80,
                "E520F9FFFFFFFF0044EB086B083B42BBFEFFFFFFFFFF0000FFFF40EB0C200F52"
                + "10D800003602A60082EA14B3E96376337A757A75F7A2D55C19F74DFFE930F880"),

            Make("W25Q32BV", 0xEF4016, 4 * MiB, "", ""),

            // SFDP: dump of a real part, in the log of a littlefs test on an STM32 (id EF4017).
            Make("W25Q64JV", 0xEF4017, 8 * MiB, Header15At80,
                "E520F9FFFFFFFF0344EB086B083B42BBFEFFFFFFFFFF0000FFFF40EB0C200F52"
                + "10D800003602A60082EA14C4E96376337A757A75F7A2D55C19F74DFFE930F880"),

            // SFDP: dump of a real part, linux-mtd, July 2023, "mtd: spi-nor: winbond: Fix up W25Q128".
            Make("W25Q128JV", 0xEF4018, 16 * MiB, Header15At80,
                "E520F9FFFFFFFF0744EB086B083B42BBFEFFFFFFFFFF0000FFFF40EB0C200F52"
                + "10D800003602A60082EA14C9E96376337A757A75F7A2D55C19F74DFFE930F880"),

            // SFDP: hw/block/m25p80_sfdp.c of QEMU (w25q256). An older revision: nine words, no times.
            Make("W25Q256FV", 0xEF4019, 32 * MiB, Header10At80,
                "E520F3FFFFFFFF0F44EB086B083B42BBFEFFFFFFFFFF0000FFFF21EB0C200F5210D80000"),

            // SFDP: Project Cerberus, as above.
            Make("W25Q256JV", 0xEF4019, 32 * MiB, Header15At80,
                "E520FBFFFFFFFF0F44EB086B083B42BBFEFFFFFFFFFF0000FFFF40EB0C200F52"
                + "10D800003602A60082EA14D3E96376337A757A75F7A2D55C19F74DFFE970F9A5") with { HasFourByteCommands = true },

            // SFDP: hw/block/m25p80_sfdp.c of QEMU (w25q512jv).
            Make("W25Q512JV", 0xEF4020, 64 * MiB, Header16At80,
                "E520FBFFFFFFFF1F44EB086B083B42BBFEFFFFFFFFFF0000FFFF40EB0C200F52"
                + "10D800003602A60082EA14E2E96376337A757A75F7A2D55C19F74DFFE970F9A5") with { HasFourByteCommands = true },

            Make("AT25SF641", 0x1F3217, 8 * MiB, "", "") with { HasReset = false },

            // SFDP: dump of a real part, linux-mtd, July 2022, "Add support for Renesas AT25QL128A".
            Make("AT25QL128A", 0x1F4218, 16 * MiB, Header16At30,
                "E520F1FFFFFFFF0744EB086B083B80BBFEFFFFFFFFFF00FFFFFF42EB0C200F52"
                + "10D800FF3362D500842901CEECA1073D7A757A75F7A2D55C19F61CFFE810C080"),

            // SFDP: Project Cerberus, as above. No 32 KiB erase.
            Make("MX25L1606E", 0xC22015, 2 * MiB, Header10At30,
                "E52081FFFFFFFF0000FF00FF083B00FFEEFFFFFFFFFF00FFFFFF00FF0C2010D800FF00FF") with
                { HasErase32 = false, HasReset = false, ProtectionBitCount = 4, ProgramNs = 1_400_000, Erase64Ns = 700_000_000 },

            // SFDP: dump of a real part, linux-mtd, 2024, tests of Macronix parts.
            Make("MX25L3233F", 0xC22016, 4 * MiB, Header10At30,
                "E520F1FFFFFFFF0144EB086B083B04BBEEFFFFFFFFFF00FFFFFF00FF0C200F5210D800FF") with { ProtectionBitCount = 4 },

            // SFDP: Project Cerberus and QEMU, as above. Nine words: the commands with four address bytes are not told of.
            Make("MX25L25635F", 0xC22019, 32 * MiB, Header10At30,
                "E520F3FFFFFFFF0F44EB086B083B04BBFEFFFFFFFFFF00FFFFFF44EB0C200F5210D800FF") with
                { ProtectionBitCount = 4, HasFourByteCommands = true },

            // SFDP: Project Cerberus, as above.
            Make("MX25L25645G", 0xC22019, 32 * MiB, Header16At30,
                "E520FBFFFFFFFF0F44EB086B083B04BBFEFFFFFFFFFF00FFFFFF44EB0C200F52"
                + "10D800FFD659DD00829F03DB4403673830B030B0F7BDD55C4A9E29FFF050F985") with
                { ProtectionBitCount = 4, HasFourByteCommands = true },

            Make("MX25L51245G", 0xC2201A, 64 * MiB, Header16At30,
                "E520FBFFFFFFFF1F44EB086B083B04BBFEFFFFFFFFFF00FFFFFF44EB0C200F52"
                + "10D800FFD649C50081DF04E34403673830B030B0F7BDD55C4A9E29FFF050F985") with
                { ProtectionBitCount = 4, HasFourByteCommands = true },

            Make("GD25Q64C", 0xC84017, 8 * MiB, "", ""),

            Make("IS25LP128F", 0x9D6018, 16 * MiB, "", "") with { ProtectionBitCount = 4 },

            // SFDP: hw/block/m25p80_sfdp.c of QEMU (is25wp256).
            Make("IS25WP256D", 0x9D7019, 32 * MiB, Header16At30,
                "E520F9FFFFFFFF0F44EB086B083B80BBFEFFFFFFFFFF00FFFFFF44EB0C200F52"
                + "10D800FF234AC90082D811CECCCD68467A757A75F7AED55C4A422CFFF030FAA9") with
                { ProtectionBitCount = 4, HasFourByteCommands = true },

            // SFDP: dump of a real part, linux-mtd, 2023, "Add support for siliconkaiser sk25lp128"; of ISSI's family.
            Make("SK25LP128", 0x257018, 16 * MiB, Header16At30,
                "E520F9FFFFFFFF0744EB086B083B80BBFEFFFFFFFFFF00FFFFFF44EB0C200F52"
                + "10D800FF234AC90082D811CCCCCD68467A757A75F7A2D55C4A422CFFF030C080") with { ProtectionBitCount = 4 },
        };

        /// <summary>A description by the name of its part.</summary>
        /// <param name="name">The name.</param>
        /// <returns>The description.</returns>
        /// <exception cref="ArgumentException">There is none.</exception>
        public static SpiNorDescription Find(string name)
        {
            foreach (SpiNorDescription description in All)
            {
                if (description.Name == name)
                {
                    return description;
                }
            }

            throw new ArgumentException("No such chip.", nameof(name));
        }

        private static SpiNorDescription Make(string name, int jedecId, int sizeBytes, string header, string table)
        {
            SpiNorDescription description = new SpiNorDescription
            {
                Name = name,
                JedecId = jedecId,
                SizeBytes = sizeBytes,
                SfdpHeader = Convert.FromHexString(header),
                SfdpTable = Convert.FromHexString(table),
            };
            return description.SfdpTable.Length >= 44 ? WithTimesOfTable(description) : description;
        }

        // The typical times, as words 10 and 11 of the table give them (JESD216A and later).
        private static SpiNorDescription WithTimesOfTable(SpiNorDescription description)
        {
            uint erase = BitConverter.ToUInt32(description.SfdpTable, 36);
            uint program = BitConverter.ToUInt32(description.SfdpTable, 40);
            return description with
            {
                ProgramNs = (((program >> 8) & 31) + 1) * ((program & 0x2000) != 0 ? 64_000L : 8_000L),
                Erase4Ns = EraseNs(erase >> 4),
                Erase32Ns = EraseNs(erase >> 11),
                Erase64Ns = EraseNs(erase >> 18),
            };
        }

        private static long EraseNs(uint bits)
        {
            long unitMs = ((bits >> 5) & 3) switch
            {
                0 => 1,
                1 => 16,
                2 => 128,
                _ => 1000,
            };
            return ((bits & 31) + 1) * unitMs * 1_000_000;
        }
    }
}
