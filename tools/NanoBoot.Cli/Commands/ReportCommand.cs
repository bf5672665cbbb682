// nanoboot report: what devices said of their updates. The server keeps it as it came; here it is verified and read.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot report</c>.</summary>
    internal static class ReportCommand
    {
        private const string Extension = ".suit-report";

        public static Command Create(CliContext context)
        {
            var command = new CliCommand("report", "What devices reported of their updates: success, or where it ended and why.");
            command.Subcommands.Add(CreateShow(context));
            return command;
        }

        private static CliCommand CreateShow(CliContext context)
        {
            var files = new Argument<string[]>("FILE")
            {
                Description = "Reports, or directories of them ('serve --reports' fills one).", Arity = ArgumentArity.OneOrMore,
            };
            var keys = new Option<string[]>("--device-key")
            {
                Description = "The secret of a device (of 'provision --device-key', or device.hmac of an emulated board). May be repeated.", HelpName = "KEY", Required = true,
            };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "show",
                "Verifies reports under the keys of their devices, and shows what they say. A report that no key verifies is not read.",
                "nanoboot report show reports --device-key board/device.hmac")
            {
                files, keys, passphraseFile, json,
            };
            return command.Runs(result =>
            {
                var known = new List<(string Name, byte[] Key)>();
                foreach (string path in result.GetValue(keys)!)
                {
                    known.Add((path, KeyLoader.DeviceKey(context, path, result.GetValue(passphraseFile))));
                }

                JsonArray facts = [.. Expand(context, result.GetValue(files)!).Select(path => Read(context, path, known))];
                if (result.GetValue(json))
                {
                    context.WriteJson(facts);
                }
                else
                {
                    foreach (JsonNode? report in facts)
                    {
                        Print(context, report!.AsObject());
                    }
                }

                return facts.All(report => report!["verified"]!.GetValue<bool>()) ? ExitCode.Ok : ExitCode.Refused;
            });
        }

        // In the order of their names, which is that of their arrival.
        private static IEnumerable<string> Expand(CliContext context, string[] paths)
        {
            foreach (string path in paths)
            {
                if (!Directory.Exists(context.PathOf(path)))
                {
                    yield return path;
                    continue;
                }

                string[] found = [.. Directory.GetFiles(context.PathOf(path), "*" + Extension).Order(StringComparer.Ordinal)];
                if (found.Length == 0)
                {
                    throw new CliException(ExitCode.BadInput, $"{path}: no {Extension} file in it; 'nanoboot serve --reports {path}' keeps what devices send.");
                }

                foreach (string file in found)
                {
                    yield return Path.Combine(path, Path.GetFileName(file));
                }
            }
        }

        private static JsonObject Read(CliContext context, string path, List<(string Name, byte[] Key)> keys)
        {
            byte[] message = context.ReadFile(path, "report", SuitReport.MaximumBytes);
            var facts = new JsonObject { ["file"] = path, ["verified"] = false };
            try
            {
                facts["device"] = new Guid(SuitReport.ReadDeviceId(message), bigEndian: true).ToString();
                foreach ((string name, byte[] key) in keys)
                {
                    try
                    {
                        Describe(facts, SuitReport.Verify(message, key));
                        facts["verified"] = true;
                        facts["key"] = name;
                        return facts;
                    }
                    catch (CryptographicException)
                    {
                        // Another device's; the next key may be the right one.
                    }
                }
            }
            catch (CborException exception)
            {
                throw new CliException(ExitCode.BadInput, $"{path}: no report of a device: {exception.Message}");
            }

            return facts;
        }

        private static void Describe(JsonObject facts, SuitReport report)
        {
            bool isPending = !report.IsSuccess && report.Reason == (long)SuitReportReason.InvokePending;
            facts["outcome"] = report.IsSuccess ? "success" : isPending ? "pending" : "failure";
            facts["manifestDigest"] = Convert.ToHexStringLower(report.ManifestDigest);
            facts["uri"] = report.ManifestUri;
            if (report.Nonce is not null)
            {
                facts["nonce"] = Convert.ToHexStringLower(report.Nonce);
            }

            if (!report.IsSuccess)
            {
                facts["reason"] = Enum.IsDefined((SuitReportReason)report.Reason) ? ((SuitReportReason)report.Reason).ToString() : null;
                facts["reasonCode"] = report.Reason;
                facts["result"] = Enum.IsDefined((ResultCode)report.Code) ? ((ResultCode)report.Code).ToString() : null;
                facts["resultCode"] = report.Code;
                facts["meaning"] = Enum.IsDefined((ResultCode)report.Code) ? ResultText.Of((ResultCode)report.Code) : null;
                facts["section"] = report.FailedAt!.Section;
                facts["offsetBytes"] = report.FailedAt.SectionOffsetBytes;
                facts["component"] = report.FailedAt.ComponentIndex;
            }

            facts["holds"] = new JsonArray([.. report.Components.Select(component => new JsonObject
            {
                ["component"] = System.Text.Encoding.UTF8.GetString(component.ComponentId),
                ["sequence"] = component.Sequence,
                ["bytes"] = component.ImageSizeBytes,
                ["imageDigest"] = Convert.ToHexStringLower(component.ImageDigest),
            })]);
        }

        private static void Print(CliContext context, JsonObject facts)
        {
            context.Out.WriteLine($"{facts["file"]}");
            if (!facts["verified"]!.GetValue<bool>())
            {
                context.Out.WriteLine($"  device    says it is {facts["device"]}; none of the keys verifies that, so what it says is not read.");
                return;
            }

            context.Out.WriteLine($"  device    {facts["device"]}, verified with {facts["key"]}");
            context.Out.WriteLine($"  manifest  sha-256 {facts["manifestDigest"]}, of {facts["uri"]}");
            switch (facts["outcome"]!.ToString())
            {
                case "success":
                    context.Out.WriteLine("  outcome   success: it runs, and confirmed itself");
                    break;
                case "pending":
                    context.Out.WriteLine("  outcome   installed; it has yet to be started and to confirm itself");
                    break;
                default:
                    context.Out.WriteLine($"  outcome   failed: {facts["result"]?.ToString() ?? "code"} ({facts["resultCode"]}). {facts["meaning"]}");
                    long section = facts["section"]!.GetValue<long>();
                    string where = section == 0 ? "in no section" : $"in {ManifestListing.NameOf<SuitElement>(section)}";
                    context.Out.WriteLine($"  where     {where}, at byte {facts["offsetBytes"]}, component {facts["component"]}; in the standard's words {facts["reason"]?.ToString() ?? "reason"} ({facts["reasonCode"]})");
                    break;
            }

            foreach (JsonNode? held in facts["holds"]!.AsArray())
            {
                context.Out.WriteLine($"  holds     {held!["component"]}: sequence {held["sequence"]}, {held["bytes"]} bytes, sha-256 {held["imageDigest"]}");
            }
        }
    }
}
