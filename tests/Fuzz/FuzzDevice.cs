// A device that counts what is asked of it, and says yes to what its own identity and image allow.

using System;
using System.Linq;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater;
using NanoBoot.Stage2Updater.Suit;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Fuzz
{
    /// <summary>Both faces of a device: that of stage 1, and that of the updater.</summary>
    internal sealed class FuzzDevice : ISuitTarget, IUpdateDevice
    {
        private static readonly byte[] Image = Enumerable.Repeat((byte)7, 32).ToArray();
        private static readonly byte[][] Ids = ["application"u8.ToArray(), "stage2"u8.ToArray(), "trust"u8.ToArray()];

        private readonly Surroundings _conditions = new();

        /// <summary>How often anything was asked.</summary>
        public int Calls { get; private set; }

        /// <summary>How often an image was started.</summary>
        public int Invocations { get; private set; }

        /// <summary>How often content was changed.</summary>
        public int Changes { get; private set; }

        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            Calls++;
            return component < processor.Manifest.ComponentCount && Ids.Any(id => processor.Manifest.ComponentStartsWith(component, id, true))
                ? ResultCode.Ok
                : ResultCode.SuitComponentUnsupported;
        }

        public ResultCode AcceptParameter(int parameter, CborReader reader) => ResultCode.SuitParameterUnsupported;

        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            Calls++;
            SuitParameters parameters = processor.Parameters[component];
            switch (command)
            {
                case SuitCommand.VendorIdentifier or SuitCommand.ClassIdentifier or SuitCommand.DeviceIdentifier:
                    Require(parameters.GetString(command, out byte[] buffer, out int offset, out int count) == ResultCode.Ok);
                    return MatchIdentifier(command, buffer, offset, count);
                case SuitCommand.ImageMatch:
                    return MatchImage(component, parameters);
                case SuitCommand.ComponentSlot:
                    Require(parameters.GetInt(SuitParameter.ComponentSlot, out long slot) == ResultCode.Ok && slot >= 0);
                    return MatchSlot(component, slot);
                case SuitCommand.CheckContent:
                    Require(parameters.GetString(SuitParameter.Content, out buffer, out offset, out count) == ResultCode.Ok);
                    return MatchContent(component, buffer, offset, count);
                case SuitCommand.Invoke:
                    // Nothing is started that was not matched, with the digest that is set now.
                    Require(MatchImage(component, parameters) == ResultCode.Ok);
                    Invocations++;
                    return ResultCode.Ok;
                default:
                    return ResultCode.SuitCommandUnsupported;
            }
        }

        public void SetManifest(SuitProcessor processor) => Calls++;

        public ResultCode AcceptComponent(SuitProcessor processor, int component, Permissions granted)
        {
            Require(granted != Permissions.None);
            return AcceptComponent(processor, component);
        }

        public ResultCode MatchIdentifier(int command, byte[] buffer, int offset, int count)
        {
            Calls++;
            Require(count == 16 || (command == SuitCommand.VendorIdentifier && count is >= 0 and <= 5));
            ReadOnlySpan<byte> id = buffer.AsSpan(offset, count);
            return command == SuitCommand.VendorIdentifier && !id.SequenceEqual(ManifestMaker.VendorId) ? ResultCode.SuitVendorMismatch
                : command == SuitCommand.ClassIdentifier && !id.SequenceEqual(ManifestMaker.ClassId) ? ResultCode.SuitClassMismatch
                : command == SuitCommand.DeviceIdentifier ? ResultCode.SuitDeviceMismatch : ResultCode.Ok;
        }

        public ResultCode MatchSlot(int component, long slot)
        {
            Calls++;
            return slot == 1 ? ResultCode.Ok : ResultCode.SuitSlotMismatch;
        }

        public ResultCode MatchImage(int component, SuitParameters parameters)
        {
            Calls++;
            Require(parameters.GetImageDigest(out byte[] buffer, out int offset) == ResultCode.Ok);
            return buffer.AsSpan(offset, 32).SequenceEqual(Image) ? ResultCode.Ok : ResultCode.SuitImageMismatch;
        }

        public ResultCode MatchContent(int component, byte[] buffer, int offset, int count)
        {
            Calls++;
            _ = buffer.AsSpan(offset, count).Length;
            return ResultCode.SuitContentMismatch;
        }

        public ResultCode Fetch(SuitProcessor processor, int component)
        {
            Require(processor.Parameters[component].GetString(SuitParameter.Uri, out byte[] uri, out int offset, out int count) == ResultCode.Ok);
            EnvelopePayloads.Find(processor.Manifest.Envelope, uri, offset, count);
            return Change();
        }

        public ResultCode FetchDependency(SuitProcessor processor, int component, out byte[] envelope, out int count)
        {
            Calls++;
            envelope = [];
            count = 0;
            return ResultCode.NetworkUnreachable;
        }

        public ResultCode Write(SuitProcessor processor, int component, byte[] content, int offset, int count)
        {
            _ = content.AsSpan(offset, count).Length;
            return Change();
        }

        public ResultCode Change(SuitProcessor processor, int command, int component, int source)
        {
            Require(command == UpdateCommand.Unlink || (source >= 0 && source < processor.Manifest.ComponentCount && source != component));
            return Change();
        }

        public ResultCode CheckEvent(int waitEvent, CborReader value)
        {
            Calls++;
            Require(waitEvent is >= 1 and <= 9);
            return _conditions.CheckEvent(waitEvent, value, GetTimeSeconds());
        }

        public long GetTimeSeconds() => 1000000000;

        public long GetBatteryMilliwattHours() => 1000;

        public int[] GetVersion(SuitProcessor processor, int component) => [1, 2, 3];

        private static void Require(bool condition)
        {
            if (!condition)
            {
                throw new InvalidOperationException("The processor broke its contract with the device.");
            }
        }

        private ResultCode Change()
        {
            Calls++;
            Changes++;
            return ResultCode.Ok;
        }

        /// <summary>Knows something of everything.</summary>
        private sealed class Surroundings : UpdateConditions
        {
            public override long Get(int what) => 1000;

            public override int[] GetVersionOf(byte[] id, int offset, int count)
            {
                _ = id.AsSpan(offset, count).Length;
                return [1, 2, 3];
            }
        }
    }
}
