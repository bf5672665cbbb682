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
                directory, trust, vendor, deviceClass, serial, uri, needs, slots, json,
            };
            return command.Runs(result =>
            {
                string path = result.GetValue(directory)!;
                BenchKey[] keys = [.. DeviceDescription.ReadTrust(context, result.GetValue(trust)!).Select(BenchKey.From)];
                TrustedKey.ParsePermissions(result.GetValue(needs)!, "--needs");
                var bench = EmulatedBench.Create(
                    context.PathOf(path), new BenchDescription(1, DefaultSlotBytes, result.GetValue(slots), result.GetValue(needs)!, keys));
                IdentityRecord identity = MakeIdentity(
                    result.GetValue(vendor)!, result.GetValue(deviceClass)!, result.GetValue(serial), result.GetValue(uri)!);
                Factory.WriteIdentity(bench.Memory.Map(), identity);
                bench.Save();
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
                    context.Out.WriteLine($"Next: nanoboot device flash {path} stage2.suit stage2.bin, and the same for the application.");
                }

                return ExitCode.Ok;
            });
        }

        private static CliCommand CreateImages(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "Where they go." };
            Option<bool> force = CommonOptions.Force();
            var command = new CliCommand(
                "images",
                "Writes payloads for emulated boards: stage 2, and a demo application in versions 1.0 and 1.1.",
                "nanoboot device images images")
            {
                directory, force,
            };
            return command.Runs(result =>
            {
                (string Name, byte[] Payload, string Entry)[] images =
                [
                    ("stage2.bin", System.IO.File.ReadAllBytes(typeof(Stage2Updater.Program).Assembly.Location), typeof(Stage2Updater.Program).FullName!),
                    ("application-1.0.bin", Bundle.Concatenate(DemoBundle.Version10.Assemblies), DemoBundle.EntryType),
                    ("application-1.1.bin", Bundle.Concatenate(DemoBundle.Version11.Assemblies), DemoBundle.EntryType),
                ];
                foreach ((string name, byte[] payload, string entry) in images)
                {
                    string path = System.IO.Path.Combine(result.GetValue(directory)!, name);
                    context.WriteFile(path, payload, result.GetValue(force));
                    context.Out.WriteLine($"Written: {path}, {payload.Length} bytes, entry {entry}");
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
            var command = new CliCommand(
                "flash",
                "Writes an image into a slot from outside, as a factory does. Stage 1 decides at boot whether it runs.",
                "nanoboot device flash board stage2.suit stage2.bin",
                "nanoboot device flash board application.suit application.bin --slot 1")
            {
                directory, manifest, payload, slot,
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

                Factory.WriteImage(bench.Memory.Map(), component, component.Slots[index], envelope, context.ReadFile(result.GetValue(payload)!, "payload"));
                bench.Save();
                context.Out.WriteLine($"Written: {names[0]}, sequence {EnvelopeFiles.Sequence(envelope)}, into {EventText.Of(component.Slots[index])}.");
                return ExitCode.Ok;
            });
        }

        private static CliCommand CreateBoot(CliContext context)
        {
            return CreateRunning(context, "boot", "Switches the board on and lets it run until it restarts, stops, or its time is over.", 1, "nanoboot device boot board");
        }

        private static CliCommand CreateRun(CliContext context)
        {
            return CreateRunning(
                context,
                "run",
                "Switches the board on and lets it run, through its restarts, until its time is over or it stops.",
                BootsMax,
                "nanoboot device run board",
                "nanoboot device run board --for 120");
        }

        private static CliCommand CreateRunning(CliContext context, string name, string description, int bootsMax, params string[] examples)
        {
            Argument<string> directory = DirectoryArgument();
            Option<int> seconds = Seconds();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(name, description, examples) { directory, seconds, json };
            return command.Runs(result =>
            {
                var session = new DeviceSession(context, result.GetValue(directory)!, result.GetValue(seconds), result.GetValue(json));
                return session.Run(bootsMax);
            });
        }

        private static CliCommand CreatePowerCut(CliContext context)
        {
            Argument<string> directory = DirectoryArgument();
            var after = new Option<long>("--after") { Description = "The power fails in the flash operation after so many.", Required = true, HelpName = "N" };
            var form = new Option<TornForm>("--form")
            {
                Description = "What the cut operation leaves behind.", DefaultValueFactory = _ => TornForm.RandomBits,
            };
            var seed = new Option<uint>("--seed") { Description = "Chooses bits and bytes of what is left behind.", DefaultValueFactory = _ => 1 };
            Option<int> seconds = Seconds();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "power-cut",
                "Runs the board and cuts its power in the middle of a flash operation. Boot it again to see what it makes of it.",
                "nanoboot device power-cut board --after 40",
                "nanoboot device power-cut board --after 40 --form AppliedUnstable --seed 7")
            {
                directory, after, form, seed, seconds, json,
            };
            return command.Runs(result =>
            {
                long operations = result.GetValue(after);
                if (operations < 0)
                {
                    throw new CliException(ExitCode.Usage, "--after: a number of operations from 0 on.");
                }

                var session = new DeviceSession(context, result.GetValue(directory)!, result.GetValue(seconds), result.GetValue(json));
                return session.Run(BootsMax, new PowerCut(operations, result.GetValue(form), result.GetValue(seed)));
            });
        }

        private static Option<int> Seconds() => new("--for")
        {
            Description = "Simulated seconds that the board is left on, when it does not stop before.", DefaultValueFactory = _ => 90, HelpName = "SECONDS",
        };

        private static IdentityRecord MakeIdentity(string vendor, string deviceClass, string? serial, string uri)
        {
            Guid vendorId = Guid.TryParse(vendor, out Guid parsed) ? parsed : Uuid.ForVendor(vendor);
            Guid classId = Guid.TryParse(deviceClass, out parsed) ? parsed : Uuid.ForClass(vendorId, deviceClass);
            Guid deviceId = serial is null ? Guid.NewGuid() : Guid.TryParse(serial, out parsed) ? parsed : Uuid.Version5(classId, serial);
            return new IdentityRecord
            {
                VendorId = vendorId,
                ClassIds = [classId],
                DeviceId = deviceId,
                DeviceKey = serial is null ? RandomNumberGenerator.GetBytes(IdentityRecord.DeviceKeyBytes) : SHA256.HashData(Encoding.UTF8.GetBytes("emulated device key " + serial)),
                ManifestUri = uri,
            };
        }
    }

    /// <summary>Lets a board run, and tells what it does.</summary>
    internal sealed class DeviceSession
    {
        private readonly CliContext _context;
        private readonly EmulatedBench _bench;
        private readonly bool _isJson;
        private readonly long _timeMs;

        public DeviceSession(CliContext context, string directory, int seconds, bool isJson)
        {
            _context = context;
            _isJson = isJson;
            _bench = EmulatedBench.Open(context, directory);
            _timeMs = seconds * 1000L;
        }

        public int Run(int bootsMax, PowerCut? cut = null)
        {
            EmulatedDevice device = _bench.Device;
            var observer = new ConsoleObserver(_context.Console);
            int boot = 0;
            device.OnEvent = entry =>
            {
                if (!_isJson)
                {
                    if (entry.Boot != boot)
                    {
                        boot = entry.Boot;
                        _context.Out.WriteLine($"boot {boot.ToString(CultureInfo.InvariantCulture)}");
                    }

                    observer.Device(entry);
                }
            };
            long before = Operations();
            device.Memory.Power.PowerOn();
            if (cut is PowerCut planned)
            {
                device.Memory.Power.Arm(planned);
            }

            BoardEnd end = RunBoots(bootsMax);
            device.Memory.Power.Disarm();
            device.Memory.Power.PowerOn();
            _bench.Save();
            Tell(end, cut, Operations() - before);
            return end is BoardEnd.Sleeping or BoardEnd.Restart || (cut is not null && end == BoardEnd.PowerCut) ? ExitCode.Ok : ExitCode.Refused;
        }

        /// <summary>Boots until the board sleeps, stops, or has had the time that it was given over all boots.</summary>
        private BoardEnd RunBoots(int bootsMax)
        {
            EmulatedDevice device = _bench.Device;
            long endMs = device.Memory.Clock.NowMs + _timeMs;
            BoardEnd end = BoardEnd.Restart;
            for (int boot = 0; boot < bootsMax && end == BoardEnd.Restart; boot++)
            {
                device.SleepLimitMs = Math.Max(0, endMs - device.Memory.Clock.NowMs);
                end = device.BootOnce();
            }

            return end;
        }

        private long Operations() => _bench.Memory.Power.OperationCount;

        private void Tell(BoardEnd end, PowerCut? cut, long operations)
        {
            string text = end switch
            {
                BoardEnd.Sleeping => "The board runs.",
                BoardEnd.Restart => "The board restarts.",
                BoardEnd.PowerCut => $"The power failed: {cut}.",
                BoardEnd.Stopped => "Stage 1 stopped: nothing is bootable. Flash an image: nanoboot device flash.",
                _ => $"Something escaped stage 1: {_bench.Device.Escaped?.GetType().Name}. A defect; please report it.",
            };
            if (cut is not null && end != BoardEnd.PowerCut)
            {
                text += $" The power did not fail: there were only {operations} flash operations.";
            }

            if (!_isJson)
            {
                _context.Out.WriteLine(text);
                return;
            }

            _context.WriteJson(new JsonObject
            {
                ["end"] = end.ToString(),
                ["boots"] = _bench.Device.BootCount,
                ["flashOperations"] = operations,
                ["events"] = new JsonArray([.. _bench.Device.Transcript.Select(Describe)]),
            });
        }

        private static JsonNode Describe(TranscriptEntry entry) => new JsonObject
        {
            ["boot"] = entry.Boot,
            ["speaker"] = EventText.SpeakerOf(entry),
            ["event"] = entry.Event.ToString(),
            ["region"] = EventText.Of(entry.Region),
            ["result"] = entry.Result.ToString(),
            ["value"] = entry.Value,
            ["text"] = EventText.Of(entry),
        };
    }
}
