// Entry of the deployed application: pins, flash, network; then it boots, or provisions (docs/boards/README.md).

namespace NanoBoot.Board
{
    /// <summary>This board.</summary>
    public static class Program
    {
        /// <summary>Where the firmware begins to run managed code.</summary>
        public static void Main()
        {
            BoardLayout layout = Layout.Create();
            BoardMain.Run(new WifiBoard(), layout, FileStore.Open(layout.FlashBytes));
        }
    }
}
