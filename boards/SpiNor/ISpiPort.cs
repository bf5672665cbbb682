// The one way from the SPI NOR driver to a bus. It is as small as a board can make it: one framed transfer, one wait.

using NanoBoot.Hal;

namespace NanoBoot.SpiNor
{
    /// <summary>A SPI bus with one chip on it: mode 0 or 3, most significant bit first, 8 bits.</summary>
    /// <remarks>Not thread safe.</remarks>
    public interface ISpiPort
    {
        /// <summary>Most data bytes of one transfer, at least 64. The driver splits what is longer.</summary>
        int DataBytesMax { get; }

        /// <summary>
        /// One transfer: selects the chip, sends the command, then sends or receives data, deselects the chip.
        /// </summary>
        /// <param name="command">Command, address and dummy bytes.</param>
        /// <param name="commandCount">How many of them, 1 to 5.</param>
        /// <param name="data">Data to send, or where received data goes; may be null when <paramref name="count"/> is zero.</param>
        /// <param name="offset">Index in <paramref name="data"/> of the first byte.</param>
        /// <param name="count">Number of data bytes, 0 to <see cref="DataBytesMax"/>.</param>
        /// <param name="isWrite">Whether data is sent rather than received.</param>
        /// <returns>Ok, or <see cref="ResultCode.FlashNoDevice"/> when the bus itself failed.</returns>
        ResultCode Transfer(byte[] command, int commandCount, byte[] data, int offset, int count, bool isWrite);

        /// <summary>Waits at least so long.</summary>
        /// <param name="durationMs">Milliseconds, at least 1.</param>
        void Wait(int durationMs);
    }
}
