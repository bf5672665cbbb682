// One manifest of an update: that of the root, or of a dependency. It is what the processor of that manifest acts
// upon: commands of the updater are carried out here, and reach the device through IUpdateDevice.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>A manifest, its processor, and the manifests that it depends on.</summary>
    /// <remarks>Made by <see cref="ManifestTree"/>. One thread.</remarks>
    public sealed partial class ManifestNode : ISuitTarget
    {
        private readonly ManifestTree _tree;
        private ManifestNode[] _children;
        private int _dependencies;
        private int _parametersOnly;
        private int _pending;
        private int _sources;
        private int _targets;

        /// <summary>The envelope.</summary>
        public readonly SuitEnvelope Envelope = new SuitEnvelope();

        /// <summary>The manifest.</summary>
        public readonly SuitManifest Manifest = new SuitManifest();

        /// <summary>Its processor.</summary>
        public readonly SuitProcessor Processor = new SuitProcessor();

        /// <summary>Whether the manifest is parsed, rehearsed, and ready to be processed.</summary>
        public bool IsReady;

        /// <summary>The sequence that runs will be run by stage 1 too, which knows only its own commands and parameters.</summary>
        public bool IsForStage1;

        /// <summary>Creates a node without a manifest.</summary>
        /// <param name="tree">The tree that it is in.</param>
        public ManifestNode(ManifestTree tree)
        {
            _tree = tree;
        }

        /// <summary>Who signed, after <see cref="Authenticate"/>.</summary>
        public readonly SuitAuthenticator Authenticator = new SuitAuthenticator();

        /// <summary>Verifies the signatures, once.</summary>
        /// <returns>Ok, or the reason of the refusal.</returns>
        public ResultCode Authenticate()
        {
            return Envelope.DigestOffset != 0
                ? ResultCode.Ok
                : Authenticator.Authenticate(Envelope, _tree.Trust, _tree.AcceptMac);
        }

        /// <summary>Parses the manifest and its list of dependencies, and opens the processor.</summary>
        /// <returns>Ok, or the reason of the refusal.</returns>
        public ResultCode Open()
        {
            ResultCode result = Manifest.Parse(Envelope);
            if (result == ResultCode.Ok)
            {
                result = ReadDependencies();
            }

            if (result == ResultCode.Ok)
            {
                result = Reopen();
            }

            return result;
        }

        /// <summary>Forgets what sequences have set so far, and asks the device about the components again.</summary>
        /// <returns>Ok, or the reason of the refusal.</returns>
        public ResultCode Reopen()
        {
            _parametersOnly = 0;
            _pending = 0;
            _tree.Device.SetManifest(Processor);
            return Processor.Open(Manifest, this);
        }

        /// <summary>Gives parameters to a dependency: what the dependent has set for the same component.</summary>
        /// <param name="child">The dependency, opened.</param>
        /// <param name="isShared">Whether changes come back; else they are copies.</param>
        public void Hand(ManifestNode child, bool isShared)
        {
            for (int i = 0; i < child.Manifest.ComponentCount; i++)
            {
                int index = FindComponent(child.Manifest, i);
                if (index < 0)
                {
                    continue;
                }

                SuitParameters own = Processor.Parameters[index];
                SuitParameters copy = child.Processor.Parameters[i];
                if (((_parametersOnly >> index) & 1) != 0)
                {
                    // Whoever may not decide what is installed may still say where it is to be had.
                    Copy(SuitParameter.Uri, own, copy);
                    Copy(UpdateParameter.FetchArguments, own, copy);
                }
                else if (isShared)
                {
                    child.Processor.Parameters[i] = own;
                }
                else
                {
                    for (int parameter = 0; parameter < SuitParameters.Limit; parameter++)
                    {
                        Copy(parameter == 0 ? SuitParameter.ChunkTable : parameter, own, copy);
                    }
                }
            }
        }

        /// <summary>Takes the next dependency that a command has asked to process.</summary>
        /// <returns>The dependency, or null when there is none left.</returns>
        public ManifestNode TakePending()
        {
            for (int i = 0; i < SuitProcessor.MaxIndices; i++)
            {
                if (((_pending >> i) & 1) != 0)
                {
                    _pending &= ~(1 << i);
                    return _children[i];
                }
            }

            return null;
        }

        /// <inheritdoc/>
        public ResultCode AcceptComponent(SuitProcessor processor, int component)
        {
            if (HasDependency(component))
            {
                return ResultCode.Ok;
            }

            if (component >= Manifest.ComponentCount)
            {
                return ResultCode.SuitComponentUnsupported;
            }

            Permissions granted = Authenticator.PermissionsFor(Manifest, component);
            ResultCode result = _tree.Device.AcceptComponent(processor, component, granted);
            if (result == ResultCode.SuitPermissionDenied && _dependencies != 0)
            {
                _parametersOnly |= 1 << component;
                return ResultCode.Ok;
            }

            return result;
        }

        /// <inheritdoc/>
        public ResultCode AcceptParameter(int parameter, CborReader reader)
        {
            return IsForStage1 ? ResultCode.SuitParameterUnsupported : UpdateParameterForms.Check(parameter, reader);
        }

        private static ResultCode Copy(int parameter, SuitParameters source, SuitParameters target)
        {
            CborReader value = source.Open(parameter);
            if (value.Error == ResultCode.Ok)
            {
                target.Set(parameter, value.Buffer, value.Position);
            }

            return value.Error;
        }

        private bool HasDependency(int index)
        {
            return ((_dependencies >> index) & 1) != 0;
        }

        // The index of the component that has the same id, or -1.
        private int FindComponent(SuitManifest other, int component)
        {
            int offset = other.Offsets[component];
            int count = other.Counts[component];
            for (int i = 0; i < Manifest.ComponentCount; i++)
            {
                if (Manifest.Counts[i] == count
                    && ConstantTime.AreEqual(Envelope.Buffer, Manifest.Offsets[i], other.Envelope.Buffer, offset, count))
                {
                    return i;
                }
            }

            return -1;
        }

        // suit-dependencies (draft-ietf-suit-trust-domains-11 §5.2.1): { index => { ? 1 => prefix } }. All components lie
        // in the scope of this device, so a prefix is checked for its form only.
        private ResultCode ReadDependencies()
        {
            _dependencies = 0;
            Manifest.FindSection(SuitElement.Dependencies, out int offset, out int count);
            if (offset == 0)
            {
                return ResultCode.Ok;
            }

            _children = new ManifestNode[SuitProcessor.MaxIndices];
            CborReader reader = new CborReader(Envelope.Buffer, offset, count);
            int pairs = (int)reader.Read(CborType.Map);
            int lastKey = -1;
            if (pairs == 0)
            {
                reader.Refuse(ResultCode.SuitManifestMalformed);
            }

            while (reader.Next(ref pairs))
            {
                bool isIndex = reader.PeekType() == CborType.UnsignedInteger;
                long index = reader.ReadKey(ref lastKey);
                if (!isIndex || index >= SuitProcessor.MaxIndices || reader.PeekType() != CborType.Map)
                {
                    reader.Refuse(ResultCode.SuitManifestMalformed);
                }

                // After an error it is no dependency of anybody: the manifest is refused.
                _dependencies |= 1 << (int)index;
                ReadDependencyMetadata(reader);
            }

            int path = SuitElement.Manifest << 16 | SuitElement.Common << 8 | SuitElement.CommonDependencies;
            return Envelope.Fail(reader.Error, path, reader.Position);
        }

        private static void ReadDependencyMetadata(CborReader reader)
        {
            int pairs = (int)reader.Read(CborType.Map);
            if (pairs == 0)
            {
                return;
            }

            int lastKey = -1;
            if (reader.ReadKey(ref lastKey) != 1 || pairs != 1)
            {
                reader.Refuse(ResultCode.SuitManifestMalformed);
            }

            int segments = (int)reader.Read(CborType.Array);
            while (reader.Next(ref segments))
            {
                reader.ReadString(CborType.ByteString, out _);
            }
        }
    }
}
