// A scenario: what is on flash at the beginning, what the images do, where it must end. The images are played; stage 1,
// the journal, the slots and the installer are the real code.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>A scenario. Made anew for each simulation.</summary>
    public sealed class Scenario
    {
        /// <summary>Names a scenario.</summary>
        /// <param name="name">Its name, as replays give it.</param>
        /// <param name="memory">The chips, at the beginning.</param>
        /// <param name="policy">The policy of the board.</param>
        public Scenario(string name, EmulatedMemory memory, BootPolicy policy)
        {
            Name = name;
            Memory = memory;
            Policy = policy;
        }

        /// <summary>Its name.</summary>
        public string Name { get; }

        /// <summary>Whether envelopes carry signatures where a MAC could do.</summary>
        public bool HasSignatures { get; init; }

        /// <summary>The chips.</summary>
        public EmulatedMemory Memory { get; }

        /// <summary>The policy of the board.</summary>
        public BootPolicy Policy { get; }

        /// <summary>What an image does when it runs, by the digest of its payload. An image that is not here must never run.</summary>
        public Dictionary<string, Action<BootContext>> Images { get; } = new Dictionary<string, Action<BootContext>>();

        /// <summary>Names of images, for people.</summary>
        public Dictionary<string, string> Names { get; } = new Dictionary<string, string>();

        /// <summary>The image that must run in the end.</summary>
        public string FinalDigest { get; set; } = string.Empty;

        /// <summary>Regions that the course of the scenario may change; no other may.</summary>
        public HashSet<RegionId> Plan { get; } = new HashSet<RegionId> { RegionId.Journal };

        /// <summary>Images that must never run more often than this without a confirm, by digest.</summary>
        public Dictionary<string, int> StartsMax { get; } = new Dictionary<string, int>();

        /// <summary>Most boots until nothing happens any more, each recovery counted from its power-on.</summary>
        public int BootsMax { get; set; } = 12;

        /// <summary>Most flash operations of one boot.</summary>
        public int OperationsPerBootMax { get; set; } = 64;

        /// <summary>A check of the end beyond those of every scenario: null, or what is wrong.</summary>
        public Func<BootState, string?>? CheckEnd { get; set; }

        /// <summary>Adds an image and what it does.</summary>
        /// <param name="name">For people.</param>
        /// <param name="image">The image.</param>
        /// <param name="behaviour">What it does.</param>
        public void Play(string name, SignedImage image, Action<BootContext> behaviour)
        {
            Images[image.Digest] = behaviour;
            Names[image.Digest] = name;
        }
    }
}
