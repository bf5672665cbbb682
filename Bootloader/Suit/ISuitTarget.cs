// What the processor of manifests acts upon. Stage 1 gives it the slots and the identity of the device; stage 2 gives
// it more: every command and parameter that stage 1 does not know is offered here.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>The device, as a manifest sees it. Called by <see cref="SuitProcessor"/> in the thread that runs it.</summary>
    /// <remarks>
    /// What the manifest asks for while the processor is at a dry run is checked, not done: of these members only
    /// <see cref="AcceptComponent"/>, <see cref="AcceptParameter"/> and <see cref="Execute"/> are called then.
    /// </remarks>
    public interface ISuitTarget
    {
        /// <summary>Says whether the device has a component of the manifest. Asked for each, before any sequence runs;
        /// and for an index beyond the manifest's components when a sequence selects it: it may be a dependency.</summary>
        /// <param name="processor">The processor; <see cref="SuitProcessor.Manifest"/> has the id.</param>
        /// <param name="component">The index in the manifest.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitComponentUnsupported"/>, or why not.</returns>
        ResultCode AcceptComponent(SuitProcessor processor, int component);

        /// <summary>Conditions vendor, class and device: compares 16 bytes with the identity of the device.</summary>
        /// <param name="command"><see cref="SuitCommand.VendorIdentifier"/>, <see cref="SuitCommand.ClassIdentifier"/> or <see cref="SuitCommand.DeviceIdentifier"/>.</param>
        /// <param name="buffer">Where the id of the manifest is.</param>
        /// <param name="offset">The first of 16 bytes.</param>
        /// <returns>Ok, or the mismatch.</returns>
        ResultCode MatchIdentifier(int command, byte[] buffer, int offset);

        /// <summary>Condition component-slot: compares the slot that the manifest is processed for.</summary>
        /// <param name="component">The index in the manifest.</param>
        /// <param name="slot">The slot of the manifest.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitSlotMismatch"/>.</returns>
        ResultCode MatchSlot(int component, long slot);

        /// <summary>Condition image-match: compares the component's content with its digest (and size, and chunk table).</summary>
        /// <param name="component">The index in the manifest.</param>
        /// <param name="parameters">The digest is set; the others may be.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitImageMismatch"/>, or why not.</returns>
        ResultCode MatchImage(int component, SuitParameters parameters);

        /// <summary>Condition check-content: compares the component's content with bytes of the manifest, in constant time.</summary>
        /// <param name="component">The index in the manifest.</param>
        /// <param name="buffer">Where the bytes are.</param>
        /// <param name="offset">The first of them.</param>
        /// <param name="count">How many.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitContentMismatch"/>.</returns>
        ResultCode MatchContent(int component, byte[] buffer, int offset, int count);

        /// <summary>Directive invoke. The processor has made sure that an image-match for this component was met with the
        /// digest that is set now.</summary>
        /// <param name="component">The index in the manifest.</param>
        /// <param name="parameters">The arguments, if any: <see cref="SuitParameter.InvokeArguments"/>.</param>
        /// <returns>Ok when the image is to be started (or was), or why not.</returns>
        ResultCode Invoke(int component, SuitParameters parameters);

        /// <summary>Takes, or refuses, a parameter that the processor does not know.</summary>
        /// <param name="parameter">Its number.</param>
        /// <param name="reader">Stands at the value; the target reads exactly this one item and checks its form.</param>
        /// <returns>Ok to keep the value (only for numbers 1 to 31); <see cref="ResultCode.SuitParameterUnsupported"/> for what it does not know either.</returns>
        ResultCode AcceptParameter(int parameter, CborReader reader);

        /// <summary>Executes, or refuses, a command that the processor does not know. Called once for each selected component.</summary>
        /// <param name="processor">The processor; see <see cref="SuitProcessor.IsDryRun"/>.</param>
        /// <param name="command">Its number.</param>
        /// <param name="component">The index in the manifest.</param>
        /// <param name="reader">Stands at the argument. A reporting policy is checked already, and need not be read; any other
        /// argument the target reads to its end, in a dry run too.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitCommandUnsupported"/> for what it does not know either; or why it failed.
        /// For the numbers of conditions a failure is one of the condition; for others it ends the whole run.</returns>
        ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader);
    }
}
