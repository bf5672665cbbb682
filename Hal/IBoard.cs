// What a board gives to both stages, besides what stage 1's policy says. Everything here is resident:
// stage 2 and the application call it, none of them replaces it.

using NanoBoot.Hal.Flash;

namespace NanoBoot.Hal
{
    /// <summary>A board: its flash, console, clock and restart. Events go to its console.</summary>
    /// <remarks>One instance a start. Members are called from one thread, but for <see cref="Restart"/>,
    /// <see cref="UptimeMs"/> and <see cref="IBootLog.Write"/>, which the supervisor thread calls too.</remarks>
    public interface IBoard : IBootLog
    {
        /// <summary>The division of the board's flash. Checked by stage 1 at start.</summary>
        FlashMap Flash { get; }

        /// <summary>Milliseconds since the start of the processor; never falls.</summary>
        long UptimeMs { get; }

        /// <summary>Seconds since 1970-01-01 UTC by a clock that an attacker cannot set, or -1 when the board has none.</summary>
        long SecureTimeSeconds { get; }

        /// <summary>
        /// Starts the runtime anew, with an empty heap and no loaded image. Does not return.
        /// </summary>
        /// <remarks>On the emulator it throws, and so does every later call to the board.</remarks>
        void Restart();

        /// <summary>Lets time pass for the calling thread; others run on.</summary>
        /// <remarks>On the emulator the clock is simulated: it goes forward at once.</remarks>
        /// <param name="durationMs">How long, in milliseconds; not negative.</param>
        void Sleep(int durationMs);

        /// <summary>Brings the network up. Called by stage 2, and by nobody in stage 1.</summary>
        /// <param name="timeoutMs">How long to wait, in milliseconds.</param>
        /// <returns>Ok, or <see cref="ResultCode.NetworkUnreachable"/>.</returns>
        ResultCode ConnectNetwork(int timeoutMs);
    }

    /// <summary>Receives what the stages have to say, one event a line.</summary>
    public interface IBootLog
    {
        /// <summary>Writes one event. Must not throw, and must not block for longer than its console takes.</summary>
        /// <param name="bootEvent">What happened.</param>
        /// <param name="region">The slot or region that it concerns, or <see cref="RegionId.None"/>.</param>
        /// <param name="result">The result code, or Ok.</param>
        /// <param name="value">A number that belongs to the event (docs/SPEC.md, table of events).</param>
        void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value);
    }

    /// <summary>
    /// What both stages report. The numbers stand on the console: <c>NB;event;region;result;value</c>.
    /// </summary>
    public enum BootEvent : byte
    {
        /// <summary>Stage 1 runs. Value: record sequence of the journal.</summary>
        Stage1Started = 1,

        /// <summary>A slot is looked at. Value: its sequence number.</summary>
        SlotExamined = 2,

        /// <summary>A slot is refused. Result: why. Value: byte offset or detail.</summary>
        SlotRefused = 3,

        /// <summary>Every byte of the slot's image was verified. Value: image size in bytes.</summary>
        SlotVerified = 4,

        /// <summary>An image on trial is started. Value: attempts left after this one.</summary>
        TrialStarted = 5,

        /// <summary>A confirmed image is started. Value: its sequence number.</summary>
        ImageStarted = 6,

        /// <summary>The image was confirmed. Value: the new floor.</summary>
        ImageConfirmed = 7,

        /// <summary>The image ended, by exception or return. Result: which.</summary>
        ImageEnded = 8,

        /// <summary>The former image takes over. Result: why the trial failed.</summary>
        Reverted = 9,

        /// <summary>The supervisor restarts the device. Value: milliseconds waited.</summary>
        SupervisorRestart = 10,

        /// <summary>Nothing is bootable. Result: the last reason.</summary>
        Stopped = 11,

        /// <summary>The journal was changed. Value: record sequence.</summary>
        JournalWritten = 12,

        /// <summary>An update check is requested. Value: reason given by who asked.</summary>
        UpdateRequested = 13,

        /// <summary>The device restarts.</summary>
        Restarting = 14,

        /// <summary>A fault was found by the second computation of a decision.</summary>
        FaultDetected = 15,

        /// <summary>Stage 2 runs. Value: its sequence number.</summary>
        Stage2Started = 32,

        /// <summary>A manifest was fetched. Value: its size in bytes.</summary>
        ManifestFetched = 33,

        /// <summary>A manifest was authenticated and fits this device. Value: its sequence number.</summary>
        ManifestAccepted = 34,

        /// <summary>A manifest is refused. Result: why. Value: byte offset.</summary>
        ManifestRefused = 35,

        /// <summary>Installation begins. Value: image size in bytes.</summary>
        InstallStarted = 36,

        /// <summary>Progress of an installation. Value: bytes of the image that are in place.</summary>
        InstallProgress = 37,

        /// <summary>Chunks were already in place. Value: bytes.</summary>
        BytesInPlace = 38,

        /// <summary>Chunks were copied from another slot. Value: bytes.</summary>
        BytesReused = 39,

        /// <summary>Chunks were fetched. Value: bytes.</summary>
        BytesFetched = 40,

        /// <summary>Installation is complete: the envelope stands in the slot. Value: its sequence number.</summary>
        InstallCompleted = 41,

        /// <summary>Installation failed. Result: why.</summary>
        InstallFailed = 42,

        /// <summary>There is nothing newer. Value: sequence number offered.</summary>
        UpToDate = 43,

        /// <summary>The network is not there. Result: why.</summary>
        NetworkFailed = 44,

        /// <summary>A report was sent or kept. Result: what became of it.</summary>
        Report = 45,

        /// <summary>A source failed, the next is tried. Result: why.</summary>
        SourceFailed = 46,

        /// <summary>Bytes were programmed. Value: bytes.</summary>
        BytesProgrammed = 47,

        /// <summary>Bytes were erased. Value: bytes.</summary>
        BytesErased = 48,

        /// <summary>An MCUboot image was handed to the board's native updater. Result: what it said. Value: version, major in the highest byte, minor, revision in two, build in four.</summary>
        NativeImage = 49,
    }
}
