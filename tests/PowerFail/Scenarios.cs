// The scenarios by name. Slots are small: what counts is the number and kind of operations, not their size.

using System;
using System.Collections.Generic;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>All scenarios.</summary>
    public static class Scenarios
    {
        private const int EnvelopeAreaBytes = 4096;
        private const int SlotBytes = 16384;

        private static readonly (string Name, string About)[] All =
        {
            ("trial-confirm", "an application starts on trial, and confirms"),
            ("trial-revert", "an application on trial throws each time; the one before returns"),
            ("trial-hang", "an application on trial hangs each time; the one before returns"),
            ("journal-rollover", "twenty commits: the journal fills up, and goes on in the next sector"),
            ("first-install", "a plain updater installs the first application"),
            ("update-two-slots", "a plain updater installs an application into the other slot"),
            ("update-one-slot", "a plain updater installs an application into the only slot"),
            ("update-stage2", "a plain updater installs its successor"),
            ("updater-first-install", "the updater installs the first application"),
            ("updater-two-slots", "the updater installs an application into the other slot"),
            ("updater-one-slot", "the updater installs an application into the only slot"),
            ("updater-stage2", "the updater installs its successor"),
            ("updater-refusal-retry", "the updater is served a wrong payload, refuses it, and gets the right one later"),
        };

        /// <summary>The names, the smallest scenario first.</summary>
        public static IReadOnlyList<string> Names { get; } = Array.ConvertAll(All, scenario => scenario.Name);

        /// <summary>Says in one line what a scenario is about.</summary>
        /// <param name="name">One of <see cref="Names"/>.</param>
        /// <returns>The line.</returns>
        public static string Describe(string name)
        {
            return Array.Find(All, scenario => scenario.Name == name).About;
        }

        /// <summary>Whether there is a scenario.</summary>
        /// <param name="name">The name.</param>
        /// <returns>Whether there is one of that name.</returns>
        public static bool Contains(string name)
        {
            return Array.Exists(All, scenario => scenario.Name == name);
        }

        /// <summary>Makes a scenario.</summary>
        /// <param name="name">One of <see cref="Names"/>.</param>
        /// <param name="isMac">Whether envelopes carry a MAC in place of a signature: thirty times faster to verify, and
        /// the same to everything that touches flash.</param>
        /// <returns>The scenario.</returns>
        public static Scenario Make(string name, bool isMac = true)
        {
            Maker maker = new Maker(name, isMac);
            switch (name)
            {
                case "trial-confirm":
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Install(RegionId.ApplicationB, maker.A2);
                    maker.Scenario.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                    maker.Scenario.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                    return maker.EndsWith(maker.A2);

                case "trial-revert":
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Install(RegionId.ApplicationB, maker.A2);
                    maker.Scenario.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                    maker.Scenario.Play("A2", maker.A2, _ => throw new InvalidOperationException(), BootPolicy.AttemptsDefault);
                    return maker.EndsWith(maker.A1);

                case "trial-hang":
                    // The supervisor, or a watchdog, restarts: nothing is recorded but the attempt.
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Install(RegionId.ApplicationB, maker.A2);
                    maker.Scenario.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                    maker.Scenario.Play("A2", maker.A2, Plays.Restart, BootPolicy.AttemptsDefault);
                    return maker.EndsWith(maker.A1);

                case "journal-rollover":
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Scenario.Play("A1", maker.A1, Plays.FillJournal);
                    maker.Scenario.OperationsPerBootMax = 128;
                    return maker.EndsWith(maker.A1);

                case "first-install":
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Scenario.Play("S1", maker.S1, boot => PlainUpdater.Run(boot, ComponentIndex.Application, maker.A1));
                    maker.Scenario.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                    return maker.Changes(RegionId.ApplicationA, RegionId.ApplicationB).EndsWith(maker.A1);

                case "update-two-slots":
                case "update-one-slot":
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Scenario.Play("S1", maker.S1, boot => PlainUpdater.Run(boot, ComponentIndex.Application, maker.A2));
                    maker.Scenario.Play("A1", maker.A1, Plays.AskForUpdate);
                    maker.Scenario.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                    return maker.Changes(name == "update-one-slot" ? RegionId.ApplicationA : RegionId.ApplicationB).EndsWith(maker.A2);

                case "update-stage2":
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Scenario.Play("S1", maker.S1, boot => PlainUpdater.Run(boot, ComponentIndex.Stage2, maker.S2));
                    maker.Scenario.Play("S2", maker.S2, Plays.ConfirmAndReturnToApplication);
                    maker.Scenario.Play("A1", maker.A1, boot => Plays.AskUntil(boot, maker.S2));
                    return maker.Changes(RegionId.Stage2B).EndsWith(maker.A1);

                // From here on the updater is the real one, with everything but the network.
                case "updater-first-install":
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Serve(maker.A1);
                    maker.Scenario.Play("S1", maker.S1, maker.Update);
                    maker.Scenario.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                    return maker.Changes(RegionId.ApplicationA, RegionId.ApplicationB).EndsWith(maker.A1);

                case "updater-two-slots":
                case "updater-one-slot":
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Serve(maker.A2);
                    maker.Scenario.Play("S1", maker.S1, maker.Update);
                    maker.Scenario.Play("A1", maker.A1, Plays.AskForUpdate);
                    maker.Scenario.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                    return maker.Changes(name == "updater-one-slot" ? RegionId.ApplicationA : RegionId.ApplicationB).EndsWith(maker.A2);

                case "updater-stage2":
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Serve(maker.S2);
                    maker.Scenario.Play("S1", maker.S1, maker.Update);
                    maker.Scenario.Play("S2", maker.S2, maker.Update);
                    maker.Scenario.Play("A1", maker.A1, boot => Plays.AskUntil(boot, maker.S2));
                    return maker.Changes(RegionId.Stage2B).EndsWith(maker.A1);

                case "updater-refusal-retry":
                    // The first session is served a payload that is not the signed one; the next is served the right one.
                    maker.Confirmed(ComponentIndex.Stage2, RegionId.Stage2A, maker.S1);
                    maker.Confirmed(ComponentIndex.Application, RegionId.ApplicationA, maker.A1);
                    maker.Serve(maker.A2);
                    maker.Scenario.Play("S1", maker.S1, maker.UpdateFromLiarFirst);
                    maker.Scenario.Play("A1", maker.A1, Plays.AskForUpdate);
                    maker.Scenario.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                    return maker.Changes(RegionId.ApplicationB).EndsWith(maker.A2);

                default:
                    throw new ArgumentException("There is no scenario " + name + ".", nameof(name));
            }
        }

        // What the scenarios have in common.
        private sealed class Maker
        {
            private static readonly HmacSigningKey Key = new HmacSigningKey(new byte[32]);
            private readonly bool _isMac;
            private readonly Dictionary<string, byte[]> _files = new Dictionary<string, byte[]>();
            private readonly Dictionary<string, byte[]> _lies = new Dictionary<string, byte[]>();

            internal Maker(string name, bool isMac)
            {
                bool hasSignatures = !isMac;

                // From the network the updater takes no MAC.
                isMac &= !name.StartsWith("updater", StringComparison.Ordinal);
                _isMac = isMac;
                int applicationSlots = name.EndsWith("one-slot", StringComparison.Ordinal) ? 1 : 2;
                BootPolicy policy = BootBench.MakePolicy(null, applicationSlots, EnvelopeAreaBytes);
                if (isMac)
                {
                    Authority authority = new Authority(Key.KeyId, CoseAlgorithm.Hmac256, new byte[32], BootBench.Needed, null, null);
                    policy = new BootPolicy(new TrustStore(new[] { authority }), policy.Components)
                    {
                        ConfirmTimeoutMs = 0,
                        AcceptDeviceMac = true,
                    };
                }

                Scenario = new Scenario(name, BootBench.MakeMemory(SlotBytes, applicationSlots), policy) { HasSignatures = hasSignatures };
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

            internal void Serve(SignedImage image)
            {
                _files["/manifests/" + image.Component + ".suit"] = image.Envelope;
                _files["/" + image.Component + "-" + image.Sequence + ".bin"] = image.Payload;
                _lies["/manifests/" + image.Component + ".suit"] = image.Envelope;
                byte[] lie = (byte[])image.Payload.Clone();
                lie[lie.Length / 2] ^= 1;
                _lies["/" + image.Component + "-" + image.Sequence + ".bin"] = lie;
            }

            internal void Update(BootContext boot)
            {
                new Updater(boot, new MemoryServer(_files), null!).Run();
            }

            internal void UpdateFromLiarFirst(BootContext boot)
            {
                // The journal's opaque bytes tell the first session: the updater counts its failures there.
                bool isFirst = Array.TrueForAll(boot.Journal.State.Opaque, value => value == 0);
                new Updater(boot, new MemoryServer(isFirst ? _lies : _files), null!).Run();
            }

            internal void Install(RegionId region, SignedImage image)
            {
                BootBench.Install(Scenario.Memory, region, image, EnvelopeAreaBytes);
            }

            internal void Confirmed(int component, RegionId region, SignedImage image)
            {
                Install(region, image);
                BootJournal journal = BootBench.OpenJournal(Scenario.Memory);
                ComponentState state = journal.State.Components[component];
                state.ConfirmedId = image.Id;
                state.ConfirmedSlot = region;
                state.Floor = image.Sequence;
                BootBench.Demand(journal.Commit());
            }

            internal Maker Changes(params RegionId[] regions)
            {
                Scenario.Plan.UnionWith(regions);
                return this;
            }

            internal Scenario EndsWith(SignedImage image)
            {
                Scenario.FinalDigest = image.Digest;
                return Scenario;
            }

            private SignedImage Make(string component, long sequence, int payloadBytes)
            {
                byte[] payload = BootBench.FakeAssembly(payloadBytes, (int)sequence + component.Length);
                ManifestBuilder builder = BootBench.MakeBuilder(component, sequence, payload);
                builder.Components[0].Uris.Add("/" + component + "-" + sequence + ".bin");
                return BootBench.Sign(builder, payload, _isMac ? Key : null);
            }
        }
    }
}
