// The part of the CBOR reader that passes over an item of any kind, and checks all of it against the profile.
// No recursion: what is open is kept in an array, for at most MaxDepth containers.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cbor
{
    public sealed partial class CborReader
    {
        /// <summary>Skips one item with all that is in it, and checks all of it against the profile.</summary>
        public void SkipItem()
        {
            // One level for each open container, three numbers each: items left in it; where its last key stands
            // (-1: none yet, -2: not a map); where the item begins that is or may be a key. An even number of items is left
            // in a map before each key.
            int start = Position;
            int[] levels = new int[(MaxDepth + 1) * 3];
            int level = 0;
            levels[0] = 1;
            levels[1] = -2;
            while (level >= 0 && Error == ResultCode.Ok)
            {
                if ((levels[level] & 1) == 0)
                {
                    levels[level + 2] = Position;
                }

                CborType type = PeekType();
                int items = SkipHead(type);
                if (items > 0)
                {
                    level += 3;
                    if (level > MaxDepth * 3)
                    {
                        Refuse(ResultCode.CborTooDeep);
                        break;
                    }

                    levels[level] = items;
                    levels[level + 1] = type == CborType.Map ? -1 : -2;
                    continue;
                }

                // An item is complete, and with it perhaps the containers that it is the last item of. (After an error none is, and
                // nothing that is counted here is used any more.)
                do
                {
                    if (levels[level + 1] != -2 && (levels[level] & 1) == 0)
                    {
                        CheckKeyOrder(ref levels[level + 1], levels[level + 2]);
                    }

                    if (--levels[level] > 0)
                    {
                        break;
                    }

                    level -= 3;
                }
                while (level >= 0);
            }

            if (Error != ResultCode.Ok)
            {
                Position = start;
            }
        }

        // Reads the head of any item, and the content of a string. Returns how many items must follow to complete it.
        private int SkipHead(CborType type)
        {
            if (type == CborType.ByteString || type == CborType.TextString)
            {
                ReadString(type, out _);
                return 0;
            }

            ResultCode result = ReadHead(type, out long argument);
            if (result == ResultCode.CborTooLarge && type <= CborType.NegativeInteger)
            {
                // Well-formed, though nobody can ask for its value.
                Position += 9;
                result = ResultCode.Ok;
            }

            Error = result;
            return type == CborType.Tag ? 1 : type == CborType.Map ? (int)argument * 2 : type == CborType.Array ? (int)argument : 0;
        }

        // RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF. The window holds count bytes.
        private static bool IsUtf8(byte[] buffer, int offset, int count)
        {
            int end = offset + count;
            while (offset < end)
            {
                int lead = buffer[offset++];
                if (lead < 0x80)
                {
                    continue;
                }

                int following = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
                if (lead < 0xC2 || lead > 0xF4 || end - offset < following)
                {
                    return false;
                }

                int character = lead & (0x3F >> following);
                for (int left = following; left > 0; left--)
                {
                    int next = buffer[offset++];
                    if (next >> 6 != 2)
                    {
                        return false;
                    }

                    character = (character << 6) | (next & 0x3F);
                }

                // A longer form than needed (of two bytes those have a lead below 0xC2), a surrogate, beyond the last.
                if (character >> ((following * 5) + 1) == 0 || character >> 11 == 27 || character > 0x10FFFF)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
