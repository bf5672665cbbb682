// The trust document: whom a device trusts beside its roots, as a whole, and which roots it does not trust any more.
// It is the payload of the component "trust". Deterministic CBOR (docs/SPEC-flash.md, trust document):
// {1: 1, 2: [authority, ...], 3: [revoked root, ...]}; key 3 is absent when no root is revoked.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;

namespace NanoBoot.Author
{
    /// <summary>Writes a trust document. The same content gives the same bytes, in whatever order it was added.</summary>
    public sealed class TrustDocumentWriter
    {
        /// <summary>Id of the component whose payload a trust document is.</summary>
        public const string ComponentName = "trust";

        private readonly List<Authority> _authorities = [];
        private readonly List<byte[]> _revokedRoots = [];

        /// <summary>The authorities, in the order they were added.</summary>
        public IReadOnlyList<Authority> Authorities => _authorities;

        /// <summary>SHA-256 of the public keys of the roots that count no more.</summary>
        public IReadOnlyList<byte[]> RevokedRoots => _revokedRoots;

        /// <summary>Adds an authority.</summary>
        /// <param name="key">The key: a public-key algorithm. Only its public half is written.</param>
        /// <param name="permissions">What its signature grants; not <see cref="Permissions.Trust"/>, which only roots have.</param>
        /// <param name="component">The component that it may decide about, or null for all.</param>
        /// <returns>This writer.</returns>
        public TrustDocumentWriter Add(SigningKey key, Permissions permissions, string? component = null)
        {
            ArgumentNullException.ThrowIfNull(key);
            byte[]? prefix = component is null ? null : Encoding.ASCII.GetBytes(component);
            return Add(new Authority(key.KeyId, (CoseAlgorithm)(int)key.Algorithm, key.PublicKey, permissions, prefix, null));
        }

        /// <summary>Adds an authority. It is checked by <see cref="Encode"/>.</summary>
        /// <param name="authority">The authority; its table, if it has one, is not written.</param>
        /// <returns>This writer.</returns>
        public TrustDocumentWriter Add(Authority authority)
        {
            ArgumentNullException.ThrowIfNull(authority);
            _authorities.Add(authority);
            return this;
        }

        /// <summary>Revokes a root.</summary>
        /// <param name="publicKey">Its public key, as devices hold it. A root is named by its key, not by its key id:
        /// an id that is used again names nothing else.</param>
        /// <returns>This writer.</returns>
        public TrustDocumentWriter RevokeRoot(byte[] publicKey)
        {
            return RevokeRootDigest(SHA256.HashData(publicKey));
        }

        /// <summary>Revokes a root.</summary>
        /// <param name="digest">SHA-256 of its public key. Named twice it is written once.</param>
        /// <returns>This writer.</returns>
        public TrustDocumentWriter RevokeRootDigest(byte[] digest)
        {
            ArgumentNullException.ThrowIfNull(digest);
            if (digest.Length != SHA256.HashSizeInBytes)
            {
                throw new ArgumentException($"A SHA-256 digest has 32 bytes, this one {digest.Length}.", nameof(digest));
            }

            if (!_revokedRoots.Exists(known => known.AsSpan().SequenceEqual(digest)))
            {
                _revokedRoots.Add(digest);
            }

            return this;
        }

        /// <summary>The document.</summary>
        /// <exception cref="InvalidOperationException">No device would take it; the message says why.</exception>
        public byte[] Encode()
        {
            foreach (Authority authority in _authorities)
            {
                Check(authority);
            }

            Demand(_authorities.Count <= TrustDocument.AuthoritiesMax, $"A trust document has at most {TrustDocument.AuthoritiesMax} authorities.");
            int distinct = _authorities.Select(authority => Convert.ToHexString(authority.KeyId)).Distinct().Count();
            Demand(distinct == _authorities.Count, "Two authorities have the same key id.");
            byte[] document = EncodeUnchecked();
            Demand(document.Length <= TrustDocument.BytesMax, $"The document has {document.Length} bytes, {TrustDocument.BytesMax} at most.");
            return document;
        }

        /// <summary>The document as it is, whether or not a device would take it.</summary>
        public byte[] EncodeUnchecked()
        {
            CborMap map = new CborMap()
                .Add(1, writer => writer.WriteUInt(TrustDocument.Format))
                .Add(2, WriteAuthorities);
            if (_revokedRoots.Count != 0)
            {
                map.Add(3, WriteRevokedRoots);
            }

            return map.Encode();
        }

        private static void Check(Authority authority)
        {
            string name = Convert.ToHexStringLower(authority.KeyId ?? []);
            Demand(
                authority.KeyId is { Length: >= 1 and <= TrustDocument.KeyIdBytesMax },
                $"A key id has 1 to {TrustDocument.KeyIdBytesMax} bytes; '{name}' has not.");
            Demand(
                authority.Algorithm is CoseAlgorithm.Es256 or CoseAlgorithm.Esp256 or CoseAlgorithm.HssLms,
                $"{name}: a trust document is public, so its keys are public keys; {authority.Algorithm} is not.");
            Demand(
                authority.PublicKey.Length is >= 1 and <= TrustDocument.PublicKeyBytesMax,
                $"{name}: a public key has at most {TrustDocument.PublicKeyBytesMax} bytes.");
            Demand(
                authority.Permissions != Permissions.None && (authority.Permissions & ~TrustDocument.Grantable) == 0,
                $"{name}: {authority.Permissions} cannot be granted; one permission at least, and never {Permissions.Trust}: only roots have it.");
            Demand(
                authority.ComponentPrefix is null or { Length: >= 1 and <= TrustDocument.KeyIdBytesMax },
                $"{name}: a component name has 1 to {TrustDocument.KeyIdBytesMax} bytes.");
        }

        private static void Demand(bool isMet, string message)
        {
            if (!isMet)
            {
                throw new InvalidOperationException(message);
            }
        }

        private void WriteAuthorities(CborWriter writer)
        {
            // In the order of their encoded key ids: so the device sees a key id that stands there twice.
            IEnumerable<Authority> sorted = _authorities.OrderBy(
                authority => CborWriter.EncodeBytes(authority.KeyId), Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));
            writer.StartArray(_authorities.Count);
            foreach (Authority authority in sorted)
            {
                writer.StartArray(5)
                    .WriteBytes(authority.KeyId)
                    .WriteInt((int)authority.Algorithm)
                    .WriteBytes(authority.PublicKey)
                    .WriteUInt((ulong)authority.Permissions);
                _ = authority.ComponentPrefix is null ? writer.WriteNull() : writer.WriteBytes(authority.ComponentPrefix);
            }
        }

        private void WriteRevokedRoots(CborWriter writer)
        {
            writer.StartArray(_revokedRoots.Count);
            foreach (byte[] digest in _revokedRoots.OrderBy(digest => Convert.ToHexString(digest), StringComparer.Ordinal))
            {
                writer.WriteBytes(digest);
            }
        }
    }
}
