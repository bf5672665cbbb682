// What the board does with power on: it boots.

using System.Threading;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Board
{
    /// <summary>The deployed application of a device in the field.</summary>
    internal static class BoardMain
    {
        /// <summary>Boots. Does not return.</summary>
        internal static void Run(DeviceBoard board, BoardLayout layout, IFlash flash)
        {
            board.Flash = layout.Divide(flash);
            BootPolicy policy = layout.CreatePolicy(BoardTrust.Create());
            policy.RootsNeeded = BoardTrust.RootsNeeded;
            Stage1.Run(board, policy);

            // Nothing is bootable, and the console has said why. The wire protocol still answers: deploy again, or
            // provision again.
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
