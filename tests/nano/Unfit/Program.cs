// An image that does not fit its device: it refers to stage 1 by a name that only a Debug build has (Bootloader/SharedNames.txt),
// for it is made without NanoBoot.Strip.

using NanoBoot.Bootloader.Boot;

namespace NanoBoot.Nano.Unfit
{
    /// <summary>What stage 1 would enter.</summary>
    public static class Program
    {
        /// <summary>The entry named by the manifest.</summary>
        public static void Main(BootContext boot)
        {
            if (boot.Journal != null)
            {
                boot.Confirm();
            }
        }
    }
}
