// What a device decides about a trust document, beyond its manifest: enough roots, nobody locked out. The document is read
// by the code of the device; what stage 2 looks at besides is asked of the description.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Cli.Descriptions;
using NanoBoot.Hal;

namespace NanoBoot.Cli.Commands
{
    /// <summary>Checks trust documents for a described device.</summary>
    internal sealed class TrustVerification(DeviceDescription device, FactoryTrust factory, IReadOnlyList<TrustedKey> keys, List<VerificationStep> steps)
    {
        private const string Updater = "stage2";

        /// <summary>Whom a device trusts: by the factory's keys, or by the roots that are left and a document's authorities.</summary>
        public static IReadOnlyList<TrustedKey> KeysUnder(FactoryTrust factory, TrustDocumentText? document)
        {
            if (document is null)
            {
                return factory.Keys;
            }

            return
            [
                .. document.Authorities.Select(authority => new TrustedKey(
                    factory.Keys.FirstOrDefault(key => key.PublicKey.AsSpan().SequenceEqual(authority.PublicKey))?.Name ?? "an authority of the document",
                    authority.Algorithm == CoseAlgorithm.HssLms ? KeyKind.HssLms : KeyKind.Es256,
                    authority.PublicKey,
                    authority.Permissions,
                    TrustDocumentText.ComponentOf(authority))),
                .. factory.Roots.Where(root => !document.RevokedRoots.Any(digest => digest.AsSpan().SequenceEqual(SHA256.HashData(root.PublicKey)))),
            ];
        }

        /// <summary>Decides.</summary>
        /// <param name="signers">Who signed the manifest.</param>
        /// <param name="payload">The document, or null where it is not at hand.</param>
        public ResultCode Check(SuitAuthenticator signers, byte[]? payload)
        {
            if (payload is null)
            {
                return Note("the document itself was not looked at: give it with --payload", ResultCode.Ok);
            }

            // Roots as the device knows them: the authenticator's are the same objects only if the store is the same.
            Authority[] roots = [.. keys.Select(key => signers.Signers.FirstOrDefault(signer => signer?.PublicKey == key.PublicKey) ?? key.ToAuthority())];
            var policy = new BootPolicy(roots, []) { RootsNeeded = (byte)factory.RootsNeeded };
            int signed = signers.Signers.Take(signers.SignerCount).Count(signer => signer.Permissions.HasFlag(Permissions.Trust));
            ResultCode result = TrustDocument.Read(payload, policy, signers, out Authority[] trust);
            Note($"signed by {signed} {(signed == 1 ? "root" : "roots")}, {factory.RootsNeeded} needed that it does not revoke itself", result);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            Note($"afterwards the device trusts {trust.Length} {(trust.Length == 1 ? "key" : "keys")}, {trust.Count(key => key.Permissions.HasFlag(Permissions.Trust))} of them roots", ResultCode.Ok);
            return CheckRunning(trust);
        }

        /// <summary>The updater that runs must stay trusted; an application may lose its signer: that is what a revocation is for.</summary>
        private ResultCode CheckRunning(Authority[] trust)
        {
            foreach (DeviceComponent component in device.Components.Where(component => component.Manifest is not null))
            {
                bool isTrusted = IsTrusted(component, trust);
                if (component.Name == Updater)
                {
                    Note("the updater that runs stays trusted", isTrusted ? ResultCode.Ok : ResultCode.TrustWouldLockOut);
                    if (!isTrusted)
                    {
                        return ResultCode.TrustWouldLockOut;
                    }
                }
                else
                {
                    Note(isTrusted ? $"{component.Name} stays trusted" : $"{component.Name} is not started any more; the updater fetches its successor", ResultCode.Ok);
                }
            }

            return device.Components.Any(component => component is { Name: Updater, Manifest: not null })
                ? ResultCode.Ok
                : Note($"whether the updater stays trusted was not looked at: name its manifest in the device file ('{Updater}: manifest:')", ResultCode.Ok);
        }

        private static bool IsTrusted(DeviceComponent component, Authority[] trust)
        {
            var envelope = new SuitEnvelope();
            var authenticator = new SuitAuthenticator();
            var manifest = new SuitManifest();
            return envelope.Parse(component.Manifest!, 0, component.Manifest!.Length) == ResultCode.Ok
                && authenticator.Authenticate(envelope, trust, false) == ResultCode.Ok
                && manifest.Parse(envelope) == ResultCode.Ok
                && (authenticator.PermissionsFor(manifest, 0) & component.Needs) == component.Needs;
        }

        private ResultCode Note(string text, ResultCode result)
        {
            steps.Add(new VerificationStep(text, result));
            return result;
        }
    }
}
