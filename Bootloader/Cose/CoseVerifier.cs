// COSE_Sign1 and COSE_Mac0 (RFC 9052 §4.2, §6.2) in the one form that a SUIT authentication block has: tagged, the
// payload detached, no external data.
//
// Invariants: the protected header is verified as the bytes that came, never encoded anew; an algorithm is used with
// a key only if the key is bound to it (A64); a critical header parameter that is not understood refuses the object,
// and none is understood; what must be protected is not taken from the unprotected header (A34).
// Which signatures there are is the board's choice: SignatureSchemes.*.cs, one of which is compiled (docs/DESIGN.md).
// Fault model: the object is chosen by an attacker, who knows all keys but the secret ones.

using System;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>Parses one COSE object, then verifies it with one key after the other.</summary>
    /// <remarks>A verifier for each object. One thread.</remarks>
    internal sealed partial class CoseVerifier
    {
        /// <summary>What <see cref="Witness"/> is for a valid signature or MAC: far from every accident.</summary>
        public const int Valid = 0x3C5AA5C3;

        /// <summary><see cref="Valid"/> when the last call of Verify found the signature valid, by a comparison apart from the
        /// one that made its result (A62).</summary>
        public int Witness;

        /// <summary>The tag of COSE_Mac0.</summary>
        public const int TagMac0 = 17;

        /// <summary>The tag of COSE_Sign1.</summary>
        public const int TagSign1 = 18;

        /// <summary>How many bytes a protected header may have.</summary>
        public const int MaxProtectedBytes = 128;

        /// <summary>How many bytes a detached payload may have. That of SUIT has 36.</summary>
        public const int MaxPayloadBytes = 255;

        private const int HeaderAlgorithm = 1;
        private const int HeaderCritical = 2;
        private const int HeaderKeyId = 4;

        // Sig_structure (RFC 9052 §4.4) and MAC_structure (§6.3): the head of the array, that of the context string, and itself.
        private const string SignatureContext = "\u0084jSignature1";
        private const string MacContext = "\u0084dMAC0";

        private byte[] _buffer;
        private int _protectedOffset;
        private int _protectedCount;
        private int _signatureOffset;
        private int _signatureCount;

        /// <summary>The tag of the object: <see cref="TagSign1"/> or <see cref="TagMac0"/>.</summary>
        public int Tag;

        /// <summary>The algorithm that the object names, 0 if it names none.</summary>
        public CoseAlgorithm Algorithm;

        /// <summary>Whether the algorithm stands in the protected header.</summary>
        public bool IsAlgorithmProtected;

        /// <summary>Where the key id begins, 0 if there is none.</summary>
        public int KeyIdOffset;

        /// <summary>How many bytes the key id has.</summary>
        public int KeyIdCount;

        /// <summary>Reads the object, once; nothing in it is trusted yet.</summary>
        /// <param name="buffer">Where it is. Must stay unchanged until it is verified.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length; nothing may follow it.</param>
        /// <returns>Ok, or the reason of a refusal (40 to 48, 60 to 65).</returns>
        public ResultCode Parse(byte[] buffer, int offset, int count)
        {
            _buffer = buffer;
            CborReader reader = new CborReader(buffer, offset, count);
            long tag = reader.Read(CborType.Tag);
            if (tag != TagSign1 && tag != TagMac0)
            {
                return ResultCode.CoseTag;
            }

            Tag = (int)tag;
            if (reader.Read(CborType.Array) != 4)
            {
                return ResultCode.CoseMalformed;
            }

            int protectedOffset = reader.ReadString(CborType.ByteString, out int protectedCount);
            if (protectedCount != 0)
            {
                CborReader header = new CborReader(buffer, protectedOffset, protectedCount);
                ReadHeader(header, true);
                reader.Refuse(header.CheckEnd());
            }

            ReadHeader(reader, false);

            // RFC 9052 §3: an empty map may come as h'a0', and counts as the empty string.
            if (protectedCount == 1)
            {
                protectedCount = 0;
            }

            if (protectedCount > MaxProtectedBytes)
            {
                reader.Refuse(ResultCode.CborTooLarge);
            }

            _protectedOffset = protectedOffset;
            _protectedCount = protectedCount;
            if (!reader.SkipNull())
            {
                reader.Refuse(ResultCode.CosePayloadNotDetached);
            }

            _signatureOffset = reader.ReadString(CborType.ByteString, out _signatureCount);
            return reader.CheckEnd();
        }

        /// <summary>Verifies the object, as parsed, over a payload with a key.</summary>
        /// <param name="authority">The key.</param>
        /// <param name="payload">Where the detached payload is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length, at most <see cref="MaxPayloadBytes"/>.</param>
        /// <returns>Ok only if signature or MAC are valid. <see cref="ResultCode.KeyUnknown"/> when the key ids differ;
        /// <see cref="ResultCode.CoseAlgorithmMismatch"/> when the key is bound to another algorithm (A64); else 62 to 69.</returns>
        public ResultCode Verify(Authority authority, byte[] payload, int offset, int count)
        {
            Witness = 0;
            byte[] buffer = _buffer;
            byte[] key = authority.KeyId;
            if (KeyIdOffset != 0
                && (key == null || key.Length != KeyIdCount || !ConstantTime.AreEqual(key, 0, buffer, KeyIdOffset, KeyIdCount)))
            {
                return ResultCode.KeyUnknown;
            }

            CoseAlgorithm bound = authority.Algorithm;
            if (!IsSame(bound, Algorithm) || (bound == CoseAlgorithm.Hmac256) != (Tag == TagMac0))
            {
                return ResultCode.CoseAlgorithmMismatch;
            }

            if (count > MaxPayloadBytes)
            {
                return ResultCode.CborTooLarge;
            }

            string context = Tag == TagMac0 ? MacContext : SignatureContext;
            byte[] message = new byte[MaxProtectedBytes + MaxPayloadBytes + 20];
            int length = 0;
            while (length < context.Length)
            {
                message[length] = (byte)context[length];
                length++;
            }

            length = AppendBytes(message, length, buffer, _protectedOffset, _protectedCount);
            length = AppendBytes(message, length, buffer, 0, 0);
            length = AppendBytes(message, length, payload, offset, count);

            if (bound != CoseAlgorithm.Hmac256)
            {
                return VerifySignature(authority, message, length);
            }

            key = authority.PublicKey;
            if (_signatureCount != Sha256.DigestBytes)
            {
                return ResultCode.SignatureMalformed;
            }

            if (key.Length != Sha256.DigestBytes)
            {
                return ResultCode.KeyInvalid;
            }

            byte[] digest = HmacSha256.Compute(key, message, 0, length);
            if (ConstantTime.AreEqual(digest, 0, buffer, _signatureOffset, Sha256.DigestBytes))
            {
                Witness = Valid;
            }

            return ConstantTime.AreEqual(digest, 0, buffer, _signatureOffset, Sha256.DigestBytes)
                ? ResultCode.Ok
                : ResultCode.SignatureInvalid;
        }

        // One bucket of header parameters (RFC 9052 §3). Others than the three below are well-formed, and without effect, as is a
        // label that is text or an error: it is 0.
        private void ReadHeader(CborReader reader, bool isProtected)
        {
            int pairs = (int)reader.Read(CborType.Map);
            int lastKey = -1;
            while (reader.Next(ref pairs))
            {
                long label = reader.ReadKey(ref lastKey);
                if (label == HeaderCritical)
                {
                    reader.Refuse(ResultCode.CoseCritical);
                }
                else if (label == HeaderAlgorithm)
                {
                    long algorithm = reader.PeekType() <= CborType.NegativeInteger ? reader.ReadInt() : 0;
                    if (algorithm != (int)algorithm || algorithm == 0)
                    {
                        reader.Refuse(ResultCode.CoseAlgorithmUnsupported);
                    }

                    if (Algorithm != 0)
                    {
                        reader.Refuse(ResultCode.CoseMalformed);
                    }

                    Algorithm = (CoseAlgorithm)(int)algorithm;
                    IsAlgorithmProtected = isProtected;
                }
                else if (label == HeaderKeyId)
                {
                    if (KeyIdOffset != 0)
                    {
                        reader.Refuse(ResultCode.CoseMalformed);
                    }

                    KeyIdOffset = reader.ReadString(CborType.ByteString, out KeyIdCount);
                }
                else
                {
                    reader.SkipItem();
                }
            }
        }

        // Appends a byte string to the message. The message has room for its two limits and their heads.
        private static int AppendBytes(byte[] message, int length, byte[] source, int offset, int count)
        {
            if (count >= 24)
            {
                message[length++] = 0x58;
                message[length++] = (byte)count;
            }
            else
            {
                message[length++] = (byte)(0x40 | count);
            }

            Array.Copy(source, offset, message, length, count);
            return length + count;
        }
    }
}
