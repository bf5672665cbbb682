// nanoboot provision: the first content of a device: as the source that its board project takes, or as the files of a board
// whose regions are files (docs/boards).

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Board;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Cli.Bench;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Hal;
using SuitParameter = NanoBoot.Author.SuitParameter;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot provision</c>.</summary>
    internal static class ProvisionCommand
    {
        public static Command Create(CliContext context)
        {
            Option<string> vendor = Required("--vendor", "Domain of the vendor, or its UUID.", "NAME");
            Option<uint?> number = CommonOptions.EnterpriseNumber();
            Option<string> deviceClass = Required("--class", "Name of the device class, or its UUID.", "NAME");
            Option<string> device = Required("--serial", "Serial number of this one device, or its UUID.", "NAME");
            Option<string> uri = Required("--uri", "Where this device asks for manifests.", "URI");
            Option<string[]> stage2 = Image("--stage2", "Signed envelope and bundle of stage 2.", isRequired: true);
            Option<string[]> application = Image("--application", "Signed envelope and bundle of the application.", isRequired: true);
            Option<string[]> document = Image("--trust-document", "Signed envelope and trust document that is in force from the first start on ('nanoboot trust'). Absent: the keys built into the board.", isRequired: false);
            var deviceKey = new Option<string?>("--device-key") { Description = "The secret of this device, an hmac key: it authenticates the device's reports.", HelpName = "KEY" };
            var payloadKeys = new Option<string[]>("--payload-key")
            {
                Description = "A key that payloads are encrypted for: a kek of the fleet, or the private P-256 key of this device. May be repeated.",
                HelpName = "KEY",
            };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<string> output = CommonOptions.Out("The source to write: ProvisioningData.cs of the board project.");
            var files = new Option<string?>("--files")
            {
                Description = "For a board whose regions are files (boards/Esp32Internal): the directory that gets the files, and the list of them for nanoff.", HelpName = "DIR",
            };
            var trust = new Option<string?>("--trust") { Description = "For --files: the keys that are built into the board; what they do not accept is not written.", HelpName = "FILE" };
            var layout = new Option<string?>("--layout")
            {
                Description = "For --files: bytes of stage 2's slots, bytes of the application's slots, number of these, as the board's Layout.cs has them: 36864,40960,1.", HelpName = "SIZES",
            };
            var dryRun = new Option<bool>("--dry-run") { Description = "Check everything, say what would be written, and write nothing." };
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "provision",
                "Writes the first content of a device (identity, keys, trust, stage 2, application): as the source that its board project takes, or as files for nanoff.",
                "nanoboot provision --vendor example.com --class board-1 --serial 0001 --uri http://updates.example.com/ "
                    + "--stage2 stage2.suit stage2.bin --application application.suit application.bin --out boards/Esp32/ProvisioningData.cs",
                "nanoboot provision --vendor example.com --class board-1 --serial 0001 --uri http://updates.example.com/ "
                    + "--stage2 stage2.suit stage2.bin --application application.suit application.bin --files device-0001 --trust trust.yaml --layout 36864,40960,1")
            {
                vendor, number, deviceClass, device, uri, stage2, application, document, deviceKey, payloadKeys, passphraseFile, output, files, trust, layout, dryRun, force, json,
            };
            return command.Runs(result =>
            {
                Guid vendorId = Id(result.GetValue(vendor)!, Uuid.ForVendor);
                Guid classId = Id(result.GetValue(deviceClass)!, name => Uuid.ForClass(vendorId, name));
                Guid deviceId = Id(result.GetValue(device)!, name => Uuid.Version5(classId, name));
                var identity = new IdentityRecord
                {
                    VendorId = vendorId,
                    VendorEnterpriseNumber = result.GetValue(number),
                    ClassIds = [classId],
                    DeviceId = deviceId,
                    DeviceKey = result.GetValue(deviceKey) is string key ? KeyLoader.DeviceKey(context, key, result.GetValue(passphraseFile)) : null,
                    ManifestUri = Identifiers.ManifestUri(result.GetValue(uri)!),
                };
                (byte[] stage2Envelope, byte[] stage2Payload) = ReadImage(context, result.GetValue(stage2)!, "stage2", "--stage2");
                (byte[] applicationEnvelope, byte[] applicationPayload) = ReadImage(context, result.GetValue(application)!, "application", "--application");
                (byte[] trustEnvelope, byte[] trustPayload) = result.GetValue(document) is { Length: > 0 } paths ? ReadImage(context, paths, "trust", "--trust-document") : ([], []);
                byte[] identityBody = identity.Encode();
                RequireForDevice(identityBody, stage2Envelope, result.GetValue(stage2)![0], isStarted: true);
                RequireForDevice(identityBody, applicationEnvelope, result.GetValue(application)![0], isStarted: true);
                if (trustEnvelope.Length > 0)
                {
                    RequireForDevice(identityBody, trustEnvelope, result.GetValue(document)![0], isStarted: false);
                }

                var source = new ProvisioningSource
                {
                    Identity = identityBody,
                    PayloadKeys = EncryptedPayloads.KeysOfDevice(context, result.GetValue(payloadKeys) ?? [], result.GetValue(passphraseFile)),
                    Stage2Envelope = stage2Envelope,
                    Stage2Payload = stage2Payload,
                    ApplicationEnvelope = applicationEnvelope,
                    ApplicationPayload = applicationPayload,
                    TrustEnvelope = trustEnvelope,
                    TrustPayload = trustPayload,
                };
                var written = new List<(string Path, byte[] Content)>();
                if (result.GetValue(output) is string path)
                {
                    context.RequireFolder(path);
                    RequireKnownKeys(context, path, source, result.GetValue(stage2)![0], result.GetValue(application)![0]);
                    written.Add((path, Encoding.UTF8.GetBytes(Write(source))));
                }

                if (result.GetValue(files) is string directory)
                {
                    string factory = result.GetValue(trust) ?? throw new CliException(ExitCode.Usage, "--files: give the keys that are built into the board too, with --trust.");
                    string sizes = result.GetValue(layout) ?? throw new CliException(ExitCode.Usage, "--files: give the sizes of the board's Layout.cs too, with --layout.");
                    written.AddRange(new FileBoard(context, directory, sizes, FactoryTrust.Read(context, factory)).Provision(source));
                }

                if (written.Count == 0)
                {
                    throw new CliException(ExitCode.Usage, "give --out for the source of a board project, or --files for the files of a board that has files.");
                }

                written.ForEach(file => context.RequireAbsent(file.Path, result.GetValue(force)));
                if (!result.GetValue(dryRun))
                {
                    context.WriteFiles(written, result.GetValue(force), isSecret: true);
                }

                Tell(context, identity, written, result.GetValue(files), result.GetValue(dryRun), result.GetValue(json));
                return ExitCode.Ok;
            });
        }

        private static void Tell(CliContext context, IdentityRecord identity, List<(string Path, byte[] Content)> written, string? files, bool isDry, bool isJson)
        {
            if (isJson)
            {
                context.WriteJson(new JsonObject
                {
                    ["vendor"] = identity.VendorId.ToString(),
                    ["class"] = identity.ClassIds[0].ToString(),
                    ["device"] = identity.DeviceId.ToString(),
                    ["dryRun"] = isDry,
                    ["written"] = new JsonArray([.. written.Select(file => new JsonObject { ["file"] = file.Path, ["bytes"] = file.Content.Length })]),
                });
                return;
            }

            context.Out.WriteLine($"{(isDry ? "Would be written" : "Written")}, for device {identity.DeviceId}, class {identity.ClassIds[0]}, vendor {identity.VendorId}:");
            foreach ((string path, byte[] content) in written)
            {
                context.Out.WriteLine($"  {path}, {content.Length} bytes");
            }

            context.Out.WriteLine($"It will ask for manifests like {Identifiers.ManifestAt(identity.ManifestUri!, "application")}");
            if (files is not null)
            {
                context.Out.WriteLine($"Next: nanoff --filedeployment {FileBoard.ListPath(files)} --serialport PORT");
            }
        }

        /// <summary>Reads an image, and refuses what would not be it: the wrong component, another payload.</summary>
        private static (byte[] Envelope, byte[] Payload) ReadImage(CliContext context, string[] paths, string component, string option)
        {
            Envelope envelope = EnvelopeFiles.Read(context, paths[0]);
            string[] names = EnvelopeFiles.Components(envelope);
            if (names.Length != 1 || names[0] != component)
            {
                throw new CliException(ExitCode.BadInput, $"{paths[0]}: a manifest for {string.Join(", ", names)}, and {option} wants one for {component}.");
            }

            if (envelope.AuthenticationBlocks.Count == 0)
            {
                throw new CliException(ExitCode.BadInput, $"{paths[0]}: not signed; no device would start it. Sign it first: nanoboot manifest sign {paths[0]} --key KEY");
            }

            byte[] payload = context.ReadFile(paths[1], "bundle");
            byte[]? digest = ManifestUris.FindParameters(envelope, SuitParameter.ImageDigest).FirstOrDefault()?.Bytes;
            return digest is not null && digest.AsSpan().EndsWith(SHA256.HashData(payload))
                ? (envelope.Encode(), payload)
                : throw new CliException(ExitCode.BadInput, $"{paths[1]}: not the payload that {paths[0]} was made of.");
        }

        /// <summary>What is made for another vendor or class is refused here, and not on the board.</summary>
        private static void RequireForDevice(byte[] identity, byte[] envelope, string path, bool isStarted)
        {
            var device = new DeviceIdentity();
            var parsed = new SuitEnvelope();
            var manifest = new SuitManifest();

            // The device parses nothing that nobody vouches for, and here its keys are not at hand: so the copy is vouched for here.
            byte[] secret = new byte[DeviceIdentity.KeyBytes];
            using var self = new HmacSigningKey(secret);
            byte[] copy = Envelope.Parse(envelope).RemoveAuthenticationBlocks().Sign(self).Encode();
            Authority[] trust = [new(self.KeyId, CoseAlgorithm.Hmac256, secret, Permissions.Author, null, null)];
            ResultCode result = device.Parse(identity);
            result = result == ResultCode.Ok ? parsed.Parse(copy, 0, copy.Length) : result;
            result = result == ResultCode.Ok ? new SuitAuthenticator().Authenticate(parsed, trust, true) : result;
            result = result == ResultCode.Ok ? manifest.Parse(parsed) : result;
            result = result == ResultCode.Ok ? Provisioner.CheckManifest(device, manifest, isStarted) : result;
            if (result != ResultCode.Ok)
            {
                string why = result switch
                {
                    ResultCode.SuitVendorMismatch => " Its 'vendor' is not --vendor.",
                    ResultCode.SuitClassMismatch => " Its 'class' is not --class.",
                    ResultCode.SuitManifestIncomplete => " Has its description an 'entry'?",
                    _ => string.Empty,
                };
                throw new CliException(ExitCode.BadInput, $"{path}: this device would refuse it. {ResultText.Describe(result)}{why}");
            }
        }

        /// <summary>Where the board's keys stand beside the source, what they do not know is refused here and not on the board.</summary>
        private static void RequireKnownKeys(CliContext context, string path, ProvisioningSource source, params string[] envelopes)
        {
            string board = Path.Combine(Path.GetDirectoryName(context.PathOf(path))!, "BoardTrust.cs");
            if (!File.Exists(board) || source.TrustEnvelope.Length > 0)
            {
                return;
            }

            string keys = string.Concat(File.ReadAllText(board).Where(letter => !char.IsWhiteSpace(letter)));
            foreach (string envelope in envelopes)
            {
                byte[][] signers = EnvelopeFiles.Signers(EnvelopeFiles.Read(context, envelope));
                if (!signers.Any(id => keys.Contains(string.Join(',', id.Select(part => $"0x{part:x2}")), StringComparison.Ordinal)))
                {
                    string names = string.Join(", ", signers.Select(id => Convert.ToHexStringLower(id)));
                    throw new CliException(
                        ExitCode.Key,
                        $"{envelope}: signed by {names}, which BoardTrust.cs beside {path} does not know; the board would refuse it with 66 (KeyUnknown). "
                            + "Sign it with a key of the board, or make BoardTrust.cs anew with 'nanoboot keys export'.");
                }
            }
        }

        private static string Write(ProvisioningSource source)
        {
            try
            {
                return source.Write();
            }
            catch (InvalidOperationException exception)
            {
                throw new CliException(ExitCode.BadInput, exception.Message);
            }
        }

        private static Guid Id(string text, Func<string, Guid> derive) => Guid.TryParse(text, out Guid id) ? id : derive(text);

        private static Option<string> Required(string name, string description, string helpName)
        {
            return new Option<string>(name) { Description = description, HelpName = helpName, Required = true };
        }

        private static Option<string[]> Image(string name, string description, bool isRequired)
        {
            return new Option<string[]>(name)
            {
                Description = description,
                HelpName = isRequired ? "ENVELOPE BUNDLE" : "ENVELOPE DOCUMENT",
                Required = isRequired,
                Arity = new ArgumentArity(2, 2),
                AllowMultipleArgumentsPerToken = true,
            };
        }
    }
}
