// A device that exists in a description only. Manifests act upon it through the device's own processor; it answers
// conditions, and writes down what it is told to do.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Suit;
using SuitCommand = NanoBoot.Bootloader.Suit.SuitCommand;
using SuitParameter = NanoBoot.Bootloader.Suit.SuitParameter;

namespace NanoBoot.Cli.Commands
{
    /// <summary>One thing that a device does or decides.</summary>
    /// <param name="Text">What.</param>
    /// <param name="Result">Ok, or why not.</param>
    internal sealed record VerificationStep(string Text, ResultCode Result);

    /// <summary>Answers for a described device.</summary>
    internal sealed class SimulatedDevice : IUpdateDevice, ISuitTarget
    {
        private readonly DeviceDescription _device;
        private readonly byte[]? _payload;
        private readonly List<VerificationStep> _steps;
        private readonly Dictionary<string, byte[]> _contents = [];
        private readonly HashSet<string> _assumed = [];
        private SuitProcessor? _processor;

        /// <param name="device">The device.</param>
        /// <param name="payload">What a fetch delivers, or null: then it is taken to deliver what the manifest promises.</param>
        /// <param name="steps">Where to write.</param>
        public SimulatedDevice(DeviceDescription device, byte[]? payload, List<VerificationStep> steps)
        {
            _device = device;
            _payload = payload;
            _steps = steps;
            foreach (DeviceComponent component in device.Components.Where(component => component.Content is not null))
            {
                _contents[component.Name] = component.Content!;
            }
        }

        public void SetManifest(SuitProcessor processor) => _processor = processor;

        public ResultCode AcceptComponent(SuitProcessor processor, int component, Permissions granted)
        {
            _processor = processor;
            DeviceComponent? own = Find(component);
            if (own is null)
            {
                return ResultCode.SuitComponentUnsupported;
            }

            return (granted & own.Needs) == own.Needs ? ResultCode.Ok : ResultCode.SuitPermissionDenied;
        }

        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            _processor = processor;
            return Find(component) is null ? ResultCode.SuitComponentUnsupported : ResultCode.Ok;
        }

        public ResultCode MatchIdentifier(int command, byte[] buffer, int offset, int count)
        {
            if (count != 16)
            {
                // A private enterprise number, as it is encoded.
                return _device.VendorEnterpriseNumber is uint own
                    ? Note($"vendor number {Convert.ToHexStringLower(buffer, offset, count)}, the device's is {own}", buffer.AsSpan(offset, count).SequenceEqual(ParameterSet.Base128(own)) ? ResultCode.Ok : ResultCode.SuitVendorMismatch)
                    : Note("vendor by number: the description of the device has no 'enterpriseNumber'", ResultCode.SuitVendorMismatch);
            }

            Guid id = Uuid.FromBytes(buffer.AsSpan(offset, 16));
            return command switch
            {
                SuitCommand.VendorIdentifier => Note($"vendor {id}", id == _device.VendorId ? ResultCode.Ok : ResultCode.SuitVendorMismatch),
                SuitCommand.ClassIdentifier => Note($"class {id}", _device.ClassIds.Contains(id) ? ResultCode.Ok : ResultCode.SuitClassMismatch),
                _ => Note($"device {id}", id == _device.DeviceId ? ResultCode.Ok : ResultCode.SuitDeviceMismatch),
            };
        }

        public ResultCode MatchSlot(int component, long slot)
        {
            return Note($"slot {slot} of {NameOf(component)}", Find(component)?.Slot == slot ? ResultCode.Ok : ResultCode.SuitSlotMismatch);
        }

        public ResultCode MatchImage(int component, SuitParameters parameters)
        {
            string name = NameOf(component);
            if (parameters.GetImageDigest(out byte[] digest, out int offset) != ResultCode.Ok)
            {
                return Note($"image of {name}", ResultCode.SuitParameterMissing);
            }

            if (_assumed.Contains(name))
            {
                return Note($"image of {name} matches, if the source delivers what the manifest promises", ResultCode.Ok);
            }

            if (!_contents.TryGetValue(name, out byte[]? content))
            {
                return Note($"image of {name}: the slot is empty", ResultCode.SuitImageMismatch);
            }

            return Note($"image of {name} against its digest", CompareImage(content, digest.AsSpan(offset, 32), parameters));
        }

        public ResultCode MatchContent(int component, byte[] buffer, int offset, int count)
        {
            bool isSame = _contents.TryGetValue(NameOf(component), out byte[]? content) && content.AsSpan().SequenceEqual(buffer.AsSpan(offset, count));
            return Note($"content of {NameOf(component)}", isSame ? ResultCode.Ok : ResultCode.SuitContentMismatch);
        }

        public ResultCode Fetch(SuitProcessor processor, int component)
        {
            string name = NameOf(component);
            SuitParameters parameters = processor.Parameters[component];
            parameters.GetInt(SuitParameter.ImageSize, out long size);
            parameters.GetString(SuitParameter.Uri, out byte[] buffer, out int offset, out int count);
            string uri = Encoding.UTF8.GetString(buffer, offset, count);
            if (size > (Find(component)?.CapacityBytes ?? 0))
            {
                return Note($"fetch {uri}, {size} bytes, into {name}", ResultCode.PayloadTooLarge);
            }

            if (_payload is null)
            {
                _assumed.Add(name);
            }
            else
            {
                _contents[name] = _payload;
            }

            return Note($"fetch {uri}, {size} bytes, into {name}", ResultCode.Ok);
        }

        public ResultCode FetchDependency(SuitProcessor processor, int component, out byte[] envelope, out int count)
        {
            envelope = [];
            count = 0;
            return Note("fetch of a dependency: give it as an integrated one to have it checked here", ResultCode.SuitDependencyMissing);
        }

        public ResultCode Write(SuitProcessor processor, int component, byte[] content, int offset, int count)
        {
            _contents[NameOf(component)] = content.AsSpan(offset, count).ToArray();
            return Note($"write {count} bytes into {NameOf(component)}", ResultCode.Ok);
        }

        private ResultCode Copy(int component, int source)
        {
            string from = NameOf(source);
            string to = NameOf(component);
            if (_contents.TryGetValue(from, out byte[]? content))
            {
                _contents[to] = content;
            }
            else if (!_assumed.Contains(from))
            {
                return Note($"copy {from} into {to}: {from} is empty", ResultCode.SuitImageMismatch);
            }

            _assumed.Add(to);
            return Note($"copy {from} into {to}", ResultCode.Ok);
        }

        private ResultCode Swap(int component, int source)
        {
            string left = NameOf(component);
            string right = NameOf(source);
            _contents.Remove(left, out byte[]? first);
            _contents.Remove(right, out byte[]? second);
            Put(right, first);
            Put(left, second);
            return Note($"swap {left} and {right}", ResultCode.Ok);
        }

        public ResultCode Change(SuitProcessor processor, int command, int component, int source)
        {
            return command switch
            {
                UpdateCommand.Copy => Copy(component, source),
                UpdateCommand.Swap => Swap(component, source),
                _ => Note($"unlink {NameOf(component)}", ResultCode.Ok),
            };
        }

        public ResultCode CheckEvent(int waitEvent, CborReader value)
        {
            return waitEvent == WaitEvent.Authorization
                ? Note($"authorization of priority {value.ReadInt()}: taken as given", ResultCode.Ok)
                : Note($"wait for event {waitEvent}: taken as having come", ResultCode.Ok);
        }

        public long GetTimeSeconds() => _device.TimeSeconds;

        public long GetBatteryMilliwattHours() => _device.BatteryMilliwattHours;

        public int[]? GetVersion(SuitProcessor processor, int component) => Find(component)?.Version;

        private ResultCode Invoke(int component, SuitParameters parameters)
        {
            string entry = string.Empty;
            if (parameters.GetString(SuitParameter.InvokeArguments, out byte[] buffer, out int offset, out int count) == ResultCode.Ok)
            {
                entry = ": " + Entry(buffer.AsMemory(offset, count));
            }

            return Note($"start {NameOf(component)}{entry}", ResultCode.Ok);
        }

        public ResultCode AcceptParameter(int parameter, CborReader reader) => ResultCode.SuitParameterUnsupported;

        /// <summary>At boot: what stage 1 knows, and no more.</summary>
        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            SuitParameters parameters = processor.Parameters[component];
            switch (command)
            {
                case SuitCommand.VendorIdentifier:
                case SuitCommand.ClassIdentifier:
                case SuitCommand.DeviceIdentifier:
                    parameters.GetString(command, out byte[] buffer, out int offset, out int count);
                    return MatchIdentifier(command, buffer, offset, count);
                case SuitCommand.ComponentSlot:
                    parameters.GetInt(SuitParameter.ComponentSlot, out long slot);
                    return MatchSlot(component, slot);
                case SuitCommand.ImageMatch:
                    return MatchImage(component, parameters);
                case SuitCommand.CheckContent:
                    parameters.GetString(SuitParameter.Content, out buffer, out offset, out count);
                    return MatchContent(component, buffer, offset, count);
                case SuitCommand.Invoke:
                    return Invoke(component, parameters);
                default:
                    return Note($"command {command} is not known at boot", ResultCode.SuitCommandUnsupported);
            }
        }

        private static string Entry(ReadOnlyMemory<byte> arguments)
        {
            try
            {
                CborNode node = CborNode.Parse(arguments);
                return node is { Kind: CborKind.Array, Items.Count: 2 } ? $"{node.Items[0].Text}.{node.Items[1].Text}" : CborDiagnostic.Format(node);
            }
            catch (CborException)
            {
                return $"h'{Convert.ToHexStringLower(arguments.Span)}'";
            }
        }

        private static ResultCode CompareImage(byte[] content, ReadOnlySpan<byte> digest, SuitParameters parameters)
        {
            if (parameters.GetInt(SuitParameter.ImageSize, out long size) == ResultCode.Ok)
            {
                if (size > content.Length)
                {
                    return ResultCode.SuitImageMismatch;
                }

                content = content[..(int)size];
            }

            return SHA256.HashData(content).AsSpan().SequenceEqual(digest) ? ResultCode.Ok : ResultCode.SuitImageMismatch;
        }

        private DeviceComponent? Find(int component)
        {
            SuitManifest? manifest = _processor?.Manifest;
            return manifest is null || component >= manifest.ComponentCount
                ? null
                : _device.Components.FirstOrDefault(own => manifest.ComponentStartsWith(component, Encoding.UTF8.GetBytes(own.Name), true));
        }

        private string NameOf(int component) => Find(component)?.Name ?? $"component {component}";

        private void Put(string name, byte[]? content)
        {
            if (content is not null)
            {
                _contents[name] = content;
            }
        }

        private ResultCode Note(string text, ResultCode result)
        {
            _steps.Add(new VerificationStep(text, result));
            return result;
        }
    }
}
