// The major types of CBOR, as the reader reports them.

namespace NanoBoot.Bootloader.Cbor
{
    /// <summary>What kind of item comes next: the major type of RFC 8949 §3.1, or the end of the window.</summary>
    public enum CborType : byte
    {
        /// <summary>An unsigned integer.</summary>
        UnsignedInteger = 0,

        /// <summary>A negative integer.</summary>
        NegativeInteger = 1,

        /// <summary>A byte string.</summary>
        ByteString = 2,

        /// <summary>A text string.</summary>
        TextString = 3,

        /// <summary>An array.</summary>
        Array = 4,

        /// <summary>A map.</summary>
        Map = 5,

        /// <summary>A tag; the item that it marks follows.</summary>
        Tag = 6,

        /// <summary>A simple value (false, true, null), or a float, which this profile does not admit.</summary>
        Simple = 7,

        /// <summary>The window is at its end.</summary>
        End = 8,
    }
}
