// The abstract machine of SUIT (draft-ietf-suit-manifest-37 §6): runs command sequences against a target.
//
// It has the commands of a bootloader; the rest is offered to the target, so that stage 2 adds to it what stage 1 need
// not carry. Everything runs in order, whatever strict-order says: that is allowed to any processor.
// Invariants: no recursion, sequences nest in a fixed array of frames; every command costs one of a fixed budget,
// so every manifest ends; a command or parameter that nobody knows ends the run as a failure, inside try-each too;
// only a condition can fail softly.
// Fault model: the manifest is authentic, and still may be wrong, endless or made for another device.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>Runs the command sequences of one manifest.</summary>
    /// <remarks>One thread.</remarks>
    public sealed partial class SuitProcessor
    {
        /// <summary>How deep sequences may nest, the outermost one included.</summary>
        public const int MaxNesting = 6;

        /// <summary>How many commands a section may execute, the shared sequence before it included.</summary>
        public const int MaxCommands = 1024;

        /// <summary>How many indices there are: components, and dependencies beyond them.</summary>
        public const int MaxIndices = 15;

        /// <summary>The conditions, one bit each. Condition 7 is not among them: when it fails, the run ends.</summary>
        private const long Conditions = 0x1F00417E;

        /// <summary>The commands whose argument is a reporting policy: the conditions, 7, 11, 18, 21, 22, 23, 29, 31, 33.</summary>
        private const long PolicyCommands = 0x2BFE449FE;

        /// <summary>What may stand in the shared sequence: the conditions, 7, 12, 15, 19, 20, 32.</summary>
        private const long SharedCommands = 0x11F18D1FE;

        /// <summary>What the processor itself knows about: the conditions 1, 2, 3, 5, 6, 14, 24, and invoke.</summary>
        private const long OwnCommands = 0x180406E;

        // Parameters by the form of their value, one bit each; bit 31 stands for the chunk table.
        private const int UIntParameters = 0x404020;       // 5, 14, 22
        private const int StringParameters = unchecked((int)0x81A4000E); // the chunk table, 1, 2, 3, 18, 21 (text), 23, 24
        private const int IdentifierParameters = 0x1000006; // 1, 2, 24
        private const int IdentifierBytes = 16;
        private const int NumberBytes = 5;
        private const int TagNumber = 112;

        private const int MaxReportingPolicy = 15;
        private const int SharedPath = SuitElement.Manifest << 16 | SuitElement.Common << 8 | SuitElement.CommonSharedSequence;

        private readonly SuitFrame[] _frames = new SuitFrame[MaxNesting];
        private CborReader _reader;
        private ISuitTarget _target;
        private int _depth;
        private int _budget;
        private int _commandPosition;
        private bool _isShared;

        /// <summary>The manifest.</summary>
        public SuitManifest Manifest;

        /// <summary>The section that runs: a number of <see cref="SuitElement"/>. While its shared sequence runs too.</summary>
        internal int Section;

        /// <summary>Whether commands are checked, and not carried out: every alternative of a try-each is gone through,
        /// conditions count as met, directives only check their arguments.</summary>
        public bool IsDryRun;

        /// <summary>Set by the target, while it executes a command, to have the section halt after that command;
        /// <see cref="Continue"/> goes on. So a dependency is processed without one processor calling another.</summary>
        public bool IsSuspended;

        /// <summary>What the parameter strict-order says now.</summary>
        public bool IsStrictOrder;

        /// <summary>The parameters of each index. An entry may be replaced by that of another processor after
        /// <see cref="Open"/>: so a dependency shares its components with its dependent.</summary>
        public readonly SuitParameters[] Parameters = new SuitParameters[MaxIndices];

        /// <summary>Begins with a manifest, once: asks the target whether it has the components.</summary>
        /// <param name="manifest">The manifest, parsed.</param>
        /// <param name="target">What it acts upon.</param>
        /// <returns>Ok, or what the target said about the first component that it does not accept.</returns>
        public ResultCode Open(SuitManifest manifest, ISuitTarget target)
        {
            Manifest = manifest;
            _target = target;
            _reader = new CborReader(manifest.Envelope.Buffer, 0, 0);
            for (int i = 0; i < MaxNesting; i++)
            {
                _frames[i] = new SuitFrame();
            }

            ResultCode result = ResultCode.Ok;
            for (int i = 0; i < manifest.ComponentCount && result == ResultCode.Ok; i++)
            {
                Parameters[i] = new SuitParameters();
                result = target.AcceptComponent(this, i);
            }

            return manifest.Envelope.Fail(result, SuitElement.Manifest << 8 | SuitElement.Common, manifest.Envelope.Offset);
        }

        /// <summary>Runs the shared sequence, then a section. A section that the manifest lacks is skipped, and so is then
        /// the shared sequence.</summary>
        /// <param name="section">A number of <see cref="SuitElement"/>: a section that holds a sequence.</param>
        /// <returns>Ok, or why it failed: then see <see cref="SuitEnvelope.ErrorOffset"/>.</returns>
        public ResultCode RunSection(int section)
        {
            Section = section;
            ResultCode result = Manifest.FindSection(section, out int offset, out _);
            if (result != ResultCode.Ok || offset == 0)
            {
                return result;
            }

            _budget = MaxCommands;
            _isShared = Manifest.HasSection(SuitElement.Shared);
            return Continue(Start());
        }

        /// <summary>Goes on with a section after the target has set <see cref="IsSuspended"/>.</summary>
        /// <param name="result">What became of that for which it was suspended: all but Ok ends the section.</param>
        /// <returns>As <see cref="RunSection"/>.</returns>
        public ResultCode Continue(ResultCode result)
        {
            IsSuspended = false;
            while (result == ResultCode.Ok && !IsSuspended)
            {
                SuitFrame frame = _frames[_depth];
                if (frame.CommandsLeft != 0)
                {
                    result = Step(frame);
                }
                else if (frame.Position != frame.End)
                {
                    result = ResultCode.CborTrailingBytes;
                }
                else if (_depth != 0)
                {
                    result = Leave(frame, true);
                }
                else if (_isShared)
                {
                    _isShared = false;
                    result = Start();
                }
                else
                {
                    return ResultCode.Ok;
                }
            }

            if (result == ResultCode.Ok)
            {
                return result;
            }

            int path = Manifest.Envelope.FindElement(Section) >= 0 ? Section : SuitElement.Manifest << 8 | Section;
            return Manifest.Envelope.Fail(result, _isShared ? SharedPath : path, _commandPosition);
        }

        /// <summary>Reads a map of parameters and sets them for a component.</summary>
        /// <param name="reader">Stands at the map.</param>
        /// <param name="component">The index.</param>
        /// <param name="isOverride">Whether values that are set already are replaced.</param>
        /// <remarks>The reader has the error, if there is one; what came before it is set then.</remarks>
        public void ReadParameters(CborReader reader, int component, bool isOverride)
        {
            SuitParameters parameters = Parameters[component];
            int pairs = (int)reader.Read(CborType.Map);
            if (pairs == 0)
            {
                reader.Refuse(ResultCode.SuitParameterMissing);
            }

            int lastKey = -1;
            while (reader.Next(ref pairs))
            {
                // 0, which nobody takes for a parameter, is text or an error.
                long label = reader.ReadKey(ref lastKey);
                int parameter = label == (int)label ? (int)label : 0;

                // A private enterprise number stands for the UUID: a relative OID (RFC 9090), 32 bits in groups of 7.
                bool isNumber = parameter == SuitParameter.VendorIdentifier && reader.PeekType() == CborType.Tag;
                if (isNumber && reader.Read(CborType.Tag) != TagNumber)
                {
                    reader.Refuse(ResultCode.SuitParameterInvalid);
                }

                int start = reader.Position;
                if (parameter == SuitParameter.StrictOrder)
                {
                    IsStrictOrder = reader.ReadBool();
                }
                else if (parameter == SuitParameter.SoftFailure)
                {
                    // Draft §8.4.8.14: it must not be set outside of try-each and run-sequence.
                    if (_depth == 0)
                    {
                        reader.Refuse(ResultCode.SuitCommandForbidden);
                    }

                    _frames[_depth].IsSoft = reader.ReadBool();
                }
                else
                {
                    int bit = 0;
                    if (parameter == SuitParameter.ChunkTable || (parameter > 0 && parameter < SuitParameters.Limit))
                    {
                        bit = 1 << parameter;
                    }

                    CheckValue(parameter, bit, isNumber, reader);
                    if (reader.Error == ResultCode.Ok && bit != 0 && (isOverride || !parameters.IsSet(parameter)))
                    {
                        parameters.Set(parameter, reader.Buffer, start);
                    }
                }
            }
        }

        /// <summary>Checks an index: a component of the manifest, or a dependency that the target accepts.</summary>
        /// <param name="index">The index.</param>
        /// <returns>Ok, or why it is refused. After Ok, <see cref="Parameters"/> has an entry for it.</returns>
        public ResultCode CheckIndex(long index)
        {
            if (index >= MaxIndices)
            {
                return ResultCode.SuitComponentIndex;
            }

            if (index < Manifest.ComponentCount)
            {
                return ResultCode.Ok;
            }

            ResultCode result = _target.AcceptComponent(this, (int)index);
            if (result == ResultCode.Ok && Parameters[(int)index] == null)
            {
                Parameters[(int)index] = new SuitParameters();
            }

            return result == ResultCode.SuitComponentUnsupported ? ResultCode.SuitComponentIndex : result;
        }

        private void CheckValue(int parameter, int bit, bool isNumber, CborReader reader)
        {
            if ((bit & UIntParameters) != 0)
            {
                reader.Read(CborType.UnsignedInteger);
            }
            else if ((bit & StringParameters) == 0)
            {
                reader.Refuse(_target.AcceptParameter(parameter, reader));
            }
            else
            {
                int offset = reader.ReadString(
                    parameter == SuitParameter.Uri ? CborType.TextString : CborType.ByteString, out int count);
                if ((bit & IdentifierParameters) != 0 && (isNumber ? count > NumberBytes : count != IdentifierBytes))
                {
                    reader.Refuse(ResultCode.SuitParameterInvalid);
                }

                if (parameter == SuitParameter.ImageDigest && !SuitEnvelope.IsSha256Digest(reader.Buffer, offset, count))
                {
                    reader.Refuse(ResultCode.SuitDigestUnsupported);
                }
            }
        }

        // Begins with a sequence that is not nested. It is there: RunSection looked. One component needs no
        // set-component-index; of several, a sequence must choose first.
        private ResultCode Start()
        {
            Manifest.FindSection(_isShared ? SuitElement.Shared : Section, out int offset, out int count);
            _depth = 0;
            _commandPosition = offset;
            IsStrictOrder = true;
            SuitFrame frame = _frames[0];
            frame.IndexRule = 0;
            frame.IsSoft = false;
            return Enter(frame, offset, count, Manifest.ComponentCount == 1 ? FirstSelected : NoneSelected);
        }
    }
}
