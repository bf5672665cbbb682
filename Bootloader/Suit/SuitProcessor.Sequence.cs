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

        private static long Only(int index)
        {
            return -16L | (long)index;
        }

        // Reads the head of a sequence: an even number of items, code and argument in turn, one pair at least.
        private ResultCode Enter(SuitFrame frame, int offset, int count, long selection)
        {
            CborReader reader = _reader;
            count += offset;
            reader.SetWindow(offset, count);
            int items;
            ResultCode result = reader.ReadArrayHeader(out items);
            if (result == ResultCode.Ok && (items == 0 || (items & 1) != 0))
            {
                result = ResultCode.SuitManifestMalformed;
            }

            frame.Position = reader.Position;
            frame.End = count;
            frame.CommandsLeft = items >> 1;
            frame.Selection = selection;
            return result;
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

            long label;
            ResultCode result = reader.ReadInt(out label);
            int argument = reader.Position;
            if (result == ResultCode.Ok)
            {
                result = reader.SkipItem();
            }

            if (result != ResultCode.Ok)
            {
                return result;
            }

            int next = reader.Position;
            frame.Position = next;
            int command = label == (int)label ? (int)label : 0;
            long bit = command > 0 && command < 64 ? 1L << command : 0;
            if (_isShared && (bit & SharedCommands) == 0)
            {
                return ResultCode.SuitCommandForbidden;
            }

            reader.SetWindow(argument, next);
            if ((bit & PolicyCommands) != 0)
            {
                long policy;
                result = reader.ReadUInt(out policy);
                if (result != ResultCode.Ok || policy > MaxReportingPolicy)
                {
                    return ResultCode.SuitManifestMalformed;
                }
            }

            if (command == SuitCommand.SetComponentIndex)
            {
                return Select(frame);
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
                result = ExecuteOne(command, (int)rest & 15, bit);
                if (result != ResultCode.Ok)
                {
                    bool isSoft = frame.IsSoft && (bit & Conditions) != 0 && result != ResultCode.SuitCommandUnsupported;
                    return isSoft ? Leave(frame, false) : result;
                }

                // A reporting policy was read above; all other arguments must have been read to their end.
                result = (bit & PolicyCommands) != 0 ? ResultCode.Ok : reader.CheckEnd();
                if (result != ResultCode.Ok)
                {
                    return result;
                }
            }

            return ResultCode.Ok;
        }

        private ResultCode ExecuteOne(int command, int component, long bit)
        {
            SuitParameters parameters = Parameters[component];
            if (command == SuitCommand.OverrideParameters || command == SuitCommand.SetParameters)
            {
                return ReadParameters(_reader, component, command == SuitCommand.OverrideParameters);
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

            ResultCode result = _target.Execute(this, command, component, _reader);
            if (IsDryRun)
            {
                return (bit & Conditions) != 0 && result != ResultCode.SuitCommandUnsupported ? ResultCode.Ok : result;
            }

            if (result == ResultCode.Ok)
            {
                int passed = (int)(bit & PolicyCommands);
                parameters.Passed |= passed;
                Passed |= passed;
            }

            return result;
        }

        // set-component-index: an integer, an array of them, or true for all components in their order.
        private ResultCode Select(SuitFrame frame)
        {
            CborReader reader = _reader;
            if (frame.IndexRule == 2)
            {
                return ResultCode.SuitCommandForbidden;
            }

            frame.IndexRule <<= 1;
            int count = 1;
            bool isAll = false;
            ResultCode result = ResultCode.Ok;
            CborType type = reader.PeekType();
            if (type == CborType.Simple)
            {
                result = reader.ReadBool(out isAll);
                count = isAll ? Manifest.ComponentCount : 0;
            }
            else if (type == CborType.Array)
            {
                result = reader.ReadArrayHeader(out count);
            }

            if (result == ResultCode.Ok && (count == 0 || count > MaxIndices))
            {
                result = ResultCode.SuitComponentIndex;
            }

            long selection = NoneSelected;
            for (int shift = 0; result == ResultCode.Ok && shift < count * 4; shift += 4)
            {
                long index = shift >> 2;
                if (!isAll)
                {
                    result = reader.ReadUInt(out index);
                    if (result == ResultCode.Ok)
                    {
                        result = CheckIndex(index);
                    }
                }

                selection ^= (15 ^ index) << shift;
            }

            frame.Selection = selection;
            return result;
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
            bool isOne = frame.Selection >> 4 == NoneSelected;
            child.IndexRule = command == SuitCommand.RunSequence && !IsStrictOrder && isOne ? 1 : 0;
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
                ResultCode result = reader.ReadArrayHeader(out frame.AlternativesLeft);
                frame.NextAlternative = reader.Position;
                if (result != ResultCode.Ok || frame.AlternativesLeft < 2)
                {
                    return result == ResultCode.Ok ? ResultCode.SuitManifestMalformed : result;
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
            if (frame.IsSoft && frame.AlternativesLeft == 0 && reader.ReadNull() == ResultCode.Ok)
            {
                // The empty alternative: nothing to do, and it succeeds.
                frame.Position = reader.Position;
                frame.End = reader.Position;
                frame.CommandsLeft = 0;
                return ResultCode.Ok;
            }

            int offset;
            int count;
            ResultCode result = reader.ReadBytes(out offset, out count);
            frame.NextAlternative = reader.Position;
            return result == ResultCode.Ok ? Enter(frame, offset, count, Only((int)frame.Pending & 15)) : result;
        }

        // A sequence has ended, well or by a condition that failed softly.
        private ResultCode Leave(SuitFrame frame, bool hasSucceeded)
        {
            if (frame.Command == SuitCommand.TryEach
                && (!hasSucceeded || (IsDryRun && frame.AlternativesLeft > 0)))
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
