// A native loader beside nanoBoot, as the emulated board has it: keeps what it was handed, and installs it at the next start
// of the processor.

using System.Collections.Generic;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;

namespace NanoBoot.Emulator.Device
{
    /// <summary>The emulated native loader. It outlives boots, like its flash.</summary>
    public sealed class EmulatedNativeUpdater : INativeUpdater
    {
        /// <summary>What it was handed, in order.</summary>
        public List<byte[]> Images { get; } = new List<byte[]>();

        /// <summary>What it says when it is asked whether it takes images.</summary>
        public ResultCode Readiness { get; set; } = ResultCode.Ok;

        /// <summary>What it says of an image that it is handed.</summary>
        public ResultCode Outcome { get; set; } = ResultCode.Ok;

        /// <inheritdoc/>
        public ResultCode CheckNativeUpdater()
        {
            return Readiness;
        }

        /// <inheritdoc/>
        public ResultCode InstallNative(FlashRegion region, int offset, int count)
        {
            byte[] image = new byte[count];
            ResultCode result = region.Read(offset, image, 0, count);
            if (result == ResultCode.Ok && Outcome == ResultCode.Ok)
            {
                Images.Add(image);
            }

            return result == ResultCode.Ok ? Outcome : result;
        }
    }
}
