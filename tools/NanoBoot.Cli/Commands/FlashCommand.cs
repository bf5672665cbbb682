// nanoboot flash: puts firmware and deployment onto a real board. The work is nanoff's, the tool of nanoFramework; this
// knows the arguments, says what it runs, and hands on nanoff's exit code.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot flash</c>.</summary>
    internal static class FlashCommand
    {
        public static Command Create(CliContext context)
        {
            var board = new Option<string>("--board")
            {
                Description = "The nanoFramework target, as nanoff names it, for example ESP32_REV3 or ST_STM32F769I_DISCOVERY.", Required = true, HelpName = "TARGET",
            };
            var port = new Option<string?>("--port") { Description = "The serial port of an ESP32, for example COM5 or /dev/ttyUSB0.", HelpName = "PORT" };
            var image = new Option<string?>("--image") { Description = "The deployment image with stage 1 and what is resident. Absent: the nanoFramework firmware alone.", HelpName = "FILE" };
            var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Say what would be run, and run nothing." };
            var command = new CliCommand(
                "flash",
                "Flashes a real board with nanoff (dotnet tool install --global nanoff).",
                "nanoboot flash --board ESP32_REV3 --port COM5 --dry-run",
                "nanoboot flash --board ESP32_REV3 --port /dev/ttyUSB0 --image deployment.bin")
            {
                board, port, image, dryRun,
            };
            return command.Runs(async (result, cancellation) =>
            {
                string target = result.GetValue(board)!;
                string? file = result.GetValue(image);
                if (file is not null)
                {
                    // Looked at before nanoff is started, so that a wrong path costs nothing.
                    _ = context.ReadFile(file, "deployment image");
                }

                string[] arguments = [.. Arguments(target, result.GetValue(port), file is null ? null : context.PathOf(file))];
                context.Out.WriteLine($"nanoff {string.Join(' ', arguments.Select(Quote))}");
                return result.GetValue(dryRun) ? ExitCode.Ok : await RunAsync(arguments, cancellation).ConfigureAwait(false);
            });
        }

        private static IEnumerable<string> Arguments(string target, string? port, string? image)
        {
            bool isSerial = target.StartsWith("ESP32", StringComparison.OrdinalIgnoreCase) || target.StartsWith("XIAO", StringComparison.OrdinalIgnoreCase);
            if (isSerial && port is null)
            {
                throw new CliException(ExitCode.Usage, "--port: an ESP32 is flashed over its serial port; name it, for example --port COM5.");
            }

            yield return "--update";
            yield return "--target";
            yield return target;
            if (port is not null)
            {
                yield return "--serialport";
                yield return port;
            }

            if (image is not null)
            {
                yield return "--deploy";
                yield return "--image";
                yield return image;
            }
        }

        private static async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
        {
            Process? process;
            try
            {
                process = Process.Start(new ProcessStartInfo("nanoff", arguments) { UseShellExecute = false });
            }
            catch (Win32Exception)
            {
                process = null;
            }

            if (process is null)
            {
                throw new CliException(ExitCode.InputOutput, "nanoff is not installed; dotnet tool install --global nanoff");
            }

            using (process)
            {
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
                return process.ExitCode == 0
                    ? ExitCode.Ok
                    : throw new CliException(ExitCode.InputOutput, $"nanoff ended with exit code {process.ExitCode}; what it said stands above.");
            }
        }

        private static string Quote(string argument) => argument.Contains(' ', StringComparison.Ordinal) ? $"\"{argument}\"" : argument;
    }
}
