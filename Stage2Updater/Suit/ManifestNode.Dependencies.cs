// The commands about dependencies: fetched, verified against the digest in the dependent's manifest, processed in its place.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <content>Dependencies.</content>
    public sealed partial class ManifestNode
    {
        private ResultCode ExecuteDependency(SuitProcessor processor, int command, int component, SuitParameters parameters)
        {
            bool isDependency = HasDependency(component);
            if (command == UpdateCommand.IsDependency)
            {
                return Condition(isDependency);
            }

            if (!isDependency)
            {
                return ResultCode.SuitDependencyMissing;
            }

            if (processor.IsDryRun)
            {
                return ResultCode.Ok;
            }

            if (command == UpdateCommand.DependencyIntegrity)
            {
                return MatchDependency(component, parameters);
            }

            if (_children[component] == null || (parameters.Passed & (1 << UpdateCommand.DependencyIntegrity)) == 0)
            {
                return ResultCode.SuitDependencyMissing;
            }

            _pending |= 1 << component;
            processor.IsSuspended = true;
            return ResultCode.Ok;
        }

        // The signatures of a dependency, and that its manifest is the one that this manifest names.
        private ResultCode MatchDependency(int component, SuitParameters parameters)
        {
            ManifestNode child = _children[component];
            if (child == null)
            {
                return ResultCode.SuitDependencyMissing;
            }

            byte[] digest;
            int offset;
            ResultCode result = parameters.GetImageDigest(out digest, out offset);
            if (result == ResultCode.Ok)
            {
                result = child.Authenticate();
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            SuitEnvelope envelope = child.Envelope;
            return ConstantTime.AreEqual(envelope.Buffer, envelope.DigestOffset, digest, offset, Sha256.DigestBytes)
                ? ResultCode.Ok
                : ResultCode.SuitImageMismatch;
        }

        private ResultCode FetchDependency(SuitProcessor processor, int component, SuitParameters parameters)
        {
            byte[] uri;
            int offset;
            int count;
            ResultCode result = parameters.GetString(SuitParameter.Uri, out uri, out offset, out count);
            if (result != ResultCode.Ok || processor.IsDryRun)
            {
                return result;
            }

            byte[] buffer = Envelope.Buffer;
            int element = EnvelopePayloads.Find(Envelope, uri, offset, count);
            if (element >= 0)
            {
                offset = Envelope.Offsets[element];
                count = Envelope.Counts[element];
            }
            else
            {
                offset = 0;
                result = _tree.Device.FetchDependency(processor, component, out buffer, out count);
            }

            ManifestNode child = null;
            if (result == ResultCode.Ok)
            {
                result = _tree.Add(out child);
            }

            if (result == ResultCode.Ok)
            {
                result = child.Envelope.Parse(buffer, offset, count);
            }

            // The digest of another envelope proves nothing about this one.
            parameters.Passed &= ~(1 << UpdateCommand.DependencyIntegrity) & ~(1 << SuitCommand.ImageMatch);
            _children[component] = result == ResultCode.Ok ? child : null;
            return result;
        }
    }
}
