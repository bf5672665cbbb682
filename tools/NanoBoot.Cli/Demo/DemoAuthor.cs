// The author's side of the demo: keys, releases, and four manifests that no device must take.

using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using DemoApplication.Bundles;
using NanoBoot.Author;

namespace NanoBoot.Cli.Demo
{
    /// <summary>A signed release.</summary>
    /// <param name="Component">The component.</param>
    /// <param name="Version">The version, for people.</param>
    /// <param name="SequenceNumber">The sequence number.</param>
    /// <param name="Envelope">The signed envelope.</param>
    /// <param name="Payload">The payload.</param>
    internal sealed record DemoRelease(string Component, string Version, long SequenceNumber, Envelope Envelope, byte[] Payload);

    /// <summary>Signs for the demo. The same seed makes the same keys, ids and bytes.</summary>
    internal sealed class DemoAuthor : IDisposable
    {
        public const string ApplicationComponent = "application";
        public const string Stage2Component = "stage2";

        private readonly byte[] _seed;

        public DemoAuthor(string seed)
        {
            _seed = Encoding.UTF8.GetBytes(seed);
            Key = EcdsaSigningKey.FromSeed(_seed, "author");
            Stranger = EcdsaSigningKey.FromSeed(_seed, "stranger");
            VendorId = Uuid.ForVendor("nanoboot.example");
            ClassId = Uuid.ForClass(VendorId, "emulated board");
            DeviceId = Uuid.Version5(ClassId, seed);
        }

        public EcdsaSigningKey Key { get; }

        public EcdsaSigningKey Stranger { get; }

        public Guid VendorId { get; }

        public Guid ClassId { get; }

        public Guid DeviceId { get; }

        public byte[] DeviceKey => HMACSHA256.HashData(_seed, "device key"u8);

        public void Dispose()
        {
            Key.Dispose();
            Stranger.Dispose();
        }

        /// <summary>A release of the demo application.</summary>
        public DemoRelease Application(DemoBundle bundle, long sequence, EcdsaSigningKey? signer = null, Guid? classId = null)
        {
            byte[] payload = Bundle.Concatenate(bundle.Assemblies);
            return Release(ApplicationComponent, bundle.Version, sequence, payload, DemoBundle.EntryType, signer ?? Key, classId ?? ClassId);
        }

        /// <summary>The stage 2 that stands beside this program.</summary>
        public DemoRelease Stage2(long sequence)
        {
            byte[] payload = Bundle.Concatenate([File.ReadAllBytes(typeof(Stage2Updater.Program).Assembly.Location)]);
            return Release(Stage2Component, "0.1", sequence, payload, typeof(Stage2Updater.Program).FullName!, Key, ClassId);
        }

        /// <summary>A release whose manifest lost one bit on the way.</summary>
        public static byte[] FlipOneBit(DemoRelease release)
        {
            byte[] encoded = release.Envelope.Encode();
            byte[] manifest = release.Envelope.Manifest;
            int at = encoded.AsSpan().IndexOf(manifest) + (manifest.Length / 2);
            encoded[at] ^= 0x10;
            return encoded;
        }

        private DemoRelease Release(
            string component, string version, long sequence, byte[] payload, string entryType, EcdsaSigningKey signer, Guid classId)
        {
            var builder = new ManifestBuilder { SequenceNumber = sequence, VendorId = VendorId };
            builder.ClassIds.Add(classId);
            builder.AddComponent(component, payload, "/" + Publisher.PayloadPath(payload), entryType);
            return new DemoRelease(component, version, sequence, builder.Build().Sign(signer), payload);
        }
    }
}
