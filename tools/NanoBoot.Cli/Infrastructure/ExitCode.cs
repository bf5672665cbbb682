namespace NanoBoot.Cli
{
    /// <summary>What the process says to whoever started it. The numbers are part of the interface.</summary>
    public static class ExitCode
    {
        /// <summary>Done.</summary>
        public const int Ok = 0;

        /// <summary>The question was answered with no: not verified, refused, different.</summary>
        public const int Refused = 1;

        /// <summary>The command line is wrong.</summary>
        public const int Usage = 2;

        /// <summary>A file is missing, or is not what it should be.</summary>
        public const int BadInput = 3;

        /// <summary>A key does not open, does not fit, or has no signatures left.</summary>
        public const int Key = 4;

        /// <summary>Something could not be read or written.</summary>
        public const int InputOutput = 5;

        /// <summary>A defect of the tool itself.</summary>
        public const int Internal = 70;

        /// <summary>Interrupted.</summary>
        public const int Interrupted = 130;

        /// <summary>All of them, for the reference page.</summary>
        internal static readonly (int Code, string Meaning)[] All =
        [
            (Ok, "Done."),
            (Refused, "The question was answered with no: not verified, refused, different."),
            (Usage, "The command line is wrong."),
            (BadInput, "A file is missing, or is not what it should be."),
            (Key, "A key does not open, does not fit, or has no signatures left."),
            (InputOutput, "Something could not be read or written, or is there already."),
            (Internal, "A defect of the tool itself."),
            (Interrupted, "Interrupted."),
        ];
    }
}
