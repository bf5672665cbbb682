// In the place of Bootloader/Boot/Stage1.Entry.Nano.cs: the platform loads nothing. So a boot costs what stage 1 itself
// does, and ends at the event that comes last before the image is entered (tests/nano/benchmarks.sh boot).

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class Stage1
    {
        internal const int HeadBytes = ImageVerifier.HeaderBytes;

        private ResultCode Load(ImageVerifier image)
        {
            return ResultCode.Ok;
        }

        private string Enter(BootContext boot)
        {
            return null;
        }
    }
}
