// The device, as the manifests of an update see it: all conditions, and what the commands of the updater do.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>What an update acts upon. In a dry run only <see cref="AcceptComponent"/> and <see cref="SetManifest"/> are
    /// called.</summary>
    public interface IUpdateDevice
    {
        /// <summary>Another manifest of a tree of dependencies is processed from now on: indices count in that one.</summary>
        /// <param name="processor">Its processor.</param>
        void SetManifest(SuitProcessor processor);

        /// <summary>Says whether the device has a component, and whether the signers of the manifest may decide about it.
        /// Called in a dry run too.</summary>
        /// <param name="processor">The processor of the manifest.</param>
        /// <param name="component">The index in it.</param>
        /// <param name="granted">What its valid signatures grant for the component.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitComponentUnsupported"/>; or <see cref="ResultCode.SuitPermissionDenied"/>:
        /// then a manifest that has dependencies may still say where they are to be fetched from, and no more.</returns>
        ResultCode AcceptComponent(SuitProcessor processor, int component, Permissions granted);

        /// <summary>Conditions vendor, class and device: compares an id with the identity of the device.</summary>
        /// <param name="command">Which of them.</param>
        /// <param name="buffer">Where the id of the manifest is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length: 16, or less for a vendor's enterprise number.</param>
        /// <returns>Ok, or the mismatch.</returns>
        ResultCode MatchIdentifier(int command, byte[] buffer, int offset, int count);

        /// <summary>Condition component-slot: compares the slot that the manifest is processed for.</summary>
        /// <param name="component">The index in the present manifest.</param>
        /// <param name="slot">The slot of the manifest.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitSlotMismatch"/>.</returns>
        ResultCode MatchSlot(int component, long slot);

        /// <summary>Condition image-match: compares the component's content with its digest (and size, and chunk table).</summary>
        /// <param name="component">The index in the present manifest.</param>
        /// <param name="parameters">Its parameters.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitImageMismatch"/>, or why not.</returns>
        ResultCode MatchImage(int component, SuitParameters parameters);

        /// <summary>Condition check-content: compares the component's content, in constant time.</summary>
        /// <param name="component">The index in the present manifest.</param>
        /// <param name="buffer">Where the bytes are.</param>
        /// <param name="offset">The first of them.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitContentMismatch"/>.</returns>
        ResultCode MatchContent(int component, byte[] buffer, int offset, int count);

        /// <summary>Directive fetch: the uri is set. A uri that names an integrated payload is looked up with
        /// <see cref="EnvelopePayloads"/>.</summary>
        /// <param name="processor">The processor; the parameters are in it.</param>
        /// <param name="component">The index in its manifest.</param>
        /// <returns>Ok, or why it failed.</returns>
        ResultCode Fetch(SuitProcessor processor, int component);

        /// <summary>Fetches the envelope of a dependency: the uri is set, and is not that of an integrated one.</summary>
        /// <param name="processor">The processor; the parameters are in it.</param>
        /// <param name="component">The index in its manifest.</param>
        /// <param name="envelope">Holds the envelope from its first byte on.</param>
        /// <param name="count">How many bytes it has.</param>
        /// <returns>Ok, or why it failed.</returns>
        ResultCode FetchDependency(SuitProcessor processor, int component, out byte[] envelope, out int count);

        /// <summary>Directive write: puts bytes of the manifest into a component.</summary>
        /// <param name="processor">The processor.</param>
        /// <param name="component">The index in its manifest.</param>
        /// <param name="content">Where the bytes are.</param>
        /// <param name="offset">The first of them.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, or why it failed.</returns>
        ResultCode Write(SuitProcessor processor, int component, byte[] content, int offset, int count);

        /// <summary>Directives copy, swap and unlink (the manifest no longer needs the component).</summary>
        /// <param name="processor">The processor.</param>
        /// <param name="command"><see cref="UpdateCommand.Copy"/>, <see cref="UpdateCommand.Swap"/> or <see cref="UpdateCommand.Unlink"/>.</param>
        /// <param name="component">The index in its manifest: where to.</param>
        /// <param name="source">Where from, another index; 0 for unlink.</param>
        /// <returns>Ok, or why it failed.</returns>
        ResultCode Change(SuitProcessor processor, int command, int component, int source);

        /// <summary>Says whether an event of wait-info has happened, or an update of a priority is authorized
        /// (condition update-authorized: event <see cref="WaitEvent.Authorization"/>). Does not block: an updater that has to
        /// wait ends, and is started again later.</summary>
        /// <param name="waitEvent">A number of <see cref="WaitEvent"/>.</param>
        /// <param name="value">Stands at the value, whose form was checked.</param>
        /// <returns>Ok when it has; <see cref="ResultCode.TryLater"/> when not; <see cref="ResultCode.NotSupported"/>.</returns>
        ResultCode CheckEvent(int waitEvent, CborReader value);

        /// <summary>Seconds since 1970 by a clock that can be trusted, or -1.</summary>
        /// <returns>The time.</returns>
        long GetTimeSeconds();

        /// <summary>Energy left in milliwatt hours; <see cref="long.MaxValue"/> on mains, -1 when not known.</summary>
        /// <returns>The energy.</returns>
        long GetBatteryMilliwattHours();

        /// <summary>The version of what is installed in a component.</summary>
        /// <param name="processor">The processor.</param>
        /// <param name="component">The index in its manifest.</param>
        /// <returns>The numbers, or null when there is nothing, or nobody knows.</returns>
        int[] GetVersion(SuitProcessor processor, int component);
    }
}
