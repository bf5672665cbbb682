// Integrated payloads and dependencies: elements of the envelope whose key is text. They are not signed; what is made
// of them is checked against a signed digest.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Finds elements by name.</summary>
    public static class EnvelopePayloads
    {
        /// <summary>Finds the element whose key is a uri (draft-ietf-suit-manifest-37 §7.5: "#name").</summary>
        /// <param name="envelope">The envelope.</param>
        /// <param name="uri">Where the uri is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">How many bytes it has.</param>
        /// <returns>The index of the element, or -1.</returns>
        public static int Find(SuitEnvelope envelope, byte[] uri, int offset, int count)
        {
            for (int i = 0; i < envelope.ElementCount; i++)
            {
                if (envelope.Keys[i] == 0)
                {
                    int keyOffset = envelope.KeyOffsets[i];
                    CborReader key = new CborReader(envelope.Buffer, keyOffset, envelope.ItemOffsets[i] - keyOffset);
                    int name = key.ReadString(CborType.TextString, out int nameCount);
                    if (key.Error == ResultCode.Ok && AreEqual(envelope.Buffer, name, nameCount, uri, offset, count))
                    {
                        return i;
                    }
                }
            }

            return -1;
        }

        /// <summary>Compares two runs of bytes.</summary>
        /// <param name="left">The one.</param>
        /// <param name="leftOffset">Its first byte.</param>
        /// <param name="leftCount">How many bytes.</param>
        /// <param name="right">The other.</param>
        /// <param name="rightOffset">Its first byte.</param>
        /// <param name="rightCount">How many bytes.</param>
        /// <returns>Whether they are equal.</returns>
        public static bool AreEqual(byte[] left, int leftOffset, int leftCount, byte[] right, int rightOffset, int rightCount)
        {
            if (leftCount != rightCount)
            {
                return false;
            }

            for (int i = 0; i < leftCount; i++)
            {
                if (left[leftOffset + i] != right[rightOffset + i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
