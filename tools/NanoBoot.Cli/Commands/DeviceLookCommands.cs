// nanoboot device journal and dump: what stands on the flash of an emulated board.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Bench;
using NanoBoot.Cli.Demo;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot device journal</c> and <c>dump</c>.</summary>
    internal static class DeviceLookCommands
    {
        private static readonly string[] s_components = ["stage2", "application", "trust", "configuration"];

        public static CliCommand CreateJournal(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "The directory of the board." };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "journal", "Shows the boot journal: what is confirmed, on trial, failed, and why.", "nanoboot device journal board")
            {
                directory, json,
            };
            return command.Runs(result =>
            {
                EmulatedBench bench = EmulatedBench.Open(context, result.GetValue(directory)!);
                (ResultCode opened, BootJournal journal) = bench.ReadJournal();
                JsonObject facts = Describe(opened, journal);
                if (result.GetValue(json))
                {
                    context.WriteJson(facts);
                    return ExitCode.Ok;
                }

                context.Out.WriteLine(opened == ResultCode.Ok ? $"journal record {journal.Sequence}" : $"journal: {ResultText.Describe(opened)}");
                context.Out.WriteLine($"update requested: {(journal.UpdateRequest == 0 ? "no" : $"yes, reason {journal.UpdateRequest}")}");
                for (int index = 0; index < s_components.Length; index++)
                {
                    PrintComponent(context, s_components[index], journal.Components[index]);
                }

                return ExitCode.Ok;
            });
        }

        public static CliCommand CreateDump(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "The directory of the board." };
            var region = new Option<string?>("--region") { Description = "Write the bytes of this region: journal, identity, trust.a, trust.b, stage2.a, stage2.b, app.a, app.b, staging, config.a, config.b.", HelpName = "NAME" };
            Option<string> output = CommonOptions.Out("Where the bytes of the region go.");
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "dump",
                "Shows the regions of the flash and what is in each; writes the bytes of one to a file.",
                "nanoboot device dump board",
                "nanoboot device dump board --region app.a --out app.a.bin")
            {
                directory, region, output, force, json,
            };
            return command.Runs(result =>
            {
                EmulatedBench bench = EmulatedBench.Open(context, result.GetValue(directory)!);
                if (result.GetValue(region) is string name)
                {
                    string path = result.GetValue(output) ?? throw new CliException(ExitCode.Usage, "--out: say where the bytes go.");
                    byte[] content = ReadRegion(bench, name);
                    context.WriteFile(path, content, result.GetValue(force));
                    context.Out.WriteLine($"Written: {path}, {content.Length} bytes.");
                    return ExitCode.Ok;
                }

                IReadOnlyList<RegionContent> contents = RegionContent.Read(bench);
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonArray([.. contents.Select(content => content.ToJson())]));
                    return ExitCode.Ok;
                }

                foreach (RegionContent content in contents)
                {
                    context.Out.WriteLine($"{content.Name,-12} {(content.IsExternal ? "spi-nor" : "internal"),-8} {content.StartBytes,8:x6} {content.SizeBytes,8}  {content.Text}");
                }

                return ExitCode.Ok;
            });
        }

        public static CliCommand CreateTrust(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "The directory of the board." };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "trust", "Shows whom the board trusts now: by the trust document in force, or by the keys of the factory.", "nanoboot device trust board")
            {
                directory, json,
            };
            return command.Runs(result =>
            {
                EmulatedBench bench = EmulatedBench.Open(context, result.GetValue(directory)!);
                FactoryTrust factory = bench.FactoryTrust;
                (TrustDocumentText Document, long Sequence, IReadOnlyList<RegionId> Slots)? force = bench.ReadTrust();
                TrustedKey[] left = [.. factory.Keys.Where(key => IsLeft(key, force?.Document))];
                if (result.GetValue(json))
                {
                    JsonObject facts = force is null ? [] : TrustCommand.Describe(force.Value.Document);
                    facts["document"] = force?.Sequence;
                    facts["slots"] = new JsonArray([.. (force?.Slots ?? []).Select(slot => JsonValue.Create(EventText.Of(slot)))]);
                    facts["factory"] = new JsonArray([.. left.Select(key => new JsonObject
                    {
                        ["name"] = key.Name, ["keyId"] = Convert.ToHexStringLower(key.KeyId), ["permissions"] = TrustedKey.Format(key.Permissions), ["component"] = key.Component,
                    })]);
                    context.WriteJson(facts);
                    return ExitCode.Ok;
                }

                context.Out.WriteLine(force is null
                    ? "No trust document is in force. From the factory the board trusts:"
                    : $"Trust document, sequence {force.Value.Sequence}, in {string.Join(" and ", force.Value.Slots.Select(EventText.Of))}:");
                if (force is not null)
                {
                    TrustCommand.Print(context, force.Value.Document, factory);
                    context.Out.WriteLine("From the factory the board still trusts:");
                }

                foreach (TrustedKey key in left)
                {
                    context.Out.WriteLine($"  {(key.Permissions.HasFlag(Permissions.Trust) ? "root" : "key")} {Convert.ToHexStringLower(key.KeyId)} ({key.Name}) may {TrustedKey.Format(key.Permissions)}{(key.Component is null ? string.Empty : $" for {key.Component}")}");
                }

                return ExitCode.Ok;
            });
        }

        /// <summary>With a document only roots count, but for those that it revokes.</summary>
        private static bool IsLeft(TrustedKey key, TrustDocumentText? document)
        {
            return document is null
                || (key.Permissions.HasFlag(Permissions.Trust) && !document.RevokedRoots.Any(digest => digest.AsSpan().SequenceEqual(SHA256.HashData(key.PublicKey))));
        }

        private static byte[] ReadRegion(EmulatedBench bench, string name)
        {
            bench.Memory.Power.PowerOn();
            FlashMap map = bench.Memory.Map();
            foreach (FlashRegion region in map.Regions)
            {
                if (EventText.Of(region.Id) == name)
                {
                    byte[] content = new byte[region.SizeBytes];
                    ResultCode result = region.Read(0, content, 0, content.Length);
                    return result == ResultCode.Ok ? content : throw new CliException(ExitCode.InputOutput, $"{name}: {ResultText.Describe(result)}");
                }
            }

            throw new CliException(ExitCode.Usage, $"--region: the board has no '{name}'.");
        }

        private static JsonObject Describe(ResultCode opened, BootJournal journal)
        {
            var components = new JsonObject();
            for (int index = 0; index < s_components.Length; index++)
            {
                ComponentState state = journal.Components[index];
                components[s_components[index]] = new JsonObject
                {
                    ["floor"] = state.Floor,
                    ["confirmedSlot"] = state.ConfirmedSlot == RegionId.None ? null : EventText.Of(state.ConfirmedSlot),
                    ["trialSlot"] = state.TrialSlot == RegionId.None ? null : EventText.Of(state.TrialSlot),
                    ["attemptsLeft"] = state.AttemptsLeft,
                    ["failure"] = state.FailureCode == ResultCode.Ok ? null : state.FailureCode.ToString(),
                    ["failureSlot"] = state.FailureSlot == RegionId.None ? null : EventText.Of(state.FailureSlot),
                };
            }

            return new JsonObject
            {
                ["result"] = opened.ToString(), ["record"] = journal.Sequence, ["updateRequest"] = journal.UpdateRequest, ["components"] = components,
            };
        }

        private static void PrintComponent(CliContext context, string name, ComponentState state)
        {
            string confirmed = state.ConfirmedSlot == RegionId.None ? "nothing confirmed" : $"confirmed in {EventText.Of(state.ConfirmedSlot)}";
            string trial = state.TrialSlot == RegionId.None ? string.Empty : $", on trial in {EventText.Of(state.TrialSlot)} with {state.AttemptsLeft} attempts left";
            context.Out.WriteLine($"{name,-14} floor {state.Floor}, {confirmed}{trial}");
            if (state.FailureCode != ResultCode.Ok)
            {
                context.Out.WriteLine($"{string.Empty,-14} last failure in {EventText.Of(state.FailureSlot)} ({state.FailureStage}): {ResultText.Describe(state.FailureCode)}");
            }
        }
    }

    /// <summary>What stands in a region.</summary>
    internal sealed record RegionContent(string Name, RegionId Id, bool IsExternal, int StartBytes, int SizeBytes, string Text, Envelope? Envelope, int EnvelopeAreaBytes)
    {
        /// <summary>Reads all regions of a board.</summary>
        public static IReadOnlyList<RegionContent> Read(EmulatedBench bench)
        {
            var contents = new List<RegionContent>();
            foreach (Emulator.Device.LayoutRegion region in bench.Memory.Layout.Regions)
            {
                ComponentDescription? component = bench.Components.FirstOrDefault(candidate => candidate.Slots.Contains(region.Id));
                Envelope? envelope = null;
                string text = region.Id switch
                {
                    RegionId.Journal => "boot journal",
                    RegionId.Identity => "identity",
                    _ => "empty",
                };
                if (component is not null)
                {
                    (envelope, ResultCode result) = bench.ReadSlot(component, region.Id);
                    text = envelope is not null
                        ? $"{EmulatedBench.NameOf(component)}, sequence {EnvelopeFiles.Sequence(envelope)}, image id {Convert.ToHexStringLower(envelope.ImageId)}"
                        : result == ResultCode.SlotEmpty ? "empty" : $"no image: {result}";
                }

                contents.Add(new RegionContent(
                    EventText.Of(region.Id), region.Id, region.IsExternal, region.StartBytes, region.SizeBytes, text, envelope, component?.EnvelopeAreaBytes ?? 0));
            }

            return contents;
        }

        public JsonObject ToJson() => new()
        {
            ["region"] = Name,
            ["chip"] = IsExternal ? "spi-nor" : "internal",
            ["start"] = StartBytes,
            ["bytes"] = SizeBytes,
            ["content"] = Text,
            ["sequence"] = Envelope is null ? null : EnvelopeFiles.Sequence(Envelope),
        };
    }
}
