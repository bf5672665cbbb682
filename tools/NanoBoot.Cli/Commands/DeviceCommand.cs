// nanoboot device: an emulated board in a directory.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DemoApplication.Bundles;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Cli.Bench;
using NanoBoot.Cli.Demo;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Cli.Pictures;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot device</c>.</summary>
    internal static class DeviceCommand
    {
        private const int BootsMax = 50;
        private const int DefaultSlotBytes = 256 * 1024;
        private const string DeviceKeyFile = "device.hmac";

        public static Command Create(CliContext context)
        {
            var command = new CliCommand("device", "An emulated board in a directory: make it, boot it, cut its power, look into it.");
            command.Subcommands.Add(CreateImages(context));
            command.Subcommands.Add(CreateNew(context));
            command.Subcommands.Add(CreateFlash(context));
            command.Subcommands.Add(CreateBoot(context));
            command.Subcommands.Add(CreateRun(context));
            command.Subcommands.Add(CreatePowerCut(context));
            command.Subcommands.Add(DeviceLookCommands.CreateJournal(context));
            command.Subcommands.Add(DeviceLookCommands.CreateDump(context));
            command.Subcommands.Add(DeviceLookCommands.CreateTrust(context));
            command.Subcommands.Add(DeviceMapCommand.Create(context));
            return command;
        }

        private static Argument<string> DirectoryArgument() => new("DIR") { Description = "The directory of the board." };

        private static CliCommand CreateNew(CliContext context)
        {
            Argument<string> directory = DirectoryArgument();
            var trust = new Option<string>("--trust") { Description = "The keys that its stage 1 trusts (as for 'manifest verify').", Required = true, HelpName = "FILE" };
            var vendor = new Option<string>("--vendor") { Description = "Your domain, or a UUID.", Required = true, HelpName = "NAME" };
            var deviceClass = new Option<string>("--class") { Description = "What kind of device it is: a text, or a UUID.", Required = true, HelpName = "NAME" };
            var serial = new Option<string?>("--serial") { Description = "Name of this one device; its id is made of it. Random when absent.", HelpName = "NAME" };
            var uri = new Option<string>("--uri")
            {
                Description = "Where it asks for manifests.", DefaultValueFactory = _ => "http://127.0.0.1:8080/", HelpName = "URI",
            };
            Option<uint?> number = CommonOptions.EnterpriseNumber();
            var needs = new Option<string>("--needs") { Description = "Permissions that an update needs.", DefaultValueFactory = _ => "author+store+apply" };
            var slots = new Option<int>("--slots") { Description = "Slots of the application: 1 or 2.", DefaultValueFactory = _ => 2 };
            slots.AcceptOnlyFromAmong("1", "2");
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "new",
                "Makes an emulated board: erased chips, and an identity.",
                "nanoboot device new board --trust trust.yaml --vendor example.com --class sensor",
                "nanoboot device new board --trust trust.yaml --vendor example.com --class sensor --serial 0001 --uri http://127.0.0.1:9000/")
            {
                directory, trust, vendor, number, deviceClass, serial, uri, needs, slots, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(directory)!;
                FactoryTrust factory = FactoryTrust.Read(context, result.GetValue(trust)!);
                BenchKey[] keys = [.. factory.Keys.Select(BenchKey.From)];
                TrustedKey.ParsePermissions(result.GetValue(needs)!, "--needs");
                var bench = EmulatedBench.Create(
                    context.PathOf(path), new BenchDescription(1, DefaultSlotBytes, result.GetValue(slots), result.GetValue(needs)!, keys, factory.RootsNeeded));
                IdentityRecord identity = MakeIdentity(
                    result.GetValue(vendor)!, result.GetValue(deviceClass)!, result.GetValue(serial), result.GetValue(uri)!, result.GetValue(number));
                Factory.WriteIdentity(bench.Memory.Map(), identity);
                bench.Save();
                context.WriteFile(System.IO.Path.Combine(path, DeviceKeyFile), Encoding.UTF8.GetBytes(KeyFile.Write(KeyKind.Hmac, identity.DeviceKey!, null)), isForced: true, isSecret: true);
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject
                    {
                        ["directory"] = path, ["vendor"] = identity.VendorId.ToString(), ["class"] = identity.ClassIds[0].ToString(), ["device"] = identity.DeviceId.ToString(),
                    });
                }
                else
                {
                    context.Out.WriteLine($"Made: {path}, device {identity.DeviceId}, class {identity.ClassIds[0]}; trusts {keys.Length} {(keys.Length == 1 ? "key" : "keys")}.");
                    context.Out.WriteLine($"Its secret, which its reports are verified with: {System.IO.Path.Combine(path, DeviceKeyFile)}");
                    context.Out.WriteLine($"Next: nanoboot device flash {path} stage2.suit stage2.bin, and the same for the application.");
                }

                return ExitCode.Ok;
            });
        }

        private static CliCommand CreateImages(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "Where they go." };
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "images",
                "Writes payloads for emulated boards: stage 2, and a demo application in versions 1.0 and 1.1.",
                "nanoboot device images images")
            {
                directory, force, json,
            };
            return command.Runs(result =>
            {
                (string Name, byte[] Payload, string Entry)[] images =
                [
                    ("stage2.bin", System.IO.File.ReadAllBytes(typeof(Stage2Updater.Program).Assembly.Location), typeof(Stage2Updater.Program).FullName!),
                    ("application-1.0.bin", Bundle.Concatenate(DemoBundle.Version10.Assemblies), DemoBundle.EntryType),
                    ("application-1.1.bin", Bundle.Concatenate(DemoBundle.Version11.Assemblies), DemoBundle.EntryType),
                ];
                string folder = result.GetValue(directory)!;
                context.WriteFiles([.. images.Select(image => (System.IO.Path.Combine(folder, image.Name), image.Payload))], result.GetValue(force));
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonArray([.. images.Select(image => new JsonObject
                    {
                        ["file"] = System.IO.Path.Combine(folder, image.Name), ["bytes"] = image.Payload.Length, ["entry"] = image.Entry,
                    })]));
                    return ExitCode.Ok;
                }

                foreach ((string name, byte[] payload, string entry) in images)
                {
                    context.Out.WriteLine($"Written: {System.IO.Path.Combine(folder, name)}, {payload.Length} bytes, entry {entry}");
                }

                return ExitCode.Ok;
            });
        }

        private static CliCommand CreateFlash(CliContext context)
        {
            Argument<string> directory = DirectoryArgument();
            var manifest = new Argument<string>("MANIFEST") { Description = "The signed manifest of the image." };
            var payload = new Argument<string>("PAYLOAD") { Description = "The image." };
            var slot = new Option<int>("--slot") { Description = "Which of the component's slots: 0 or 1." };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "flash",
                "Writes an image into a slot from outside, as a factory does. Stage 1 decides at boot whether it runs.",
                "nanoboot device flash board stage2.suit stage2.bin",
                "nanoboot device flash board application.suit application.bin --slot 1")
            {
                directory, manifest, payload, slot, json,
            };
            return command.Runs(result =>
            {
                EmulatedBench bench = EmulatedBench.Open(context, result.GetValue(directory)!);
                Envelope envelope = EnvelopeFiles.Read(context, result.GetValue(manifest)!);
                string[] names = EnvelopeFiles.Components(envelope);
                ComponentDescription component = bench.Component(names.Length == 1 ? names[0] : string.Join(", ", names));
                int index = result.GetValue(slot);
                if (index < 0 || index >= component.Slots.Length)
                {
                    throw new CliException(ExitCode.Usage, $"--slot: {names[0]} has {component.Slots.Length} {(component.Slots.Length == 1 ? "slot" : "slots")}, counted from 0.");
                }

                byte[] bundle = context.ReadFile(result.GetValue(payload)!, "payload");
                Factory.WriteImage(bench.Memory.Map(), component, component.Slots[index], envelope, bundle);
                bench.Save();
                string where = EventText.Of(component.Slots[index]);
                if (result.GetValue(json))
                {
                    context.WriteJson(new JsonObject { ["component"] = names[0], ["sequence"] = EnvelopeFiles.Sequence(envelope), ["slot"] = where });
                }
                else
                {
                    context.Out.WriteLine($"Written: {names[0]}, sequence {EnvelopeFiles.Sequence(envelope)}, into {where}.");
                    if (bundle.AsSpan().StartsWith("NFMRK1"u8))
                    {
                        context.Out.WriteLine("The emulated board will verify it and not start it: it is made for nanoFramework. Build without -p:Nano=true, and bundle the .dll files.");
                    }
                }

                return ExitCode.Ok;
            });
        }

        private static CliCommand CreateBoot(CliContext context)
        {
            Argument<string> directory = DirectoryArgument();
            Option<int> seconds = Seconds();
            Option<string?> page = Report();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "boot", "Switches the board on and lets it run until it restarts, stops, or its time is over.", "nanoboot device boot board")
            {
                directory, seconds, page, json,
            };
            return command.Runs(result => new DeviceSession(context, result.GetValue(directory)!, result.GetValue(seconds), result.GetValue(page), result.GetValue(json)).Run(1));
        }

        private static CliCommand CreateRun(CliContext context)
        {
            Argument<string> directory = DirectoryArgument();
            Option<int> seconds = Seconds();
            var after = new Option<long?>("--cut-after")
            {
                Description = "The power fails in the flash operation after so many, comes back, and the board goes on.", HelpName = "N",
            };
            Option<TornForm> form = Form();
            Option<uint> seed = Seed();
            Option<string?> page = Report();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "run",
                "Switches the board on and lets it run, through its restarts, until its time is over or it stops.",
                "nanoboot device run board",
                "nanoboot device run board --for 120",
                "nanoboot device run board --cut-after 20 --report run.html")
            {
                directory, seconds, after, form, seed, page, json,
            };
            return command.Runs(result =>
            {
                PowerCut? cut = result.GetValue(after) is long operations ? new PowerCut(Operations("--cut-after", operations), result.GetValue(form), result.GetValue(seed)) : null;
                return new DeviceSession(context, result.GetValue(directory)!, result.GetValue(seconds), result.GetValue(page), result.GetValue(json)).Run(BootsMax, cut, isResumed: true);
            });
        }

        private static CliCommand CreatePowerCut(CliContext context)
        {
            Argument<string> directory = DirectoryArgument();
            var after = new Option<long>("--after") { Description = "The power fails in the flash operation after so many.", Required = true, HelpName = "N" };
            Option<TornForm> form = Form();
            Option<uint> seed = Seed();
            Option<int> seconds = Seconds();
            Option<string?> page = Report();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "power-cut",
                "Runs the board and cuts its power in the middle of a flash operation. Boot it again to see what it makes of it.",
                "nanoboot device power-cut board --after 40",
                "nanoboot device power-cut board --after 40 --form AppliedUnstable --seed 7")
            {
                directory, after, form, seed, seconds, page, json,
            };
            return command.Runs(result =>
            {
                var cut = new PowerCut(Operations("--after", result.GetValue(after)), result.GetValue(form), result.GetValue(seed));
                return new DeviceSession(context, result.GetValue(directory)!, result.GetValue(seconds), result.GetValue(page), result.GetValue(json)).Run(BootsMax, cut);
            });
        }

        private static long Operations(string option, long count)
        {
            return count >= 0 ? count : throw new CliException(ExitCode.Usage, $"{option}: a number of operations from 0 on.");
        }

        private static Option<TornForm> Form() => new("--form")
        {
            Description = "What the cut operation leaves behind.", DefaultValueFactory = _ => TornForm.RandomBits,
        };

        private static Option<uint> Seed() => new("--seed") { Description = "Chooses bits and bytes of what is left behind.", DefaultValueFactory = _ => 1, HelpName = "N" };

        private static Option<string?> Report() => new("--report")
        {
            Description = "Write the story to this file: one self-contained HTML page with timeline, bytes, and the flash before and after.", HelpName = "FILE.html",
        };

        private static Option<int> Seconds() => new("--for")
        {
            Description = "Simulated seconds that the board is left on, when it does not stop before.", DefaultValueFactory = _ => 90, HelpName = "SECONDS",
        };

        private static IdentityRecord MakeIdentity(string vendor, string deviceClass, string? serial, string uri, uint? number)
        {
            Guid vendorId = Guid.TryParse(vendor, out Guid parsed) ? parsed : Uuid.ForVendor(vendor);
            Guid classId = Guid.TryParse(deviceClass, out parsed) ? parsed : Uuid.ForClass(vendorId, deviceClass);
            Guid deviceId = serial is null ? Guid.NewGuid() : Guid.TryParse(serial, out parsed) ? parsed : Uuid.Version5(classId, serial);
            return new IdentityRecord
            {
                VendorId = vendorId,
                VendorEnterpriseNumber = number,
                ClassIds = [classId],
                DeviceId = deviceId,
                DeviceKey = serial is null ? RandomNumberGenerator.GetBytes(IdentityRecord.DeviceKeyBytes) : SHA256.HashData(Encoding.UTF8.GetBytes("emulated device key " + serial)),
                ManifestUri = Identifiers.ManifestUri(uri),
            };
        }
    }
}
