// nanoboot serve: a published directory over HTTP, for a bench.

using System;
using System.CommandLine;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using NanoBoot.Server;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot serve</c>.</summary>
    internal static class ServeCommand
    {
        private const int DefaultPort = 8080;

        public static Command Create(CliContext context)
        {
            var directory = new Argument<string>("DIR") { Description = "A directory that 'nanoboot publish' wrote." };
            var port = new Option<int>("--port", "-p") { Description = "The port; 0 for any that is free.", DefaultValueFactory = _ => DefaultPort };
            var address = new Option<string>("--address")
            {
                Description = "The address to listen at: 127.0.0.1 for this machine alone, 0.0.0.0 for the network.",
                DefaultValueFactory = _ => "127.0.0.1",
            };
            var reports = new Option<string?>("--reports") { Description = "Keep the reports that devices send, in this directory.", HelpName = "DIR" };
            var command = new CliCommand(
                "serve",
                "Serves a published directory over HTTP, with ranges and ETags, and shows each request. Ctrl+C ends it.",
                "nanoboot serve www",
                "nanoboot serve www --address 0.0.0.0 --port 8080 --reports reports")
            {
                directory, port, address, reports,
            };
            return command.Runs((result, cancellation) =>
            {
                int number = result.GetValue(port);
                if (number is < 0 or > ushort.MaxValue)
                {
                    throw new CliException(ExitCode.Usage, $"--port: {number} is no port; 0 to 65535.");
                }

                return IPAddress.TryParse(result.GetValue(address), out IPAddress? parsed)
                    ? RunAsync(context, result.GetValue(directory)!, parsed, number, result.GetValue(reports), cancellation)
                    : throw new CliException(ExitCode.Usage, $"--address: '{result.GetValue(address)}' is no IP address.");
            });
        }

        private static async Task<int> RunAsync(
            CliContext context, string directory, IPAddress address, int port, string? reports, CancellationToken cancellation)
        {
            string full = context.PathOf(directory);
            if (!Directory.Exists(full))
            {
                throw new CliException(ExitCode.BadInput, $"{directory}: no such directory; 'nanoboot publish {directory} ...' makes one.");
            }

            var options = new FirmwareServerOptions
            {
                Directory = full,
                ReportsDirectory = reports is null ? null : context.PathOf(reports),
                Address = address,
                Port = port,
                OnRequest = request => Show(context, request),
            };
            FirmwareServer server;
            try
            {
                server = await FirmwareServer.StartAsync(options, cancellation).ConfigureAwait(false);
            }
            catch (IOException)
            {
                throw new CliException(ExitCode.InputOutput, $"port {port} of {address} is in use; give another with --port, or 0 for any.");
            }

            await using (server.ConfigureAwait(false))
            {
                context.Out.WriteLine($"Serving {directory} at {server.BaseAddress} (Ctrl+C ends it)");
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    context.Out.WriteLine("Stopped.");
                }
            }

            return ExitCode.Ok;
        }

        private static void Show(CliContext context, RequestRecord request)
        {
            string range = request.Range is null ? string.Empty : $" {request.Range}";
            lock (context)
            {
                context.Out.WriteLine($"{request.Status} {request.Method} {request.Path}{range} {request.BodyBytes} bytes");
            }
        }
    }
}
