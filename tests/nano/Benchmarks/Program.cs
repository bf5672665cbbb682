// What cryptography costs on the interpreter, in units of a plain-loop SHA-256 of 64 KB measured in the same run.
// Build with Hal/Crypto (HmacSha256.Nano.cs or HmacSha256.Managed.cs), Hal/ResultCode.cs and Bootloader/Cose/EcdsaP256*.cs
// and HssLms.cs: tests/nano/benchmarks.sh does. Each figure is the best of several runs, which discards disturbances.

using System;
using System.Threading;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Nano.Benchmarks
{
    /// <summary>Prints the table.</summary>
    public static class Program
    {
        private const int Runs = 7;
        private const int MessageBytes = 65536;

        private static readonly string[] Names =
        {
            "SHA-256 of 64 KB, plain loop", "SHA-256 of 64 KB", "HMAC-SHA256 of 64 KB", "ES256, key with a table",
            "ES256, any key", "HSS/LMS H10 W2", "HSS/LMS H10 W4", "CRC-32 of 512 bytes, 64 times",
        };

        private static readonly byte[] Message = new byte[MessageBytes];
        private static readonly byte[] Digest = new byte[Sha256.DigestBytes];

        /// <summary>Entry point.</summary>
        public static void Main()
        {
            Prepare();
            long unit = 0;
            for (int operation = 0; operation < Names.Length; operation++)
            {
                long best = long.MaxValue;
                bool isRight = true;
                for (int run = 0; run < Runs; run++)
                {
                    long start = DateTime.UtcNow.Ticks;
                    isRight &= Run(operation);
                    long ticks = DateTime.UtcNow.Ticks - start;
                    best = ticks < best ? ticks : best;
                }

                unit = operation == 0 ? best : unit;
                long ratio = best * 10000 / unit;
                string digits = (ratio % 10000).ToString();
                Console.WriteLine(
                    Names[operation] + ": " + (ratio / 10000).ToString() + "." + "0000".Substring(digits.Length) + digits
                    + ", " + (best / 10).ToString() + " us" + (isRight ? "" : " WRONG RESULT"));
                Thread.Sleep(0);
            }
        }

        /// <summary>Makes the message.</summary>
        public static void Prepare()
        {
            for (int i = 0; i < MessageBytes; i++)
            {
                Message[i] = (byte)(i * 7);
            }
        }

        /// <summary>Runs one operation; false when its result is wrong. An operation below 0 is none.</summary>
        public static bool Run(int operation)
        {
            switch (operation)
            {
                case -1:
                    return true;
                case 0:
                    return PlainSha256.Compute(Message)[0] == 0xD790E413;
                case 1:
                    Sha256 hash = new Sha256();
                    hash.Update(Message, 0, MessageBytes);
                    hash.Finish(Digest, 0);
                    return Digest[0] == 0xD7 && Digest[1] == 0x90 && Digest[2] == 0xE4 && Digest[3] == 0x13;
                case 2:
                    return HmacSha256.Compute(Samples.EcKey, Message, 0, MessageBytes).Length == HmacSha256.MacBytes;
                case 3:
                    return EcdsaP256.Verify(
                        Samples.EcKey, Samples.EcTable, Samples.EcDigest, Samples.EcSignature, 0, EcdsaP256.SignatureBytes, out _) == 0;
                case 4:
                    return EcdsaP256.Verify(
                        Samples.EcKey, null, Samples.EcDigest, Samples.EcSignature, 0, EcdsaP256.SignatureBytes, out _) == 0;
                case 5:
                    return HssLms.Verify(
                        Samples.LmsKeyW2, Message, 0, Samples.LmsMessageBytes,
                        Samples.LmsSignatureW2, 0, Samples.LmsSignatureW2.Length, out _) == 0;
                case 6:
                    return HssLms.Verify(
                        Samples.LmsKeyW4, Message, 0, Samples.LmsMessageBytes,
                        Samples.LmsSignatureW4, 0, Samples.LmsSignatureW4.Length, out _) == 0;
                default:
                    uint crc = 0;
                    for (int i = 0; i < 64; i++)
                    {
                        crc = Crc32.Compute(Message, 0, 512, crc);
                    }

                    return crc != 0;
            }
        }
    }
}
