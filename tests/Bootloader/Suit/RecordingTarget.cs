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

        public ResultCode AcceptParameter(int parameter, CborReader reader)
        {
            if (!KnownParameters.Contains(parameter))
            {
                return ResultCode.SuitParameterUnsupported;
            }

            reader.SkipItem();
            return reader.Error;
        }

        public ResultCode Execute(SuitProcessor processor, int command, int component, CborReader reader)
        {
            SuitParameters parameters = processor.Parameters[component];
            switch (command)
            {
                case 1 or 2 or 24:
                    string name = command switch { 1 => "vendor", 2 => "class", _ => "device" };
                    return Answer(name + " " + Text(parameters, command, 16), true, name);
                case 5:
                    RequireOk(parameters.GetInt(SuitParameter.ComponentSlot, out long slot));
                    return Answer("slot " + component + " " + slot, true);
                case 3:
                    RequireOk(parameters.GetImageDigest(out byte[] buffer, out int offset));
                    return Answer("match " + component + " " + Convert.ToHexStringLower(buffer, offset, 2), true, "match " + component);
                case 6:
                    return Answer("content " + component + " " + Text(parameters, SuitParameter.Content, -1), true);
                case 23:
                    string arguments = parameters.IsSet(SuitParameter.InvokeArguments) ? " " + Text(parameters, SuitParameter.InvokeArguments, -1) : string.Empty;
                    return Answer("invoke " + component + arguments, true, "invoke " + component);
            }

            if (!KnownCommands.Contains(command))
            {
                return ResultCode.SuitCommandUnsupported;
            }

            if (reader.PeekType() != CborType.End)
            {
                reader.SkipItem();
            }

            RequireOk(reader.Error);

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

        private static string Text(SuitParameters parameters, int parameter, int expectedCount)
        {
            RequireOk(parameters.GetString(parameter, out byte[] buffer, out int offset, out int count));
            if (expectedCount >= 0 && count != expectedCount)
            {
                throw new InvalidOperationException("an identifier of " + count + " bytes");
            }

            return Convert.ToHexStringLower(buffer, offset, count);
        }
    }
}
