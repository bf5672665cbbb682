// What the processor of manifests acts upon. Stage 1 gives it the slots and the identity of the device; stage 2 gives
// it more: every command and parameter that stage 1 does not know is offered here.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>The device, as a manifest sees it. Called by <see cref="SuitProcessor"/> in the thread that runs it.</summary>
    public interface ISuitTarget
    {
        /// <summary>Says whether the device has a component of the manifest. Asked for each, before any sequence runs;
        /// and for an index beyond the manifest's components when a sequence selects it: it may be a dependency.</summary>
        /// <param name="processor">The processor; <see cref="SuitProcessor.Manifest"/> has the id.</param>
        /// <param name="component">The index in the manifest.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitComponentUnsupported"/>, or why not.</returns>
        ResultCode AcceptComponent(SuitProcessor processor, int component);

        /// <summary>Takes, or refuses, a parameter that the processor does not know.</summary>
        /// <param name="parameter">Its number.</param>
        /// <param name="reader">Stands at the value; the target reads exactly this one item and checks its form.</param>
        /// <returns>Ok to keep the value (only for numbers 1 to 30); <see cref="ResultCode.SuitParameterUnsupported"/> for what it does not know either.</returns>
        ResultCode AcceptParameter(int parameter, CborReader reader);

        /// <summary>Carries out, or refuses, a command. Called once for each selected component.</summary>
        /// <remarks>
        /// The conditions vendor, class, device, slot, image-match and check-content come here when their parameter is set,
        /// and not in a dry run: the target compares with <see cref="SuitProcessor.Parameters"/>, check-content in constant
        /// time. So does invoke, when an image-match for the component was met with the digest that is set now. Every other
        /// command comes here in a dry run too, and must only be checked then.
        /// </remarks>
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
