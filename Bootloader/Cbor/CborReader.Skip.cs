// The part of the CBOR reader that passes over an item of any kind, and checks all of it against the profile.
// No recursion: what is open is kept in an array, for at most MaxDepth containers.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cbor
{
    public sealed partial class CborReader
    {
        /// <summary>Skips one item with all that is in it, and checks all of it against the profile.</summary>
        /// <returns>Ok, or why it is refused.</returns>
        public ResultCode SkipItem()
        {
            int start = Position;
            ResultCode result = SkipNested();
            if (result != ResultCode.Ok)
            {
                Position = start;
            }

            return result;
        }

        // One level for each open container, three numbers each: items left in it; where its last key stands
        // (-1: none yet, -2: not a map); where the item begins that is or may be a key. An even number of items is left
        // in a map before each key.
        private ResultCode SkipNested()
        {
            int[] levels = new int[(MaxDepth + 1) * 3];
            int level = 0;
            levels[0] = 1;
            levels[1] = -2;
            while (true)
            {
                if ((levels[level] & 1) == 0)
                {
                    levels[level + 2] = Position;
                }

                int items;
                CborType type = PeekType();
                ResultCode result = SkipHead(type, out items);
                if (result != ResultCode.Ok)
                {
                    return result;
                }

                if (items > 0)
                {
                    level += 3;
                    if (level > MaxDepth * 3)
                    {
                        return ResultCode.CborTooDeep;
                    }

                    levels[level] = items;
                    levels[level + 1] = type == CborType.Map ? -1 : -2;
                    continue;
                }

                // An item is complete, and with it perhaps the containers that it is the last item of.
                do
                {
                    if (levels[level + 1] != -2 && (levels[level] & 1) == 0)
                    {
                        int lastKey = levels[level + 1];
                        result = CheckKeyOrder(ref lastKey, levels[level + 2]);
                        levels[level + 1] = lastKey;
                        if (result != ResultCode.Ok)
                        {
                            return result;
                        }
                    }

                    if (--levels[level] > 0)
                    {
                        break;
                    }

                    level -= 3;
                }
                while (level >= 0);

                if (level < 0)
                {
                    return ResultCode.Ok;
                }
            }
        }

        // Reads the head of any item, and the content of a string. Items: how many items must follow to complete it.
        private ResultCode SkipHead(CborType type, out int items)
        {
            int start = Position;
            items = 0;
            if (type == CborType.ByteString || type == CborType.TextString)
            {
                int ignored;
                return ReadString(type, out ignored, out ignored);
            }

            ResultCode result = ReadHead(type);
            if (result == ResultCode.CborTooLarge && type <= CborType.NegativeInteger)
            {
                // Well-formed, though nobody can ask for its value.
                Position = start + 9;
                result = ResultCode.Ok;
            }

            if (type >= CborType.Array && type <= CborType.Tag)
            {
                items = type == CborType.Tag ? 1 : type == CborType.Map ? (int)_argument * 2 : (int)_argument;
            }

            return result;
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
