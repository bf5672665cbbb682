// The commands beyond stage 1. Every one of them checks its arguments in a dry run too, and does nothing then.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <content>Commands of the updater.</content>
    public sealed partial class ManifestNode
    {
        /// <inheritdoc/>
        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            SuitParameters parameters = processor.Parameters[component];
            switch (IsForStage1 ? 0 : command)
            {
                case SuitCommand.VendorIdentifier:
                case SuitCommand.ClassIdentifier:
                case SuitCommand.DeviceIdentifier:
                case SuitCommand.ComponentSlot:
                case SuitCommand.CheckContent:
                case SuitCommand.ImageMatch:
                    return Compare(command, component, parameters);

                case SuitCommand.Invoke:
                    // Stage 1 starts images. That the sequence is there is all that an update asks of it.
                    return ResultCode.SuitCommandForbidden;

                case UpdateCommand.OverrideMultiple:
                case UpdateCommand.CopyParameters:
                    return SetMultiple(processor, command, parameters, reader);

                case UpdateCommand.DependencyIntegrity:
                case UpdateCommand.IsDependency:
                case UpdateCommand.ProcessDependency:
                    return ExecuteDependency(processor, command, component, parameters);

                case UpdateCommand.UseBefore:
                case UpdateCommand.ImageNotMatch:
                case UpdateCommand.MinimumBattery:
                case UpdateCommand.UpdateAuthorized:
                case UpdateCommand.Version:
                    return CheckCondition(processor, command, component, parameters);

                case UpdateCommand.Wait:
                    return Wait(processor, parameters);

                case UpdateCommand.Fetch:
                case UpdateCommand.Write:
                case UpdateCommand.Copy:
                case UpdateCommand.Swap:
                case UpdateCommand.Unlink:
                    return Change(processor, command, component, parameters);

                default:
                    return ResultCode.SuitCommandUnsupported;
            }
        }

        // The conditions of stage 1. Their parameters are set.
        private ResultCode Compare(int command, int component, SuitParameters parameters)
        {
            IUpdateDevice device = _tree.Device;
            byte[] buffer;
            int offset;
            int count;
            long slot;
            bool isDependency = HasDependency(component);
            switch (command)
            {
                case SuitCommand.ImageMatch:
                    return MatchImage(component, parameters);

                case SuitCommand.ComponentSlot:
                    parameters.GetInt(SuitParameter.ComponentSlot, out slot);
                    return isDependency ? ResultCode.SuitSlotMismatch : device.MatchSlot(component, slot);

                case SuitCommand.CheckContent:
                    parameters.GetString(SuitParameter.Content, out buffer, out offset, out count);
                    return isDependency ? ResultCode.SuitContentMismatch : device.MatchContent(component, buffer, offset, count);

                default:
                    parameters.GetString(command, out buffer, out offset, out count);
                    return device.MatchIdentifier(command, buffer, offset, count);
            }
        }

        private ResultCode MatchImage(int component, SuitParameters parameters)
        {
            return HasDependency(component)
                ? MatchDependency(component, parameters)
                : _tree.Device.MatchImage(component, parameters);
        }

        private ResultCode CheckCondition(SuitProcessor processor, int command, int component, SuitParameters parameters)
        {
            // The parameter has the number of its condition, but for image-not-match; its form was checked when it was set.
            CborReader reader = parameters.Open(command == UpdateCommand.ImageNotMatch ? SuitParameter.ImageDigest : command);
            if (reader.Error != ResultCode.Ok || processor.IsDryRun)
            {
                return reader.Error;
            }

            IUpdateDevice device = _tree.Device;
            switch (command)
            {
                case UpdateCommand.UseBefore:
                    // A board without a clock that can be trusted (-1) ignores it: there is nothing to compare with.
                    return device.GetTimeSeconds() < reader.Read(CborType.UnsignedInteger) ? ResultCode.Ok : ResultCode.SuitExpired;

                case UpdateCommand.ImageNotMatch:
                    // What cannot be read says nothing about the image: neither match nor mismatch.
                    ResultCode result = MatchImage(component, parameters);
                    bool isFlashFault = result > ResultCode.Ok && result < ResultCode.CborTruncated;
                    return isFlashFault ? result : Condition(result != ResultCode.Ok);

                case UpdateCommand.MinimumBattery:
                    return Condition(device.GetBatteryMilliwattHours() >= reader.Read(CborType.UnsignedInteger));

                case UpdateCommand.UpdateAuthorized:
                    return Condition(device.CheckEvent(WaitEvent.Authorization, reader) == ResultCode.Ok);

                default:
                    int[] version = VersionMatch.Read(OpenContent(parameters, UpdateParameter.Version), out int comparison);
                    return Condition(VersionMatch.IsMet(device.GetVersion(processor, component), comparison, version));
            }
        }

        private static ResultCode Condition(bool isMet)
        {
            return isMet ? ResultCode.Ok : ResultCode.SuitConditionFailed;
        }

        private ResultCode Wait(SuitProcessor processor, SuitParameters parameters)
        {
            CborReader reader = OpenContent(parameters, UpdateParameter.WaitInfo);
            int pairs = processor.IsDryRun ? 0 : (int)reader.Read(CborType.Map);
            int lastKey = -1;
            while (reader.Next(ref pairs))
            {
                long waitEvent = reader.ReadKey(ref lastKey);
                int value = reader.Position;
                reader.Refuse(_tree.Device.CheckEvent((int)waitEvent, reader));
                reader.Position = value;
                reader.SkipItem();
            }

            return reader.Error;
        }

        // The directives that change a component.
        private ResultCode Change(SuitProcessor processor, int command, int component, SuitParameters parameters)
        {
            if (((_parametersOnly >> component) & 1) != 0)
            {
                return ResultCode.SuitPermissionDenied;
            }

            if (HasDependency(component))
            {
                if (command == UpdateCommand.Fetch)
                {
                    return FetchDependency(processor, component, parameters);
                }

                if (command == UpdateCommand.Unlink && !processor.IsDryRun)
                {
                    _children[component] = null;
                }

                return command == UpdateCommand.Unlink ? ResultCode.Ok : ResultCode.SuitCommandForbidden;
            }

            byte[] buffer = null;
            int offset = 0;
            int count = 0;
            long source = 0;
            ResultCode result = ResultCode.Ok;
            if (command == UpdateCommand.Fetch || command == UpdateCommand.Write)
            {
                int parameter = command == UpdateCommand.Fetch ? SuitParameter.Uri : SuitParameter.Content;
                result = parameters.GetString(parameter, out buffer, out offset, out count);
            }
            else if (command != UpdateCommand.Unlink)
            {
                result = parameters.GetInt(SuitParameter.SourceComponent, out source);
                if (result == ResultCode.Ok && (source >= Manifest.ComponentCount || source == component || HasDependency((int)source)))
                {
                    result = ResultCode.SuitComponentIndex;
                }

                if (result == ResultCode.Ok)
                {
                    result = CheckOrder(processor, command, component, (int)source);
                }
            }

            if (result != ResultCode.Ok || processor.IsDryRun)
            {
                return result;
            }

            IUpdateDevice device = _tree.Device;
            return command == UpdateCommand.Fetch ? device.Fetch(processor, component)
                : command == UpdateCommand.Write ? device.Write(processor, component, buffer, offset, count)
                : device.Change(processor, command, component, (int)source);
        }

        // Draft-ietf-suit-manifest-37 §8.4.8.13: while order is not strict, no component is both source and target.
        private ResultCode CheckOrder(SuitProcessor processor, int command, int component, int source)
        {
            if (processor.IsStrictOrder)
            {
                _sources = 0;
                _targets = 0;
                return ResultCode.Ok;
            }

            if (command == UpdateCommand.Swap)
            {
                return ResultCode.SuitCommandForbidden;
            }

            _sources |= 1 << source;
            _targets |= 1 << component;
            return (_sources & _targets) == 0 ? ResultCode.Ok : ResultCode.SuitCommandForbidden;
        }
    }
}
