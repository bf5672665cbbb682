// The public-key schemes of a simulation: the real ones, asked once for each key, message and signature. The boots of a
// scenario verify the same few signatures some hundred thousand times; nothing of that has to do with flash. One answer
// in so many is asked for again, and must be the same.
//
// A key, message or signature that differs in one bit is another one, and goes to the real verifier.

using System;
using System.Collections.Generic;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Cose
{
    internal sealed partial class CoseVerifier
    {
        private const int AskAgainEvery = 1024;
        private const int AnswersMax = 64;

        [ThreadStatic]
        private static List<Answer> _answers;

        // As in SignatureSchemes.Both.cs.
        private static bool IsSame(CoseAlgorithm bound, CoseAlgorithm named)
        {
            return bound == named || (IsEcdsa(bound) && IsEcdsa(named));
        }

        private static bool IsEcdsa(CoseAlgorithm algorithm)
        {
            return algorithm == CoseAlgorithm.Es256 || algorithm == CoseAlgorithm.Esp256;
        }

        private ResultCode VerifySignature(Authority authority, byte[] buffer, int length)
        {
            _answers ??= new List<Answer>();
            ReadOnlySpan<byte> message = buffer.AsSpan(0, length);
            ReadOnlySpan<byte> signature = _buffer.AsSpan(_signatureOffset, _signatureCount);
            foreach (Answer answer in _answers)
            {
                if (answer.IsOf(authority) && message.SequenceEqual(answer.Message) && signature.SequenceEqual(answer.Signature))
                {
                    if (++answer.Uses % AskAgainEvery == 0)
                    {
                        ResultCode again = Ask(authority, buffer, length, out Witness);
                        if (again != answer.Result || Witness != answer.Witness)
                        {
                            throw new InvalidOperationException("A signature was verified as " + again + ", and as " + answer.Result + " before.");
                        }
                    }

                    Witness = answer.Witness;
                    return answer.Result;
                }
            }

            ResultCode result = Ask(authority, buffer, length, out Witness);
            if (_answers.Count == AnswersMax)
            {
                _answers.RemoveAt(0);
            }

            _answers.Add(new Answer(authority, message.ToArray(), signature.ToArray(), result, Witness));
            return result;
        }

        // As in SignatureSchemes.Both.cs.
        private ResultCode Ask(Authority authority, byte[] message, int length, out int witness)
        {
            if (IsEcdsa(authority.Algorithm))
            {
                byte[] digest = new byte[Sha256.DigestBytes];
                Sha256 sha256 = new Sha256();
                sha256.Update(message, 0, length);
                sha256.Finish(digest, 0);
                return EcdsaP256.Verify(authority.PublicKey, authority.Table, digest, _buffer, _signatureOffset, _signatureCount, out witness);
            }

            if (authority.Algorithm == CoseAlgorithm.HssLms)
            {
                return HssLms.Verify(authority.PublicKey, message, 0, length, _buffer, _signatureOffset, _signatureCount, out witness);
            }

            witness = 0;
            return ResultCode.CoseAlgorithmUnsupported;
        }

        private sealed class Answer
        {
            internal readonly byte[] Message;
            internal readonly byte[] Signature;
            internal readonly ResultCode Result;
            internal readonly int Witness;
            internal int Uses;
            private readonly Authority _authority;

            internal Answer(Authority authority, byte[] message, byte[] signature, ResultCode result, int witness)
            {
                _authority = authority;
                Message = message;
                Signature = signature;
                Result = result;
                Witness = witness;
            }

            // The keys of a trust document are read from it at each boot: another object each time, and the same key.
            internal bool IsOf(Authority authority)
            {
                return authority == _authority
                    || (authority.Algorithm == _authority.Algorithm && authority.Table == _authority.Table
                        && authority.PublicKey.AsSpan().SequenceEqual(_authority.PublicKey));
            }
        }
    }
}
