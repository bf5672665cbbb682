// The tour with everything that a picture of it needs.

using System.Collections.Generic;
using NanoBoot.Cli.Pictures;
using NanoBoot.Emulator.Device;

namespace NanoBoot.Cli.Demo
{
    /// <summary>What happened, moment by moment.</summary>
    /// <param name="Report">The facts.</param>
    /// <param name="Transcript">Every event of the device.</param>
    /// <param name="CutBoot">The boot during which the power was cut.</param>
    /// <param name="Pictures">The flash at some moments, in order.</param>
    internal sealed record DemoStory(
        DemoReport Report,
        IReadOnlyList<TranscriptEntry> Transcript,
        int CutBoot,
        IReadOnlyList<(string Title, FlashPicture Picture)> Pictures);
}
