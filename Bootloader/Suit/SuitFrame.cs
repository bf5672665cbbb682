// One level of the processor's fixed stack of sequences.

namespace NanoBoot.Bootloader.Suit
{
    /// <summary>A sequence that runs, and for a nested one the command that it belongs to.</summary>
    internal sealed class SuitFrame
    {
        /// <summary>The next command: an offset into the envelope's buffer.</summary>
        public int Position;

        /// <summary>Where the sequence ends.</summary>
        public int End;

        /// <summary>How many commands are left.</summary>
        public int CommandsLeft;

        /// <summary>The indices that commands are for: four bits each, the first in the lowest, 15 behind the last.</summary>
        public long Selection;

        /// <summary>Whether a failed condition ends only this sequence.</summary>
        public bool IsSoft;

        /// <summary>1: the sequence must begin with set-component-index; 2: it has, and must not do it again; 0: neither.</summary>
        public int IndexRule;

        /// <summary>The command that the sequence belongs to: try-each or run-sequence.</summary>
        public int Command;

        /// <summary>Where the argument of that command begins.</summary>
        public int Argument;

        /// <summary>Where it ends.</summary>
        public int ArgumentEnd;

        /// <summary>The indices that the command is still to be executed for, the present one first.</summary>
        public long Pending;

        /// <summary>How many alternatives of a try-each are left.</summary>
        public int AlternativesLeft;

        /// <summary>Where the next alternative begins.</summary>
        public int NextAlternative;
    }
}
