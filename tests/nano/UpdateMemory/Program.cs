// The measurement on the interpreter. Its blocks are larger than a board's (24 bytes instead of 12): small objects count
// for more here than there. UpdateVectors is made by tests/nano/Vectors.

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
            UpdateBench bench = new NanoUpdateBench();
            bench.Run();
            Console.WriteLine((bench.IsInstalled ? "installed" : "FAILED") + ", " + bench.FetchedBytes.ToString() + " bytes fetched, "
                + bench.Looks.ToString() + " looks at the heap");
            Console.WriteLine("live heap of stage 2 at most: " + bench.PeakBytes.ToString() + " bytes, after event " + ((int)bench.PeakEvent).ToString());
        }
    }
}
