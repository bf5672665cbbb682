// The scenarios by name. Each is an entry of the table: what is on flash at the beginning, what the images do, where it
// must end. Slots are small: what counts is the number and kind of operations, not their size.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>All scenarios.</summary>
    public static class Scenarios
    {
        private static readonly Entry[] All =
        {
            new Entry("trial-confirm", "an application starts on trial, and confirms", maker =>
            {
                maker.ConfirmedApplication();
                maker.Install(RegionId.ApplicationB, maker.A2);
                maker.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                return maker.Play("A1", maker.A1, Plays.ConfirmAndSleep).EndsWith(maker.A2);
            }),
            new Entry("trial-revert", "an application on trial throws each time; the one before returns", maker =>
            {
                maker.ConfirmedApplication();
                maker.Install(RegionId.ApplicationB, maker.A2);
                maker.Play("A2", maker.A2, _ => throw new InvalidOperationException(), BootPolicy.AttemptsDefault);
                return maker.Play("A1", maker.A1, Plays.ConfirmAndSleep).EndsWith(maker.A1);
            }),
            new Entry("trial-hang", "an application on trial hangs each time; the one before returns", maker =>
            {
                // The supervisor, or a watchdog, restarts: nothing is recorded but the attempt.
                maker.ConfirmedApplication();
                maker.Install(RegionId.ApplicationB, maker.A2);
                maker.Play("A2", maker.A2, Plays.Restart, BootPolicy.AttemptsDefault);
                return maker.Play("A1", maker.A1, Plays.ConfirmAndSleep).EndsWith(maker.A1);
            }),
            new Entry("journal-rollover", "twenty commits: the journal fills up, and goes on in the next sector", maker =>
            {
                // Twenty commits of two programs each, and the sectors.
                maker.Scenario.OperationsPerBootMax = 48;
                maker.ConfirmedApplication();
                return maker.Play("A1", maker.A1, Plays.FillJournal).EndsWith(maker.A1);
            }),
            new Entry("first-install", "a plain updater installs the first application", maker =>
            {
                maker.ConfirmedUpdater();
                maker.Play("S1", maker.S1, boot => PlainUpdater.Run(boot, ComponentIndex.Application, maker.A1));
                maker.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                return maker.Changes(RegionId.ApplicationA, RegionId.ApplicationB).EndsWith(maker.A1);
            }),
            new Entry("update-two-slots", "a plain updater installs an application into the other slot", maker =>
                PlainUpdate(maker).Changes(RegionId.ApplicationB).EndsWith(maker.A2)),
            new Entry("update-one-slot", "a plain updater installs an application into the only slot", maker =>
                PlainUpdate(maker).Changes(RegionId.ApplicationA).EndsWith(maker.A2)) { ApplicationSlots = 1 },
            new Entry("update-stage2", "a plain updater installs its successor", maker =>
            {
                maker.ConfirmedUpdater();
                maker.ConfirmedApplication();
                maker.Play("S1", maker.S1, boot => PlainUpdater.Run(boot, ComponentIndex.Stage2, maker.S2));
                maker.Play("S2", maker.S2, Plays.ConfirmAndReturnToApplication);
                maker.Play("A1", maker.A1, boot => Plays.AskUntil(boot, maker.S2));
                return maker.Changes(RegionId.Stage2B).EndsWith(maker.A1);
            }),

            // From here on the updater is the real one, with everything but the network.
            new Entry("updater-first-install", "the updater installs the first application", maker =>
            {
                maker.ConfirmedUpdater();
                maker.Serve(maker.A1);
                maker.Play("S1", maker.S1, maker.Update);
                maker.Play("A1", maker.A1, Plays.ConfirmAndSleep);
                return maker.Changes(RegionId.ApplicationA, RegionId.ApplicationB).EndsWith(maker.A1);
            }) { IsNetworked = true },
            new Entry("updater-two-slots", "the updater installs an application into the other slot", maker =>
                RealUpdate(maker, maker.Update).Changes(RegionId.ApplicationB).EndsWith(maker.A2)) { IsNetworked = true },
            new Entry("updater-one-slot", "the updater installs an application into the only slot", maker =>
                RealUpdate(maker, maker.Update).Changes(RegionId.ApplicationA).EndsWith(maker.A2)) { IsNetworked = true, ApplicationSlots = 1 },
            new Entry("updater-stage2", "the updater installs its successor", maker =>
            {
                maker.ConfirmedUpdater();
                maker.ConfirmedApplication();
                maker.Serve(maker.S2);
                maker.Play("S1", maker.S1, maker.Update);
                maker.Play("S2", maker.S2, maker.Update);
                maker.Play("A1", maker.A1, boot => Plays.AskUntil(boot, maker.S2));
                return maker.Changes(RegionId.Stage2B).EndsWith(maker.A1);
            }) { IsNetworked = true },
            new Entry("updater-refusal-retry", "the updater is served a wrong payload, refuses it, and gets the right one later", maker =>
                RealUpdate(maker, maker.UpdateFromLiarFirst).Changes(RegionId.ApplicationB).EndsWith(maker.A2)) { IsNetworked = true },
            new Entry("updater-store-apply", "an application that may not be applied yet is stored, and installed from there later", maker =>
            {
                // The maker's signature first, the operator's later; the payload is on the device by then.
                maker.ConfirmedUpdater();
                maker.ConfirmedApplication();
                maker.Serve(maker.A2);
                maker.Play("S1", maker.S1, maker.UpdateInTwoParts);
                maker.Play("A1", maker.A1, boot => Plays.AskAccordingToStaging(boot, maker.A2));
                maker.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                maker.Scenario.CheckUncut = maker.CheckPayloadFetchedOnce;
                return maker.Changes(RegionId.Staging, RegionId.ApplicationB).EndsWith(maker.A2);
            }) { IsNetworked = true, HasOperator = true },
            new Entry("updater-trust", "a trust document replaces the signer of the application, and the successor's application follows", maker =>
            {
                // Two copies of the document, and the application, in one session.
                maker.Scenario.OperationsPerBootMax = 64;
                maker.ConfirmedUpdater();
                maker.ConfirmedApplication();
                maker.RotatedTrust();
                maker.Serve(maker.A2);
                maker.Play("S1", maker.S1, maker.UpdateWithTrust);
                maker.Play("A1", maker.A1, maker.AskUntilRevoked);
                maker.Play("A2", maker.A2, Plays.ConfirmAndSleep);
                return maker.Changes(RegionId.Trust, RegionId.TrustB, RegionId.ApplicationB).EndsWith(maker.A2);
            }) { IsNetworked = true, HasRoots = true },
            new Entry("updater-spi", "the updater installs an application on a SPI chip, over its bus, page by page", maker =>
            {
                // A page of the chip is programmed at a time, and each page can be cut.
                maker.Scenario.OperationsPerBootMax = 64;
                return RealUpdate(maker, maker.Update).Changes(RegionId.ApplicationB).EndsWith(maker.A2);
            }) { IsNetworked = true, Chip = "W25Q16JV" },
        };

        /// <summary>The names, the smallest scenario first.</summary>
        public static IReadOnlyList<string> Names { get; } = Array.ConvertAll(All, entry => entry.Name);

        /// <summary>Says in one line what a scenario is about.</summary>
        /// <param name="name">One of <see cref="Names"/>.</param>
        /// <returns>The line.</returns>
        public static string Describe(string name)
        {
            return Find(name).About;
        }

        /// <summary>Whether there is a scenario.</summary>
        /// <param name="name">The name.</param>
        /// <returns>Whether there is one of that name.</returns>
        public static bool Contains(string name)
        {
            return Array.Exists(All, entry => entry.Name == name);
        }

        /// <summary>Makes a scenario.</summary>
        /// <param name="name">One of <see cref="Names"/>.</param>
        /// <param name="isMac">Whether envelopes carry a MAC in place of a signature: thirty times faster to verify, and
        /// the same to everything that touches flash. From the network the updater takes no MAC, so there it makes no difference.</param>
        /// <returns>The scenario.</returns>
        public static Scenario Make(string name, bool isMac = true)
        {
            Entry entry = Find(name);
            return entry.Make(new ScenarioMaker(name, isMac, entry.IsNetworked, entry.ApplicationSlots, entry.HasOperator, entry.Chip, entry.HasRoots));
        }

        private static Entry Find(string name)
        {
            return Array.Find(All, entry => entry.Name == name)
                ?? throw new ArgumentException("There is no scenario " + name + ".", nameof(name));
        }

        private static ScenarioMaker PlainUpdate(ScenarioMaker maker)
        {
            maker.ConfirmedUpdater();
            maker.ConfirmedApplication();
            maker.Play("S1", maker.S1, boot => PlainUpdater.Run(boot, ComponentIndex.Application, maker.A2));
            maker.Play("A1", maker.A1, Plays.AskForUpdate);
            return maker.Play("A2", maker.A2, Plays.ConfirmAndSleep);
        }

        private static ScenarioMaker RealUpdate(ScenarioMaker maker, Action<BootContext> updater)
        {
            maker.ConfirmedUpdater();
            maker.ConfirmedApplication();
            maker.Serve(maker.A2);
            maker.Play("S1", maker.S1, updater);
            maker.Play("A1", maker.A1, Plays.AskForUpdate);
            return maker.Play("A2", maker.A2, Plays.ConfirmAndSleep);
        }

        private sealed record Entry(string Name, string About, Func<ScenarioMaker, Scenario> Make)
        {
            internal bool IsNetworked { get; init; }

            internal int ApplicationSlots { get; init; } = 2;

            internal bool HasOperator { get; init; }

            /// <summary>The SPI chip that holds the slots, or null for flash without a bus.</summary>
            internal string? Chip { get; init; }

            internal bool HasRoots { get; init; }
        }
    }
}
