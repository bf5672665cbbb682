// An update: the root manifest and those that it depends on, processed in lockstep (draft-ietf-suit-trust-domains-11).
//
// Before the first effect every sequence of a manifest is rehearsed: run dry, with all alternatives, so that an unknown
// command, a wrong index or a malformed parameter is found while nothing has happened yet. A dependency is rehearsed when
// it is at hand, before its first sequence runs.
// Invariants: no recursion: a processor halts at process-dependency, and this loop runs the section of the
// dependency; at most MaxManifests manifests, at most MaxDepth deep, so circles end.

using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Processes a manifest with its dependencies.</summary>
    /// <remarks>One thread.</remarks>
    public sealed class ManifestTree
    {
        /// <summary>How many manifests an update may have.</summary>
        public const int MaxManifests = 6;

        /// <summary>How deep dependencies may be nested, the root included.</summary>
        public const int MaxDepth = 4;

        // The sections that hold a sequence: 7, 8, 9, 15, 16, 18, 20, 24.
        private const int Sequences = 0x01158380;

        private readonly ManifestNode[] _path = new ManifestNode[MaxDepth];
        private int _count;

        /// <summary>Whom this device trusts.</summary>
        public readonly Authority[] Trust;

        /// <summary>Whether a MAC counts.</summary>
        public readonly bool AcceptMac;

        /// <summary>What the update acts upon.</summary>
        public readonly IUpdateDevice Device;

        /// <summary>Whether the sequences that stage 1 will run too may have stage 1's commands only. True but for tests of
        /// manifests that no stage 1 will see.</summary>
        public bool IsForStage1 = true;

        /// <summary>The manifest that the others depend from.</summary>
        public readonly ManifestNode Root;

        /// <summary>The manifest in which the last refusal happened: its envelope says where.</summary>
        public ManifestNode Refused;

        /// <summary>Creates a tree without manifests.</summary>
        /// <param name="trust">Whom this device trusts.</param>
        /// <param name="acceptMac">Whether a MAC counts.</param>
        /// <param name="device">What the update acts upon.</param>
        public ManifestTree(Authority[] trust, bool acceptMac, IUpdateDevice device)
        {
            Trust = trust;
            AcceptMac = acceptMac;
            Device = device;
            Root = new ManifestNode(this);
            _count = 1;
        }

        /// <summary>Begins with an envelope: authenticates it, parses the manifest, checks what severable elements are at
        /// hand, and rehearses all sequences.</summary>
        /// <param name="buffer">Where the envelope is. Must not change.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length.</param>
        /// <returns>Ok, or the reason of the refusal.</returns>
        public ResultCode Open(byte[] buffer, int offset, int count)
        {
            Refused = Root;
            ResultCode result = Root.Envelope.Parse(buffer, offset, count);
            if (result == ResultCode.Ok)
            {
                result = Root.Authenticate();
            }

            return result == ResultCode.Ok ? Prepare(Root, null) : result;
        }

        /// <summary>Runs one section of the root, and of those dependencies that it says.</summary>
        /// <param name="section">A number of <see cref="SuitElement"/>.</param>
        /// <returns>Ok, or the reason of the failure.</returns>
        public ResultCode RunSection(int section)
        {
            int depth = 0;
            _path[0] = Root;
            Device.SetManifest(Root.Processor);
            ResultCode result = Root.Processor.RunSection(section);
            while (true)
            {
                ManifestNode node = _path[depth];
                ManifestNode child = node.Processor.IsSuspended && result == ResultCode.Ok ? node.TakePending() : null;
                if (child != null)
                {
                    result = depth + 1 == MaxDepth ? ResultCode.SuitLimit : Enter(node, child, section);
                    if (result == ResultCode.Ok)
                    {
                        _path[++depth] = child;
                    }

                    continue;
                }

                if (node.Processor.IsSuspended)
                {
                    // All dependencies of that command are done, or one has failed.
                    result = node.Processor.Continue(result);
                    continue;
                }

                if (result != ResultCode.Ok && Refused == null)
                {
                    Refused = node;
                }

                if (depth == 0)
                {
                    return result;
                }

                depth--;
                Device.SetManifest(_path[depth].Processor);
            }
        }

        /// <summary>Adds a manifest to the tree, for a node that has fetched one.</summary>
        /// <param name="node">The new node.</param>
        /// <returns>Ok, or <see cref="ResultCode.SuitLimit"/>.</returns>
        internal ResultCode Add(out ManifestNode node)
        {
            node = null;
            if (_count == MaxManifests)
            {
                return ResultCode.SuitLimit;
            }

            _count++;
            node = new ManifestNode(this);
            return ResultCode.Ok;
        }

        private ResultCode Enter(ManifestNode parent, ManifestNode child, int section)
        {
            ResultCode result = ResultCode.Ok;
            if (!child.IsReady)
            {
                Refused = child;
                result = Prepare(child, parent);
            }

            if (result == ResultCode.Ok)
            {
                Refused = null;
                parent.Hand(child, true);
                Device.SetManifest(child.Processor);
                result = child.Processor.RunSection(section);
                Refused = result == ResultCode.Ok ? null : child;
            }

            return result;
        }

        // Parses and rehearses a manifest that is authenticated.
        private ResultCode Prepare(ManifestNode node, ManifestNode parent)
        {
            ResultCode result = node.Open();
            if (result == ResultCode.Ok)
            {
                result = CheckElements(node);
            }

            if (result == ResultCode.Ok)
            {
                if (parent != null)
                {
                    parent.Hand(node, false);
                }

                result = Rehearse(node);
            }

            if (result == ResultCode.Ok)
            {
                result = node.Reopen();
            }

            node.IsReady = result == ResultCode.Ok;
            Refused = node.IsReady ? null : node;
            return result;
        }

        // Every severable element that came is the one that was signed, whether or not it is used.
        private static ResultCode CheckElements(ManifestNode node)
        {
            for (int i = 0; i < node.Envelope.ElementCount; i++)
            {
                int key = node.Envelope.Keys[i];
                if (key > SuitElement.Manifest)
                {
                    int offset;
                    int count;
                    ResultCode result = node.Manifest.FindSection(key, out offset, out count);
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }
                }
            }

            return ResultCode.Ok;
        }

        private ResultCode Rehearse(ManifestNode node)
        {
            SuitProcessor processor = node.Processor;
            processor.IsDryRun = true;
            ResultCode result = ResultCode.Ok;
            for (int section = SuitElement.Validate; section <= SuitElement.Uninstall && result == ResultCode.Ok; section++)
            {
                node.IsForStage1 = IsForStage1 && section <= SuitElement.Invoke;
                if (((Sequences >> section) & 1) == 0)
                {
                    continue;
                }

                // A sequence that is severed and not at hand cannot be rehearsed, and cannot be run either.
                result = processor.RunSection(section);
                bool isAway = result == ResultCode.SuitElementSevered && node.Envelope.FindElement(section) < 0;
                result = isAway ? ResultCode.Ok : result;
            }

            node.IsForStage1 = false;
            processor.IsDryRun = false;
            return result;
        }
    }
}
