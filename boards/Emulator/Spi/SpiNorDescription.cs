// What makes one SPI NOR chip differ from another on the bus: id, size, SFDP content, commands, times.

using System;

namespace NanoBoot.Emulator.Spi
{
    /// <summary>Describes a SPI NOR chip to the bus-level model.</summary>
    public sealed record SpiNorDescription
    {
        /// <summary>Name of the part.</summary>
        public required string Name { get; init; }

        /// <summary>JEDEC id: manufacturer, type, capacity.</summary>
        public required int JedecId { get; init; }

        /// <summary>Size in bytes.</summary>
        public required int SizeBytes { get; init; }

        /// <summary>SFDP header and first parameter header (16 bytes), or empty for a chip without SFDP.</summary>
        public byte[] SfdpHeader { get; init; } = Array.Empty<byte>();

        /// <summary>Basic flash parameter table, or empty.</summary>
        public byte[] SfdpTable { get; init; } = Array.Empty<byte>();

        /// <summary>Whether 0x52 erases 32 KiB.</summary>
        public bool HasErase32 { get; init; } = true;

        /// <summary>Whether 0x13, 0x12, 0x21 and 0xDC (always four address bytes) are known.</summary>
        public bool HasFourByteCommands { get; init; }

        /// <summary>Whether 0xB7 takes only after a write enable.</summary>
        public bool FourByteModeNeedsWriteEnable { get; init; }

        /// <summary>Whether 0x66, 0x99 reset the chip.</summary>
        public bool HasReset { get; init; } = true;

        /// <summary>Number of block protection bits from bit 2 of the status register on: 3 or 4.</summary>
        public int ProtectionBitCount { get; init; } = 3;

        /// <summary>Time of a page program.</summary>
        public long ProgramNs { get; init; } = 400_000;

        /// <summary>Time of a 4 KiB erase.</summary>
        public long Erase4Ns { get; init; } = 45_000_000;

        /// <summary>Time of a 32 KiB erase.</summary>
        public long Erase32Ns { get; init; } = 120_000_000;

        /// <summary>Time of a 64 KiB erase.</summary>
        public long Erase64Ns { get; init; } = 150_000_000;

        /// <summary>Time of a status register write.</summary>
        public long WriteStatusNs { get; init; } = 10_000_000;

        /// <inheritdoc/>
        public override string ToString()
        {
            return Name;
        }
    }
}
