// What kind of flash an array is: its sectors, its program unit, how words may be written, how long things take.

using System;

namespace NanoBoot.Emulator.Flash
{
    /// <summary>How often, and with what, a program unit may be written between two erases.</summary>
    public enum WritePolicy
    {
        /// <summary>Any number of times; each write can only clear bits. Plain NOR.</summary>
        And,

        /// <summary>Once. A second write is refused and changes nothing.</summary>
        Once,

        /// <summary>Once, and then once more with zeros only. STM32 parts whose words carry an ECC (A69).</summary>
        OnceThenZero,
    }

    /// <summary>How long the operations of a flash take.</summary>
    /// <param name="ReadCallNs">Fixed part of a read.</param>
    /// <param name="ReadByteNs">For each byte read.</param>
    /// <param name="ProgramUnitNs">For each program unit.</param>
    /// <param name="EraseNsPerKiB">For each KiB erased.</param>
    public sealed record NorTiming(long ReadCallNs, long ReadByteNs, long ProgramUnitNs, long EraseNsPerKiB)
    {
        /// <summary>Nothing takes any time.</summary>
        public static NorTiming None { get; } = new NorTiming(0, 0, 0, 0);

        /// <summary>Internal flash of an STM32F427 at 2.7 to 3.6 V, program parallelism x32: data sheet DS9405,
        /// table "Flash memory programming": 16 us a word, 1 s for a sector of 128 KiB.</summary>
        public static NorTiming Stm32F4 { get; } = new NorTiming(0, 6, 16_000, 7_812_500);
    }

    /// <summary>Describes a flash.</summary>
    /// <param name="Sectors">Its sectors.</param>
    /// <param name="ProgramUnitBytes">Smallest programmable unit: a power of two, 1 to 32.</param>
    /// <param name="Policy">How units may be written.</param>
    /// <param name="Timing">How long things take.</param>
    public sealed record NorGeometry(SectorMap Sectors, int ProgramUnitBytes, WritePolicy Policy, NorTiming Timing)
    {
        /// <summary>A flash of equal sectors, written once between erases, without timing.</summary>
        /// <param name="sectorSizeBytes">Size of a sector.</param>
        /// <param name="sectorCount">How many.</param>
        /// <param name="programUnitBytes">Program unit.</param>
        /// <returns>The description.</returns>
        public static NorGeometry Uniform(int sectorSizeBytes, int sectorCount, int programUnitBytes)
        {
            return new NorGeometry(SectorMap.Uniform(sectorSizeBytes, sectorCount), programUnitBytes, WritePolicy.Once, NorTiming.None);
        }

        /// <summary>Throws when the description is not sound.</summary>
        /// <exception cref="ArgumentException">The program unit is not a power of two from 1 to 32, or does not divide a sector.</exception>
        internal void Check()
        {
            bool sound = ProgramUnitBytes >= 1 && ProgramUnitBytes <= 32 && int.IsPow2(ProgramUnitBytes);
            for (int i = 0; sound && i < Sectors.Count; i++)
            {
                sound = Sectors.SizeOf(i) % ProgramUnitBytes == 0;
            }

            if (!sound)
            {
                throw new ArgumentException("The program unit is not a power of two from 1 to 32 that divides each sector.");
            }
        }
    }
}
