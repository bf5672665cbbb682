// Loading and entering an image on net10.0: .NET assemblies, in an AssemblyLoadContext of their own for each start,
// so that nothing of one emulated boot lives on in the next. References to Hal and Bootloader resolve to the resident
// ones, as they do on a board.

using System;
using System.IO;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Loads the verified assemblies of an image and enters it. A simulation may replace it.</summary>
    /// <remarks>Made anew for each start.</remarks>
    public class AssemblyLoader
    {
        private AssemblyLoadContext _context;
        private MethodInfo _entry;

        /// <summary>Loads the assemblies in order and finds the entry point.</summary>
        /// <param name="image">The image, verified. It names the entry's type and the type's public static method, which takes a
        /// <see cref="BootContext"/>.</param>
        /// <returns>Ok; <see cref="ResultCode.LoadFailed"/>; <see cref="ResultCode.EntryNotFound"/>.</returns>
        public virtual ResultCode Load(ImageVerifier image)
        {
            _context = new AssemblyLoadContext(null, true);
            Type type = null;
            try
            {
                for (int i = 0; i < image.AssemblyCount; i++)
                {
                    Assembly assembly = _context.LoadFromStream(new MemoryStream(image.Assemblies[i], false));
                    type = assembly.GetType(image.TypeName) ?? type;
                }
            }
            catch (Exception)
            {
                return ResultCode.LoadFailed;
            }

            _entry = type?.GetMethod(image.MethodName, BindingFlags.Public | BindingFlags.Static, new[] { typeof(BootContext) });
            return _entry == null ? ResultCode.EntryNotFound : ResultCode.Ok;
        }

        /// <summary>Enters the image. Returns, or throws, when the image does.</summary>
        /// <param name="boot">What the image is given.</param>
        public virtual void Enter(BootContext boot)
        {
            // The fields belong to the next boot as soon as this one has ended, and that may be before its thread has.
            MethodInfo entry = _entry;
            AssemblyLoadContext context = _context;
            _entry = null;
            _context = null;
            try
            {
                entry.Invoke(null, new object[] { boot });
            }
            catch (TargetInvocationException exception)
            {
                // The platform delivers exceptions of the image as they are.
                ExceptionDispatchInfo.Throw(exception.InnerException);
            }
            finally
            {
                context.Unload();
            }
        }
    }
}
