// A device that writes down what manifests do to it.

using System;
using System.Collections.Generic;
using System.Text;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Suit;

namespace NanoBoot.Stage2Updater.Tests.Suit
{
    internal sealed class RecordingDevice : IUpdateDevice
    {
        private SuitProcessor? _processor;

        /// <summary>What happened, in order. Components by name.</summary>
        public List<string> Calls { get; } = [];

        /// <summary>What calls answer; all others are Ok.</summary>
        public Dictionary<string, ResultCode> Answers { get; } = [];

        /// <summary>Envelopes by URI.</summary>
        public Dictionary<string, byte[]> Envelopes { get; } = [];

        /// <summary>What a manifest's signers must grant.</summary>
        public Permissions Needed { get; set; }

        public long Time { get; set; } = -1;

        public long Battery { get; set; } = long.MaxValue;

        public int[]? Version { get; set; }

        public void SetManifest(SuitProcessor processor) => _processor = processor;

        public ResultCode AcceptComponent(SuitProcessor processor, int component, Permissions granted)
        {
            if (Answers.TryGetValue("component " + Name(processor, component), out ResultCode result))
            {
                return result;
            }

            return (granted & Needed) == Needed ? ResultCode.Ok : ResultCode.SuitPermissionDenied;
        }

        public ResultCode MatchIdentifier(int command, byte[] buffer, int offset, int count) => Answer("identifier " + command);

        public ResultCode MatchSlot(int component, long slot) => Answer("slot " + Name(component) + " " + slot);

        public ResultCode MatchImage(int component, SuitParameters parameters)
        {
            parameters.GetImageDigest(out byte[] buffer, out int offset);
            return Answer("match " + Name(component) + " " + Convert.ToHexStringLower(buffer, offset, 1));
        }

        public ResultCode MatchContent(int component, byte[] buffer, int offset, int count)
        {
            return Answer("content " + Name(component) + " " + Convert.ToHexStringLower(buffer, offset, count));
        }

        public ResultCode Fetch(SuitProcessor processor, int component)
        {
            processor.Parameters[component].GetString(SuitParameter.Uri, out byte[] buffer, out int offset, out int count);
            return Answer("fetch " + Name(processor, component) + " " + Encoding.UTF8.GetString(buffer, offset, count));
        }

        public ResultCode FetchDependency(SuitProcessor processor, int component, out byte[] envelope, out int count)
        {
            processor.Parameters[component].GetString(SuitParameter.Uri, out byte[] buffer, out int offset, out int uriCount);
            string uri = Encoding.UTF8.GetString(buffer, offset, uriCount);
            envelope = Envelopes.TryGetValue(uri, out byte[]? found) ? found : [];
            count = envelope.Length;
            return Answer("fetch dependency " + uri);
        }

        public ResultCode Write(SuitProcessor processor, int component, byte[] content, int offset, int count)
        {
            return Answer("write " + Name(processor, component) + " " + Convert.ToHexStringLower(content, offset, count));
        }

        public ResultCode Change(SuitProcessor processor, int command, int component, int source)
        {
            return command == UpdateCommand.Unlink
                ? Answer("unlink " + Name(processor, component))
                : Answer((command == UpdateCommand.Copy ? "copy " : "swap ") + Name(processor, component) + " " + Name(processor, source));
        }

        public ResultCode CheckEvent(int waitEvent, CborReader value)
        {
            bool isNumber = value.PeekType() <= CborType.NegativeInteger;
            return Answer("event " + waitEvent + (isNumber ? " " + value.ReadInt() : string.Empty));
        }

        public long GetTimeSeconds() => Time;

        public long GetBatteryMilliwattHours() => Battery;

        public int[] GetVersion(SuitProcessor processor, int component) => Version!;

        private string Name(int component) => Name(_processor!, component);

        private static string Name(SuitProcessor processor, int component)
        {
            SuitManifest manifest = processor.Manifest;
            byte[] id = manifest.Envelope.Buffer.AsSpan(manifest.Offsets[component] + 2, manifest.Counts[component] - 2).ToArray();
            return Encoding.UTF8.GetString(id);
        }

        private ResultCode Answer(string call)
        {
            Calls.Add(call);
            return Answers.TryGetValue(call, out ResultCode result) ? result : ResultCode.Ok;
        }
    }
}
