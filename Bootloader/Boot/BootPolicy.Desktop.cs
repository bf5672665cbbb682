// On net10.0 a simulation may play the images itself.

namespace NanoBoot.Bootloader.Boot
{
    public sealed partial class BootPolicy
    {
        /// <summary>The loader of a start. A simulation puts its own in place.</summary>
        public AssemblyLoader Loader = new AssemblyLoader();
    }
}
