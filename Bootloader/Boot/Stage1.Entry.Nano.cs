// Loading and entering an image on nanoFramework: Assembly.Load runs the array in place, so the verified bytes are the
// ones that run. There is no unloading: a restart of the runtime is.

using System;
using System.Reflection;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class Stage1
    {
        /// <summary>How many bytes tell the length of an assembly.</summary>
        internal const int HeadBytes = ImageVerifier.HeaderBytes;

        private MethodInfo _entry;

        // Loads the verified assemblies in order and finds the entry point: Ok, LoadFailed or EntryNotFound.
        private ResultCode Load(ImageVerifier image)
        {
            Type type = null;
            try
            {
                for (int i = 0; i < image.AssemblyCount; i++)
                {
                    Type found = Assembly.Load(image.Assemblies[i]).GetType(image.TypeName);
                    type = found != null ? found : type;
                }
            }
            catch (Exception)
            {
                return ResultCode.LoadFailed;
            }

            _entry = type == null ? null : type.GetMethod(image.MethodName, BindingFlags.Public | BindingFlags.Static);
            return _entry == null ? ResultCode.EntryNotFound : ResultCode.Ok;
        }

        // Enters the image. Gives the full name of the exception's type that ended it, null where it returned.
        private string Enter(BootContext boot)
        {
            try
            {
                _entry.Invoke(null, new object[] { boot });
                return null;
            }
            catch (Exception exception)
            {
                return exception.GetType().FullName;
            }
        }
    }
}
