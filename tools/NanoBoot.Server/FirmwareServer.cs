// A static server for manifests and payloads, with what a device needs of HTTP: ranges, strong entity tags
// and If-None-Match; and a status tracker that keeps the reports of devices as files.
//
// It holds no secret and is trusted for nothing: all that it serves is authenticated by the devices. It
// listens on loopback unless told otherwise, and never serves what lies outside its directory.

using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NanoBoot.Server
{
    /// <summary>Serves a published directory over HTTP. Thread safe; dispose it to stop.</summary>
    public sealed class FirmwareServer : IAsyncDisposable
    {
        /// <summary>Path that takes reports by POST.</summary>
        public const string ReportsPath = "/reports";

        private readonly FirmwareServerOptions _options;
        private readonly string _root;
        private readonly WebApplication _application;
        private int _reportNumber;

        private FirmwareServer(FirmwareServerOptions options)
        {
            _options = options;
            _root = Path.GetFullPath(options.Directory).TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar;
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = _root });
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = options.ReportBytesMax;
                kestrel.Listen(options.Address, options.Port);
            });
            _application = builder.Build();
            _application.Run(HandleAsync);
        }

        /// <summary>Where the server answers, with a closing slash.</summary>
        public Uri BaseAddress { get; private set; } = new("http://localhost/");

        /// <summary>Starts a server.</summary>
        /// <param name="options">What to serve, and where.</param>
        /// <param name="cancellation">Cancels the start.</param>
        /// <returns>The running server.</returns>
        /// <exception cref="DirectoryNotFoundException">The published directory does not exist.</exception>
        /// <exception cref="IOException">The port is in use.</exception>
        public static async Task<FirmwareServer> StartAsync(FirmwareServerOptions options, CancellationToken cancellation = default)
        {
            if (!Directory.Exists(options.Directory))
            {
                throw new DirectoryNotFoundException($"There is no directory {options.Directory} to serve.");
            }

            if (options.ReportsDirectory != null)
            {
                Directory.CreateDirectory(options.ReportsDirectory);
            }

            FirmwareServer server = new(options);
            try
            {
                await server._application.StartAsync(cancellation).ConfigureAwait(false);
            }
            catch
            {
                await server.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            string address = server._application.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!.Addresses.First();
            server.BaseAddress = new Uri(address.TrimEnd('/') + "/");
            return server;
        }

        /// <summary>Stops listening and ends open requests.</summary>
        /// <returns>A task that ends when the server has stopped.</returns>
        public async ValueTask DisposeAsync()
        {
            using CancellationTokenSource atOnce = new(TimeSpan.FromSeconds(1));
            await _application.StopAsync(atOnce.Token).ConfigureAwait(false);
            await _application.DisposeAsync().ConfigureAwait(false);
        }

        private async Task HandleAsync(HttpContext context)
        {
            HttpRequest request = context.Request;
            long bodyBytes = 0;
            try
            {
                if (request.Path == ReportsPath)
                {
                    await TakeReportAsync(context).ConfigureAwait(false);
                }
                else if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
                {
                    bodyBytes = await SendFileAsync(context).ConfigureAwait(false);
                }
                else
                {
                    context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                }
            }
            finally
            {
                _options.OnRequest?.Invoke(new RequestRecord(request.Method, request.Path.Value ?? string.Empty,
                    (string?)request.Headers.Range, context.Response.StatusCode, bodyBytes));
            }
        }

        private async Task<long> SendFileAsync(HttpContext context)
        {
            HttpResponse response = context.Response;
            string? path = Resolve(context.Request.Path.Value);
            if (path == null || !File.Exists(path))
            {
                response.StatusCode = StatusCodes.Status404NotFound;
                return 0;
            }

            // Read whole: what is tagged, measured and sent is then one and the same, even while it is replaced.
            byte[] content = await File.ReadAllBytesAsync(path, context.RequestAborted).ConfigureAwait(false);
            string tag = TagOf(content);
            response.Headers.ETag = tag;
            response.Headers.AcceptRanges = "bytes";
            response.Headers.CacheControl = "no-cache";
            response.ContentType = ContentTypeOf(path);
            if (Matches(context.Request.Headers.IfNoneMatch.ToString(), tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return 0;
            }

            string ifRange = context.Request.Headers.IfRange.ToString();
            ByteRange range = ifRange.Length == 0 || ifRange == tag
                ? ByteRange.Parse((string?)context.Request.Headers.Range, content.Length)
                : new ByteRange(RangeKind.Whole, 0, content.Length);
            if (range.Kind == RangeKind.Unsatisfiable)
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                response.Headers.ContentRange = $"bytes */{content.Length}";
                return 0;
            }

            if (range.Kind == RangeKind.Part)
            {
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.Headers.ContentRange = $"bytes {range.Start}-{range.Start + range.Count - 1}/{content.Length}";
            }

            response.ContentLength = range.Count;
            if (HttpMethods.IsHead(context.Request.Method))
            {
                return 0;
            }

            await response.Body.WriteAsync(content.AsMemory((int)range.Start, (int)range.Count), context.RequestAborted).ConfigureAwait(false);
            return range.Count;
        }

        private async Task TakeReportAsync(HttpContext context)
        {
            HttpResponse response = context.Response;
            if (_options.ReportsDirectory == null)
            {
                response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            if (!HttpMethods.IsPost(context.Request.Method))
            {
                response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                return;
            }

            int number = Interlocked.Increment(ref _reportNumber);
            if (number > _options.ReportsMax)
            {
                response.StatusCode = StatusCodes.Status507InsufficientStorage;
                return;
            }

            using MemoryStream report = new();
            try
            {
                await context.Request.Body.CopyToAsync(report, context.RequestAborted).ConfigureAwait(false);
            }
            catch (BadHttpRequestException refusal)
            {
                response.StatusCode = refusal.StatusCode;
                return;
            }

            // The name is the server's own; a device chooses nothing of it. Written beside, then moved: whole or not there.
            string name = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMddTHHmmssfffZ}-{number:D6}.suit-report");
            string path = Path.Combine(_options.ReportsDirectory, name);
            await File.WriteAllBytesAsync(path + ".part", report.ToArray(), context.RequestAborted).ConfigureAwait(false);
            File.Move(path + ".part", path);
            response.StatusCode = StatusCodes.Status204NoContent;
        }

        /// <summary>The file that a path names, or null when it leaves the published directory.</summary>
        private string? Resolve(string? requestPath)
        {
            string relative = (requestPath ?? string.Empty).TrimStart('/');
            if (relative.Length == 0 || relative.Contains('\\') || relative.Contains('\0') || Path.IsPathRooted(relative))
            {
                return null;
            }

            string path = Path.GetFullPath(Path.Combine(_root, relative));
            if (!path.StartsWith(_root, StringComparison.Ordinal))
            {
                return null;
            }

            // A link inside the directory must not lead out of it.
            FileInfo file = new(path);
            string? target = file.Exists ? file.ResolveLinkTarget(returnFinalTarget: true)?.FullName : null;
            return target == null || target.StartsWith(_root, StringComparison.Ordinal) ? path : null;
        }

        private static string TagOf(byte[] content)
        {
            return "\"" + Convert.ToHexString(SHA256.HashData(content))[..32].ToLowerInvariant() + "\"";
        }

        private static bool Matches(string ifNoneMatch, string tag)
        {
            return ifNoneMatch.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Any(candidate => candidate == "*" || candidate == tag || candidate == "W/" + tag);
        }

        private static string ContentTypeOf(string path)
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".suit" or ".cbor" => "application/suit-envelope+cose",
                ".json" => "application/json",
                ".txt" => "text/plain; charset=utf-8",
                _ => "application/octet-stream",
            };
        }
    }
}
