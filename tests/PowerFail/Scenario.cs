// A scenario: what is on flash at the beginning, what the images do, where it must end. The images are played; stage 1,
// the journal, the slots and the installer are the real code.

using System;
using System.Collections.Generic;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Spi;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;

namespace NanoBoot.PowerFail
{
    /// <summary>An image of a scenario.</summary>
    /// <param name="Index">Its number in the scenario.</param>
    /// <param name="Name">Its name, for people.</param>
    /// <param name="Image">The image.</param>
    /// <param name="Behaviour">What it does when it runs.</param>
    public sealed record PlayedImage(int Index, string Name, SignedImage Image, Action<BootContext> Behaviour)
    {
        /// <summary>It must never start more often than this without a confirm; 0 for no limit.</summary>
        public int StartsMax { get; init; }
    }

    /// <summary>A scenario. Made anew for each simulation.</summary>
    public sealed class Scenario
    {
        /// <summary>Most images of a scenario.</summary>
        public const int ImagesMax = 8;

        /// <summary>Most boots from a failure until nothing happens any more, where a scenario does not say otherwise.</summary>
        public const int BootsMaxDefault = 8;

        /// <summary>Most flash operations of one boot, where a scenario does not say otherwise: an update of two sectors of payload,
        /// with what the journal needs.</summary>
        public const int OperationsPerBootMaxDefault = 24;

        private readonly List<PlayedImage> _images = new List<PlayedImage>();

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

        /// <summary>The SPI chip whose cells the external flash is, where the device talks to it over a bus; else null.</summary>
        public SpiNorChip? Chip { get; init; }

        /// <summary>The policy of the board.</summary>
        public BootPolicy Policy { get; }

        /// <summary>The images that may run. One that is not here must never run.</summary>
        public IReadOnlyList<PlayedImage> Images => _images;

        /// <summary>Digest of the image that must run in the end.</summary>
        public string FinalDigest { get; set; } = string.Empty;

        /// <summary>Regions that the course of the scenario may change; no other may.</summary>
        public HashSet<RegionId> Plan { get; } = new HashSet<RegionId> { RegionId.Journal };

        /// <summary>Whether it is about how often an image on trial starts.</summary>
        public bool IsAboutAttempts { get; private set; }

        /// <summary>Most boots until nothing happens any more, each recovery counted from its power-on.</summary>
        public int BootsMax { get; set; } = BootsMaxDefault;

        /// <summary>Most flash operations of one boot.</summary>
        public int OperationsPerBootMax { get; set; } = OperationsPerBootMaxDefault;

        /// <summary>A check of the end beyond those of every scenario: null, or what is wrong.</summary>
        public Func<string?>? CheckEnd { get; set; }

        /// <summary>A check of the course without a failure, when it has ended: null, or what is wrong.</summary>
        public Func<string?>? CheckUncut { get; set; }

        /// <summary>Adds an image and what it does.</summary>
        /// <param name="name">For people.</param>
        /// <param name="image">The image.</param>
        /// <param name="behaviour">What it does.</param>
        /// <param name="startsMax">It must never start more often than this; 0 for no limit.</param>
        public void Play(string name, SignedImage image, Action<BootContext> behaviour, int startsMax = 0)
        {
            _images.Add(new PlayedImage(_images.Count, name, image, behaviour) { StartsMax = startsMax });
            IsAboutAttempts |= startsMax > 0;
        }

        /// <summary>The name of an image.</summary>
        /// <param name="digest">The digest of its payload.</param>
        /// <returns>The name, or the digest where no image has it.</returns>
        public string NameOf(string digest)
        {
            return _images.Find(image => image.Image.Digest == digest)?.Name ?? digest;
        }

        /// <summary>The region that an operation changes.</summary>
        /// <param name="operation">The operation.</param>
        /// <returns>The region.</returns>
        public LayoutRegion RegionAt(in FlashOperation operation)
        {
            foreach (LayoutRegion region in Memory.Layout.Regions)
            {
                if (region.IsExternal == (operation.Chip == Memory.External)
                    && operation.AddressBytes >= region.StartBytes && operation.AddressBytes < region.StartBytes + region.SizeBytes)
                {
                    return region;
                }
            }

            throw new InvalidOperationException("No region has the address " + operation.AddressBytes + ".");
        }
    }
}
