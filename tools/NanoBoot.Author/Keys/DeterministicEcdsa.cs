// ECDSA on P-256 with the nonce of RFC 6979, so that runs with a seed repeat byte by byte. The arithmetic modulo the
// group order is BigInteger's, which is not constant-time: this is for demonstrations, tests and reproducible builds,
// on a machine that the author trusts.

using System;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace NanoBoot.Author
{
    internal static class DeterministicEcdsa
    {
        private const int FieldBytes = 32;

        /// <summary>Order of the group of P-256.</summary>
        private static readonly BigInteger s_order = new(
            Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

        /// <summary>A private key in 1..order-1 out of a seed and a label.</summary>
        public static byte[] DerivePrivateKey(ReadOnlySpan<byte> seed, string label)
        {
            Span<byte> wide = stackalloc byte[48];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, wide, "nanoBoot seeded P-256 key"u8, Encoding.UTF8.GetBytes(label));
            BigInteger value = new(wide, isUnsigned: true, isBigEndian: true);
            return ToBytes((value % (s_order - 1)) + 1);
        }

        /// <summary>Signs a SHA-256 digest; r||s.</summary>
        public static byte[] Sign(byte[] privateKey, byte[] digest)
        {
            BigInteger secret = new(privateKey, isUnsigned: true, isBigEndian: true);
            BigInteger message = new BigInteger(digest, isUnsigned: true, isBigEndian: true) % s_order;
            var nonces = new NonceGenerator(privateKey, ToBytes(message));
            while (true)
            {
                BigInteger nonce = nonces.Next(s_order);
                BigInteger r = MultiplyBasePoint(nonce) % s_order;
                BigInteger inverse = BigInteger.ModPow(nonce, s_order - 2, s_order);
                BigInteger s = inverse * (message + (r * secret)) % s_order;
                if (!r.IsZero && !s.IsZero)
                {
                    return [.. ToBytes(r), .. ToBytes(s)];
                }
            }
        }

        /// <summary>The x coordinate of nonce times the base point: the public key that belongs to the nonce.</summary>
        private static BigInteger MultiplyBasePoint(BigInteger nonce)
        {
            var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = ToBytes(nonce) };
            using ECDsa point = ECDsa.Create(parameters);
            return new BigInteger(point.ExportParameters(includePrivateParameters: false).Q.X!, isUnsigned: true, isBigEndian: true);
        }

        private static byte[] ToBytes(BigInteger value)
        {
            byte[] minimal = value.ToByteArray(isUnsigned: true, isBigEndian: true);
            byte[] bytes = new byte[FieldBytes];
            minimal.CopyTo(bytes, FieldBytes - minimal.Length);
            return bytes;
        }

        /// <summary>The generator of RFC 6979, section 3.2, with HMAC-SHA-256.</summary>
        private sealed class NonceGenerator
        {
            private byte[] _key = new byte[32];
            private byte[] _value = new byte[32];

            public NonceGenerator(byte[] privateKey, byte[] message)
            {
                Array.Fill(_value, (byte)1);
                Update([.. _value, 0, .. privateKey, .. message]);
                Update([.. _value, 1, .. privateKey, .. message]);
            }

            public BigInteger Next(BigInteger order)
            {
                while (true)
                {
                    _value = HMACSHA256.HashData(_key, _value);
                    BigInteger candidate = new(_value, isUnsigned: true, isBigEndian: true);
                    byte[] used = _value;
                    Update([.. used, 0]);
                    if (!candidate.IsZero && candidate < order)
                    {
                        return candidate;
                    }
                }
            }

            private void Update(byte[] input)
            {
                _key = HMACSHA256.HashData(_key, input);
                _value = HMACSHA256.HashData(_key, _value);
            }
        }
    }
}
