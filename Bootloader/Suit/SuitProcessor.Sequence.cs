// The machine itself: one step a command, nested sequences on the stack of frames.
//
// Soft failure, in short: a condition that fails ends its sequence. In an alternative of try-each (soft unless the
// sequence says otherwise) the next alternative follows; in run-sequence (soft only if the sequence says so) the caller
// goes on; everywhere else the run fails. Parameters that were set before stay set. All other failures end the run.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Suit
{
    /// <content>Execution of sequences.</content>
    public sealed partial class SuitProcessor
    {
        private const long NoneSelected = -1;

        // Index 0 alone. Another one alone is this or the index.
        private const long FirstSelected = -16;

        // Reads the head of a sequence: an even number of items, code and argument in turn, one pair at least.
        private ResultCode Enter(SuitFrame frame, int offset, int count, long selection)
        {
            CborReader reader = _reader;
            count += offset;
            reader.SetWindow(offset, count);
            int items = (int)reader.Read(CborType.Array);
            if (items == 0 || (items & 1) != 0)
            {
                reader.Refuse(ResultCode.SuitManifestMalformed);
            }

            frame.Position = reader.Position;
            frame.End = count;
            frame.CommandsLeft = items >> 1;
            frame.Selection = selection;
            return reader.Error;
        }

        // Executes the next command of a sequence, once for each selected component.
        private ResultCode Step(SuitFrame frame)
        {
            CborReader reader = _reader;
            _commandPosition = frame.Position;
            reader.SetWindow(frame.Position, frame.End);
            frame.CommandsLeft--;
            if (--_budget < 0)
            {
                return ResultCode.SuitLimit;
            }

            long label = reader.ReadInt();
            int argument = reader.Position;
            reader.SkipItem();
            if (reader.Error != ResultCode.Ok)
            {
                return reader.Error;
            }

            int next = reader.Position;
            frame.Position = next;
            int command = label == (int)label ? (int)label : 0;
            long bit = label >> 6 == 0 ? 1L << command : 0;
            if (_isShared && (bit & SharedCommands) == 0)
            {
                return ResultCode.SuitCommandForbidden;
            }

            reader.SetWindow(argument, next);
            bool hasPolicy = (bit & PolicyCommands) != 0;
            if (hasPolicy)
            {
                long policy = reader.Read(CborType.UnsignedInteger);
                if (reader.Error != ResultCode.Ok || policy > MaxReportingPolicy)
                {
                    return ResultCode.SuitManifestMalformed;
                }
            }

            if (command == SuitCommand.SetComponentIndex)
            {
                return Select(frame, reader);
            }

            if (frame.IndexRule == 1)
            {
                return ResultCode.SuitCommandForbidden;
            }

            if (frame.Selection == NoneSelected)
            {
                return ResultCode.SuitComponentIndex;
            }

            if (command == SuitCommand.TryEach || command == SuitCommand.RunSequence)
            {
                return Nest(frame, command, argument);
            }

            for (long rest = frame.Selection; rest != NoneSelected; rest >>= 4)
            {
                reader.SetWindow(argument, next);
                ResultCode result = ExecuteOne(reader, command, (int)rest & 15, bit);
                if (result != ResultCode.Ok)
                {
                    if (frame.IsSoft && (bit & Conditions) != 0 && result != ResultCode.SuitCommandUnsupported)
                    {
                        return Leave(frame, false);
                    }

                    return result;
                }

                // A reporting policy was read above; all other arguments must have been read to their end.
                if (!hasPolicy && reader.CheckEnd() != ResultCode.Ok)
                {
                    return reader.Error;
                }
            }

            return ResultCode.Ok;
        }

        private ResultCode ExecuteOne(CborReader reader, int command, int component, long bit)
        {
            SuitParameters parameters = Parameters[component];
            if (command == SuitCommand.OverrideParameters || command == SuitCommand.SetParameters)
            {
                ReadParameters(reader, component, command == SuitCommand.OverrideParameters);
                return reader.Error;
            }

            if ((bit & OwnCommands) != 0)
            {
                if (IsDryRun)
                {
                    return ResultCode.Ok;
                }

                if (command == SuitCommand.Abort)
                {
                    return ResultCode.SuitAborted;
                }

                if (command == SuitCommand.Invoke)
                {
                    if ((parameters.Passed & (1 << SuitCommand.ImageMatch)) == 0)
                    {
                        return ResultCode.SuitManifestIncomplete;
                    }
                }
                else if (!parameters.IsSet(command == SuitCommand.CheckContent ? SuitParameter.Content : command))
                {
                    // The parameter has the number of its condition, but for check-content.
                    return ResultCode.SuitParameterMissing;
                }
            }

            ResultCode result = _target.Execute(this, command, component, reader);
            if (IsDryRun)
            {
                return (bit & Conditions) != 0 && result != ResultCode.SuitCommandUnsupported ? ResultCode.Ok : result;
            }

            if (result == ResultCode.Ok)
            {
                parameters.Passed |= (int)bit;
            }

            return result;
        }

        // set-component-index: an integer, an array of them, or true for all components in their order.
        private ResultCode Select(SuitFrame frame, CborReader reader)
        {
            if (frame.IndexRule == 2)
            {
                return ResultCode.SuitCommandForbidden;
            }

            frame.IndexRule <<= 1;
            int count = 1;
            bool isAll = false;
            CborType type = reader.PeekType();
            if (type == CborType.Simple)
            {
                isAll = reader.ReadBool();
                count = isAll ? Manifest.ComponentCount : 0;
            }
            else if (type == CborType.Array)
            {
                count = (int)reader.Read(CborType.Array);
            }

            if (count == 0 || count > MaxIndices)
            {
                reader.Refuse(ResultCode.SuitComponentIndex);
            }

            long selection = NoneSelected;
            for (int shift = 0; reader.Next(ref count); shift += 4)
            {
                long index = shift >> 2;
                if (!isAll)
                {
                    // After an error it is 0, and the run ends whether or not there is such an index.
                    index = reader.Read(CborType.UnsignedInteger);
                    reader.Refuse(CheckIndex(index));
                }

                selection ^= (15 ^ index) << shift;
            }

            frame.Selection = selection;
            return reader.Error;
        }

        // Puts try-each or run-sequence on the stack, for every selected component in turn.
        private ResultCode Nest(SuitFrame frame, int command, int argument)
        {
            if (_depth == MaxNesting - 1)
            {
                return ResultCode.SuitLimit;
            }

            SuitFrame child = _frames[++_depth];
            child.Command = command;
            child.Argument = argument;
            child.ArgumentEnd = frame.Position;
            child.Pending = frame.Selection;

            // Draft §8.4.10.1: out of order, a run-sequence for one component names its component first, and once.
            child.IndexRule = 0;
            if (command == SuitCommand.RunSequence && !IsStrictOrder && frame.Selection >> 4 == NoneSelected)
            {
                child.IndexRule = 1;
            }

            return Begin(child);
        }

        // A run-sequence is a try-each with one alternative that is not soft.
        private ResultCode Begin(SuitFrame frame)
        {
            CborReader reader = _reader;
            frame.AlternativesLeft = 1;
            frame.NextAlternative = frame.Argument;
            if (frame.Command == SuitCommand.TryEach)
            {
                reader.SetWindow(frame.Argument, frame.ArgumentEnd);
                frame.AlternativesLeft = (int)reader.Read(CborType.Array);
                frame.NextAlternative = reader.Position;
                if (frame.AlternativesLeft < 2)
                {
                    reader.Refuse(ResultCode.SuitManifestMalformed);
                    return reader.Error;
                }
            }

            return TryNext(frame);
        }

        private ResultCode TryNext(SuitFrame frame)
        {
            CborReader reader = _reader;
            if (frame.AlternativesLeft == 0)
            {
                return ResultCode.SuitTryEachFailed;
            }

            frame.AlternativesLeft--;
            frame.IsSoft = frame.Command == SuitCommand.TryEach;
            reader.SetWindow(frame.NextAlternative, frame.ArgumentEnd);
            if (frame.IsSoft && frame.AlternativesLeft == 0 && reader.SkipNull())
            {
                // The empty alternative: nothing to do, and it succeeds.
                frame.Position = reader.Position;
                frame.End = reader.Position;
                frame.CommandsLeft = 0;
                return ResultCode.Ok;
            }

            int offset = reader.ReadString(CborType.ByteString, out int count);
            frame.NextAlternative = reader.Position;
            return reader.Error == ResultCode.Ok ? Enter(frame, offset, count, FirstSelected | (frame.Pending & 15)) : reader.Error;
        }

        // A sequence has ended, well or by a condition that failed softly.
        private ResultCode Leave(SuitFrame frame, bool hasSucceeded)
        {
            if (frame.Command == SuitCommand.TryEach
                && (!hasSucceeded || (IsDryRun && frame.AlternativesLeft != 0)))
            {
                return TryNext(frame);
            }

            frame.Pending >>= 4;
            if (frame.Pending != NoneSelected)
            {
                return Begin(frame);
            }

            _depth--;
            return ResultCode.Ok;
        }
    }
}
