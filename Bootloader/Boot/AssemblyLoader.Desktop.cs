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
    /// <summary>Loads the verified assemblies of an image and enters it. Resident code may replace it in a simulation.</summary>
    /// <remarks>Made anew for each start.</remarks>
    public class AssemblyLoader
    {
        internal const int HeadBytes = 1024;

        private const int SignatureMZ = 0x5A4D;
        private const int SignaturePE = 0x00004550;
        private const int SectionHeaderBytes = 40;
        private const int SectionsMax = 16;

        private AssemblyLoadContext _context;
        private MethodInfo _entry;

        /// <summary>Loads the assemblies in order and finds the entry point.</summary>
        /// <param name="bundle">The verified assemblies.</param>
        /// <param name="typeName">Full name of the entry type.</param>
        /// <param name="methodName">Name of its public static method, which takes a <see cref="BootContext"/>.</param>
        /// <returns>Ok; <see cref="ResultCode.LoadFailed"/>; <see cref="ResultCode.EntryNotFound"/>.</returns>
        public virtual ResultCode Load(AssemblyBundle bundle, string typeName, string methodName)
        {
            _context = new AssemblyLoadContext(null, true);
            Type type = null;
            try
            {
                for (int i = 0; i < bundle.Count; i++)
                {
                    Assembly assembly = _context.LoadFromStream(new MemoryStream(bundle.AssemblyAt(i), false));
                    type = assembly.GetType(typeName) ?? type;
                }
            }
            catch (Exception)
            {
                return ResultCode.LoadFailed;
            }

            _entry = type?.GetMethod(methodName, BindingFlags.Public | BindingFlags.Static, new[] { typeof(BootContext) });
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

        // The length of a .NET image: the end of its last section.
        internal static int MeasureForeign(byte[] head, int count)
        {
            if (count < 64 || BitConverter.ToUInt16(head, 0) != SignatureMZ)
            {
                return 0;
            }

            long header = BitConverter.ToUInt32(head, 60);
            if (header < 64 || header > count - 24 || BitConverter.ToUInt32(head, (int)header) != SignaturePE)
            {
                return 0;
            }

            int sections = BitConverter.ToUInt16(head, (int)header + 6);
            long table = header + 24 + BitConverter.ToUInt16(head, (int)header + 20);
            if (sections < 1 || sections > SectionsMax || table + (sections * SectionHeaderBytes) > count)
            {
                return 0;
            }

            long end = 0;
            for (int i = 0; i < sections; i++)
            {
                int section = (int)table + (i * SectionHeaderBytes);
                long sectionEnd = (long)BitConverter.ToUInt32(head, section + 16) + BitConverter.ToUInt32(head, section + 20);
                end = sectionEnd > end ? sectionEnd : end;
            }

            return end < count && end < 512 || end > AssemblyBundle.AssemblyBytesMax ? 0 : (int)end;
        }
    }
}
