// A SUIT envelope in an author's hands: the manifest's bytes, the authentication blocks over its digest, severed
// elements and integrated payloads. What was received is kept as it came; nothing that is signed is encoded anew.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>A SUIT envelope. Mutable: blocks are added, elements severed.</summary>
    public sealed class Envelope
    {
        /// <summary>CBOR tag of an envelope.</summary>
        public const int Tag = 107;

        private readonly List<byte[]> _authenticationBlocks = [];
        private readonly SortedDictionary<int, byte[]> _severableElements;
        private readonly SortedDictionary<string, byte[]> _integratedPayloads = new(StringComparer.Ordinal);

        /// <summary>Makes an envelope without signatures.</summary>
        /// <param name="manifest">The encoded manifest.</param>
        /// <param name="severableElements">Contents of the elements that are outside of the manifest, by number.</param>
        public Envelope(byte[] manifest, IReadOnlyDictionary<int, byte[]>? severableElements = null)
        {
            ArgumentNullException.ThrowIfNull(manifest);
            Manifest = manifest;
            _severableElements = [];
            foreach (KeyValuePair<int, byte[]> element in severableElements ?? new Dictionary<int, byte[]>())
            {
                _severableElements.Add(element.Key, element.Value);
            }
        }

        /// <summary>The encoded manifest: what is in the byte string of key 3.</summary>
        public byte[] Manifest { get; }

        /// <summary>The encoded SUIT_Digest of the manifest: what signatures are made over.</summary>
        public byte[] ManifestDigest => SuitDigest.OfElement(Manifest);

        /// <summary>The first 8 bytes of the manifest's digest, by which devices name an image.</summary>
        public byte[] ImageId => SHA256.HashData(CborWriter.EncodeBytes(Manifest))[..8];

        /// <summary>The authentication blocks: encoded COSE objects, in the order they were added.</summary>
        public IReadOnlyList<byte[]> AuthenticationBlocks => _authenticationBlocks;

        /// <summary>Contents of the elements that are outside of the manifest, by number.</summary>
        public IReadOnlyDictionary<int, byte[]> SeverableElements => _severableElements;

        /// <summary>Integrated payloads and dependencies by their key in the envelope, for example "#image".</summary>
        public IReadOnlyDictionary<string, byte[]> IntegratedPayloads => _integratedPayloads;

        /// <summary>Reads an envelope.</summary>
        /// <param name="encoded">Its bytes, with tag 107 or without.</param>
        /// <exception cref="CborException">The bytes are no well-formed, deterministic CBOR, or no envelope.</exception>
        public static Envelope Parse(byte[] encoded)
        {
            CborNode node = CborNode.Parse(encoded);
            if (node.Kind == CborKind.Tag)
            {
                node = node.Tag == Tag ? node.Items[0] : throw new CborException(node.OffsetBytes, $"tag {node.Tag} is not a SUIT envelope (107)");
            }

            node.Require(CborKind.Map, "a SUIT envelope is a map");
            CborNode manifest = node.Find((long)SuitElement.Manifest)
                ?? throw new CborException(node.OffsetBytes, "the envelope has no manifest (key 3)");
            var envelope = new Envelope(manifest.Require(CborKind.Bytes, "the manifest is a byte string").Bytes);
            foreach ((CborNode key, CborNode value) in node.Entries)
            {
                value.Require(CborKind.Bytes, "every value of an envelope is a byte string");
                if (key.Kind == CborKind.Text)
                {
                    envelope._integratedPayloads.Add(key.Text, value.Bytes);
                }
                else if (key.Integer == (long)SuitElement.AuthenticationWrapper)
                {
                    envelope.ParseAuthentication(value);
                }
                else if (key.Integer != (long)SuitElement.Manifest)
                {
                    envelope._severableElements.Add((int)key.Integer, value.Bytes);
                }
            }

            return envelope;
        }

        /// <summary>Adds an authentication block by a key; any number may be added.</summary>
        /// <param name="key">The key that signs (or MACs) the manifest's digest.</param>
        public Envelope Sign(SigningKey key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return AddAuthenticationBlock(CoseWriter.Authenticate(key, ManifestDigest));
        }

        /// <summary>Adds an authentication block that was made elsewhere.</summary>
        /// <param name="coseObject">An encoded COSE_Sign1 or COSE_Mac0 with detached payload.</param>
        public Envelope AddAuthenticationBlock(byte[] coseObject)
        {
            ArgumentNullException.ThrowIfNull(coseObject);
            _authenticationBlocks.Add(coseObject);
            return this;
        }

        /// <summary>Takes all authentication blocks away.</summary>
        public Envelope RemoveAuthenticationBlocks()
        {
            _authenticationBlocks.Clear();
            return this;
        }

        /// <summary>Leaves a severed element out of the envelope; the manifest keeps its digest, signatures stay valid.</summary>
        /// <param name="element">The element.</param>
        /// <returns>False when it is not in the envelope.</returns>
        public bool Remove(SuitElement element) => _severableElements.Remove((int)element);

        /// <summary>Puts a payload (or a dependency's envelope) into the envelope.</summary>
        /// <param name="key">Its key, for example "#image"; URIs of the manifest name it by this.</param>
        /// <param name="payload">Its bytes.</param>
        public Envelope Integrate(string key, byte[] payload)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            ArgumentNullException.ThrowIfNull(payload);
            _integratedPayloads.Add(key, payload);
            return this;
        }

        /// <summary>Encodes the envelope, with tag 107.</summary>
        public byte[] Encode()
        {
            var map = new CborMap();
            map.Add((long)SuitElement.AuthenticationWrapper, writer => writer.WriteBytes(EncodeAuthentication()));
            map.Add((long)SuitElement.Manifest, writer => writer.WriteBytes(Manifest));
            foreach (KeyValuePair<int, byte[]> element in _severableElements)
            {
                map.Add(element.Key, writer => writer.WriteBytes(element.Value));
            }

            foreach (KeyValuePair<string, byte[]> payload in _integratedPayloads)
            {
                map.Add(payload.Key, writer => writer.WriteBytes(payload.Value));
            }

            return CborWriter.Encode(writer => writer.WriteTag(Tag).WriteMap(map));
        }

        private byte[] EncodeAuthentication()
        {
            var writer = new CborWriter();
            writer.StartArray(1 + _authenticationBlocks.Count).WriteBytes(ManifestDigest);
            foreach (byte[] block in _authenticationBlocks)
            {
                writer.WriteBytes(block);
            }

            return writer.ToArray();
        }

        private void ParseAuthentication(CborNode wrapper)
        {
            CborNode array = wrapper.ParseContent().Require(CborKind.Array, "the authentication wrapper holds an array");
            if (array.Items.Count == 0 || array.Items.Any(item => item.Kind != CborKind.Bytes))
            {
                throw new CborException(wrapper.OffsetBytes, "the authentication wrapper holds byte strings, the digest first");
            }

            if (!array.Items[0].Bytes.AsSpan().SequenceEqual(ManifestDigest))
            {
                throw new CborException(array.Items[0].OffsetBytes, "the manifest is not the one that was signed: its digest differs");
            }

            _authenticationBlocks.AddRange(array.Items.Skip(1).Select(item => item.Bytes));
        }
    }
}
