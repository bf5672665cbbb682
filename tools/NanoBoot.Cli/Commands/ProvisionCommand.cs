// nanoboot provision: the first content of a device, as the source that its board project takes (docs/boards).

using System;
using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Author;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot provision</c>.</summary>
    internal static class ProvisionCommand
    {
        public static Command Create(CliContext context)
        {
            Option<string> vendor = Required("--vendor", "Domain of the vendor, or its UUID.", "NAME");
            Option<string> deviceClass = Required("--class", "Name of the device class, or its UUID.", "NAME");
            Option<string> device = Required("--serial", "Serial number of this one device, or its UUID.", "NAME");
            Option<string> uri = Required("--uri", "Where this device asks for manifests.", "URI");
            Option<string[]> stage2 = Image("--stage2", "Signed envelope and bundle of stage 2.");
            Option<string[]> application = Image("--application", "Signed envelope and bundle of the application.");
            var payloadKeys = new Option<string[]>("--payload-key")
            {
                Description = "A key that payloads are encrypted for: a kek of the fleet, or the private P-256 key of this device. May be repeated.",
                HelpName = "KEY",
            };
            Option<string> passphraseFile = CommonOptions.PassphraseFile();
            Option<string> output = CommonOptions.Out("The source to write: ProvisioningData.cs of the board project.");
            output.Required = true;
            Option<bool> force = CommonOptions.Force();
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "provision",
                "Writes the first content of a device (identity, stage 2, application) as the source that its board project takes.",
                "nanoboot provision --vendor example.com --class board-1 --serial 0001 --uri http://updates.example.com/ "
                    + "--stage2 stage2.suit stage2.bin --application application.suit application.bin --out boards/Esp32/ProvisioningData.cs")
            {
                vendor, deviceClass, device, uri, stage2, application, payloadKeys, passphraseFile, output, force, json,
            };
            return command.Runs(result =>
            {
                Guid vendorId = Id(result.GetValue(vendor)!, Uuid.ForVendor);
                Guid classId = Id(result.GetValue(deviceClass)!, name => Uuid.ForClass(vendorId, name));
                Guid deviceId = Id(result.GetValue(device)!, name => Uuid.Version5(classId, name));
                var identity = new IdentityRecord
                {
                    VendorId = vendorId,
                    ClassIds = [classId],
                    DeviceId = deviceId,
                    ManifestUri = result.GetValue(uri),
                };
                string[] second = result.GetValue(stage2)!;
                string[] first = result.GetValue(application)!;
                var source = new ProvisioningSource
                {
                    Identity = identity.Encode(),
                    PayloadKeys = EncryptedPayloads.KeysOfDevice(context, result.GetValue(payloadKeys) ?? [], result.GetValue(passphraseFile)),
                    Stage2Envelope = context.ReadFile(second[0], "envelope"),
                    Stage2Payload = context.ReadFile(second[1], "bundle"),
                    ApplicationEnvelope = context.ReadFile(first[0], "envelope"),
                    ApplicationPayload = context.ReadFile(first[1], "bundle"),
                };
                context.WriteFile(result.GetValue(output)!, Encoding.UTF8.GetBytes(Write(source)), result.GetValue(force));
                var facts = new JsonObject
                {
                    ["vendor"] = vendorId.ToString(),
                    ["class"] = classId.ToString(),
                    ["device"] = deviceId.ToString(),
                    ["written"] = result.GetValue(output),
                };
                if (result.GetValue(json))
                {
                    context.WriteJson(facts);
                }
                else
                {
                    context.Out.WriteLine($"{result.GetValue(output)}: device {deviceId}, class {classId}, vendor {vendorId}");
                }

                return ExitCode.Ok;
            });
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

        private static Option<string[]> Image(string name, string description)
        {
            return new Option<string[]>(name)
            {
                Description = description,
                HelpName = "ENVELOPE BUNDLE",
                Required = true,
                Arity = new ArgumentArity(2, 2),
                AllowMultipleArgumentsPerToken = true,
            };
        }
    }
}
