// A command sequence under construction: pairs of command and argument in one flat array.

using System;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>A command sequence. Members return the sequence itself, so that calls can be chained.</summary>
    /// <remarks>Reporting policies (manifest-37, section 7.5) are bits: 1 record on success, 2 record on failure,
    /// 4 system information on success, 8 on failure.</remarks>
    public sealed class CommandSequence
    {
        /// <summary>Reporting policy: everything.</summary>
        public const int ReportAll = 15;

        /// <summary>Reporting policy: a record on failure.</summary>
        public const int ReportFailure = 2;

        private readonly List<(long Code, byte[] Argument)> _commands = [];

        /// <summary>Number of commands.</summary>
        public int Count => _commands.Count;

        /// <summary>set-component-index to one component.</summary>
        /// <param name="index">The component's index.</param>
        public CommandSequence SetComponentIndex(int index)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            return Add(SuitCommand.SetComponentIndex, writer => writer.WriteInt(index));
        }

        /// <summary>set-component-index to several components, in the order given.</summary>
        /// <param name="indices">The components' indices.</param>
        public CommandSequence SetComponentIndices(params int[] indices)
        {
            ArgumentNullException.ThrowIfNull(indices);
            if (indices.Length == 0 || indices.Any(index => index < 0))
            {
                throw new ArgumentException("At least one index, none negative.", nameof(indices));
            }

            return Add(SuitCommand.SetComponentIndex, writer =>
            {
                writer.StartArray(indices.Length);
                foreach (int index in indices)
                {
                    writer.WriteInt(index);
                }
            });
        }

        /// <summary>set-component-index to all components.</summary>
        public CommandSequence SetAllComponents() => Add(SuitCommand.SetComponentIndex, writer => writer.WriteBool(true));

        /// <summary>override-parameters.</summary>
        /// <param name="parameters">The parameters.</param>
        public CommandSequence OverrideParameters(ParameterSet parameters)
        {
            ArgumentNullException.ThrowIfNull(parameters);
            return Add(SuitCommand.OverrideParameters, parameters.Write);
        }

        /// <summary>set-parameters: sets those that are unset.</summary>
        /// <param name="parameters">The parameters.</param>
        public CommandSequence SetParameters(ParameterSet parameters)
        {
            ArgumentNullException.ThrowIfNull(parameters);
            return Add(SuitCommand.SetParameters, parameters.Write);
        }

        /// <summary>override-multiple: parameters of several components at once.</summary>
        /// <param name="parameters">Parameters by component index.</param>
        public CommandSequence OverrideMultiple(IReadOnlyDictionary<int, ParameterSet> parameters)
        {
            ArgumentNullException.ThrowIfNull(parameters);
            var map = new CborMap();
            foreach (KeyValuePair<int, ParameterSet> entry in parameters)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(entry.Key, nameof(parameters));
                map.Add(entry.Key, entry.Value.Write);
            }

            return Add(SuitCommand.OverrideMultiple, writer => writer.WriteMap(map));
        }

        /// <summary>copy-params: takes parameters over from other components.</summary>
        /// <param name="parameters">The parameters to take, by index of the component they come from.</param>
        public CommandSequence CopyParameters(IReadOnlyDictionary<int, SuitParameter[]> parameters)
        {
            ArgumentNullException.ThrowIfNull(parameters);
            var map = new CborMap();
            foreach (KeyValuePair<int, SuitParameter[]> entry in parameters)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(entry.Key, nameof(parameters));
                map.Add(entry.Key, writer =>
                {
                    writer.StartArray(entry.Value.Length);
                    foreach (SuitParameter parameter in entry.Value)
                    {
                        writer.WriteInt((long)parameter);
                    }
                });
            }

            return Add(SuitCommand.CopyParameters, writer => writer.WriteMap(map));
        }

        /// <summary>A condition or directive whose argument is a reporting policy alone.</summary>
        /// <param name="command">The command.</param>
        /// <param name="reportingPolicy">The reporting policy.</param>
        public CommandSequence Command(SuitCommand command, int reportingPolicy = ReportAll)
        {
            if (command is SuitCommand.SetComponentIndex or SuitCommand.TryEach or SuitCommand.SetParameters
                or SuitCommand.OverrideParameters or SuitCommand.RunSequence or SuitCommand.OverrideMultiple
                or SuitCommand.CopyParameters)
            {
                throw new ArgumentException($"{command} has an argument of its own; use its member.", nameof(command));
            }

            ArgumentOutOfRangeException.ThrowIfNegative(reportingPolicy);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(reportingPolicy, ReportAll);
            return Add(command, writer => writer.WriteInt(reportingPolicy));
        }

        /// <summary>condition-vendor-identifier, then condition-class-identifier.</summary>
        public CommandSequence CheckIdentity() => Command(SuitCommand.VendorIdentifier).Command(SuitCommand.ClassIdentifier);

        /// <summary>condition-image-match.</summary>
        public CommandSequence ImageMatch() => Command(SuitCommand.ImageMatch);

        /// <summary>directive-fetch.</summary>
        public CommandSequence Fetch() => Command(SuitCommand.Fetch, ReportFailure);

        /// <summary>directive-copy.</summary>
        public CommandSequence Copy() => Command(SuitCommand.Copy, ReportFailure);

        /// <summary>directive-write.</summary>
        public CommandSequence Write() => Command(SuitCommand.Write, ReportFailure);

        /// <summary>directive-swap.</summary>
        public CommandSequence Swap() => Command(SuitCommand.Swap, ReportFailure);

        /// <summary>directive-invoke.</summary>
        public CommandSequence Invoke() => Command(SuitCommand.Invoke, ReportFailure);

        /// <summary>try-each: alternatives in order, until one succeeds.</summary>
        /// <param name="alternatives">Two or more; a null at the end is the alternative that does nothing and succeeds.</param>
        public CommandSequence TryEach(params CommandSequence?[] alternatives)
        {
            ArgumentNullException.ThrowIfNull(alternatives);
            int sequences = alternatives.Count(alternative => alternative is not null);
            int nulls = alternatives.Length - sequences;
            if (alternatives.Length < 2 || nulls > 1 || (nulls == 1 && alternatives[^1] is not null))
            {
                throw new ArgumentException("try-each has two alternatives or more, and an empty one only at the end.", nameof(alternatives));
            }

            return Add(SuitCommand.TryEach, writer =>
            {
                writer.StartArray(alternatives.Length);
                foreach (CommandSequence? alternative in alternatives)
                {
                    if (alternative is null)
                    {
                        writer.WriteNull();
                    }
                    else
                    {
                        writer.WriteBytes(alternative.Encode());
                    }
                }
            });
        }

        /// <summary>run-sequence.</summary>
        /// <param name="sequence">The sequence.</param>
        public CommandSequence RunSequence(CommandSequence sequence)
        {
            ArgumentNullException.ThrowIfNull(sequence);
            return Add(SuitCommand.RunSequence, writer => writer.WriteBytes(sequence.Encode()));
        }

        /// <summary>A private command.</summary>
        /// <param name="code">Its number, less than -255.</param>
        /// <param name="write">Writes its argument: a byte string, a text, an integer or null.</param>
        public CommandSequence Custom(long code, Action<CborWriter> write)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(code, -256);
            _commands.Add((code, CborWriter.Encode(write)));
            return this;
        }

        /// <summary>The encoding of the sequence (not wrapped into a byte string).</summary>
        public byte[] Encode()
        {
            if (_commands.Count == 0)
            {
                throw new InvalidOperationException("A command sequence has at least one command.");
            }

            var writer = new CborWriter();
            writer.StartArray(_commands.Count * 2);
            foreach ((long code, byte[] argument) in _commands)
            {
                writer.WriteInt(code).WriteEncoded(argument);
            }

            return writer.ToArray();
        }

        internal IEnumerable<long> Codes => _commands.Select(command => command.Code);

        private CommandSequence Add(SuitCommand command, Action<CborWriter> write)
        {
            _commands.Add(((long)command, CborWriter.Encode(write)));
            return this;
        }
    }
}
