// What the demo found out, as facts. --json prints exactly this; the text is made of the same records.

using System.Collections.Generic;

namespace NanoBoot.Cli.Demo
{
    /// <summary>The whole tour.</summary>
    /// <param name="Seed">Makes keys, identities and the cut; the same seed gives the same facts.</param>
    /// <param name="Succeeded">Whether everything happened that the demo claims.</param>
    /// <param name="Device">The device.</param>
    /// <param name="FirstBoot">The first boot, into application 1.0.</param>
    /// <param name="Update">The update to 1.1.</param>
    /// <param name="Refusals">What was refused.</param>
    /// <param name="Boots">How often the device booted in all.</param>
    /// <param name="ContractViolations">How often device code broke a rule of the flash; 0 is right.</param>
    public sealed record DemoReport(
        string Seed,
        bool Succeeded,
        DemoDevice Device,
        DemoBoot FirstBoot,
        DemoUpdate Update,
        IReadOnlyList<DemoRefusal> Refusals,
        int Boots,
        long ContractViolations);

    /// <summary>The device.</summary>
    /// <param name="VendorId">Its vendor.</param>
    /// <param name="ClassId">Its class.</param>
    /// <param name="DeviceId">Itself.</param>
    /// <param name="InternalFlashBytes">Size of its internal flash.</param>
    /// <param name="SpiNorBytes">Size of its SPI NOR chip.</param>
    public sealed record DemoDevice(string VendorId, string ClassId, string DeviceId, int InternalFlashBytes, int SpiNorBytes);

    /// <summary>Which application runs, where from, and how it stands.</summary>
    /// <param name="Application">Version of the application.</param>
    /// <param name="Slot">The slot that it runs from.</param>
    /// <param name="SequenceNumber">Sequence number of its manifest.</param>
    /// <param name="IsConfirmed">Whether it was confirmed.</param>
    /// <param name="Floor">Sequence numbers below this are refused from now on.</param>
    public sealed record DemoBoot(string Application, string Slot, long SequenceNumber, bool IsConfirmed, long Floor);

    /// <summary>The update.</summary>
    /// <param name="PayloadBytes">Size of the payload.</param>
    /// <param name="PowerCut">The cut in the middle of the first attempt.</param>
    /// <param name="UntilCut">What the first attempt moved.</param>
    /// <param name="AfterCut">What the second attempt moved.</param>
    /// <param name="BytesInPlace">Bytes of the payload that the second attempt found in place.</param>
    /// <param name="BytesReused">Bytes that the second attempt copied from another slot.</param>
    /// <param name="Result">What runs after it.</param>
    public sealed record DemoUpdate(
        int PayloadBytes,
        DemoPowerCut PowerCut,
        DemoAttempt UntilCut,
        DemoAttempt AfterCut,
        long BytesInPlace,
        long BytesReused,
        DemoBoot Result);

    /// <summary>One attempt at an installation, as the server and the chip saw it.</summary>
    /// <param name="PayloadRequests">Requests for the payload that the server answered.</param>
    /// <param name="PayloadBytesSent">Bytes of the payload that the server sent.</param>
    /// <param name="BytesProgrammed">Bytes programmed into the SPI NOR chip, envelope included.</param>
    /// <param name="BytesErased">Bytes erased there.</param>
    public sealed record DemoAttempt(int PayloadRequests, long PayloadBytesSent, long BytesProgrammed, long BytesErased);

    /// <summary>A power cut.</summary>
    /// <param name="Happened">Whether it was seen to happen.</param>
    /// <param name="OperationIndex">The flash operation that was cut, counted from the first one of the device.</param>
    /// <param name="Chip">The chip.</param>
    /// <param name="Operation">What was cut: a program or an erase.</param>
    /// <param name="AddressBytes">Where.</param>
    /// <param name="Form">What it left behind.</param>
    public sealed record DemoPowerCut(bool Happened, long OperationIndex, string Chip, string Operation, int AddressBytes, string Form);

    /// <summary>A manifest that must be refused.</summary>
    /// <param name="Name">What is wrong with it.</param>
    /// <param name="Expected">The result code that is claimed.</param>
    /// <param name="Code">The number of the code that the device gave.</param>
    /// <param name="Actual">The name of that code.</param>
    /// <param name="Reason">What the code means, for people.</param>
    /// <param name="InJournal">Whether the code stands in the boot journal.</param>
    /// <param name="SlotsUntouched">Whether no byte of the application's slots changed.</param>
    /// <param name="StillRuns">The application that runs afterwards.</param>
    public sealed record DemoRefusal(
        string Name, string Expected, int Code, string Actual, string Reason, bool InJournal, bool SlotsUntouched, string StillRuns);
}
