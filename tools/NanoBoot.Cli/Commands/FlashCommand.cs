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
        private static readonly string[] s_esp32 = ["ESP", "M5", "FEATHER", "XIAO"];

        public static Command Create(CliContext context)
        {
            var board = new Option<string>("--board")
            {
                Description = "The nanoFramework target, as nanoff names it, for example ESP32_REV3 or ST_STM32F769I_DISCOVERY.", Required = true, HelpName = "TARGET",
            };
            var port = new Option<string?>("--port")
            {
                Description = "The serial port, for example COM5 or /dev/ttyUSB0: an ESP32 is flashed over it, and any board gets its image over it.", HelpName = "PORT",
            };
            var image = new Option<string?>("--image") { Description = "The deployment image with stage 1 and what is resident. Absent: the nanoFramework firmware alone.", HelpName = "FILE" };
            var dfu = new Option<bool>("--dfu") { Description = "An STM32 that is flashed over its own USB (DFU), and not through an ST-LINK." };
            var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Say what would be run, and run nothing." };
            var command = new CliCommand(
                "flash",
                "Flashes a real board with nanoff (dotnet tool install --global nanoff).",
                "nanoboot flash --board ESP32_REV3 --port COM5 --dry-run",
                "nanoboot flash --board ESP32_REV3 --port /dev/ttyUSB0 --image deployment.bin",
                "nanoboot flash --board ST_STM32F769I_DISCOVERY --port /dev/ttyACM0 --image deployment.bin")
            {
                board, port, image, dfu, dryRun,
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

                IReadOnlyList<string[]> runs = Runs(target, result.GetValue(port), file is null ? null : context.PathOf(file), result.GetValue(dfu));
                foreach (string[] arguments in runs)
                {
                    context.Out.WriteLine($"nanoff {string.Join(' ', arguments.Select(Quote))}");
                    if (!result.GetValue(dryRun))
                    {
                        await RunAsync(arguments, cancellation).ConfigureAwait(false);
                    }
                }

                return ExitCode.Ok;
            });
        }

        /// <summary>What nanoff is to be run with: an ESP32 takes firmware and image in one go. For an STM32 nanoff wants to be told the
        /// address of an image, unless it asks the firmware that has just been flashed: by the wire protocol.</summary>
        private static IReadOnlyList<string[]> Runs(string target, string? port, string? image, bool isDfu)
        {
            if (IsEsp32(target))
            {
                string serial = port ?? throw new CliException(ExitCode.Usage, "--port: an ESP32 is flashed over its serial port; name it, for example --port COM5.");
                string[] platform = target.StartsWith("XIAO", StringComparison.OrdinalIgnoreCase) ? ["--platform", "esp32"] : [];
                string[] deploy = image is null ? [] : ["--deploy", "--image", image];
                return [["--update", "--target", target, .. platform, "--serialport", serial, .. deploy]];
            }

            string[] firmware = ["--update", "--target", target, isDfu ? "--dfu" : "--jtag"];
            if (image is null)
            {
                return [firmware];
            }

            return port is null
                ? throw new CliException(ExitCode.Usage, "--port: the image goes over the board's serial port; name it, for example --port COM5 ('nanoff --listports').")
                : [firmware, ["--nanodevice", "--deploy", "--serialport", port, "--image", image]];
        }

        /// <summary>As nanoff tells them by name, and the XIAO modules, which it does not.</summary>
        private static bool IsEsp32(string target)
        {
            return s_esp32.Any(prefix => target.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        }

        private static async Task RunAsync(string[] arguments, CancellationToken cancellation)
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
                if (process.ExitCode != 0)
                {
                    throw new CliException(ExitCode.InputOutput, $"nanoff ended with exit code {process.ExitCode}; what it said stands above.");
                }
            }
        }

        private static string Quote(string argument) => argument.Contains(' ', StringComparison.Ordinal) ? $"\"{argument}\"" : argument;
    }
}
