// COSE_Sign1 and COSE_Mac0 with detached payload (RFC 9052), as SUIT uses them: tagged, alg protected, kid beside it.

using System;

namespace NanoBoot.Author
{
    /// <summary>Makes COSE objects.</summary>
    public static class CoseWriter
    {
        /// <summary>CBOR tag of COSE_Mac0.</summary>
        public const int Mac0Tag = 17;

        /// <summary>CBOR tag of COSE_Sign1.</summary>
        public const int Sign1Tag = 18;

        private const int HeaderAlgorithm = 1;
        private const int HeaderKeyId = 4;

        /// <summary>Signs (or MACs) a detached payload.</summary>
        /// <param name="key">The key.</param>
        /// <param name="payload">The payload: for a manifest its encoded SUIT_Digest.</param>
        /// <returns>The encoded, tagged COSE_Sign1 or COSE_Mac0.</returns>
        public static byte[] Authenticate(SigningKey key, ReadOnlySpan<byte> payload)
        {
            ArgumentNullException.ThrowIfNull(key);
            byte[] protectedHeader = new CborMap().Add(HeaderAlgorithm, writer => writer.WriteInt((int)key.Algorithm)).Encode();
            byte[] signature = key.Sign(ToBeAuthenticated(key.Algorithm, protectedHeader, payload));
            return Assemble(key.Algorithm, protectedHeader, key.KeyId, signature);
        }

        /// <summary>The bytes that are signed: Sig_structure or MAC_structure (RFC 9052, sections 4.4 and 6.3).</summary>
        /// <param name="algorithm">The algorithm.</param>
        /// <param name="protectedHeader">The encoded protected header.</param>
        /// <param name="payload">The payload.</param>
        public static byte[] ToBeAuthenticated(SigningAlgorithm algorithm, ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> payload)
        {
            string context = algorithm == SigningAlgorithm.Hmac256 ? "MAC0" : "Signature1";
            var writer = new CborWriter();
            writer.StartArray(4).WriteText(context).WriteBytes(protectedHeader).WriteBytes([]).WriteBytes(payload);
            return writer.ToArray();
        }

        private static byte[] Assemble(SigningAlgorithm algorithm, byte[] protectedHeader, byte[] keyId, byte[] signature)
        {
            var unprotected = new CborMap();
            if (keyId.Length != 0)
            {
                unprotected.Add(HeaderKeyId, writer => writer.WriteBytes(keyId));
            }

            var cose = new CborWriter();
            cose.WriteTag(algorithm == SigningAlgorithm.Hmac256 ? Mac0Tag : (ulong)Sign1Tag).StartArray(4)
                .WriteBytes(protectedHeader).WriteMap(unprotected).WriteNull().WriteBytes(signature);
            return cose.ToArray();
        }
    }
}
