// Integrated payloads and dependencies: elements of the envelope whose key is text. They are not signed; what is made
// of them is checked against a signed digest.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal.Crypto;

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
            byte[] buffer = envelope.Buffer;
            int keyOffset = 0;
            for (int i = 0; i < envelope.ElementCount; i++)
            {
                if (envelope.Keys[i] == 0)
                {
                    // A key that is no text has no bytes, and is equal to nothing.
                    CborReader key = new CborReader(buffer, keyOffset, envelope.ItemOffsets[i] - keyOffset);
                    int name = key.ReadString(CborType.TextString, out int nameCount);
                    if (nameCount == count && ConstantTime.AreEqual(buffer, name, uri, offset, count))
                    {
                        return i;
                    }
                }

                keyOffset = envelope.Offsets[i] + envelope.Counts[i];
            }

            return -1;
        }
    }
}
