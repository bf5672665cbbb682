// The manifest that a nanoBoot device expects of a firmware release: identity, digest, chunk table, how to fetch,
// how to start. For anything else there is ManifestWriter.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>One component of a release: its payload, where it is, how it starts.</summary>
    public sealed class ManifestComponent
    {
        /// <summary>Describes a component by its payload.</summary>
        /// <param name="id">Its identifier, for example "application".</param>
        /// <param name="payload">What will stand in the slot.</param>
        public ManifestComponent(ComponentId id, byte[] payload)
        {
            ArgumentNullException.ThrowIfNull(id);
            ArgumentNullException.ThrowIfNull(payload);
            Id = id;
            PayloadDigest = SHA256.HashData(payload);
            PayloadSizeBytes = payload.Length;
            ChunkTable = payload.Length == 0 ? null : Chunker.MakeTable(payload);
        }

        /// <summary>The identifier.</summary>
        public ComponentId Id { get; }

        /// <summary>SHA-256 of the payload.</summary>
        public byte[] PayloadDigest { get; }

        /// <summary>Size of the payload, bytes.</summary>
        public long PayloadSizeBytes { get; }

        /// <summary>The chunk table, or null for none.</summary>
        public byte[]? ChunkTable { get; set; }

        /// <summary>Where the payload is: URI references, the best first. Empty: the manifest fetches nothing.</summary>
        public IList<string> Uris { get; } = [];

        /// <summary>COSE_Encrypt of an encrypted payload, or null.</summary>
        public byte[]? EncryptionInfo { get; set; }

        /// <summary>COSE_Encrypt of what single URIs lead to, where that is another one: each encrypted form has keys of its own.</summary>
        public IDictionary<string, byte[]> EncryptionInfoOf { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

        /// <summary>Full name of the type that starts it, or null where nothing is invoked.</summary>
        public string? EntryType { get; set; }

        /// <summary>Name of the public static method that starts it.</summary>
        public string EntryMethod { get; set; } = "Main";
    }

    /// <summary>Builds the manifest of a release. The same content gives the same bytes.</summary>
    /// <remarks>Shape: common{components, shared: override-parameters, vendor-check, class-check}; validate: image-match;
    /// invoke: override-parameters{invoke-args}, invoke; install: override-parameters{uri}, fetch, image-match. With several
    /// components each sequence chooses them in turn.</remarks>
    public sealed class ManifestBuilder
    {
        /// <summary>suit-manifest-sequence-number, 0..2^63-1: higher is newer.</summary>
        public long SequenceNumber { get; set; }

        /// <summary>The components.</summary>
        public IList<ManifestComponent> Components { get; } = [];

        /// <summary>The vendor id that the device must have.</summary>
        public Guid VendorId { get; set; }

        /// <summary>The vendor's private enterprise number, which then stands in place of the vendor id: a device needs it in its
        /// identity (<see cref="IdentityRecord.VendorEnterpriseNumber"/>). Null for the vendor id.</summary>
        public uint? VendorEnterpriseNumber { get; set; }

        /// <summary>The class ids; the device must have one of them.</summary>
        public IList<Guid> ClassIds { get; } = [];

        /// <summary>The device id that the device must have, or null for any device of the class.</summary>
        public Guid? DeviceId { get; set; }

        /// <summary>Which private elements the manifest may have.</summary>
        public ManifestProfile Profile { get; set; } = ManifestProfile.NanoBoot;

        /// <summary>Best-before time for devices with a secure clock, or null.</summary>
        public DateTimeOffset? UseBefore { get; set; }

        /// <summary>suit-set-version, or null.</summary>
        public IReadOnlyList<int>? Version { get; set; }

        /// <summary>Descriptions for people, or null.</summary>
        public ManifestText? Text { get; set; }

        /// <summary>An encoded concise-swid-tag, or null.</summary>
        public byte[]? Coswid { get; set; }

        /// <summary>URI of the full manifest, or null.</summary>
        public string? ReferenceUri { get; set; }

        /// <summary>True to make the install sequence severable: its digest in the manifest, itself in the envelope.</summary>
        public bool SeverInstall { get; set; }

        /// <summary>Adds a component by its payload.</summary>
        /// <param name="id">Its identifier, for example "application".</param>
        /// <param name="payload">What will stand in the slot.</param>
        /// <param name="uri">Where the payload is, or null.</param>
        /// <param name="entryType">Full name of the type that starts it, or null.</param>
        /// <returns>The component, for further settings.</returns>
        public ManifestComponent AddComponent(ComponentId id, byte[] payload, string? uri = null, string? entryType = null)
        {
            var component = new ManifestComponent(id, payload) { EntryType = entryType };
            if (uri is not null)
            {
                component.Uris.Add(uri);
            }

            Components.Add(component);
            return component;
        }

        /// <summary>Builds the manifest and puts it into an envelope without signatures.</summary>
        /// <exception cref="InvalidOperationException">Something is missing; the message says what.</exception>
        public Envelope Build()
        {
            return ToWriter().Build();
        }

        /// <summary>The manifest as elements, for additions before <see cref="ManifestWriter.Build"/>.</summary>
        /// <exception cref="InvalidOperationException">Something is missing; the message says what.</exception>
        public ManifestWriter ToWriter()
        {
            if (VendorId == Guid.Empty || ClassIds.Count == 0)
            {
                throw new InvalidOperationException("The manifest names no vendor id or no class id: any device would take it.");
            }

            var writer = new ManifestWriter
            {
                SequenceNumber = SequenceNumber,
                Shared = MakeShared(),
                Validate = ForEach(_ => true, (_, sequence) => sequence.ImageMatch()),
                Invoke = ForEach(component => component.EntryType is not null, AppendInvoke),
                Install = ForEach(component => component.Uris.Count != 0 || UseBefore is not null, AppendInstall),
                SetVersion = Version,
                Text = Text,
                Coswid = Coswid,
                ReferenceUri = ReferenceUri,
            };
            foreach (ManifestComponent component in Components)
            {
                writer.Components.Add(component.Id);
            }

            if (SeverInstall)
            {
                writer.Sever(SuitElement.Install);
            }

            if (Text is not null)
            {
                writer.Sever(SuitElement.Text);
            }

            return writer;
        }

        private CommandSequence MakeShared()
        {
            var shared = new CommandSequence();
            for (int index = 0; index < Components.Count; index++)
            {
                if (Components.Count > 1)
                {
                    shared.SetComponentIndex(index);
                }

                shared.OverrideParameters(MakeSharedParameters(Components[index]));
                AppendIdentityChecks(shared);
            }

            return shared;
        }

        private ParameterSet MakeSharedParameters(ManifestComponent component)
        {
            ParameterSet parameters = VendorEnterpriseNumber is uint number
                ? new ParameterSet().VendorEnterpriseNumber(number)
                : new ParameterSet().VendorIdentifier(VendorId);
            if (ClassIds.Count == 1)
            {
                parameters.ClassIdentifier(ClassIds[0]);
            }

            parameters.ImageDigest(component.PayloadDigest).ImageSize(component.PayloadSizeBytes);
            if (DeviceId is Guid deviceId)
            {
                parameters.DeviceIdentifier(deviceId);
            }

            if (Profile == ManifestProfile.NanoBoot && component.ChunkTable is not null)
            {
                parameters.ChunkTable(component.ChunkTable);
            }

            return parameters;
        }

        private void AppendIdentityChecks(CommandSequence sequence)
        {
            sequence.Command(SuitCommand.VendorIdentifier);
            if (ClassIds.Count == 1)
            {
                sequence.Command(SuitCommand.ClassIdentifier);
            }
            else
            {
                sequence.TryEach([.. ClassIds.Select(id => new CommandSequence()
                    .OverrideParameters(new ParameterSet().ClassIdentifier(id)).Command(SuitCommand.ClassIdentifier))]);
            }

            if (DeviceId is not null)
            {
                sequence.Command(SuitCommand.DeviceIdentifier);
            }
        }

        private static void AppendInvoke(ManifestComponent component, CommandSequence sequence)
        {
            sequence.OverrideParameters(new ParameterSet().InvokeArguments(component.EntryType!, component.EntryMethod)).Invoke();
        }

        private void AppendInstall(ManifestComponent component, CommandSequence sequence)
        {
            // Here, not in the shared sequence: that one runs at each boot, where an image does not go stale.
            if (UseBefore is DateTimeOffset time)
            {
                sequence.OverrideParameters(new ParameterSet().UseBefore(time)).Command(SuitCommand.UseBefore);
            }

            if (component.Uris.Count == 0)
            {
                return;
            }

            if (component.Uris.Count == 1)
            {
                AppendFetch(component, component.Uris[0], sequence);
                return;
            }

            sequence.TryEach([.. component.Uris.Select(uri =>
            {
                var alternative = new CommandSequence();
                AppendFetch(component, uri, alternative);
                return alternative;
            })]);
        }

        private static void AppendFetch(ManifestComponent component, string uri, CommandSequence sequence)
        {
            ParameterSet parameters = new ParameterSet().Uri(uri);
            if (component.EncryptionInfoOf.TryGetValue(uri, out byte[]? info) || (info = component.EncryptionInfo) is not null)
            {
                parameters.EncryptionInfo(info);
            }

            sequence.OverrideParameters(parameters).Fetch().ImageMatch();
        }

        private CommandSequence? ForEach(Func<ManifestComponent, bool> filter, Action<ManifestComponent, CommandSequence> append)
        {
            var sequence = new CommandSequence();
            for (int index = 0; index < Components.Count; index++)
            {
                if (filter(Components[index]))
                {
                    if (Components.Count > 1)
                    {
                        sequence.SetComponentIndex(index);
                    }

                    append(Components[index], sequence);
                }
            }

            return sequence.Count == 0 ? null : sequence;
        }
    }
}
