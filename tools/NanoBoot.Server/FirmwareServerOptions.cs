// What a firmware server serves, where it listens and what it keeps.

using System;
using System.Net;

namespace NanoBoot.Server
{
    /// <summary>Settings of a <see cref="FirmwareServer"/>.</summary>
    public sealed class FirmwareServerOptions
    {
        /// <summary>The published directory. Files below it are served; nothing else is.</summary>
        public required string Directory { get; init; }

        /// <summary>Where reports of devices are kept as files; null keeps none and answers 404.</summary>
        public string? ReportsDirectory { get; init; }

        /// <summary>Address to listen on. Loopback unless asked otherwise: the server authenticates nobody.</summary>
        public IPAddress Address { get; init; } = IPAddress.Loopback;

        /// <summary>Port to listen on; 0 lets the system choose one.</summary>
        public int Port { get; init; }

        /// <summary>Largest report that is taken, in bytes.</summary>
        public int ReportBytesMax { get; init; } = 64 * 1024;

        /// <summary>Most reports that are kept; further ones are answered with 507.</summary>
        public int ReportsMax { get; init; } = 100_000;

        /// <summary>Told of each answered request, on a thread of the server. Must not throw.</summary>
        public Action<RequestRecord>? OnRequest { get; init; }
    }

    /// <summary>One answered request, for logs and tests.</summary>
    /// <param name="Method">The HTTP method.</param>
    /// <param name="Path">The path as it was asked for.</param>
    /// <param name="Range">The Range header, or null.</param>
    /// <param name="Status">The status that was answered.</param>
    /// <param name="BodyBytes">Bytes of body that were sent.</param>
    public sealed record RequestRecord(string Method, string Path, string? Range, int Status, long BodyBytes);
}
