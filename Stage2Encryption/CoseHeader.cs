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

        /// <summary>Reads both headers. The reader has the error, if there is one.</summary>
        /// <param name="reader">Stands at the protected one.</param>
        internal void Read(CborReader reader)
        {
            ProtectedOffset = reader.ReadString(CborType.ByteString, out ProtectedBytes);
            if (ProtectedBytes != 0)
            {
                CborReader content = new CborReader(reader.Buffer, ProtectedOffset, ProtectedBytes);
                if (ReadMap(content, true) == 0)
                {
                    ProtectedBytes = 0;
                }

                reader.Refuse(content.CheckEnd());
            }

            ReadMap(reader, false);
        }

        // Returns the number of pairs.
        private int ReadMap(CborReader reader, bool isProtected)
        {
            int pairs = (int)reader.Read(CborType.Map);
            if (pairs > PairsMax)
            {
                reader.Refuse(ResultCode.CoseMalformed);
            }

            int left = pairs;
            while (reader.Next(ref left))
            {
                // 0, which is no label here, is text or an error.
                long label = 0;
                if (reader.PeekType() == CborType.TextString)
                {
                    reader.SkipItem();
                }
                else
                {
                    label = reader.ReadInt();
                }

                ReadValue(reader, label, isProtected);
            }

            return pairs;
        }

        private void ReadValue(CborReader reader, long label, bool isProtected)
        {
            bool isAgain = false;
            switch ((int)label)
            {
                case LabelAlgorithm:
                    long algorithm = reader.ReadInt();
                    isAgain = Algorithm != 0 || algorithm != (int)algorithm;
                    Algorithm = (int)algorithm;
                    IsProtected = isProtected;
                    break;

                case LabelCritical:
                    reader.Refuse(ResultCode.CoseCritical);
                    break;

                case LabelKeyId:
                    isAgain = KeyIdBytes != 0;
                    KeyIdOffset = reader.ReadString(CborType.ByteString, out KeyIdBytes);
                    break;

                case LabelIv:
                    isAgain = IvBytes != 0;
                    IvOffset = reader.ReadString(CborType.ByteString, out IvBytes);
                    break;

                case LabelEphemeralKey:
                    isAgain = EphemeralKey != null;
                    ReadKey(reader);
                    break;

                default:
                    reader.SkipItem();
                    break;
            }

            if (isAgain)
            {
                reader.Refuse(ResultCode.CoseMalformed);
            }
        }

        // COSE_Key of a point on P-256, both coordinates in full (RFC 9053 §7.1.1).
        private void ReadKey(CborReader reader)
        {
            byte[] key = new byte[PublicKeyBytes];
            int seen = 0;
            int pairs = (int)reader.Read(CborType.Map);
            while (reader.Next(ref pairs))
            {
                long label = reader.ReadInt();
                if (label == KeyTypeLabel || label == CurveLabel)
                {
                    if (reader.ReadInt() != (label == KeyTypeLabel ? KeyTypeEc2 : CurveP256))
                    {
                        reader.Refuse(ResultCode.CoseAlgorithmUnsupported);
                    }

                    seen |= label == KeyTypeLabel ? 1 : 2;
                }
                else if (label == LabelX || label == LabelY)
                {
                    // A compressed point, whose y is a bool, is not taken.
                    if (reader.PeekType() != CborType.ByteString)
                    {
                        reader.Refuse(ResultCode.KeyInvalid);
                    }

                    int offset = reader.ReadString(CborType.ByteString, out int count);
                    if (count != PublicKeyBytes / 2)
                    {
                        reader.Refuse(ResultCode.KeyInvalid);
                        break;
                    }

                    System.Array.Copy(reader.Buffer, offset, key, label == LabelX ? 0 : count, count);
                    seen |= label == LabelX ? 4 : 8;
                }
                else
                {
                    reader.SkipItem();
                }
            }

            if (seen != 15)
            {
                reader.Refuse(ResultCode.KeyInvalid);
            }

            EphemeralKey = key;
        }
    }
}
