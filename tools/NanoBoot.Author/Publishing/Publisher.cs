// Puts a release into a directory that any web server or object store can serve: payloads and chunks by digest,
// manifests by component, an index. A payload is written before the manifest that names it, and the index last, so
// that a client never sees a name without what it names.

using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NanoBoot.Author
{
    /// <summary>Writes a directory of plain files: <c>manifests/</c>, <c>payloads/</c>, <c>index.json</c>.</summary>
    public sealed class Publisher
    {
        private const int IndexFormat = 1;

        private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

        private readonly string _directory;

        /// <summary>Opens a directory; it is made when the first file is written.</summary>
        /// <param name="directory">The directory.</param>
        public Publisher(string directory)
        {
            ArgumentException.ThrowIfNullOrEmpty(directory);
            _directory = Path.GetFullPath(directory);
        }

        /// <summary>Where a payload will be, relative to the directory: <c>payloads/&lt;sha256&gt;.bin</c>; packed ones end in
        /// <c>.nbz</c> and <c>.nbd</c>, by which devices know them.</summary>
        /// <param name="payload">The payload.</param>
        public static string PayloadPath(ReadOnlySpan<byte> payload)
        {
            string extension = payload.StartsWith("NBZ1"u8) ? PackedPayloads.CompressedExtension
                : payload.StartsWith("NBD1"u8) ? PackedPayloads.DifferentialExtension
                : ".bin";
            return $"payloads/{Convert.ToHexStringLower(SHA256.HashData(payload))}{extension}";
        }

        /// <summary>Where a manifest is, relative to the directory: <c>manifests/&lt;component&gt;.suit</c>.</summary>
        /// <param name="component">Name of the component.</param>
        public static string ManifestPath(string component)
        {
            ArgumentException.ThrowIfNullOrEmpty(component);
            if (component.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0 || component.StartsWith('.'))
            {
                throw new ArgumentException($"'{component}' is no name for a file.", nameof(component));
            }

            return $"manifests/{component}.suit";
        }

        /// <summary>Writes a payload.</summary>
        /// <param name="payload">The payload, as it will be served (encrypted, if it is).</param>
        /// <returns>Its path relative to the directory, with '/'.</returns>
        public string AddPayload(byte[] payload)
        {
            ArgumentNullException.ThrowIfNull(payload);
            string path = PayloadPath(payload);
            string full = Path.Combine(_directory, path);
            if (!File.Exists(full) || new FileInfo(full).Length != payload.Length)
            {
                AtomicFile.Write(full, payload);
            }

            return path;
        }

        /// <summary>Writes each chunk of a payload: <c>chunks/&lt;digest&gt;.bin</c>, by the digest of the chunk table.</summary>
        /// <param name="payload">The payload.</param>
        /// <returns>How many chunks it has.</returns>
        public int AddChunks(byte[] payload)
        {
            ArgumentNullException.ThrowIfNull(payload);
            IReadOnlyList<ChunkEntry> chunks = Chunker.ReadTable(Chunker.MakeTable(payload));
            foreach (ChunkEntry chunk in chunks)
            {
                string full = Path.Combine(_directory, "chunks", Convert.ToHexStringLower(chunk.Digest) + ".bin");
                if (!File.Exists(full))
                {
                    AtomicFile.Write(full, payload.AsSpan(chunk.OffsetBytes, chunk.LengthBytes));
                }
            }

            return chunks.Count;
        }

        /// <summary>Writes a manifest and enters it into the index. Payloads go first.</summary>
        /// <param name="component">Name of the component.</param>
        /// <param name="envelope">The envelope.</param>
        /// <param name="payloads">The payloads it names; each is written.</param>
        /// <returns>Its path relative to the directory, with '/'.</returns>
        public string Publish(string component, Envelope envelope, params byte[][] payloads)
        {
            ArgumentNullException.ThrowIfNull(envelope);
            ArgumentNullException.ThrowIfNull(payloads);
            string path = ManifestPath(component);
            var payloadPaths = new JsonArray();
            foreach (byte[] payload in payloads)
            {
                payloadPaths.Add(new JsonObject { ["path"] = AddPayload(payload), ["bytes"] = payload.Length });
            }

            byte[] encoded = envelope.Encode();
            AtomicFile.Write(Path.Combine(_directory, path), encoded);
            WriteIndex(component, new JsonObject
            {
                ["manifest"] = path,
                ["sequence"] = ReadSequenceNumber(envelope),
                ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(encoded)),
                ["bytes"] = encoded.Length,
                ["payloads"] = payloadPaths,
            });
            return path;
        }

        private static long ReadSequenceNumber(Envelope envelope)
        {
            return CborNode.Parse(envelope.Manifest).Find(2)?.Integer ?? 0;
        }

        private void WriteIndex(string component, JsonObject entry)
        {
            string path = Path.Combine(_directory, "index.json");
            var components = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
            if (File.Exists(path) && JsonNode.Parse(File.ReadAllBytes(path))?["components"] is JsonObject former)
            {
                foreach (KeyValuePair<string, JsonNode?> pair in former)
                {
                    components[pair.Key] = pair.Value!.DeepClone();
                }
            }

            components[component] = entry;
            var list = new JsonObject();
            foreach (KeyValuePair<string, JsonNode> pair in components)
            {
                list.Add(pair.Key, pair.Value);
            }

            var index = new JsonObject { ["format"] = IndexFormat, ["components"] = list };
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(index.ToJsonString(s_indented) + "\n"));
        }
    }
}
