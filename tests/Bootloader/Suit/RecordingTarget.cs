// A device that writes down what a manifest asks of it, and answers as the test says.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Tests.Suit
{
    internal sealed class RecordingTarget : ISuitTarget
    {
        /// <summary>What was asked, in order: "vendor", "match 0", "fetch 1 http://...".</summary>
        public List<string> Calls { get; } = [];

        /// <summary>What conditions answer; all others are Ok.</summary>
        public Dictionary<string, ResultCode> Answers { get; } = [];

        /// <summary>Commands beyond the processor's own that this device claims to know.</summary>
        public HashSet<int> KnownCommands { get; } = [];

        /// <summary>Parameters beyond the processor's own that this device claims to know.</summary>
        public HashSet<int> KnownParameters { get; } = [];

        /// <summary>Indices beyond the manifest's components that are accepted.</summary>
        public HashSet<int> Dependencies { get; } = [];

        /// <summary>What else happens when a command beyond the processor's own is executed.</summary>
        public Action<SuitProcessor>? OnExecute { get; set; }

        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            if (component >= processor.Manifest.ComponentCount)
            {
                return Dependencies.Contains(component) ? ResultCode.Ok : ResultCode.SuitComponentUnsupported;
            }

            return Answer("component " + component, false);
        }

        public ResultCode MatchIdentifier(int command, byte[] buffer, int offset)
        {
            string name = command switch { 1 => "vendor", 2 => "class", 24 => "device", _ => "?" };
            string id = Convert.ToHexStringLower(buffer, offset, 16);
            return Answer(name + " " + id, true, name);
        }

        public ResultCode MatchSlot(int component, long slot) => Answer("slot " + component + " " + slot, true);

        public ResultCode MatchImage(int component, SuitParameters parameters)
        {
            RequireDigest(parameters);
            parameters.GetImageDigest(out byte[] buffer, out int offset);
            return Answer("match " + component + " " + Convert.ToHexStringLower(buffer, offset, 2), true, "match " + component);
        }

        public ResultCode MatchContent(int component, byte[] buffer, int offset, int count)
        {
            return Answer("content " + component + " " + Convert.ToHexStringLower(buffer, offset, count), true);
        }

        public ResultCode Invoke(int component, SuitParameters parameters)
        {
            string arguments = string.Empty;
            if (parameters.GetString(SuitParameter.InvokeArguments, out byte[] buffer, out int offset, out int count) == ResultCode.Ok)
            {
                arguments = " " + Convert.ToHexStringLower(buffer, offset, count);
            }

            return Answer("invoke " + component + arguments, true, "invoke " + component);
        }

        public ResultCode AcceptParameter(int parameter, CborReader reader)
        {
            return KnownParameters.Contains(parameter) ? reader.SkipItem() : ResultCode.SuitParameterUnsupported;
        }

        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            if (!KnownCommands.Contains(command))
            {
                return ResultCode.SuitCommandUnsupported;
            }

            if (reader.Remaining > 0)
            {
                RequireOk(reader.SkipItem());
            }

            OnExecute?.Invoke(processor);
            return processor.IsDryRun ? ResultCode.Ok : Answer("command " + command + " " + component, true);
        }

        private ResultCode Answer(string call, bool isRecorded, string? key = null)
        {
            if (isRecorded)
            {
                Calls.Add(call);
            }

            return Answers.TryGetValue(call, out ResultCode result) || Answers.TryGetValue(key ?? call, out result)
                ? result
                : ResultCode.Ok;
        }

        private static void RequireOk(ResultCode result)
        {
            if (result != ResultCode.Ok)
            {
                throw new InvalidOperationException(result.ToString());
            }
        }

        private static void RequireDigest(SuitParameters parameters)
        {
            if (!parameters.IsSet(SuitParameter.ImageDigest))
            {
                throw new InvalidOperationException("image-match without a digest");
            }
        }
    }
}
