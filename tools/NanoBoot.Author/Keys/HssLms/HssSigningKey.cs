// Joins an HSS key with its state: no signature without a number that was taken from disk first.

using System;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>An HSS/LMS key that signs. Its state file must not be copied, nor restored from a backup.</summary>
    public sealed class HssSigningKey : SigningKey
    {
        private readonly HssKey _key;
        private readonly HssState _state;

        /// <summary>Opens a key with its state.</summary>
        /// <param name="key">The key.</param>
        /// <param name="statePath">The state file; made by <see cref="CreateState"/>.</param>
        /// <param name="markDirectory">Where high-water marks are kept, or null for none.</param>
        /// <param name="keyId">The key id, or null for the default.</param>
        public HssSigningKey(HssKey key, string statePath, string? markDirectory = null, byte[]? keyId = null)
        {
            ArgumentNullException.ThrowIfNull(key);
            _key = key;
            KeyId = keyId ?? DefaultKeyId(key.PublicKey);
            _state = StateOf(key, statePath, markDirectory);
        }

        /// <inheritdoc/>
        public override SigningAlgorithm Algorithm => SigningAlgorithm.HssLms;

        /// <inheritdoc/>
        public override byte[] PublicKey => _key.PublicKey;

        /// <summary>How many signatures are left.</summary>
        /// <exception cref="HssStateException">The state went back, or is gone.</exception>
        public ulong SignaturesLeft => _key.Capacity - Math.Min(_key.Capacity, _state.Read());

        /// <summary>How many signatures a key has left, without opening it.</summary>
        /// <param name="levels">Its levels.</param>
        /// <param name="publicKey">Its public key.</param>
        /// <param name="statePath">Its state file.</param>
        /// <param name="markDirectory">Where high-water marks are kept, or null for none.</param>
        /// <exception cref="HssStateException">The state went back, or is gone.</exception>
        public static ulong ReadSignaturesLeft(
            IReadOnlyList<LmsParameters> levels, byte[] publicKey, string statePath, string? markDirectory)
        {
            ulong capacity = 1UL << levels.Sum(level => level.Height);
            return capacity - Math.Min(capacity, new HssState(statePath, markDirectory, DefaultKeyId(publicKey), capacity).Read());
        }

        /// <summary>Makes the state file of a new key. Never do this for a key that has signed.</summary>
        /// <param name="key">The key.</param>
        /// <param name="statePath">The state file.</param>
        public static void CreateState(HssKey key, string statePath)
        {
            AtomicFile.Write(statePath, NewState(key), isSecret: true);
        }

        /// <summary>What <see cref="CreateState"/> writes.</summary>
        /// <param name="key">The key.</param>
        public static byte[] NewState(HssKey key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return StateOf(key, string.Empty, markDirectory: null).First();
        }

        /// <inheritdoc/>
        /// <exception cref="HssStateException">No number can be had; nothing was signed.</exception>
        public override byte[] Sign(ReadOnlySpan<byte> message)
        {
            ulong number = _state.Reserve();
            return _key.Sign(number, message);
        }

        private static HssState StateOf(HssKey key, string statePath, string? markDirectory)
        {
            return new HssState(statePath, markDirectory, DefaultKeyId(key.PublicKey), key.Capacity);
        }
    }
}
