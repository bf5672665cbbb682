// The description that a manifest is created from: a short YAML or JSON file, documented by release.schema.json.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using NanoBoot.Author;

namespace NanoBoot.Cli.Descriptions
{
    /// <summary>A release as its author describes it.</summary>
    internal static class ReleaseDescription
    {
        private const string ConfigurationName = "configuration";
        private const string NativeEntry = "mcuboot";
        private const int EntriesShown = 5;

        /// <summary>What <c>manifest create --init</c> writes.</summary>
        public const string Template = """
            # What a release is. 'nanoboot manifest create release.yaml --out application.suit' makes its manifest.
            # Every key is explained in the schema: nanoboot manifest create --schema

            component: application          # stage2, application, trust or configuration
            sequence: 1                     # raise it with each release; devices refuse anything lower
            vendor: example.com             # your domain, or a UUID
            class: my product rev A         # what kind of device this is for: a text of yours, or a UUID; a list for several
            payload: application.bin        # made by 'nanoboot bundle make'
            entry: MyProduct.Program        # the type with 'public static void Main(BootContext boot)'; Type::Method for another method

            # uri: ../payloads/application.bin    # where the payload is, seen from the manifest; absent: where 'publish' puts it
            # version: 1.0.0                      # shown in reports
            # enterpriseNumber: 48000             # name the vendor to devices by its private enterprise number (IANA), not by a UUID
            # device: 00000000-0000-0000-0000-000000000000   # for one device alone
            # useBefore: 2030-01-01T00:00:00Z     # for devices with a clock they can trust
            # severInstall: true                  # lets servers and devices drop the install instructions later
            # profile: standard                   # no private elements: any SUIT implementation reads it, chunks are lost
            # encrypted: application.enc          # made by 'nanoboot manifest encrypt', with application.enc.cose beside it
            # packed: [application.nbd, application.nbz]   # made by 'nanoboot bundle pack': smaller ways to the same image, the best first;
            #                                              # with 'encrypted' these are encrypted too: [application.nbd.enc]
            # entry: mcuboot                       # with 'component: configuration': an MCUboot image for the board's own loader
            # referenceUri: https://example.com/application.suit
            # text:
            #   en:
            #     description: What this release is.
            #     update: What is new in it.

            """;

        /// <summary>Reads a description and makes the builder; <paramref name="payloads"/> gets the files that devices fetch.</summary>
        public static ManifestBuilder Read(CliContext context, string file, string text, long? sequence, string? payload, List<string> payloads)
        {
            YamlMap map = YamlMap.Parse(file, text);
            string directory = Path.GetDirectoryName(context.PathOf(file))!;
            Guid vendor = Identifiers.Vendor(map);
            var builder = new ManifestBuilder
            {
                SequenceNumber = sequence ?? map.Number("sequence") ?? throw map.ErrorAt("sequence", "'sequence' is missing; give it here or with --sequence."),
                VendorId = vendor,
                VendorEnterpriseNumber = Identifiers.EnterpriseNumber(map),
                DeviceId = Identifiers.Device(map),
                Profile = ReadProfile(map),
                ReferenceUri = map.Text("referenceUri"),
                SeverInstall = map.Flag("severInstall"),
                Version = Identifiers.Version(map, "version"),
                UseBefore = ReadTime(map),
            };
            _ = map.Number("sequence");
            foreach (Guid id in Identifiers.Classes(map, vendor))
            {
                builder.ClassIds.Add(id);
            }

            IReadOnlyList<YamlMap> components = map.Maps("components");
            foreach (YamlMap component in components)
            {
                AddComponent(context, builder, component, directory, null, payloads);
                component.Finish();
            }

            if (components.Count == 0)
            {
                AddComponent(context, builder, map, directory, payload, payloads);
            }

            builder.Text = ReadText(map);
            map.Finish();
            return builder;
        }

        /// <summary>What no nanoBoot device would take, although it is a good manifest: others may.</summary>
        public static string? Doubt(ManifestComponent component) => component.Id.ToString() switch
        {
            "application" or "stage2" when component.EntryType is null => $"A nanoBoot device will refuse it: 'entry' is missing, the type in {component.Id} that is started.",
            "application" or "stage2" or ConfigurationName or TrustDocumentWriter.ComponentName => null,
            _ => $"No nanoBoot device has a component '{component.Id}': there are stage2, application, trust and configuration.",
        };

        private static void AddComponent(
            CliContext context, ManifestBuilder builder, YamlMap map, string directory, string? payloadOverride, List<string> payloads)
        {
            string name = map.RequireText("component");
            string payloadFile = payloadOverride is null ? Path.Combine(directory, map.RequireText("payload")) : context.PathOf(payloadOverride);
            _ = map.Text("payload");
            byte[] payload = context.ReadFile(payloadFile, "payload");
            if (payload.Length == 0)
            {
                throw map.ErrorAt("payload", $"'{payloadFile}' is empty.");
            }

            _ = map.Texts("packed");
            var component = new ManifestComponent(name, payload);
            (component.EntryType, component.EntryMethod) = ReadEntry(map);
            if (name == TrustDocumentWriter.ComponentName)
            {
                // A device would refuse it, and only then.
                _ = TrustDocumentText.Parse(payloadFile, payload);
                if (component.EntryType is not null)
                {
                    throw map.ErrorAt("entry", "'entry': a trust document is not started; leave it out.");
                }
            }

            if (name == ConfigurationName && component.EntryType is not null)
            {
                IReadOnlyList<string> faults = component.EntryType == NativeEntry ? McubootRules.Check(payload) : ["only 'entry: mcuboot' says that it is an image for the board's own loader"];
                if (faults.Count > 0)
                {
                    throw map.ErrorAt("entry", $"'{payloadFile}': a configuration is not started, and an MCUboot image has to be one: {faults[0]}.");
                }
            }

            if (component.EntryType is not null && name is "application" or "stage2")
            {
                CheckEntry(map, component, payloadFile, payload);
            }

            string served = payloadFile;
            if (map.Text("encrypted") is string encrypted)
            {
                served = Path.Combine(directory, encrypted);
                component.EncryptionInfo = context.ReadFile(served + ".cose", "encryption info");
            }

            payloads.Add(served);
            foreach (string uri in map.Texts("uri"))
            {
                component.Uris.Add(uri);
            }

            if (component.Uris.Count == 0)
            {
                AddPacked(context, map, component, directory, payloads);
                component.Uris.Add("../" + Publisher.PayloadPath(context.ReadFile(served, "payload")));
            }

            builder.Components.Add(component);
        }

        /// <summary>Packed forms come first, in the order given: the device takes the first that it can use.</summary>
        private static void AddPacked(CliContext context, YamlMap map, ManifestComponent component, string directory, List<string> payloads)
        {
            foreach (string packed in map.Texts("packed"))
            {
                string file = Path.Combine(directory, packed);
                string path = Publisher.PayloadPath(context.ReadFile(file, "packed payload"));
                bool isPlain = !path.EndsWith(".bin", StringComparison.Ordinal);
                if (component.EncryptionInfo is not null)
                {
                    // Packed, then encrypted: with keys of its own, and the URI says what it is when it is decrypted.
                    string form = Path.GetExtension(Path.GetFileNameWithoutExtension(packed));
                    if (isPlain || form is not (PackedPayloads.CompressedExtension or PackedPayloads.DifferentialExtension))
                    {
                        throw map.ErrorAt("packed", $"'{packed}': where the payload is 'encrypted', so is what is packed: 'nanoboot manifest encrypt application.nbd ... --out application.nbd.enc'.");
                    }

                    path += "?" + form;
                    component.EncryptionInfoOf["../" + path] = context.ReadFile(file + ".cose", "encryption info");
                }
                else if (!isPlain)
                {
                    throw map.ErrorAt("packed", $"'{packed}' is no packed payload; 'nanoboot bundle pack' makes one.");
                }

                payloads.Add(file);
                component.Uris.Add("../" + path);
            }
        }

        private static (string? Type, string Method) ReadEntry(YamlMap map)
        {
            string? entry = map.Text("entry");
            string[] parts = entry?.Split("::", 2) ?? [];
            if (parts.Any(part => part.Length == 0))
            {
                throw map.ErrorAt("entry", "'entry' is Type, or Type::Method.");
            }

            return (parts.FirstOrDefault(), parts.Length == 2 ? parts[1] : "Main");
        }

        // A device finds out only when it starts the image, and goes back to the one before.
        private static void CheckEntry(YamlMap map, ManifestComponent component, string payloadFile, byte[] payload)
        {
            var found = new List<EntryPoint>();
            foreach ((int offset, int length) in Bundle.Split(payload))
            {
                found.AddRange(ReadAssembly(map, payloadFile, payload.AsSpan(offset, length)).EntryPoints);
            }

            var wanted = new EntryPoint(component.EntryType!, component.EntryMethod);
            if (Bundle.Split(payload).Count != 0 && !found.Contains(wanted) && !found.Exists(entry => entry.ToString().Contains(AssemblyDescription.RuntimeName, StringComparison.Ordinal)))
            {
                // Those of that name, where there are any: the others are hardly meant.
                string[] named = [.. found.Where(entry => entry.Method == wanted.Method).Select(entry => entry.ToString()).Distinct()];
                string[] all = named.Length != 0 ? named : [.. found.Select(entry => entry.ToString()).Distinct()];
                string there = all.Length == 0 ? "it has no such method at all" : "it has " + string.Join(", ", all.Take(EntriesShown)) + (all.Length > EntriesShown ? ", ..." : string.Empty);
                throw map.ErrorAt("entry", $"'entry': '{payloadFile}' has no public static method {wanted} with one parameter; {there}.");
            }
        }

        private static AssemblyDescription ReadAssembly(YamlMap map, string payloadFile, ReadOnlySpan<byte> image)
        {
            try
            {
                return AssemblyDescription.Read(image);
            }
            catch (InvalidDataException exception)
            {
                throw map.ErrorAt("payload", $"'{payloadFile}': {exception.Message}");
            }
        }

        private static ManifestProfile ReadProfile(YamlMap map) => map.Text("profile") switch
        {
            null or "nanoboot" => ManifestProfile.NanoBoot,
            "standard" => ManifestProfile.Standard,
            _ => throw map.ErrorAt("profile", "'profile' is nanoboot or standard."),
        };

        private static DateTimeOffset? ReadTime(YamlMap map)
        {
            string? text = map.Text("useBefore");
            if (text is null)
            {
                return null;
            }

            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                ? time
                : throw map.ErrorAt("useBefore", "'useBefore' is a time like 2030-01-01T00:00:00Z.");
        }

        private static ManifestText? ReadText(YamlMap map)
        {
            if (map.Map("text") is not YamlMap languages)
            {
                return null;
            }

            var text = new ManifestText();
            foreach (string language in languages.Keys.ToArray())
            {
                YamlMap entries = languages.Map(language) ?? throw map.ErrorAt("text", $"'{language}' is empty.");
                Add(text, language, ManifestTextKey.ManifestDescription, entries.Text("description"));
                Add(text, language, ManifestTextKey.UpdateDescription, entries.Text("update"));
                entries.Finish();
            }

            return text;
        }

        private static void Add(ManifestText text, string language, ManifestTextKey key, string? value)
        {
            if (value is not null)
            {
                text.Add(language, key, value);
            }
        }
    }
}
