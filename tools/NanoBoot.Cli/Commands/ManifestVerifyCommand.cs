// nanoboot manifest verify: runs the code of the device on a manifest, and tells what it decides, step by step.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Suit;
using SuitElement = NanoBoot.Bootloader.Suit.SuitElement;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest verify</c>.</summary>
    internal static class ManifestVerifyCommand
    {
        public static Command Create(CliContext context)
        {
            var file = new Argument<string>("MANIFEST") { Description = "The manifest." };
            var trust = new Option<string>("--trust")
            {
                Description = "The keys that the device trusts: YAML with 'keys:', each with 'key' (a file), 'may' (permissions) and, if need be, 'component'.",
                Required = true, HelpName = "FILE",
            };
            var device = new Option<string>("--device")
            {
                Description = "The device: YAML with vendor, class, device, and 'components:', each with 'needs' and, if need be, floor, slot, version, content, capacity, manifest (of the image that runs).",
                Required = true, HelpName = "FILE",
            };
            var payload = new Option<string?>("--payload")
            {
                Description = "What the source delivers; without it the source is taken to deliver what the manifest promises.", HelpName = "FILE",
            };
            var document = new Option<string?>("--trust-document")
            {
                Description = "The trust document that is in force on the device: its authorities count, and the roots that it leaves.", HelpName = "FILE",
            };
            Option<bool> json = CommonOptions.Json();
            var command = new CliCommand(
                "verify",
                "Says what a device would do with a manifest, step by step, and why. It runs the very code of the device. Exit code 1 when the device refuses.",
                "nanoboot manifest verify application.suit --device device.yaml --trust trust.yaml",
                "nanoboot manifest verify application.suit --device device.yaml --trust trust.yaml --payload application.bin --json",
                "nanoboot manifest verify trust.suit --device device.yaml --trust trust.yaml --payload trust.bin")
            {
                file, trust, document, device, payload, json,
            };
            return command.Runs(result =>
            {
                byte[] envelope = context.ReadFile(result.GetValue(file)!, "manifest");
                FactoryTrust factory = FactoryTrust.Read(context, result.GetValue(trust)!);
                TrustDocumentText? inForce = result.GetValue(document) is string name
                    ? TrustDocumentText.Parse(name, context.ReadFile(name, "trust document", TrustDocument.BytesMax))
                    : null;
                DeviceDescription description = DeviceDescription.Read(context, result.GetValue(device)!);
                byte[]? content = result.GetValue(payload) is string path ? context.ReadFile(path, "payload") : null;
                var verification = new ManifestVerification(description, factory, inForce, content);
                ResultCode outcome = verification.Run(envelope);
                if (result.GetValue(json))
                {
                    context.WriteJson(verification.ToJson(outcome));
                }
                else
                {
                    verification.Print(context, outcome);
                }

                return outcome == ResultCode.Ok ? ExitCode.Ok : ExitCode.Refused;
            });
        }
    }

    /// <summary>One run of the device's code on a manifest.</summary>
    internal sealed class ManifestVerification
    {
        private readonly DeviceDescription _device;
        private readonly FactoryTrust _factory;
        private readonly IReadOnlyList<TrustedKey> _keys;
        private bool _isTrustRefused;
        private bool _isTrustAccepted;
        private readonly byte[]? _payload;
        private readonly List<VerificationStep> _steps = [];
        private SuitEnvelope? _refused;

        /// <param name="device">The device.</param>
        /// <param name="factory">The keys that are built into it.</param>
        /// <param name="inForce">The trust document in force, or null for the keys of the factory.</param>
        /// <param name="payload">What the source delivers, or null.</param>
        public ManifestVerification(DeviceDescription device, FactoryTrust factory, TrustDocumentText? inForce, byte[]? payload)
        {
            _device = device;
            _factory = factory;
            _keys = TrustVerification.KeysUnder(factory, inForce);
            _payload = payload;
        }

        /// <summary>Runs stage 2's part, then stage 1's.</summary>
        public ResultCode Run(byte[] encoded)
        {
            Authority[] authorities = [.. _keys.Select(key => key.ToAuthority())];
            var tree = new ManifestTree(authorities, false, new SimulatedDevice(_device, _payload, _steps));
            ResultCode result = tree.Root.Envelope.Parse(encoded, 0, encoded.Length);
            Note($"envelope of {encoded.Length} bytes is well-formed", result);
            if (result == ResultCode.Ok)
            {
                result = tree.Root.Authenticate();
                NoteSigners(tree.Root.Authenticator, result);
            }

            result = result == ResultCode.Ok ? CheckManifest(tree) : result;
            if (result == ResultCode.Ok)
            {
                result = tree.Open(encoded, 0, encoded.Length);
                Note("every command is known and its arguments are right (rehearsal)", result);
            }

            foreach (int section in new[] { SuitElement.DependencyResolution, SuitElement.PayloadFetch, SuitElement.Install, SuitElement.Validate })
            {
                result = result == ResultCode.Ok ? RunSection(tree, section) : result;
            }

            _refused = (tree.Refused ?? tree.Root).Envelope;
            result = result == ResultCode.Ok ? RunStage1(encoded, tree) : result;
            bool isTrust = result == ResultCode.Ok && tree.Root.Manifest.ComponentStartsWith(0, Encoding.ASCII.GetBytes(TrustDocumentWriter.ComponentName), true);
            if (isTrust)
            {
                result = new TrustVerification(_device, _factory, _keys, _steps).Check(tree.Root.Authenticator, _payload);
                _isTrustAccepted = result == ResultCode.Ok;
                _isTrustRefused = !_isTrustAccepted;
            }

            return result;
        }

        public JsonObject ToJson(ResultCode outcome)
        {
            return new JsonObject
            {
                ["accepted"] = outcome == ResultCode.Ok,
                ["result"] = outcome.ToString(),
                ["code"] = (int)outcome,
                ["meaning"] = ResultText.Of(outcome),
                ["offset"] = outcome == ResultCode.Ok ? null : _refused?.ErrorOffset,
                ["element"] = outcome == ResultCode.Ok ? null : ElementPath(),
                ["steps"] = new JsonArray([.. _steps.Select(step => new JsonObject { ["step"] = step.Text, ["result"] = step.Result.ToString() })]),
            };
        }

        public void Print(CliContext context, ResultCode outcome)
        {
            foreach (VerificationStep step in _steps)
            {
                context.Out.WriteLine(step.Result == ResultCode.Ok ? $"  yes  {step.Text}" : $"  NO   {step.Text}: {step.Result}");
            }

            context.Out.WriteLine(outcome == ResultCode.Ok
                ? _isTrustAccepted ? "Accepted: the trust document comes into force." : "Accepted: the device installs and starts it."
                : _isTrustRefused ? $"Refused: {ResultText.Describe(outcome)}"
                : $"Refused, at byte {_refused?.ErrorOffset} of the envelope ({ElementPath()}): {ResultText.Describe(outcome)}");
        }

        /// <summary>What the updater asks of a manifest before its commands: one component, ours, allowed, not too old.</summary>
        private ResultCode CheckManifest(ManifestTree tree)
        {
            var manifest = new SuitManifest();
            ResultCode result = manifest.Parse(tree.Root.Envelope);
            Note("manifest is well-formed", result);
            if (result == ResultCode.Ok && manifest.ComponentCount != 1)
            {
                return Note($"{manifest.ComponentCount} components; a device takes one a manifest", ResultCode.SuitTooManyComponents);
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            DeviceComponent? component = _device.Components.FirstOrDefault(own => manifest.ComponentStartsWith(0, Encoding.UTF8.GetBytes(own.Name), true));
            if (component is null)
            {
                return Note("the device has the component", ResultCode.SuitComponentUnsupported);
            }

            Permissions granted = tree.Root.Authenticator.PermissionsFor(manifest, 0);
            bool isAllowed = (granted & component.Needs) == component.Needs;
            result = Note(
                $"{component.Name} needs {TrustedKey.Format(component.Needs)}; the signatures grant {(granted == Permissions.None ? "nothing" : TrustedKey.Format(granted))}",
                isAllowed ? ResultCode.Ok : ResultCode.SuitPermissionDenied);
            return result != ResultCode.Ok ? result : Note(
                $"sequence number {manifest.SequenceNumber}, floor {component.Floor}",
                manifest.SequenceNumber < component.Floor ? ResultCode.SuitSequenceTooOld : ResultCode.Ok);
        }

        private ResultCode RunSection(ManifestTree tree, int section)
        {
            if (!tree.Root.Manifest.HasSection(section))
            {
                return ResultCode.Ok;
            }

            int before = _steps.Count;
            ResultCode result = tree.RunSection(section);
            string name = ManifestListing.NameOf<Author.SuitElement>(section);
            for (int index = before; index < _steps.Count; index++)
            {
                _steps[index] = _steps[index] with { Text = $"{name}: {_steps[index].Text}" };
            }

            // A failure that no command wrote down (a parameter that is missing, say) is written down here.
            return result == ResultCode.Ok || _steps.Skip(before).Any(step => step.Result == result) ? result : Note(name, result);
        }

        /// <summary>The next boot: stage 1 with its own, smaller set of commands.</summary>
        private ResultCode RunStage1(byte[] encoded, ManifestTree tree)
        {
            SimulatedDevice device = (SimulatedDevice)tree.Device;
            var processor = new SuitProcessor();
            ResultCode result = processor.Open(tree.Root.Manifest, device);
            foreach (int section in new[] { SuitElement.Validate, SuitElement.Load, SuitElement.Invoke })
            {
                int before = _steps.Count;
                result = result == ResultCode.Ok ? processor.RunSection(section) : result;
                for (int index = before; index < _steps.Count; index++)
                {
                    _steps[index] = _steps[index] with { Text = $"at boot, {ManifestListing.NameOf<Author.SuitElement>(section)}: {_steps[index].Text}" };
                }
            }

            _refused = tree.Root.Envelope;
            bool isIncomplete = result == ResultCode.Ok && !tree.Root.Manifest.HasSection(SuitElement.Validate);
            return isIncomplete ? Note("the manifest has a validate sequence", ResultCode.SuitManifestIncomplete) : result;
        }

        private void NoteSigners(SuitAuthenticator authenticator, ResultCode result)
        {
            for (int index = 0; index < authenticator.SignerCount; index++)
            {
                TrustedKey key = _keys.First(candidate => candidate.PublicKey == authenticator.Signers[index].PublicKey);
                Note($"signed by {key.Name} (key {Convert.ToHexStringLower(key.KeyId)}), who grants {TrustedKey.Format(key.Permissions)}{(key.Component is null ? string.Empty : $" for {key.Component}")}", ResultCode.Ok);
            }

            if (result != ResultCode.Ok)
            {
                Note("signed by a key that the device trusts", result);
            }
        }

        /// <summary>Where the refusal happened: element names from the outside in.</summary>
        private string ElementPath()
        {
            var names = new List<string>();
            for (int path = _refused?.ErrorElement ?? 0; path != 0; path >>= 8)
            {
                int key = path & 0xFF;
                bool isOutermost = path < 0x100;
                bool isInCommon = !isOutermost && ((path >> 8) & 0xFF) == SuitElement.Common && path >= 0x10000;
                names.Insert(0, isInCommon ? (key switch { 1 => "dependencies", 2 => "components", _ => "shared-sequence" })
                    : isOutermost || key > 6 ? ManifestListing.NameOf<Author.SuitElement>(key)
                    : key switch { 1 => "version", 2 => "sequence-number", 3 => "common", 4 => "reference-uri", 5 => "manifest-component-id", _ => "set-version" });
            }

            return names.Count == 0 ? "envelope" : string.Join('/', names);
        }

        private ResultCode Note(string text, ResultCode result)
        {
            _steps.Add(new VerificationStep(text, result));
            return result;
        }
    }
}
