// Who watches the tour: the terminal, or nobody.

using NanoBoot.Emulator.Device;

namespace NanoBoot.Cli.Demo
{
    /// <summary>Told of everything, in order, on the thread of the tour or of the device.</summary>
    internal interface IDemoObserver
    {
        /// <summary>A part of the tour begins.</summary>
        void Chapter(string title, string explanation);

        /// <summary>The author, the server or the bench did something.</summary>
        void Bench(string text);

        /// <summary>The device said something.</summary>
        void Device(TranscriptEntry entry);

        /// <summary>Bytes of an installation are in place.</summary>
        void Progress(long bytes, long totalBytes);

        /// <summary>A claim of the tour was checked.</summary>
        void Check(string claim, bool isTrue);
    }
}
