// The releases of a run: stage 2, and the application in three forms that follow each other in turn. For the emulator
// they are the demo's .NET assemblies; for a board the bundles of .pe files that the caller names.

using System;
using System.IO;
using System.Linq;
using DemoApplication.Bundles;
using NanoBoot.Author;

namespace NanoBoot.Hil
{
    /// <summary>Makes and publishes releases.</summary>
    public sealed class Releases : IDisposable
    {
        private readonly EcdsaSigningKey _key;
        private readonly EcdsaSigningKey _stranger = EcdsaSigningKey.FromSeed("hil"u8, "stranger");
        private readonly byte[] _stage2;
        private readonly byte[][] _applications;
        private readonly string _entryType;
        private readonly string _directory;
        private readonly Guid _vendor = Uuid.ForVendor("nanoboot.example");

        private Releases(EcdsaSigningKey key, byte[] stage2, byte[][] applications, string entryType, string directory)
        {
            _key = key;
            _stage2 = stage2;
            _applications = applications;
            _entryType = entryType;
            _directory = directory;
        }

        private Guid Class => Uuid.ForClass(_vendor, "hil");

        /// <summary>The demo's assemblies, signed with a published key.</summary>
        public static Releases ForEmulator(string directory)
        {
            byte[] stage2 = File.ReadAllBytes(typeof(Stage2Updater.Program).Assembly.Location);
            byte[] ballast = File.ReadAllBytes(typeof(DemoBundle).Assembly.Location);
            byte[][] applications =
            [
                Bundle.Concatenate(DemoBundle.Version10.Assemblies),
                Bundle.Concatenate(DemoBundle.Version11.Assemblies),
                // Larger than the others, and new to the device: there is something to be cut.
                Bundle.Concatenate([.. DemoBundle.Version11.Assemblies, ballast]),
            ];
            return new Releases(EcdsaSigningKey.FromSeed("hil"u8, "author"), Bundle.Concatenate([stage2]), applications, DemoBundle.EntryType, directory);
        }

        /// <summary>Bundles of the caller, signed with the key that the board trusts.</summary>
        public static Releases FromFiles(string keyFile, string stage2, string[] applications, string entryType, string directory)
        {
            return new Releases(
                EcdsaSigningKey.FromPem(File.ReadAllText(keyFile)),
                File.ReadAllBytes(stage2),
                applications.Select(File.ReadAllBytes).ToArray(),
                entryType,
                directory);
        }

        /// <summary>The content for a new device: stage 2 and application, both with sequence number 1.</summary>
        public FirstContent First(Uri server)
        {
            var identity = new IdentityRecord
            {
                VendorId = _vendor,
                ClassIds = [Class],
                DeviceId = Uuid.Version5(Class, "device under test"),
                ManifestUri = server.ToString(),
            };
            return new FirstContent(
                identity.Encode(),
                Sign("stage2", _stage2, 1, typeof(Stage2Updater.Program).FullName!, _key),
                _stage2,
                Sign("application", Application(1), 1, _entryType, _key),
                Application(1),
                _key.KeyId,
                _key.PublicKey);
        }

        /// <summary>Publishes the application with a sequence number.</summary>
        public void Publish(long sequence, bool isStranger = false)
        {
            byte[] payload = Application(sequence);
            new Publisher(_directory).AddPayload(payload);
            byte[] envelope = Sign("application", payload, sequence, _entryType, isStranger ? _stranger : _key);
            AtomicFile.Write(Path.Combine(_directory, Publisher.ManifestPath("application")), envelope);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _key.Dispose();
            _stranger.Dispose();
        }

        private byte[] Application(long sequence) => _applications[(sequence - 1) % _applications.Length];

        private byte[] Sign(string component, byte[] payload, long sequence, string entryType, SigningKey key)
        {
            var builder = new ManifestBuilder { SequenceNumber = sequence, VendorId = _vendor };
            builder.ClassIds.Add(Class);
            builder.AddComponent(component, payload, "/" + Publisher.PayloadPath(payload), entryType);
            return builder.Build().Sign(key).Encode();
        }
    }
}
