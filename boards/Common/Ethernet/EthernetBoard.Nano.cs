// Ethernet with the settings that are stored in the device's configuration (DHCP unless changed).

using System.Threading;
using NanoBoot.Hal;
using nanoFramework.Networking;

namespace NanoBoot.Board
{
    /// <summary>A board with Ethernet.</summary>
    public sealed class EthernetBoard : DeviceBoard
    {
        /// <inheritdoc/>
        public override ResultCode ConnectNetwork(int timeoutMs)
        {
            CancellationTokenSource limit = new CancellationTokenSource(timeoutMs);
            // With the date: certificates of TLS have dates, and nothing else here relies on it.
            return NetworkHelper.SetupAndConnectNetwork(limit.Token, true) ? ResultCode.Ok : ResultCode.NetworkUnreachable;
        }
    }
}
