// The parameters of one component: where the value of each stands. Values are checked when they are set, and decoded
// when they are used, from the authenticated bytes themselves.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>What a manifest has set for a component so far.</summary>
    /// <remarks>
    /// A value is an offset into a buffer, because a parameter may come from another envelope: a dependency sees those that
    /// its dependent set. One thread.
    /// </remarks>
    public sealed class SuitParameters
    {
        /// <summary>Numbers of parameters are below this; it is the place of <see cref="SuitParameter.ChunkTable"/>.</summary>
        public const int Limit = 31;

        // The last five bits of a number, of those that are kept.
        private const int SlotMask = 31;

        private readonly byte[][] _buffers = new byte[Limit + 1][];
        private readonly int[] _positions = new int[Limit + 1];

        /// <summary>The conditions that were met for this component, and what else the target did: bit n for command n, to 31.</summary>
        /// <remarks>Another image digest, image size or chunk table takes back that the image matched.</remarks>
        public int Passed;

        /// <summary>Says whether a parameter is set.</summary>
        /// <param name="parameter">A number of <see cref="SuitParameter"/>.</param>
        /// <returns>Whether it is.</returns>
        public bool IsSet(int parameter)
        {
            return _positions[Slot(parameter)] != 0;
        }

        /// <summary>Sets a parameter to the item at a place. The caller has checked the item.</summary>
        /// <param name="parameter">Its number, below <see cref="Limit"/>.</param>
        /// <param name="buffer">Where the item is.</param>
        /// <param name="position">Its first byte, not 0.</param>
        public void Set(int parameter, byte[] buffer, int position)
        {
            int slot = Slot(parameter);
            if ((slot == Limit || slot == SuitParameter.ImageDigest || slot == SuitParameter.ImageSize)
                && (_positions[slot] != position || _buffers[slot] != buffer))
            {
                Passed &= ~(1 << SuitCommand.ImageMatch);
            }

            _buffers[slot] = buffer;
            _positions[slot] = position;
        }

        /// <summary>Opens the value of a parameter for reading.</summary>
        /// <param name="parameter">Its number.</param>
        /// <returns>A reader that stands at the item, which is known to be whole; with the error
        /// <see cref="ResultCode.SuitParameterMissing"/> when the parameter is not set.</returns>
        public CborReader Open(int parameter)
        {
            int slot = Slot(parameter);
            int position = _positions[slot];
            byte[] buffer = _buffers[slot];
            CborReader reader = new CborReader(buffer, position, position == 0 ? 0 : buffer.Length - position);
            if (position == 0)
            {
                reader.Refuse(ResultCode.SuitParameterMissing);
            }

            return reader;
        }

        /// <summary>Reads a number.</summary>
        /// <param name="parameter">Its number.</param>
        /// <param name="value">The value.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitParameterMissing"/>.</returns>
        public ResultCode GetInt(int parameter, out long value)
        {
            CborReader reader = Open(parameter);
            value = reader.ReadInt();
            return reader.Error;
        }

        /// <summary>Finds the content of a string: bytes or text.</summary>
        /// <param name="parameter">Its number.</param>
        /// <param name="buffer">Where it is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">How many bytes it has.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitParameterMissing"/>.</returns>
        public ResultCode GetString(int parameter, out byte[] buffer, out int offset, out int count)
        {
            CborReader reader = Open(parameter);
            buffer = reader.Buffer;
            offset = reader.ReadString(parameter == SuitParameter.Uri ? CborType.TextString : CborType.ByteString, out count);
            return reader.Error;
        }

        /// <summary>Finds the 32 bytes of the image digest.</summary>
        /// <param name="buffer">Where they are.</param>
        /// <param name="offset">The first of them.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitParameterMissing"/>.</returns>
        public ResultCode GetImageDigest(out byte[] buffer, out int offset)
        {
            int count;
            ResultCode result = GetString(SuitParameter.ImageDigest, out buffer, out offset, out count);
            offset += 4;
            return result;
        }

        // The chunk table, -257, is the only one whose number is not its place.
        private static int Slot(int parameter)
        {
            return parameter & SlotMask;
        }
    }
}
