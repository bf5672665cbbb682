// What the scenarios have in common: a device with its images, and a server.

using System;
using System.Collections.Generic;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Spi;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>Makes a scenario.</summary>
    internal sealed class ScenarioMaker
    {
        private const int EnvelopeAreaBytes = 4096;
        private const int SlotBytes = 16384;

        private static readonly HmacSigningKey MacKey = new HmacSigningKey(new byte[32]);
        private static readonly EcdsaSigningKey Operator = EcdsaSigningKey.FromSeed("bench"u8, "operator");

        private readonly bool _isMac;
        private readonly bool _hasOperator;
        private readonly bool _hasRoots;
        private readonly Dictionary<string, byte[]> _files = new Dictionary<string, byte[]>();
        private readonly Dictionary<string, byte[]> _lies = new Dictionary<string, byte[]>();
        private readonly Dictionary<string, byte[]> _unapplied = new Dictionary<string, byte[]>();
        private readonly MemoryServer _server;
        private readonly MemoryServer _liar;
        private readonly MemoryServer _serverBeforeApply;
        private readonly Dictionary<long, byte[]> _envelopesWithoutOperator = new Dictionary<long, byte[]>();
        private string? _wrong;

        internal ScenarioMaker(string name, bool isMac, bool isNetworked, int applicationSlots, bool hasOperator, string? chip, bool hasRoots)
        {
            _server = new MemoryServer(_files);
            _liar = new MemoryServer(_lies);
            _serverBeforeApply = new MemoryServer(_unapplied);
            _isMac = isMac && !isNetworked;
            _hasOperator = hasOperator;
            _hasRoots = hasRoots;
            BootPolicy policy = BootBench.MakePolicy(null, applicationSlots, EnvelopeAreaBytes);
            policy = new BootPolicy(Authorities(), policy.Components) { ConfirmTimeoutMs = 0, AcceptDeviceMac = _isMac };
            EmulatedLayout layout = EmulatedLayout.Make(SlotBytes, applicationSlots);
            SpiNorDescription? description = chip == null ? null : SpiNorCatalog.Find(chip);
            EmulatedMemory memory = new EmulatedMemory(description == null ? layout : layout with { ExternalBytes = description.SizeBytes });
            BootBench.WriteIdentity(memory, BootBench.MakeIdentity());
            Scenario = new Scenario(name, memory, policy)
            {
                HasSignatures = !isMac,

                // A slow bus and quick erases: the driver finds the chip busy some ten times after each command, not a hundred. A
                // driver that does not wait for it still comes too early: eight bytes are read back in less than a program takes.
                Chip = description == null
                    ? null
                    : new SpiNorChip(description with { Erase4Ns = 1_000_000 }, memory.External.Array) { ClockHz = 250_000 },
            };
            A1 = Make(BootBench.Application, 1, 5000);
            A2 = Make(BootBench.Application, 2, 6000);
            S1 = Make(BootBench.Stage2, 1, 2000);
            S2 = Make(BootBench.Stage2, 2, 3000);
        }

        internal Scenario Scenario { get; }

        internal SignedImage A1 { get; }

        internal SignedImage A2 { get; }

        internal SignedImage S1 { get; }

        internal SignedImage S2 { get; }

        /// <summary>The document that replaces the author.</summary>
        internal SignedImage Rotation { get; } = TrustBench.Sign(2, TrustBench.Document(TrustBench.Successor), TrustBench.RootA);

        internal ScenarioMaker Play(string name, SignedImage image, Action<BootContext> behaviour, int startsMax = 0)
        {
            Scenario.Play(name, image, behaviour, startsMax);
            return this;
        }

        internal void ConfirmedApplication()
        {
            Confirmed(ComponentIndex.Application, RegionId.ApplicationA, A1);
        }

        internal void ConfirmedUpdater()
        {
            Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, S1);
        }

        /// <summary>A document in force that trusts the author, and another that trusts its successor instead is served.</summary>
        internal void RotatedTrust()
        {
            TrustBench.PutInForce(Scenario.Memory, TrustBench.Sign(1, TrustBench.Document(BootBench.Author), TrustBench.RootA));
            Serve(Rotation);
            Scenario.CheckEnd = () => _wrong;
        }

        /// <summary>An update by an updater that is never to find that no copy of the document in force is good.</summary>
        internal void UpdateWithTrust(BootContext boot)
        {
            _wrong = boot.Trust == null ? "No copy of the trust document in force was good." : _wrong;
            Update(boot);
        }

        /// <summary>What an application does whose signer the served document drops: it asks for an update, and never runs
        /// once that document is in force.</summary>
        internal void AskUntilRevoked(BootContext boot)
        {
            if (boot.Journal.Components[ComponentIndex.Trust].ConfirmedId == Rotation.Id)
            {
                _wrong = "An application ran whose signer was revoked.";
            }

            Plays.AskForUpdate(boot);
        }

        internal void Install(RegionId region, SignedImage image)
        {
            BootBench.Install(Scenario.Memory, region, image, EnvelopeAreaBytes);
        }

        internal void Serve(SignedImage image)
        {
            string manifest = "/manifests/" + image.Component + ".suit";
            string payload = PayloadPath(image.Component, image.Sequence);
            byte[] lie = (byte[])image.Payload.Clone();
            lie[lie.Length / 2] ^= 1;
            _files[manifest] = image.Envelope;
            _files[payload] = image.Payload;
            _lies[manifest] = image.Envelope;
            _lies[payload] = lie;
            if (_hasOperator)
            {
                _unapplied[manifest] = _envelopesWithoutOperator[image.Id];
                _unapplied[payload] = image.Payload;
            }
        }

        internal void Update(BootContext boot)
        {
            new Updater(boot, _server, null!).Run();
        }

        internal void UpdateFromLiarFirst(BootContext boot)
        {
            // The journal's opaque bytes tell the first session: the updater counts its failures there.
            bool isFirst = Array.TrueForAll(boot.Journal.Opaque, value => value == 0);
            new Updater(boot, isFirst ? _liar : _server, null!).Run();
        }

        /// <summary>The request says whether the operator has signed.</summary>
        internal void UpdateInTwoParts(BootContext boot)
        {
            bool isApply = boot.Journal.UpdateRequest == Plays.ReasonToApply;
            new Updater(boot, isApply ? _server : _serverBeforeApply, null!).Run();
        }

        /// <summary>After a course without a failure: what was stored was not fetched again.</summary>
        internal string? CheckPayloadFetchedOnce()
        {
            return _server.PayloadBytes == 0 ? null : _server.PayloadBytes + " bytes of payload were fetched again to be applied.";
        }

        internal ScenarioMaker Changes(params RegionId[] regions)
        {
            Scenario.Plan.UnionWith(regions);
            return this;
        }

        internal Scenario EndsWith(SignedImage image)
        {
            Scenario.FinalDigest = image.Digest;
            return Scenario;
        }

        private static string PayloadPath(string component, long sequence)
        {
            return "/" + component + "-" + sequence + ".bin";
        }

        private Authority[] Authorities()
        {
            if (_isMac)
            {
                return new[] { new Authority(MacKey.KeyId, CoseAlgorithm.Hmac256, new byte[32], BootBench.Needed, null, null) };
            }

            if (_hasRoots)
            {
                return new[] { BootBench.Trusted(BootBench.Author, BootBench.Needed), TrustBench.Root(TrustBench.RootA, BootBench.Needed) };
            }

            return _hasOperator
                ? new[] { BootBench.Trusted(BootBench.Author, Permissions.Author | Permissions.Store), BootBench.Trusted(Operator, Permissions.Apply) }
                : new[] { BootBench.Trusted(BootBench.Author, BootBench.Needed) };
        }

        private void Confirmed(int component, RegionId region, SignedImage image)
        {
            Install(region, image);
            BootJournal journal = BootBench.OpenJournal(Scenario.Memory);
            ComponentState state = journal.Components[component];
            state.ConfirmedId = image.Id;
            state.ConfirmedSlot = region;
            state.Floor = image.Sequence;
            BootBench.Demand(journal.Commit());
        }

        private SignedImage Make(string component, long sequence, int payloadBytes)
        {
            byte[] payload = BootBench.FakeAssembly(payloadBytes, (int)sequence + component.Length);
            ManifestBuilder builder = BootBench.MakeBuilder(component, sequence, payload);
            builder.Components[0].Uris.Add(PayloadPath(component, sequence));
            Envelope envelope = builder.Build();
            if (!_hasOperator)
            {
                // With roots a root signs the updater, and the second application is the successor's.
                SigningKey? key = _isMac ? MacKey : null;
                key = !_hasRoots ? key : component == BootBench.Stage2 ? TrustBench.RootA : sequence == 2 ? TrustBench.Successor : null;
                return BootBench.Sign(envelope, component, sequence, payload, key);
            }

            SignedImage unapplied = BootBench.Sign(envelope, component, sequence, payload);
            _envelopesWithoutOperator[unapplied.Id] = unapplied.Envelope;
            return BootBench.Sign(envelope, component, sequence, payload, Operator);
        }
    }
}
