// One header map of a COSE_Encrypt or of a recipient in it. What is not needed is skipped, whatever its order: COSE asks
// for no order of the keys, and the drafts' own examples have none. What is needed may stand there once.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Encryption
{
    /// <summary>The headers of one layer, protected and unprotected. One thread.</summary>
    internal sealed class CoseHeader
    {
        internal const int PublicKeyBytes = 64;

        private const int PairsMax = 16;
        private const int LabelAlgorithm = 1;
        private const int LabelCritical = 2;
        private const int LabelKeyId = 4;
        private const int LabelIv = 5;
        private const int LabelEphemeralKey = -1;
        private const int KeyTypeLabel = 1;
        private const int KeyTypeEc2 = 2;
        private const int CurveLabel = -1;
        private const int CurveP256 = 1;
        private const int LabelX = -2;
        private const int LabelY = -3;

        /// <summary>The algorithm; 0 where there is none, which no algorithm is.</summary>
        internal int Algorithm;

        /// <summary>Whether it stands in the protected header.</summary>
        internal bool IsProtected;

        /// <summary>Offset of the content of the protected header.</summary>
        internal int ProtectedOffset;

        /// <summary>Its length; 0 for an empty one, which may be encoded as an empty map.</summary>
        internal int ProtectedBytes;

        /// <summary>Offset of the key id.</summary>
        internal int KeyIdOffset;

        /// <summary>Length of the key id, or 0.</summary>
        internal int KeyIdBytes;

        /// <summary>Offset of the IV.</summary>
        internal int IvOffset;

        /// <summary>Length of the IV, or 0.</summary>
        internal int IvBytes;

        /// <summary>The sender's key, x then y; null where there is none.</summary>
        internal byte[] EphemeralKey;

        /// <summary>Reads both headers.</summary>
        /// <param name="reader">Stands at the protected one.</param>
        /// <returns>Ok, or why they are refused.</returns>
        internal ResultCode Read(CborReader reader)
        {
            ResultCode result = reader.ReadBytes(out ProtectedOffset, out ProtectedBytes);
            if (result == ResultCode.Ok && ProtectedBytes != 0)
            {
                CborReader content = new CborReader(reader.Buffer, ProtectedOffset, ProtectedBytes);
                result = ReadMap(content, true, out int pairs);
                ProtectedBytes = pairs == 0 ? 0 : ProtectedBytes;
                if (result == ResultCode.Ok)
                {
                    result = content.CheckEnd();
                }
            }

            return result == ResultCode.Ok ? ReadMap(reader, false, out _) : result;
        }

        private ResultCode ReadMap(CborReader reader, bool isProtected, out int pairs)
        {
            ResultCode result = reader.ReadMapHeader(out pairs);
            if (result == ResultCode.Ok && pairs > PairsMax)
            {
                result = ResultCode.CoseMalformed;
            }

            for (int i = 0; i < pairs && result == ResultCode.Ok; i++)
            {
                long label = 0;
                result = reader.PeekType() == CborType.TextString ? reader.SkipItem() : reader.ReadInt(out label);
                if (result == ResultCode.Ok)
                {
                    result = ReadValue(reader, label, isProtected);
                }
            }

            return result;
        }

        private ResultCode ReadValue(CborReader reader, long label, bool isProtected)
        {
            switch ((int)label)
            {
                case LabelAlgorithm:
                    ResultCode result = reader.ReadInt(out long algorithm);
                    bool isAgain = Algorithm != 0;
                    Algorithm = (int)algorithm;
                    IsProtected = isProtected;
                    return isAgain || Algorithm != algorithm ? ResultCode.CoseMalformed : result;

                case LabelCritical:
                    return ResultCode.CoseCritical;

                case LabelKeyId:
                    return KeyIdBytes != 0 ? ResultCode.CoseMalformed : reader.ReadBytes(out KeyIdOffset, out KeyIdBytes);

                case LabelIv:
                    return IvBytes != 0 ? ResultCode.CoseMalformed : reader.ReadBytes(out IvOffset, out IvBytes);

                case LabelEphemeralKey:
                    return EphemeralKey != null ? ResultCode.CoseMalformed : ReadKey(reader);

                default:
                    return reader.SkipItem();
            }
        }

        // COSE_Key of a point on P-256, both coordinates in full (RFC 9053 §7.1.1).
        private ResultCode ReadKey(CborReader reader)
        {
            byte[] key = new byte[PublicKeyBytes];
            int seen = 0;
            ResultCode result = reader.ReadMapHeader(out int pairs);
            for (int i = 0; i < pairs && result == ResultCode.Ok; i++)
            {
                result = reader.ReadInt(out long label);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (label == KeyTypeLabel || label == CurveLabel)
                {
                    result = reader.ReadInt(out long value);
                    bool isKnown = value == (label == KeyTypeLabel ? KeyTypeEc2 : CurveP256);
                    result = result == ResultCode.Ok && !isKnown ? ResultCode.CoseAlgorithmUnsupported : result;
                    seen |= label == KeyTypeLabel ? 1 : 2;
                }
                else if (label == LabelX || label == LabelY)
                {
                    result = reader.ReadBytes(out int offset, out int count);
                    if (result != ResultCode.Ok || count != PublicKeyBytes / 2)
                    {
                        return ResultCode.KeyInvalid;
                    }

                    System.Array.Copy(reader.Buffer, offset, key, label == LabelX ? 0 : count, count);
                    seen |= label == LabelX ? 4 : 8;
                }
                else
                {
                    result = reader.SkipItem();
                }
            }

            EphemeralKey = key;
            return result == ResultCode.Ok && seen != 15 ? ResultCode.KeyInvalid : result;
        }
    }
}
