// Loading and entering an image on nanoFramework: Assembly.Load runs the array in place, so the verified bytes are the
// ones that run. There is no unloading: a restart of the runtime is.

using System;
using System.Reflection;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Loads the verified assemblies of an image and enters it. Resident code may replace it in a simulation.</summary>
    /// <remarks>Made anew for each start.</remarks>
    public class AssemblyLoader
    {
        internal const int HeadBytes = AssemblyBundle.HeaderBytes;

        private MethodInfo _entry;

        /// <summary>Loads the assemblies in order and finds the entry point.</summary>
        /// <param name="bundle">The verified assemblies.</param>
        /// <param name="typeName">Full name of the entry type.</param>
        /// <param name="methodName">Name of its public static method, which takes a <see cref="BootContext"/>.</param>
        /// <returns>Ok; <see cref="ResultCode.LoadFailed"/>; <see cref="ResultCode.EntryNotFound"/>.</returns>
        public virtual ResultCode Load(AssemblyBundle bundle, string typeName, string methodName)
        {
            Type type = null;
            try
            {
                for (int i = 0; i < bundle.Count; i++)
                {
                    Type found = Assembly.Load(bundle.Assemblies[i]).GetType(typeName);
                    type = found != null ? found : type;
                }
            }
            catch (Exception)
            {
                return ResultCode.LoadFailed;
            }

            _entry = type == null ? null : type.GetMethod(methodName, BindingFlags.Public | BindingFlags.Static);
            return _entry == null ? ResultCode.EntryNotFound : ResultCode.Ok;
        }

        /// <summary>Enters the image. Returns, or throws, when the image does.</summary>
        /// <param name="boot">What the image is given.</param>
        public virtual void Enter(BootContext boot)
        {
            _entry.Invoke(null, new object[] { boot });
        }
    }
}
