// Writes a SUIT manifest with every element that the drafts know; what to put in is the caller's business
// (ManifestBuilder knows the shape that nanoBoot devices expect).

using System;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>Writes a SUIT manifest, element by element. The same content gives the same bytes.</summary>
    public sealed class ManifestWriter
    {
        private readonly HashSet<SuitElement> _severed = [];

        /// <summary>suit-manifest-sequence-number, 0..2^63-1.</summary>
        public long SequenceNumber { get; set; }

        /// <summary>suit-components.</summary>
        public IList<ComponentId> Components { get; } = [];

        /// <summary>suit-dependencies: prefix (or null) by component index.</summary>
        public IDictionary<int, ComponentId?> Dependencies { get; } = new SortedDictionary<int, ComponentId?>();

        /// <summary>suit-shared-sequence.</summary>
        public CommandSequence? Shared { get; set; }

        /// <summary>suit-reference-uri.</summary>
        public string? ReferenceUri { get; set; }

        /// <summary>suit-manifest-component-id.</summary>
        public ComponentId? ManifestComponentId { get; set; }

        /// <summary>suit-set-version: the version that this manifest sets.</summary>
        public IReadOnlyList<int>? SetVersion { get; set; }

        /// <summary>suit-validate.</summary>
        public CommandSequence? Validate { get; set; }

        /// <summary>suit-load.</summary>
        public CommandSequence? Load { get; set; }

        /// <summary>suit-invoke.</summary>
        public CommandSequence? Invoke { get; set; }

        /// <summary>suit-coswid: an encoded concise-swid-tag (RFC 9393). Severable.</summary>
        public byte[]? Coswid { get; set; }

        /// <summary>suit-dependency-resolution. Severable.</summary>
        public CommandSequence? DependencyResolution { get; set; }

        /// <summary>suit-payload-fetch. Severable.</summary>
        public CommandSequence? PayloadFetch { get; set; }

        /// <summary>suit-candidate-verification. Severable.</summary>
        public CommandSequence? CandidateVerification { get; set; }

        /// <summary>suit-install. Severable.</summary>
        public CommandSequence? Install { get; set; }

        /// <summary>suit-text. Severable.</summary>
        public ManifestText? Text { get; set; }

        /// <summary>suit-uninstall.</summary>
        public CommandSequence? Uninstall { get; set; }

        /// <summary>Manufacturer usage description, for network equipment: see <see cref="SetManufacturerUsage"/>. Severable.</summary>
        public byte[]? ManufacturerUsageDescription { get; set; }

        /// <summary>Points to the manufacturer usage description (RFC 8520): devices carry it for the equipment of their network.</summary>
        /// <param name="url">Where the MUD file is.</param>
        /// <param name="keyDigest">SHA-256 thumbprint of the key that signs the MUD file, 32 bytes.</param>
        public ManifestWriter SetManufacturerUsage(Uri url, ReadOnlySpan<byte> keyDigest)
        {
            ArgumentNullException.ThrowIfNull(url);
            byte[] digest = SuitDigest.Encode(keyDigest);
            var container = new CborMap();
            container.Add(1, writer => writer.WriteTag(32).WriteText(url.AbsoluteUri));
            container.Add(2, writer => writer.WriteEncoded(digest));
            ManufacturerUsageDescription = container.Encode();
            return this;
        }

        /// <summary>Moves a severable element out of the manifest: its digest stays, itself goes into the envelope.</summary>
        /// <param name="element">Coswid, DependencyResolution, PayloadFetch, CandidateVerification, Install, Text or ManufacturerUsageDescription.</param>
        public ManifestWriter Sever(SuitElement element)
        {
            if (!IsSeverable(element))
            {
                throw new ArgumentException($"{element} is not severable.", nameof(element));
            }

            _severed.Add(element);
            return this;
        }

        /// <summary>True for the elements that may be severed.</summary>
        /// <param name="element">The element.</param>
        public static bool IsSeverable(SuitElement element)
        {
            return element is SuitElement.Coswid or SuitElement.DependencyResolution or SuitElement.PayloadFetch
                or SuitElement.CandidateVerification or SuitElement.Install or SuitElement.Text or SuitElement.ManufacturerUsageDescription;
        }

        /// <summary>Encodes the manifest and puts it into an envelope without signatures.</summary>
        /// <exception cref="InvalidOperationException">The content breaks a rule of the drafts; the message says which.</exception>
        public Envelope Build()
        {
            CheckRules();
            var map = new CborMap();
            var severed = new SortedDictionary<int, byte[]>();
            map.Add((long)SuitElement.ManifestVersion, writer => writer.WriteInt(1));
            map.Add(2, writer => writer.WriteInt(SequenceNumber));
            map.Add(3, writer => writer.WriteBytes(EncodeCommon()));
            if (ReferenceUri is not null)
            {
                map.Add((long)SuitElement.ReferenceUri, writer => writer.WriteText(ReferenceUri));
            }

            if (ManifestComponentId is not null)
            {
                map.Add((long)SuitElement.ManifestComponentId, ManifestComponentId.Write);
            }

            if (SetVersion is not null)
            {
                byte[] version = CborWriter.Encode(writer => ParameterSet.WriteVersion(writer, SetVersion));
                map.Add((long)SuitElement.SetVersion, writer => writer.WriteBytes(version));
            }

            foreach ((SuitElement element, byte[]? content) in EncodedElements())
            {
                if (content is null)
                {
                    continue;
                }

                if (_severed.Contains(element))
                {
                    map.AddEncoded(CborWriter.Encode(writer => writer.WriteInt((long)element)), SuitDigest.OfElement(content));
                    severed.Add((int)element, content);
                }
                else
                {
                    map.Add((long)element, writer => writer.WriteBytes(content));
                }
            }

            return new Envelope(map.Encode(), severed);
        }

        private IEnumerable<(SuitElement Element, byte[]? Content)> EncodedElements()
        {
            yield return (SuitElement.Validate, Validate?.Encode());
            yield return (SuitElement.Load, Load?.Encode());
            yield return (SuitElement.Invoke, Invoke?.Encode());
            yield return (SuitElement.Coswid, Coswid);
            yield return (SuitElement.DependencyResolution, DependencyResolution?.Encode());
            yield return (SuitElement.PayloadFetch, PayloadFetch?.Encode());
            yield return (SuitElement.CandidateVerification, CandidateVerification?.Encode());
            yield return (SuitElement.Install, Install?.Encode());
            yield return (SuitElement.Text, Text?.Encode());
            yield return (SuitElement.Uninstall, Uninstall?.Encode());
            yield return (SuitElement.ManufacturerUsageDescription, ManufacturerUsageDescription);
        }

        private byte[] EncodeCommon()
        {
            var common = new CborMap();
            if (Dependencies.Count != 0)
            {
                common.Add(1, writer => writer.WriteMap(EncodeDependencies()));
            }

            common.Add(2, writer =>
            {
                writer.StartArray(Components.Count);
                foreach (ComponentId component in Components)
                {
                    component.Write(writer);
                }
            });
            if (Shared is not null)
            {
                common.Add(4, writer => writer.WriteBytes(Shared.Encode()));
            }

            return common.Encode();
        }

        private CborMap EncodeDependencies()
        {
            var map = new CborMap();
            foreach (KeyValuePair<int, ComponentId?> entry in Dependencies)
            {
                var metadata = new CborMap();
                if (entry.Value is not null)
                {
                    metadata.Add(1, entry.Value.Write);
                }

                map.Add(entry.Key, writer => writer.WriteMap(metadata));
            }

            return map;
        }

        private void CheckRules()
        {
            if (SequenceNumber < 0)
            {
                throw new InvalidOperationException("The sequence number is negative.");
            }

            if (Components.Count == 0 && Dependencies.Count == 0)
            {
                throw new InvalidOperationException("The manifest names no component.");
            }

            if (Components.Distinct().Count() != Components.Count)
            {
                throw new InvalidOperationException("A component is named twice.");
            }

            if (Shared is not null)
            {
                foreach (long code in Shared.Codes)
                {
                    if (!IsAllowedInShared(code))
                    {
                        throw new InvalidOperationException($"Command {code} has no place in the shared sequence.");
                    }
                }
            }

            foreach (ComponentId component in Text?.Components ?? [])
            {
                if (!Components.Contains(component))
                {
                    throw new InvalidOperationException($"The text speaks of the component {component}, which the manifest does not name.");
                }
            }
        }

        /// <summary>Conditions, set-component-index, run-sequence, try-each and parameters; nothing with effects, nothing private.</summary>
        private static bool IsAllowedInShared(long code)
        {
            return code is >= 0
                and not (long)SuitCommand.ProcessDependency and not (long)SuitCommand.Write and not (long)SuitCommand.Fetch
                and not (long)SuitCommand.Copy and not (long)SuitCommand.Invoke and not (long)SuitCommand.Wait
                and not (long)SuitCommand.Swap and not (long)SuitCommand.Unlink;
        }
    }
}
