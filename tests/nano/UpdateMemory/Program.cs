// The measurement on the interpreter. Where that runs as a program of 64 bits its blocks are 24 bytes, and not 12 as on a
// board: small objects and the interpreter's stack count twice. UpdateVectors is made by tests/nano/Vectors.

using System;

namespace NanoBoot.Nano.Tests
{
    /// <summary>Looks at the interpreter's heap.</summary>
    internal sealed class NanoUpdateBench : UpdateBench
    {
        internal NanoUpdateBench()
            : base(UpdateVectors.Identity, UpdateVectors.KeyId, UpdateVectors.PublicKey, UpdateVectors.Envelope)
        {
        }

        /// <inheritdoc/>
        protected override long UsedBytes()
        {
            return -(long)nanoFramework.Runtime.Native.GC.Run(true);
        }
    }

    /// <summary>The entry point.</summary>
    public static class Program
    {
        /// <summary>Updates once, and says what it took.</summary>
        public static void Main()
        {
            long before = nanoFramework.Runtime.Native.GC.Run(true);
            object[] references = new object[1000];
            long blockBytes = (before - nanoFramework.Runtime.Native.GC.Run(true)) / references.Length;
            UpdateBench bench = new NanoUpdateBench();
            bench.Run();
            Console.WriteLine((bench.IsInstalled ? "installed" : "FAILED") + ", " + bench.FetchedBytes.ToString() + " bytes fetched, "
                + bench.Looks.ToString() + " looks at the heap, blocks of "
                + blockBytes.ToString() + " bytes, envelope of " + bench.EnvelopeCount.ToString());
            Console.WriteLine("live heap of stage 2 at most: " + bench.PeakBytes.ToString() + " bytes, after event " + ((int)bench.PeakEvent).ToString());
        }
    }
}
