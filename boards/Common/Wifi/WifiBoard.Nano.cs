// Wi-Fi with the credentials that are stored in the device's configuration (nanoff --networkdeployment).

using System.Threading;
using NanoBoot.Hal;
using nanoFramework.Networking;

namespace NanoBoot.Board
{
    /// <summary>A board with Wi-Fi.</summary>
    public sealed class WifiBoard : DeviceBoard
    {
        /// <inheritdoc/>
        public override ResultCode ConnectNetwork(int timeoutMs)
        {
            CancellationTokenSource limit = new CancellationTokenSource(timeoutMs);
            // With the date: certificates of TLS have dates, and nothing else here relies on it.
            return WifiNetworkHelper.Reconnect(true, 0, limit.Token) ? ResultCode.Ok : ResultCode.NetworkUnreachable;
        }
    }
}
