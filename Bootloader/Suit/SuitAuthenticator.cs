// Who signed the envelope. This runs before anything else of the envelope is parsed: the wrapper at key 2 is all that
// an unknown sender gets to show to this device's parsers.
//
// Order: the digest in the wrapper against the bytes of the manifest (cheap), then each block against each key that it
// may be for. A block for a stranger, or one that is wrong, grants nothing and harms nothing: several parties
// sign one envelope, and not all of them are known to every device. Nobody valid at all: refused.
// Invariants: an authority counts once, however many blocks it has; a MAC counts only where the board accepts
// it; the algorithm must be protected (A34) and be the one that the key is bound to (A64).

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>Verifies the authentication wrapper of an envelope (draft-ietf-suit-manifest-37 §8.3).</summary>
    /// <remarks>May be used again for the next envelope. One thread.</remarks>
    public sealed class SuitAuthenticator
    {
        /// <summary>How many authentication blocks an envelope may carry.</summary>
        public const int MaxBlocks = 4;

        /// <summary>The authorities whose signature is valid; the first <see cref="SignerCount"/> count.</summary>
        internal readonly Authority[] Signers = new Authority[MaxBlocks];

        /// <summary>How many different authorities signed validly.</summary>
        public int SignerCount;

        /// <summary>The sum of <see cref="CoseVerifier.Witness"/> over the signers: <see cref="SignerCount"/> times
        /// <see cref="CoseVerifier.Valid"/> when all of them signed validly.</summary>
        internal int Witness;

        /// <summary>Verifies the digest and the blocks. After Ok the manifest may be parsed.</summary>
        /// <param name="envelope">The envelope, parsed.</param>
        /// <param name="trust">The keys that this device trusts.</param>
        /// <param name="acceptMac">Whether a MAC under a device key counts.</param>
        /// <returns>
        /// Ok if one block at least is valid. Else <see cref="ResultCode.SuitNotAuthenticated"/> (none, or too many),
        /// <see cref="ResultCode.SuitManifestDigestMismatch"/>, or why the last block that could have counted did not.
        /// </returns>
        public ResultCode Authenticate(SuitEnvelope envelope, Authority[] trust, bool acceptMac)
        {
            SignerCount = 0;
            Witness = 0;
            envelope.DigestOffset = 0;
            int wrapper = envelope.FindElement(SuitElement.Authentication);
            int manifest = envelope.FindElement(SuitElement.Manifest);
            if (wrapper < 0 || manifest < 0)
            {
                return ResultCode.SuitEnvelopeMalformed;
            }

            byte[] buffer = envelope.Buffer;
            CborReader reader = new CborReader(buffer, envelope.Offsets[wrapper], envelope.Counts[wrapper]);
            int blocks = (int)reader.Read(CborType.Array) - 1;
            if (blocks < 1 || blocks > MaxBlocks)
            {
                reader.Refuse(ResultCode.SuitNotAuthenticated);
            }

            // After an error the digest is empty, as is a block below: neither is what is looked for.
            int payload = reader.ReadString(CborType.ByteString, out int payloadCount);
            if (!SuitEnvelope.IsSha256Digest(buffer, payload, payloadCount))
            {
                reader.Refuse(ResultCode.SuitDigestUnsupported);
            }
            else if (!envelope.HasDigest(manifest, payload + 4))
            {
                reader.Refuse(ResultCode.SuitManifestDigestMismatch);
            }

            ResultCode reason = ResultCode.KeyUnknown;
            while (reader.Next(ref blocks))
            {
                CoseVerifier cose = new CoseVerifier();
                int block = reader.ReadString(CborType.ByteString, out int blockCount);
                ResultCode result = cose.Parse(buffer, block, blockCount);
                if (result == ResultCode.Ok)
                {
                    result = VerifyBlock(cose, trust, acceptMac, buffer, payload, payloadCount);
                }

                if (result != ResultCode.KeyUnknown)
                {
                    reason = result;
                }
            }

            if (reader.CheckEnd() == ResultCode.Ok && SignerCount == 0)
            {
                reader.Refuse(reason);
            }

            if (reader.Error == ResultCode.Ok)
            {
                envelope.DigestOffset = payload + 4;
            }
            else
            {
                SignerCount = 0;
            }

            return envelope.Fail(reader.Error, SuitElement.Authentication, reader.Position);
        }

        /// <summary>What the valid signatures together grant for a component.</summary>
        /// <param name="manifest">The manifest, parsed.</param>
        /// <param name="component">Index of the component in the manifest.</param>
        /// <returns>The union of the permissions of those signers whose prefix the component id has.</returns>
        public Permissions PermissionsFor(SuitManifest manifest, int component)
        {
            Permissions granted = Permissions.None;
            for (int i = 0; i < SignerCount; i++)
            {
                Authority signer = Signers[i];
                if (signer.ComponentPrefix == null || manifest.ComponentStartsWith(component, signer.ComponentPrefix, false))
                {
                    granted |= signer.Permissions;
                }
            }

            return granted;
        }

        // Tries one block with every key that it may be for.
        private ResultCode VerifyBlock(
            CoseVerifier cose, Authority[] trust, bool acceptMac, byte[] buffer, int payload, int payloadCount)
        {
            if (!cose.IsAlgorithmProtected)
            {
                return ResultCode.CoseMalformed;
            }

            if (cose.Tag == CoseVerifier.TagMac0 && !acceptMac)
            {
                return ResultCode.CoseAlgorithmUnsupported;
            }

            ResultCode reason = ResultCode.KeyUnknown;
            for (int i = 0; i < trust.Length && i < Authority.CountMax; i++)
            {
                ResultCode result = cose.Verify(trust[i], buffer, payload, payloadCount);
                if (result == ResultCode.Ok)
                {
                    for (int j = 0; j < SignerCount; j++)
                    {
                        if (Signers[j] == trust[i])
                        {
                            return ResultCode.Ok;
                        }
                    }

                    Signers[SignerCount++] = trust[i];
                    Witness += cose.Witness;
                    return ResultCode.Ok;
                }

                // The reason nearest to a valid signature is worth most to whoever reads the log.
                if (result > reason || reason == ResultCode.KeyUnknown)
                {
                    reason = result;
                }
            }

            return reason;
        }
    }
}
