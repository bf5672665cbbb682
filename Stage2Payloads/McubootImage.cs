// A component that is an MCUboot image, carried unchanged: is it consistent, and which version is it?
//
//   header (32 bytes or more) | image | protected TLVs | TLVs
//
// Whether it is authentic the manifest says. What is checked here is that all parsers will read the same image, so
// that what a native loader accepts is what was signed:
// - each size against what is left, before it is added to anything (A36: the protected TLVs' size among them);
// - the areas follow each other and end with the component: nothing is appended (A38);
// - a type that must be protected does not stand in the area that is not (A34, CVE-2024-32883);
// - exactly one SHA-256, outside the protected area, over header, image and protected TLVs.
// Fault model: every byte is chosen by an attacker. The loops end, since each entry takes four bytes at least.

using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>Reads an MCUboot image from flash. One image an object; not thread safe.</summary>
    public sealed class McubootImage
    {
        /// <summary>Size of the header's fields in bytes; the header itself may be longer.</summary>
        public const int HeaderBytesMin = 32;

        private const int Magic = unchecked((int)0x96F3B83D);
        private const int InfoBytes = 4;
        private const int InfoMagic = 0x6907;
        private const int ProtectedInfoMagic = 0x6908;
        private const int TypeSha256 = 0x10;
        private const int TypeHashMax = 0x12;
        private const int TypeProtectedMin = 0x40;
        private const int FlagsEncrypted = 0x0C;
        private const int PieceBytes = 256;

        /// <summary>Version: major, minor.</summary>
        public int Major, Minor;

        /// <summary>Version: revision, 0 to 65535.</summary>
        public int Revision;

        /// <summary>Version: build number.</summary>
        public uint Build;

        /// <summary>Flags of the header.</summary>
        public int Flags;

        /// <summary>Offset in the image of what runs, and its size in bytes.</summary>
        public int HeaderBytes, ImageBytes;

        private readonly byte[] _buffer = new byte[PieceBytes];
        private readonly byte[] _digest = new byte[Sha256.DigestBytes];
        private FlashRegion _region;
        private int _start;
        private int _hashedBytes;
        private int _digestAt;

        /// <summary>Reads and checks header and TLVs.</summary>
        /// <param name="region">The region that holds the image.</param>
        /// <param name="offset">Offset in the region of its first byte.</param>
        /// <param name="count">Size of the component in bytes; all of it lies within the region.</param>
        /// <returns>Ok; <see cref="ResultCode.PayloadMalformed"/> when it is no image or not a consistent one; or a flash code.</returns>
        public ResultCode Open(FlashRegion region, int offset, int count)
        {
            _region = region;
            _start = offset;
            _digestAt = -1;
            if (count < HeaderBytesMin + InfoBytes || Read(0, HeaderBytesMin) != ResultCode.Ok || Word(0) != Magic)
            {
                return ResultCode.PayloadMalformed;
            }

            HeaderBytes = Half(8);
            int protectedBytes = Half(10);
            ImageBytes = Word(12);
            Flags = Word(16);
            Major = _buffer[20];
            Minor = _buffer[21];
            Revision = Half(22);
            Build = (uint)Word(24);

            int left = count - HeaderBytes;
            if (HeaderBytes < HeaderBytesMin || left < 0 || ImageBytes < 1 || ImageBytes > left || protectedBytes > left - ImageBytes)
            {
                return ResultCode.PayloadMalformed;
            }

            int at = HeaderBytes + ImageBytes;
            ResultCode result = ResultCode.Ok;
            if (protectedBytes != 0)
            {
                result = ReadArea(at, at + protectedBytes, ProtectedInfoMagic);
                at += protectedBytes;
            }

            _hashedBytes = at;
            if (result == ResultCode.Ok)
            {
                result = ReadArea(at, count, InfoMagic);
            }

            return result == ResultCode.Ok && _digestAt < 0 ? ResultCode.PayloadMalformed : result;
        }

        /// <summary>Checks the image's own SHA-256. Slow: a managed hash over all of it.</summary>
        /// <returns>Ok; <see cref="ResultCode.SuitImageMismatch"/>; <see cref="ResultCode.NotSupported"/> for an
        /// encrypted image, whose hash is that of its plaintext; or a flash code.</returns>
        public ResultCode CheckHash()
        {
            if ((Flags & FlagsEncrypted) != 0)
            {
                return ResultCode.NotSupported;
            }

            Sha256 hash = new Sha256();
            ResultCode result = ResultCode.Ok;
            for (int at = 0; at < _hashedBytes && result == ResultCode.Ok; at += PieceBytes)
            {
                int piece = _hashedBytes - at < PieceBytes ? _hashedBytes - at : PieceBytes;
                result = Read(at, piece);
                hash.Update(_buffer, 0, piece);
            }

            hash.Finish(_digest, 0);
            if (result == ResultCode.Ok)
            {
                result = Read(_digestAt, Sha256.DigestBytes);
            }

            return result == ResultCode.Ok && !ConstantTime.AreEqual(_digest, 0, _buffer, 0, Sha256.DigestBytes)
                ? ResultCode.SuitImageMismatch
                : result;
        }

        private int Half(int at)
        {
            return _buffer[at] | (_buffer[at + 1] << 8);
        }

        private int Word(int at)
        {
            return Half(at) | (Half(at + 2) << 16);
        }

        private ResultCode Read(int at, int count)
        {
            return _region.Read(_start + at, _buffer, 0, count);
        }

        /// <summary>Reads one area of TLVs, which must fill the given range exactly.</summary>
        private ResultCode ReadArea(int at, int end, int magic)
        {
            bool isProtected = magic == ProtectedInfoMagic;
            ResultCode result = end - at < InfoBytes ? ResultCode.PayloadMalformed : Read(at, InfoBytes);
            if (result == ResultCode.Ok && (Half(0) != magic || Half(2) != end - at))
            {
                result = ResultCode.PayloadMalformed;
            }

            at += InfoBytes;
            while (result == ResultCode.Ok && at < end)
            {
                if (end - at < InfoBytes)
                {
                    return ResultCode.PayloadMalformed;
                }

                result = Read(at, InfoBytes);
                int type = Half(0);
                int length = Half(2);
                at += InfoBytes;
                bool isHash = type >= TypeSha256 && type <= TypeHashMax;
                if (length > end - at || (isProtected ? isHash : type >= TypeProtectedMin))
                {
                    return ResultCode.PayloadMalformed;
                }

                if (type == TypeSha256)
                {
                    if (length != Sha256.DigestBytes || _digestAt >= 0)
                    {
                        return ResultCode.PayloadMalformed;
                    }

                    _digestAt = at;
                }

                at += length;
            }

            return result;
        }
    }
}
