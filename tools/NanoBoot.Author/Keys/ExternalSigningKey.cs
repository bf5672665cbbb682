// A key that lives elsewhere: in an HSM, in a vault. A command of the user's gets the bytes to sign on standard input
// and gives the signature back on standard output. What comes back is verified before it is used.

using System;
using System.Diagnostics;
using System.IO;
using System.Security.Cryptography;
using System.Threading.Tasks;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;

namespace NanoBoot.Author
{
    /// <summary>A key behind a command.</summary>
    public sealed class ExternalSigningKey : SigningKey
    {
        private const int TimeoutMs = 120_000;

        private readonly string _command;
        private readonly byte[] _publicKey;
        private readonly SigningAlgorithm _algorithm;

        /// <summary>Takes a command.</summary>
        /// <param name="command">Run by the shell: reads the message, writes the signature (for ECDSA r||s or DER).</param>
        /// <param name="publicKey">The public key that belongs to it, as devices hold it.</param>
        /// <param name="algorithm">ES256, ESP256 or HssLms.</param>
        public ExternalSigningKey(string command, byte[] publicKey, SigningAlgorithm algorithm)
        {
            ArgumentException.ThrowIfNullOrEmpty(command);
            ArgumentNullException.ThrowIfNull(publicKey);
            _command = command;
            _publicKey = publicKey;
            _algorithm = algorithm;
            KeyId = DefaultKeyId(publicKey);
        }

        /// <inheritdoc/>
        public override SigningAlgorithm Algorithm => _algorithm;

        /// <inheritdoc/>
        public override byte[] PublicKey => (byte[])_publicKey.Clone();

        /// <inheritdoc/>
        /// <exception cref="KeyFileException">The command failed, or what it gave is no signature of this key.</exception>
        public override byte[] Sign(ReadOnlySpan<byte> message)
        {
            byte[] input = message.ToArray();
            byte[] output = RunCommand(input);
            if (_algorithm == SigningAlgorithm.HssLms)
            {
                return HssLms.Verify(_publicKey, input, 0, input.Length, output, 0, output.Length) == ResultCode.Ok
                    ? output
                    : throw NotASignature(output);
            }

            using ECDsa key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = _publicKey[..32], Y = _publicKey[32..] },
            });
            foreach (DSASignatureFormat format in Enum.GetValues<DSASignatureFormat>())
            {
                if (key.VerifyData(input, output, HashAlgorithmName.SHA256, format))
                {
                    return format == DSASignatureFormat.IeeeP1363FixedFieldConcatenation ? output : FromDer(output);
                }
            }

            throw NotASignature(output);
        }

        private static byte[] FromDer(byte[] der)
        {
            var sequence = new System.Formats.Asn1.AsnReader(der, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
            byte[] signature = new byte[64];
            for (int part = 0; part < 2; part++)
            {
                byte[] number = sequence.ReadInteger().ToByteArray(isUnsigned: true, isBigEndian: true);
                number.CopyTo(signature, (32 * (part + 1)) - number.Length);
            }

            return signature;
        }

        private byte[] RunCommand(byte[] input)
        {
            var start = OperatingSystem.IsWindows()
                ? new ProcessStartInfo("cmd.exe", ["/c", _command])
                : new ProcessStartInfo("/bin/sh", ["-c", _command]);
            start.RedirectStandardInput = true;
            start.RedirectStandardOutput = true;
            start.RedirectStandardError = true;
            using Process process = Process.Start(start) ?? throw new KeyFileException($"the signer '{_command}' does not start.");
            Task<string> error = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            Task copy = process.StandardOutput.BaseStream.CopyToAsync(output);
            try
            {
                process.StandardInput.BaseStream.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // The command does not read its input; its exit code or its output says what that means.
            }

            if (!process.WaitForExit(TimeoutMs))
            {
                process.Kill(entireProcessTree: true);
                throw new KeyFileException($"the signer '{_command}' did not answer in {TimeoutMs / 1000} seconds.");
            }

            Task.WaitAll(copy, error);
            if (process.ExitCode != 0)
            {
                string said = error.Result.Trim().Split('\n')[0];
                throw new KeyFileException($"the signer '{_command}' failed with exit code {process.ExitCode}: {said}");
            }

            return output.ToArray();
        }

        private KeyFileException NotASignature(byte[] output)
        {
            return new KeyFileException(
                $"the signer '{_command}' gave {output.Length} bytes that are no signature by the public key given; check that both belong together.");
        }
    }
}
