// The older information model's override by an alias, as a dependency: a maker signs what the image is, an operator
// signs where his devices fetch it from. A whole device, its own updater, two servers.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Server;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class DependencyTests
    {
        private const string Mirror = "mirror/application.bin";
        private const string OemManifest = "oem.suit";

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public async Task A28_Update_OperatorsUri_PayloadComesFromTheOperatorOnly(bool isIntegrated)
        {
            await using Parties parties = await Parties.StartAsync();
            parties.Publish(isIntegrated, DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = parties.Device.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), parties.Device.Running(), Lines(said));
            Assert.IsTrue(parties.OperatorRequests.Any(request => request.Path.EndsWith(Mirror, StringComparison.Ordinal)), "the operator's server delivered");
            Assert.IsFalse(parties.OemIsAsked, "the maker's payload address was not asked");

            // What stands in the slot is the maker's manifest: stage 1 runs it by the maker's signature alone.
            said = parties.Device.Update();
            Assert.AreEqual((RegionId.ApplicationB, 2L), parties.Device.Running(), Lines(said));
            Assert.IsTrue(said.Any(entry => entry.Event == BootEvent.UpToDate && entry.Region == RegionId.None), Lines(said));
        }

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public async Task A28_Update_OperatorsPayloadIsAnother_IsRefused(bool isIntegrated)
        {
            await using Parties parties = await Parties.StartAsync();
            byte[] other = (byte[])DeviceBench.Version11.Clone();
            other[^1] ^= 1; // in a chunk that is not on the device yet
            parties.Publish(isIntegrated, other);

            IReadOnlyList<TranscriptEntry> said = parties.Device.Update();

            Assert.AreEqual((RegionId.ApplicationA, 1L), parties.Device.Running(), Lines(said));
            Assert.AreEqual(ResultCode.PayloadChunkMismatch, said.Single(entry => entry.Event == BootEvent.InstallFailed).Result, Lines(said));
            Assert.IsFalse(said.Any(entry => entry.Event == BootEvent.InstallCompleted), Lines(said));
            Assert.IsFalse(parties.OemIsAsked);
        }

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public async Task A8_Update_DependencyIsAnotherOfTheMakers_IsRefused(bool isIntegrated)
        {
            // Validly signed, and not the one that the operator named.
            await using Parties parties = await Parties.StartAsync();
            parties.Publish(isIntegrated, DeviceBench.Version11, served: parties.Oem(3));

            IReadOnlyList<TranscriptEntry> said = parties.Device.Update();

            Assert.AreEqual((RegionId.ApplicationA, 1L), parties.Device.Running(), Lines(said));
            Assert.AreEqual(ResultCode.SuitImageMismatch, said.Single(entry => entry.Event == BootEvent.ManifestRefused).Result, Lines(said));
            Assert.IsEmpty(parties.OperatorRequests.Where(request => request.Path.EndsWith(Mirror, StringComparison.Ordinal)).ToArray());
        }

        [TestMethod]
        public async Task A28_Update_OperatorOverridesTheDigest_HasNoEffect()
        {
            // The operator's key may name the place, not the image, even where the maker sets nothing but what is unset.
            await using Parties parties = await Parties.StartAsync();
            parties.IsOemOpen = true;
            byte[] evil = new byte[DeviceBench.Version11.Length];
            parties.Publish(true, evil, parameters => parameters.ImageDigest(SHA256.HashData(evil)));

            IReadOnlyList<TranscriptEntry> said = parties.Device.Update();

            Assert.AreEqual((RegionId.ApplicationA, 1L), parties.Device.Running(), Lines(said));
            Assert.IsFalse(said.Any(entry => entry.Event == BootEvent.InstallCompleted), Lines(said));
        }

        private static string Lines(IReadOnlyList<TranscriptEntry> said)
        {
            return string.Join('\n', said.Select(entry => $"{entry.Boot} {entry.Event} {entry.Region} {entry.Result} {entry.Value}"));
        }

        /// <summary>A device with the manifest service of its operator, and the operator's payload server beside it.</summary>
        private sealed class Parties : IAsyncDisposable
        {
            private readonly FirmwareServer _operatorServer;
            private readonly string _operatorDirectory;
            private readonly List<RequestRecord> _requests;

            private Parties(DeviceBench device, FirmwareServer server, string directory, List<RequestRecord> requests)
            {
                Device = device;
                _operatorServer = server;
                _operatorDirectory = directory;
                _requests = requests;
            }

            public DeviceBench Device { get; }

            public IReadOnlyList<RequestRecord> OperatorRequests
            {
                get
                {
                    lock (_requests)
                    {
                        return _requests.ToArray();
                    }
                }
            }

            /// <summary>Whether the maker's manifest sets parameters only where they are not set.</summary>
            public bool IsOemOpen { get; set; }

            public bool OemIsAsked => Device.Requests.Any(request => request.Path.Contains("payload", StringComparison.Ordinal));

            public static async Task<Parties> StartAsync()
            {
                DeviceBench device = await DeviceBench.StartAsync();
                string directory = Directory.CreateTempSubdirectory("nanoboot-operator-").FullName;
                List<RequestRecord> requests = new();
                FirmwareServer server = await FirmwareServer.StartAsync(new FirmwareServerOptions
                {
                    Directory = directory,
                    OnRequest = request =>
                    {
                        lock (requests)
                        {
                            requests.Add(request);
                        }
                    },
                });
                return new Parties(device, server, directory, requests);
            }

            /// <summary>The maker's manifest. It sets the address of the payload only where no other is set.</summary>
            public Envelope Oem(long sequence)
            {
                ManifestWriter writer = Device.Manifest(DeviceBench.Application, sequence, DeviceBench.Version11).ToWriter();
                writer.Install = new CommandSequence()
                    .SetParameters(new ParameterSet().Uri("../" + Publisher.PayloadPath(DeviceBench.Version11))).Fetch().ImageMatch();
                if (IsOemOpen)
                {
                    Guid vendor = Uuid.ForVendor("nanoboot.example");
                    writer.Shared = new CommandSequence().SetParameters(new ParameterSet().VendorIdentifier(vendor)
                        .ClassIdentifier(Uuid.ForClass(vendor, "bench")).ImageDigest(SHA256.HashData(DeviceBench.Version11))
                        .ImageSize(DeviceBench.Version11.Length)).CheckIdentity();
                }

                return writer.Build().Sign(Device.Author);
            }

            /// <summary>Puts everything in its place: the maker's payload is right, the operator's is what the test says.</summary>
            public void Publish(
                bool isIntegrated, byte[] operatorPayload, Func<ParameterSet, ParameterSet>? more = null, Envelope? served = null)
            {
                Envelope oem = Oem(2);
                Device.Publisher.Publish(DeviceBench.Application, oem, DeviceBench.Version11);
                WriteOperator(Mirror, operatorPayload);
                WriteOperator(OemManifest, (served ?? oem).Encode());
                ParameterSet place = new ParameterSet().Uri(_operatorServer.BaseAddress + Mirror);
                ParameterSet dependency = new ParameterSet().ImageDigest(oem.ManifestDigest.AsSpan(4))
                    .Uri(isIntegrated ? "#oem" : _operatorServer.BaseAddress + OemManifest);
                ManifestWriter writer = new()
                {
                    SequenceNumber = 7,
                    DependencyResolution = new CommandSequence()
                        .SetComponentIndex(1).OverrideParameters(dependency).Fetch().Command(SuitCommand.DependencyIntegrity),
                    Install = new CommandSequence()
                        .SetComponentIndex(0).OverrideParameters(more is null ? place : more(place))
                        .SetComponentIndex(1).Command(SuitCommand.DependencyIntegrity).Command(SuitCommand.ProcessDependency),
                    Validate = new CommandSequence()
                        .OverrideParameters(new ParameterSet().VendorIdentifier(Uuid.ForVendor("nanoboot.example"))).Command(SuitCommand.VendorIdentifier),
                };
                writer.Components.Add(DeviceBench.Application);
                writer.Dependencies.Add(1, null);
                Envelope root = writer.Build().Sign(Device.Operator);
                if (isIntegrated)
                {
                    root.Integrate("#oem", (served ?? oem).Encode());
                }

                Device.Plant(DeviceBench.Application, root.Encode());
            }

            public async ValueTask DisposeAsync()
            {
                await _operatorServer.DisposeAsync();
                await Device.DisposeAsync();
                Directory.Delete(_operatorDirectory, recursive: true);
            }

            private void WriteOperator(string path, byte[] content)
            {
                string file = Path.Combine(_operatorDirectory, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllBytes(file, content);
            }
        }
    }
}
