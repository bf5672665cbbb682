// The first content of a board whose regions are files on its internal volume (boards/Esp32Internal): the board's own layout
// and its own provisioner, run here over a directory; the files that come out go onto the volume as they are.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using NanoBoot.Author;
using NanoBoot.Board;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Files;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Cli.Bench
{
    /// <summary>Makes the files.</summary>
    internal sealed class FileBoard
    {
        private const string ListFile = "files.json";
        private const string VolumePrefix = "I:\\nb";
        private const string FilePrefix = "nb";

        private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

        private readonly CliContext _context;
        private readonly string _directory;
        private readonly BoardLayout _layout;
        private readonly FactoryTrust _trust;

        /// <param name="context">Gives paths.</param>
        /// <param name="directory">Where the files will stand.</param>
        /// <param name="sizes">Bytes of stage 2's slots, of the application's, number of these.</param>
        /// <param name="trust">The keys that are built into the board.</param>
        public FileBoard(CliContext context, string directory, string sizes, FactoryTrust trust)
        {
            _context = context;
            _directory = directory;
            _trust = trust;
            int[] numbers = [.. sizes.Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
            bool isGood = numbers.Length == 3 && numbers[2] is 1 or 2
                && numbers.Take(2).All(size => size > 0 && size <= ImageVerifier.AssemblyBytesMax && size % BoardLayout.SectorBytes == 0);
            _layout = isGood
                ? new BoardLayout(numbers[0], numbers[1], numbers[2])
                : throw new CliException(ExitCode.Usage, $"--layout: '{sizes}' is not STAGE2,APPLICATION,SLOTS in bytes, multiples of {BoardLayout.SectorBytes}, and 1 or 2 slots: 36864,40960,1.");
        }

        /// <summary>The list that nanoff takes.</summary>
        public static string ListPath(string directory) => Path.Combine(directory, ListFile);

        /// <summary>Provisions a board that exists as files only.</summary>
        /// <param name="content">What it gets.</param>
        /// <returns>The files, and the list of them.</returns>
        public IEnumerable<(string Path, byte[] Content)> Provision(ProvisioningSource content)
        {
            string temporary = Directory.CreateTempSubdirectory("nanoboot-provision-").FullName;
            try
            {
                var flash = new FileFlash(new FileVolume(Path.Combine(temporary, FilePrefix)), BoardLayout.SectorBytes, _layout.FlashBytes / BoardLayout.SectorBytes);
                Write(flash, content);
                string[] names = [.. Directory.GetFiles(temporary).Select(file => Path.GetFileName(file)).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal)];
                var list = new JsonObject
                {
                    ["files"] = new JsonArray([.. names.Select(name => new JsonObject
                    {
                        ["DestinationFilePath"] = VolumePrefix + name[FilePrefix.Length..],
                        ["SourceFilePath"] = _context.PathOf(Path.Combine(_directory, name)),
                    })]),
                };
                return
                [
                    .. names.Select(name => (Path.Combine(_directory, name), File.ReadAllBytes(Path.Combine(temporary, name)))),
                    (ListPath(_directory), JsonSerializer.SerializeToUtf8Bytes(list, s_indented)),
                ];
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }
        }

        private void Write(IFlash flash, ProvisioningSource content)
        {
            BootPolicy policy = _layout.CreatePolicy(_trust.ToStore());
            policy.RootsNeeded = (byte)_trust.RootsNeeded;
            var provisioner = new Provisioner(_layout.Divide(flash), policy, new Silence());
            Demand(provisioner.EraseJournal(), "the journal");
            Demand(provisioner.WriteIdentity(content.Identity), "the identity");
            Demand(provisioner.WritePayloadKeys(content.PayloadKeys), "the payload keys");
            Demand(provisioner.WriteTrust(content.TrustEnvelope, content.TrustPayload), "the trust document");
            Demand(provisioner.WriteImage(RegionId.Stage2A, content.Stage2Envelope, content.Stage2Payload), "stage 2");
            Demand(provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A), "the journal");
            Demand(provisioner.WriteImage(RegionId.ApplicationA, content.ApplicationEnvelope, content.ApplicationPayload), "the application");
        }

        private static void Demand(ResultCode result, string what)
        {
            if (result != ResultCode.Ok)
            {
                throw new CliException(ExitCode.BadInput, $"{what}: this board would refuse it. {ResultText.Describe(result)}");
            }
        }

        private sealed class Silence : IBootLog
        {
            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
            }
        }
    }
}
