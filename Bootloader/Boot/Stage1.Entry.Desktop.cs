// Loading and entering an image on net10.0: what the policy's loader does.

using System;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class Stage1
    {
        /// <summary>How many bytes tell the length of an assembly.</summary>
        internal const int HeadBytes = 1024;

        private ResultCode Load(ImageVerifier image)
        {
            return _policy.Loader.Load(image);
        }

        private string Enter(BootContext boot)
        {
            try
            {
                _policy.Loader.Enter(boot);
                return null;
            }
            catch (Exception exception)
            {
                // This may be the end of the board: then the next access to its flash says so.
                return exception.GetType().FullName;
            }
        }
    }
}
